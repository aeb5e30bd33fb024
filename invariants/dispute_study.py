"""A study of disputes: generated cases whose truth is known, decided by the procedure, and counted.

The rate at which a class is decided is an empirical frequency over generated cases and says nothing about
disputes of another mix (R7, T7-N1). A wrong definite verdict is a defect whatever the rate.

Source: ``theorems.md`` T7; ``claims.md`` 3.8, T7-N1 and T7-N2.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType

from billproof.invariants.dispute_cases import KINDS
from billproof.model.context import Context
from billproof.model.design import REPAIRED, Design
from billproof.model.disputes import Resolution, decide
from billproof.model.identifiers import Count
from billproof.model.receipts import digest_of
from billproof.model.switches import Preimage


@dataclass(frozen=True, slots=True, kw_only=True)
class KindResult:
    """What became of the cases of one class."""

    kind: str
    truth: Resolution
    verdicts: Mapping[Resolution, Count]
    """How often each verdict was given: one row of the confusion matrix."""

    @property
    def cases(self) -> Count:
        """How many cases there were."""
        return Count(sum(self.verdicts.values()))

    @property
    def definite(self) -> Count:
        """How many were decided by machine."""
        return Count(self.cases - self.verdicts.get(Resolution.INCONCLUSIVE, 0))

    @property
    def wrong(self) -> Count:
        """How many definite verdicts are not the true one."""
        right = 0 if self.truth == Resolution.INCONCLUSIVE else self.verdicts.get(self.truth, 0)
        return Count(self.definite - right)

    @property
    def is_decidable(self) -> bool:
        """Whether evidence can decide this class at all."""
        return self.truth != Resolution.INCONCLUSIVE


def study(design: Design, seed: int, count: int) -> tuple[KindResult, ...]:
    """Decide ``count`` generated disputes of every class by a design's rules of evidence, and count.

    Args:
        design: Whose rules of evidence; the ledger itself is that of the repaired design throughout.
        seed: The same seed gives the same cases.
        count: Cases of each class.
    """
    judge = Context(
        design=replace(design, preimage=Preimage.CANONICAL_ALL_FIELDS), digest=digest_of(REPAIRED)
    )
    results = []
    for kind, make in KINDS.items():
        random = Random(f"{seed}/{kind}")  # noqa: S311 - cases are drawn, no secret is
        cases = [make(random) for _ in range(count)]
        given = Counter(decide(case.claim, case.evidence, judge).resolution for case in cases)
        results.append(
            KindResult(
                kind=kind,
                truth=cases[0].truth if cases else Resolution.INCONCLUSIVE,
                verdicts=MappingProxyType({key: Count(number) for key, number in sorted(given.items())}),
            )
        )
    return tuple(results)

"""The dispute study as a document: the confusion matrix, and the automation rate with its interval.

The interval is that of Clopper and Pearson at 95 %: exact, and wide where there are few cases.

Source: ``claims.md`` 3.8, T7-N1 and T7-N2.
"""

from dataclasses import dataclass

from scipy.stats import binomtest

from billproof.cli.output import EXIT_HOLDS, EXIT_INCONCLUSIVE, EXIT_VIOLATION, Json
from billproof.invariants.dispute_study import KindResult, study
from billproof.model.design import Design
from billproof.model.disputes import Resolution

CONFIDENCE = 0.95
"""Of each interval."""

DECIDED_MIN = 0.95
"""The share of definite verdicts that every class that evidence can decide must reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A share with its interval."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A study that has been run."""

    design: str
    seed: int
    count: int
    results: tuple[KindResult, ...]

    @property
    def wrong(self) -> int:
        """How many definite verdicts are wrong."""
        return sum(item.wrong for item in self.results)

    @property
    def below_the_share(self) -> list[str]:
        """The classes that evidence can decide and that were decided too rarely."""
        return [
            item.kind
            for item in self.results
            if item.is_decidable and item.definite < DECIDED_MIN * item.cases
        ]

    @property
    def exit_code(self) -> int:
        """1 if a verdict is wrong, 2 if a class was decided too rarely, else 0."""
        if self.wrong:
            return EXIT_VIOLATION
        return EXIT_INCONCLUSIVE if self.below_the_share else EXIT_HOLDS


def run_study(design: Design, seed: int, count: int) -> Study:
    """Decide ``count`` generated disputes of every class by a design's rules of evidence."""
    return Study(design=design.name, seed=seed, count=count, results=study(design, seed, count))


def interval_of(definite: int, cases: int) -> Interval:
    """Return the share of definite verdicts with its interval."""
    found = binomtest(definite, cases).proportion_ci(CONFIDENCE, method="exact")
    return Interval(share=definite / cases, low=float(found.low), high=float(found.high))


def study_document(made: Study) -> dict[str, Json]:
    """Return the study as a document."""
    return {
        "design": made.design,
        "seed": made.seed,
        "count": made.count,
        "classes": {item.kind: _row(item) for item in made.results},
        "wrong": made.wrong,
        "below_the_share": made.below_the_share,
        "decided_min": DECIDED_MIN,
        "confidence": CONFIDENCE,
        "exit_code": made.exit_code,
    }


def study_lines(made: Study) -> list[str]:
    """Return the confusion matrix for people."""
    lines = [
        f"Disputes under {made.design}, seed {made.seed}, {made.count} of each class",
        f"{'class':<30}{'truth':<14}{'UPHELD':>8}{'REVERSED':>10}{'FAULT':>7}{'OPEN':>6}{'wrong':>7}  share",
    ]
    for item in made.results:
        given = item.verdicts
        share = interval_of(item.definite, item.cases)
        lines.append(
            f"{item.kind:<30}{item.truth.value:<14}{given.get(Resolution.UPHELD, 0):>8}"
            f"{given.get(Resolution.REVERSED, 0):>10}{given.get(Resolution.SYSTEM_FAULT, 0):>7}"
            f"{given.get(Resolution.INCONCLUSIVE, 0):>6}{item.wrong:>7}"
            f"  {100 * share.share:.1f} % [{100 * share.low:.1f}, {100 * share.high:.1f}]"
        )
    lines.append(f"{made.wrong} wrong definite verdicts")
    return lines


def _row(item: KindResult) -> dict[str, Json]:
    share = interval_of(item.definite, item.cases)
    return {
        "truth": item.truth.value,
        "is_decidable": item.is_decidable,
        "verdicts": {verdict.value: item.verdicts.get(verdict, 0) for verdict in Resolution},
        "wrong": item.wrong,
        "decided": share.share,
        "interval": [share.low, share.high],
    }

"""Guards: a clause that holds is believed only where a known-bad variant is seen to break it.

One variant is enough, so each clause's are run one after another until one is noticed. What is not run in
time, or was stopped, is said.

Source: ``verification.md`` "Guards against empty passes".
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from billproof.invariants.judge import DesignReport
from billproof.invariants.kills import KillTask, ObligationCheck, run_variant, variants_of
from billproof.invariants.patience import Patience
from billproof.invariants.theorem import Clause, Tag
from billproof.invariants.verdicts import POSITIVE, Verdict, weakest

VARIANT_SECONDS = 20.0
"""The most that one known-bad variant may take to be noticed; less where less is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarding:
    """Which clauses can be broken."""

    broken: frozenset[str]
    """Names of the clauses of which a variant was noticed."""
    late: dict[str, str]
    """Why none was, by name, for clauses of which some variant was not run to its end."""


def run_guards(
    clauses: Sequence[Clause],
    engine: str,
    *,
    check: ObligationCheck | None,
    executor: Executor,
    patience: Patience,
    progress: Callable[[str], None],
) -> Guarding:
    """Run the variants of clauses until one of each is noticed, or until there is no time left.

    Args:
        clauses: The clauses that hold.
        engine: Who looks.
        check: The proof engine's part, where it is the one that looks.
        executor: Processes; a variant replaces functions of the model.
        patience: How long is waited.
        progress: Called with a line after each.
    """
    left = {clause.name: list(variants_of(clause)) for clause in clauses}
    broken: set[str] = set()
    late: dict[str, str] = {}
    while batch := {name: left[name].pop(0) for name in left if left[name] and name not in broken | {*late}}:
        seconds = min(VARIANT_SECONDS, patience.seconds())
        begun = {
            name: executor.submit(
                run_variant,
                KillTask(variant=variant.name, engines=(engine,), check=check, seconds=seconds),
            )
            for name, variant in batch.items()
            if seconds > 0
        }
        for name, variant in batch.items():
            report = patience.wait(begun[name]) if name in begun else None
            if report is None:
                late[name] = f"whether variant {variant.name} breaks it is not known: {patience.reason}"
            elif report.killed_by:
                broken.add(name)
            elif patience.seconds() == 0.0:
                late[name] = f"variant {variant.name} was not noticed before the time was up"
            progress(f"variant {variant.name}: {'noticed' if name in broken else 'not noticed'}")
    return Guarding(broken=frozenset(broken), late=late)


def without_guard(
    report: DesignReport, broken: frozenset[str], late: Mapping[str, str] | None = None
) -> DesignReport:
    """Return the report in which every clause that no known-bad variant breaks is INCONCLUSIVE.

    A check that nothing can fail says nothing, whatever it says (``verification.md``, rules and guards).

    Args:
        report: What the engines found.
        broken: Names of the clauses that some known-bad variant was seen to break.
        late: Why a variant was not run, by the name of its clause.
    """
    why = late or {}
    theorems = []
    for item in report.theorems:
        clauses = tuple(
            replace(
                clause,
                verdict=Verdict.INCONCLUSIVE,
                guard=why.get(clause.clause.name, "no known-bad variant breaks it"),
            )
            if clause.verdict in POSITIVE and clause.clause.name not in broken
            else clause
            for clause in item.clauses
        )
        safety = [clause.verdict for clause in clauses if clause.clause.tag == Tag.SAFETY]
        theorems.append(
            replace(
                item,
                clauses=clauses,
                verdict=weakest(clause.verdict for clause in clauses),
                safety=weakest(safety),
            )
        )
    return replace(report, theorems=tuple(theorems))

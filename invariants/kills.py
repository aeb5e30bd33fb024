"""Running the known-bad variants: which engine notices which.

A kill counts only for the clause that the variant names: by a counterexample of that clause that was
replayed on the broken code, or by an obligation of that clause that can no longer be discharged.

Source: ``verification.md`` "Guards against empty passes"; house style rule 18.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeAlias

from billproof.invariants.counterexample import Counterexample, replay
from billproof.invariants.explore.search import Limits, UndefinedStepError, search
from billproof.invariants.registry import registry
from billproof.invariants.searching import STATES_MAX, context_of
from billproof.invariants.theorem import Clause
from billproof.invariants.variants.variant import Variant, installed
from billproof.model.core import step
from billproof.model.design import Design

STATES_BRIEF = 200
"""States per domain at first."""

ObligationCheck: TypeAlias = Callable[[Design, Clause, float], bool]
"""``check(design, clause, deadline)``: whether some obligation of the clause is broken (not merely open)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KillReport:
    """What became of one variant."""

    variant: Variant
    killed_by: tuple[str, ...]
    """The engines that noticed."""
    counterexample: Counterexample | None
    """The replayed counterexample, if ``explore`` found one."""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KillTask:
    """One variant to be run; small enough to be sent to another process."""

    variant: str
    engines: tuple[str, ...]
    check: ObligationCheck | None
    seconds: float


def run_variant(task: KillTask) -> KillReport:
    """Install a variant and let the engines look for the clause that it breaks."""
    started = time.monotonic()
    variant = variant_named(task.variant)
    clause = clause_of(variant)
    killed_by: list[str] = []
    found = None
    with installed(variant) as design:
        if "explore" in task.engines:
            found = _explored(variant, clause, design, started + task.seconds)
            if found is not None:
                killed_by.append("explore")
        if "prove" in task.engines and task.check is not None and clause.provable:
            if task.check(design, clause, started + task.seconds):
                killed_by.append("prove")
        if "property" in task.engines:
            # Loaded where it is used: Hypothesis takes longer to load than the first verdicts take.
            from billproof.invariants.property.engine import find_counterexample

            tested = find_counterexample(
                design, registry().by_id[variant.theorem], clause, started + task.seconds
            )
            if tested is not None:
                killed_by.append("property")
                found = found or tested
        if "unroll" in task.engines:
            from billproof.invariants.unroll import engine as unroll

            theorem = registry().by_id[variant.theorem]
            reached = unroll.find_counterexample(design, theorem, clause, started + task.seconds)
            if reached is not None:
                killed_by.append("unroll")
                found = found or reached
    return KillReport(
        variant=variant,
        killed_by=tuple(killed_by),
        counterexample=found,
        seconds=time.monotonic() - started,
    )


def run_variants(
    variants: Sequence[Variant],
    engines: tuple[str, ...],
    *,
    check: ObligationCheck | None,
    executor: Executor,
    seconds: float,
    progress: Callable[[str], None],
) -> tuple[KillReport, ...]:
    """Run variants over the processes of ``executor``, in order.

    Args:
        variants: What to run.
        engines: Which engines look.
        check: The proof engine's part; ``None`` leaves it out.
        executor: Where they run; each needs a process of its own, for the model's functions are replaced.
        seconds: Time for each.
        progress: Called with a line after each.
    """
    tasks = [
        KillTask(variant=variant.name, engines=engines, check=check, seconds=seconds) for variant in variants
    ]
    reports = []
    for report in executor.map(run_variant, tasks):
        progress(f"variant {report.variant.name}: killed by {', '.join(report.killed_by) or 'nobody'}")
        reports.append(report)
    return tuple(reports)


def variant_named(name: str) -> Variant:
    """Return the variant of that name; ``KeyError`` is a bug of the caller."""
    return {variant.name: variant for variant in registry().variants}[name]


def clause_of(variant: Variant) -> Clause:
    """Return the clause that a variant names; ``KeyError`` where there is none is a bug of the catalogue."""
    return {clause.name: clause for clause in registry().by_id[variant.theorem].clauses}[variant.clause]


def variants_of(clause: Clause) -> tuple[Variant, ...]:
    """Return the variants that name a clause."""
    return tuple(
        item for item in registry().variants if item.theorem == clause.theorem and item.clause == clause.name
    )


def _explored(variant: Variant, clause: Clause, design: Design, deadline: float) -> Counterexample | None:
    theorem = registry().by_id[variant.theorem]
    domains = [domain for domain in registry().domains if variant.theorem in domain.theorems]
    # Most are noticed after a few states of some domain: all are looked at before any is searched whole.
    for domain, states_max in ((it, most) for most in (STATES_BRIEF, STATES_MAX) for it in domains):
        context = context_of(domain.design(design))
        limits = Limits(states_max=states_max, deadline=deadline)
        try:
            result = search(domain, (clause,), (), step=step, context=context, limits=limits)
        except UndefinedStepError:
            # A broken system that crashes has not been caught violating its clause; other domains may.
            continue
        if clause.name in result.violations:
            commands = result.violations[clause.name].commands
            found = replay(clause, domain, commands, step=step, context=context, money=theorem.money)
            if found is not None:
                return found
    return None

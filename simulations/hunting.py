"""Hunting known-bad variants by the swarm: how many seeds it takes until one is caught.

Theory of operation. A variant is installed, seed after seed of the swarm is run on it, and only the clause
that it breaks is judged. The first run that violates it ends the hunt: its trace is executed once more, by
the broken core alone and with the digests of real receipts, and counts only if it shows the violation again.

A run in which the broken core reads what is not there has not caught it: it has crashed, and the next seed
is tried.

Source: ``verification.md`` "Guards against empty passes"; ``kills``.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from billproof.invariants.kills import clause_of, variant_named
from billproof.invariants.registry import registry
from billproof.invariants.theorem import Clause, Scope, Transition
from billproof.invariants.variants.variant import Variant, installed
from billproof.model.commands import Command
from billproof.model.containers import UndefinedLookupError
from billproof.model.context import Context
from billproof.model.core import step as core_step
from billproof.simulations.judging.judge import Found, Judge
from billproof.simulations.shrinking import is_shown
from billproof.simulations.world.options import draw_options
from billproof.simulations.world.runs import context_of, run_judged

MODULES: Final = frozenset(
    {"replication", "restoration", "maintenance", "custody", "reconciliation", "closing", "corrections"}
)
"""Modules of the model that are about replication, crashes, time, consumers and operations."""

SWITCHES: Final = frozenset(
    {
        "ack_point",
        "write_order",
        "replication",
        "failover_fencing",
        "promotion",
        "heal_merge",
        "repair_direction",
        "restore",
        "archive_lock",
        "head_publication",
        "signer_scope",
        "replica_reads",
        "reconcile_cut",
        "order_by",
        "key_retention",
        "period_accounting",
        "period_of",
        "lag_control",
        "consumer_dedupe",
    }
)
"""Switches that are about the same."""


class _CaughtError(Exception):
    """Ends a run as soon as the clause is violated."""


class Hunter(Judge):
    """A judge of one clause that ends the run when it is violated."""

    def look(self, transition: Transition, number: int) -> None:
        """Judge a transition of the run."""
        super().look(transition, number)
        self._stop()

    def look_aside(
        self, transitions: tuple[Transition, ...], number: int, *, is_disputed: bool = True
    ) -> None:
        """Judge what a reader was shown."""
        super().look_aside(transitions, number, is_disputed=is_disputed)
        self._stop()

    def _stop(self) -> None:
        if self.found:
            raise _CaughtError("the clause is violated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """What became of one variant."""

    variant: str
    theorem: str
    clause: str
    seeds: int
    """How many seeds were run, the last of which caught it if any did."""
    steps: int
    """After how many commands of that run; 0 if it was not caught."""

    @property
    def is_killed(self) -> bool:
        """Whether it was caught."""
        return self.steps > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HuntTask:
    """One variant to be hunted; small enough to be sent to another process."""

    variant: str
    first_seed: int
    seeds: int


def concerns_operation(variant: Variant) -> bool:
    """Tell whether a variant concerns replication, crash, time, consumers or operations."""
    return (
        clause_of(variant).scope == Scope.TWO_REGIONS
        or any(edit.module in MODULES for edit in variant.edits)
        or any(name in SWITCHES for name, _ in variant.switches)
    )


def hunted() -> tuple[Variant, ...]:
    """Return the variants that the swarm is to catch."""
    return tuple(variant for variant in registry().variants if concerns_operation(variant))


def hunt(task: HuntTask) -> Kill:
    """Run seeds on a variant until one catches it; for a worker: it is installed in the process."""
    variant = variant_named(task.variant)
    clause = clause_of(variant)
    with installed(variant) as design:
        for number in range(task.seeds):
            options = draw_options(task.first_seed + number)
            context = context_of(options, design)
            judge, trace = Hunter(context, clauses=(clause,), marks=False), list[Command]()
            with suppress(_CaughtError, UndefinedLookupError):
                run_judged(options, context, step=core_step, judge=judge, trace=trace)
            found = judge.found.get(clause.name)
            if found is not None and _is_confirmed(found, trace, clause, context):
                return _kill(variant, number + 1, found.steps)
    return _kill(variant, task.seeds, 0)


def hunt_all(
    tasks: Sequence[HuntTask], *, executor: Executor, progress: Callable[[str], None]
) -> tuple[Kill, ...]:
    """Hunt variants over the processes of ``executor``, in order."""
    kills = []
    for kill in executor.map(hunt, tasks):
        told = f"killed after {kill.seeds} seeds" if kill.is_killed else f"alive after {kill.seeds} seeds"
        progress(f"variant {kill.variant}: {told}")
        kills.append(kill)
    return tuple(kills)


def _is_confirmed(found: Found, trace: list[Command], clause: Clause, context: Context) -> bool:
    return is_shown(found, tuple(trace), clause, step=core_step, context=context)


def _kill(variant: Variant, seeds: int, steps: int) -> Kill:
    return Kill(
        variant=variant.name, theorem=variant.theorem, clause=variant.clause, seeds=seeds, steps=steps
    )

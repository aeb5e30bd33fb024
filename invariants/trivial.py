"""Trivial systems: step functions that do nothing right, and must get no credit for it.

A system that accepts everything never refuses wrongly, one that refuses everything never bills twice, one
that forgets everything is never inconsistent. Each takes the place of the whole step function, and no theorem
may come out as holding: a clause whose interesting case never happens is INCONCLUSIVE for want of its
sometimes marks, and where that is not so, some clause must be refuted.

Source: ``verification.md`` "Guards against empty passes" and pitfall 5; ``cli.md`` lists the same four names
as targets of the conformance kit.
"""

import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import ParamSpec, TypeVar

from billproof.invariants.explore.search import StepFunction
from billproof.invariants.judge import DesignReport, Engines, judge_design
from billproof.invariants.theorem import Theorem
from billproof.invariants.verdicts import POSITIVE, Verdict
from billproof.model import core
from billproof.model.commands import Command
from billproof.model.context import Context, Outcome
from billproof.model.design import REPAIRED
from billproof.model.identifiers import Digest
from billproof.model.outcomes import Status
from billproof.model.posting import refuse
from billproof.model.state import State

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrivialSystem:
    """A step function that is not worth proving anything about."""

    name: str
    story: str
    """What it does, in one sentence."""
    step: StepFunction


@dataclass(frozen=True, slots=True, kw_only=True)
class TrivialReport:
    """What the engines said of one trivial system, theorem by theorem."""

    system: TrivialSystem
    verdicts: tuple[tuple[str, Verdict], ...]
    credited: tuple[str, ...]
    """``T1.clause`` for every clause that was said to hold."""

    @property
    def credited_theorems(self) -> tuple[str, ...]:
        """The theorems that were said to hold; each is a fault of its clauses."""
        return tuple(theorem for theorem, verdict in self.verdicts if verdict in POSITIVE)


def accept_all(state: State, command: Command, context: Context) -> Outcome:
    """Say that everything was accepted, and do nothing."""
    del command, context
    return Outcome(state=state, status=Status.ACCEPTED)


def reject_all(state: State, command: Command, context: Context) -> Outcome:
    """Say that this site does not lead, whatever is asked, and do nothing."""
    del command, context
    return refuse(state, Status.NOT_LEADER)


def echo(state: State, command: Command, context: Context) -> Outcome:
    """Hand the request back as its own receipt, as if it had been stored before, and do nothing."""
    del context
    request = getattr(command, "request", None)
    receipt = Digest(request.fingerprint) if request is not None else Digest("")
    return Outcome(state=state, status=Status.ACCEPTED, receipt=receipt, replayed=True)


def amnesiac(state: State, command: Command, context: Context) -> Outcome:
    """Answer as the real system would, and forget that it happened."""
    answered = core_step(state, command, context)
    return Outcome(state=state, status=answered.status, position=answered.position, receipt=answered.receipt)


core_step = core.step
"""The real step function, kept apart: a substitution of ``core.step`` must not reach the amnesiac."""

TRIVIAL: tuple[TrivialSystem, ...] = (
    TrivialSystem(name="accept-all", story="accepts everything and does nothing", step=accept_all),
    TrivialSystem(name="reject-all", story="refuses everything", step=reject_all),
    TrivialSystem(name="echo", story="hands each request back as its receipt", step=echo),
    TrivialSystem(name="amnesiac", story="answers rightly and forgets at once", step=amnesiac),
)
"""Every trivial system."""


class InThisProcess(Executor):
    """An executor without processes, for a model whose functions were replaced in this one."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Call at once."""
        future: Future[R] = Future()
        future.set_result(fn(*args, **kwargs))
        return future

    def map(
        self,
        fn: Callable[..., R],
        *iterables: Iterable[object],
        timeout: float | None = None,
        chunksize: int = 1,
    ) -> Iterator[R]:
        """Call for each, in order."""
        del timeout, chunksize
        return map(fn, *iterables)


@contextmanager
def substituted(step: StepFunction) -> Generator[None, None, None]:
    """Put a step function wherever billproof refers to the real one, while the block runs."""
    undo: list[tuple[ModuleType, str]] = []
    own = sys.modules[__name__]
    try:
        for name, module in list(sys.modules.items()):
            if module is own or not name.startswith(("billproof.model", "billproof.invariants")):
                continue
            for attribute, value in list(vars(module).items()):
                if value is core_step:
                    undo.append((module, attribute))
                    setattr(module, attribute, step)
        yield
    finally:
        for module, attribute in undo:
            setattr(module, attribute, core_step)


def judge_trivial(system: TrivialSystem, theorems: Sequence[Theorem], deadline: float) -> TrivialReport:
    """Judge theorems about a trivial system, by search: the engine that would give it credit most easily.

    Args:
        system: What takes the place of the step function.
        theorems: What to judge.
        deadline: On the clock of ``time.monotonic``.
    """
    engines = Engines(
        names=("explore",),
        prover=None,
        executor=InThisProcess(),
        deadline=deadline,
        progress=lambda _: None,
    )
    with substituted(system.step):
        report = judge_design(REPAIRED, theorems, engines)
    return TrivialReport(
        system=system,
        verdicts=tuple((item.theorem.id, item.verdict) for item in report.theorems),
        credited=_credited(report),
    )


def _credited(report: DesignReport) -> tuple[str, ...]:
    return tuple(
        f"{item.theorem.id}.{clause.clause.name}"
        for item in report.theorems
        for clause in item.clauses
        if clause.verdict in POSITIVE
    )

"""Campaigns: many runs, on many processes, into one database; interrupted and resumed without a trace of it.

Theory of operation. A task is a scenario, a seed and a design. Workers run tasks and return rows; rows are
written in the order of the tasks, so that a database does not show how many workers there were or how often
it was interrupted. What is in the database is not run again. Where a theorem was violated, the first few such
runs are run once more and shrunk; the smallest story is kept.

Choices. Any ``concurrent.futures.Executor`` will do, a cluster's included: nothing here knows of processes.

Source: ``simulation.md`` "Runs".
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from itertools import islice
from typing import Final, ParamSpec, TypeVar

from billproof.invariants.counterexample import Counterexample
from billproof.model.core import step as core_step
from billproof.model.design import Design
from billproof.model.design_files import render_design
from billproof.simulations.scenarios.scenario import Scenario
from billproof.simulations.shrinking import clause_of, shrink
from billproof.simulations.world.runs import Run, context_of, run_once

P = ParamSpec("P")
R = TypeVar("R")

SHRUNK_PER_THEOREM: Final = 3
"""How many violating runs are shrunk for each theorem; the smallest story is kept."""

CLAUSES_SHRUNK: Final = 4
"""How many violated clauses of one run and theorem are shrunk: the earliest ones."""

WAITING_PER_WORKER: Final = 4
"""How many tasks are handed out ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One run to be made."""

    scenario: Scenario
    seed: int
    design: Design
    judge_every: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is kept of a run."""

    scenario: str
    seed: int
    design: str
    """The first half of the SHA-256 of the design file."""
    judge_every: int
    events: int
    committed: int
    history: str
    violated: tuple[tuple[str, str, int], ...]
    """Theorem, clause, and after how many commands of the trace."""
    met: tuple[str, ...]
    fired: tuple[tuple[str, int], ...]
    misbehaved: tuple[tuple[str, int], ...]
    undrained: tuple[str, ...]
    drained_micros: int
    rto_micros: int
    rpo_events: int


class Inline(Executor):
    """An executor that runs everything here and at once."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run something and return what came of it."""
        future: Future[R] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as every executor, hand it to whoever asks for the result
            future.set_exception(error)
        return future


def run_task(task: Task) -> Row:
    """Make one run and return its row; for a worker."""
    return row_of(task, run_of(task))


def run_of(task: Task) -> Run:
    """Make one run."""
    return run_once(task.scenario.options(task.seed), task.design, judge_every=task.judge_every)


def row_of(task: Task, run: Run) -> Row:
    """Return what is kept of a run."""
    return Row(
        scenario=task.scenario.id,
        seed=task.seed,
        design=design_key(task.design),
        judge_every=task.judge_every,
        events=run.events,
        committed=run.committed,
        history=f"{run.history:016x}",
        violated=tuple((item.theorem, item.clause, item.steps) for item in run.found),
        met=tuple(sorted(run.met)),
        fired=tuple(sorted(run.fired.items())),
        misbehaved=tuple(sorted(run.misbehaved.items())),
        undrained=run.undrained,
        drained_micros=run.drained_micros,
        rto_micros=run.rto_micros,
        rpo_events=run.rpo_events,
    )


def design_key(design: Design) -> str:
    """Return what names a design in a database: half a digest of its file."""
    return hashlib.sha256(render_design(design).encode()).hexdigest()[:32]


def run_tasks(
    tasks: Iterable[Task],
    *,
    executor: Executor,
    workers: int,
    known: Callable[[Task], Row | None],
    done: Callable[[Row], None],
) -> None:
    """Run tasks, a few ahead for each worker; hand each new row to ``done``, in the order of the tasks.

    Args:
        tasks: What to run.
        executor: Who runs it.
        workers: How many there are.
        known: Returns the row of a task that was run before.
        done: Is handed each row, known ones included.
    """
    source: Iterator[Task] = iter(tasks)
    waiting: list[Future[Row] | Row] = []
    try:
        while True:
            for task in islice(source, max(0, workers * WAITING_PER_WORKER - len(waiting))):
                waiting.append(known(task) or executor.submit(run_task, task))
            if not waiting:
                return
            first = waiting.pop(0)
            done(first if isinstance(first, Row) else first.result())
    finally:
        for future in waiting:
            if isinstance(future, Future):
                future.cancel()


def shrink_task(task: Task, theorem: str) -> Counterexample | None:
    """Run once more and return the smallest story of a theorem that is violated; for a worker."""
    run = run_of(task)
    context = context_of(run.options, task.design)
    stories = []
    violated = sorted((item for item in run.found if item.theorem == theorem), key=lambda item: item.steps)
    for found in violated[:CLAUSES_SHRUNK]:
        story = shrink(found, run.trace, clause_of(found), step=core_step, context=context)
        if story is not None:
            stories.append(story)
    return min(stories, key=lambda story: len(story.commands), default=None)


def worth_shrinking(rows: Iterable[Row]) -> dict[str, tuple[Row, ...]]:
    """Return, for each theorem that was violated, the few runs in which that happened soonest."""
    by_theorem: dict[str, list[tuple[int, str, int, Row]]] = {}
    for row in rows:
        for theorem in dict.fromkeys(name for name, _, _ in row.violated):
            soonest = min(steps for name, _, steps in row.violated if name == theorem)
            by_theorem.setdefault(theorem, []).append((soonest, row.scenario, row.seed, row))
    return {
        theorem: tuple(item[3] for item in sorted(found, key=lambda item: item[:3])[:SHRUNK_PER_THEOREM])
        for theorem, found in sorted(by_theorem.items())
    }


def history_hash(rows: Iterable[Row]) -> str:
    """Return one hash of many runs."""
    lines = [f"{row.scenario} {row.seed} {row.history}" for row in rows]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def encode_row(row: Row) -> dict[str, str | int]:
    """Return a row as columns of a table."""
    return {
        "scenario": row.scenario,
        "seed": row.seed,
        "design": row.design,
        "judge_every": row.judge_every,
        "events": row.events,
        "committed": row.committed,
        "history": row.history,
        "violated": json.dumps(row.violated),
        "met": json.dumps(row.met),
        "fired": json.dumps(row.fired),
        "misbehaved": json.dumps(row.misbehaved),
        "undrained": json.dumps(row.undrained),
        "drained_micros": row.drained_micros,
        "rto_micros": row.rto_micros,
        "rpo_events": row.rpo_events,
    }

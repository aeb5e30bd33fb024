"""The judge of a run: every clause at every commit and reply, asked only of what the step has touched.

Theory of operation. A clause must hold for every value of its free variables. A step touches few of them:
one customer, one key, the entries that it appended. For all others the clause says the same as before, so
asking it again would find nothing. Which values a step touches is decided in ``touched``, from the command
and from which parts of the state are other objects than before; promotion, return and whatever is not known
there touch everything. At the end of a run everything is asked once more, and a test compares this judge with
one that asks everything at every step. Clauses with the same free variables are asked together.

A clause that was found violated is not asked again; a mark that was met is not looked out for again.

Source: ``verification.md`` "Engines"; ``simulation.md`` "Runs".
"""

from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias

from billproof.invariants.explore.domain import free_variables
from billproof.invariants.theorem import Clause, Scope, Tag, Transition
from billproof.invariants.theorems import THEOREMS, all_clauses
from billproof.model.commands import Command
from billproof.model.containers import UndefinedLookupError
from billproof.model.context import Context
from billproof.simulations.judging.aside import OF_DISPUTES, Aside
from billproof.simulations.judging.indexes import LogIndex
from billproof.simulations.judging.touched import Touched, everything_in, touched_by

TIMED_EVERY: Final = 512
"""Clauses about how long something takes run the core onwards; they are asked once in so many transitions."""

_Group: TypeAlias = tuple[tuple[object, ...], bool, bool]
"""Sorts of the free variables, whether of a step, whether timed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A violated clause, and where in the trace."""

    theorem: str
    clause: str
    steps: int
    """How many commands of the trace lead to it."""
    aside: tuple[Command, ...] = ()
    """What was done beside the trace after them: a ledger shown to a reader."""


class Judge:
    """Judges one run."""

    __slots__ = (
        "_aside",
        "_context",
        "_every",
        "_groups",
        "_indexes",
        "_marks",
        "found",
        "judged",
        "met",
    )

    def __init__(
        self,
        context: Context,
        *,
        every: int = 1,
        clauses: tuple[Clause, ...] | None = None,
        marks: bool = True,
    ) -> None:
        """Judge under a context.

        Args:
            context: Design, with the parameters of the run, and digest oracle.
            every: Ask of one transition in so many; 1 asks of all. At the end everything is asked anyway.
            clauses: What to judge; all clauses of all theorems by default.
            marks: Whether to look out for ``sometimes`` marks.
        """
        self._context = context
        self._every = every
        self._groups: dict[_Group, list[Clause]] = {}
        judged = clauses or all_clauses()
        for clause in judged:
            if clause.scope != Scope.PRESENTED:
                group = (sorts_of(clause), clause.step is not None, clause.tag == Tag.TIMED)
                self._groups.setdefault(group, []).append(clause)
        self._aside = Aside(context, tuple(item for item in judged if item.scope == Scope.PRESENTED))
        self._indexes = (LogIndex(), LogIndex())
        self._marks = {mark.name: mark.predicate for theorem in THEOREMS for mark in theorem.sometimes}
        if not marks:
            self._marks.clear()
        self.found: dict[str, Found] = {}
        """The first violation of each clause."""
        self.met: set[str] = set()
        self.judged = 0
        """How many transitions were judged."""

    def look(self, transition: Transition, number: int) -> None:
        """Judge a transition of the run."""
        if number % self._every:
            return
        self.judged += 1
        self._look_for_marks(transition)
        self._ask(transition, touched_by(transition, self._indexes), number)

    def look_aside(
        self, transitions: tuple[Transition, ...], number: int, *, is_disputed: bool = True
    ) -> None:
        """Judge what a reader was shown beside the run, and disputes about it."""
        wanted = is_disputed and self._aside.begin(is_edited=len(transitions) > 1)
        done: list[Command] = []
        for transition in transitions:
            done.append(transition.command)
            self._look_for_marks(transition, passed_over=OF_DISPUTES)
            for clause in self._aside.violated(transition, is_disputed=wanted):
                self.found[clause.name] = Found(
                    theorem=clause.theorem, clause=clause.name, steps=number, aside=tuple(done)
                )
        for name in self._aside.resolved:
            if self._marks.pop(name, None) is not None:
                self.met.add(name)

    def look_at_everything(self, transition: Transition, number: int) -> None:
        """Judge a transition, and its state with every value of every free variable: the end of a run."""
        self.judged += 1
        self._look_for_marks(transition)
        self._ask(transition, touched_by(transition, self._indexes), number)
        self._ask(transition, everything_in(transition.after, self._indexes), number, final=True)

    def _ask(self, transition: Transition, touched: Touched, number: int, *, final: bool = False) -> None:
        """Ask every clause; at the end only those about the state, of everything in it."""
        context, after = self._context, transition.after
        broken = []
        for group, clauses in self._groups.items():
            sorts, is_step, is_timed = group
            if (is_timed and number % TIMED_EVERY and not final) or (final and is_step):
                continue
            subject = transition if is_step else after
            rows = tuple(touched.rows(sorts, is_step=is_step))
            if not rows:
                continue
            for clause in clauses:
                predicate = clause.step if clause.invariant is None else clause.invariant.predicate
                assert predicate is not None, "a clause has one of the two"
                try:
                    for row in rows:
                        if not predicate(subject, context, *row):
                            broken.append((group, clause))
                            break
                except UndefinedLookupError:
                    broken.append((group, clause))
        for group, clause in broken:
            self._groups[group].remove(clause)
            self.found[clause.name] = Found(theorem=clause.theorem, clause=clause.name, steps=number)

    def _look_for_marks(self, transition: Transition, *, passed_over: frozenset[str] = frozenset()) -> None:
        shown = []
        for name, predicate in self._marks.items():
            if name in passed_over:
                continue
            try:
                if predicate(transition, self._context):
                    shown.append(name)
            except UndefinedLookupError:
                continue
        for name in shown:
            del self._marks[name]
            self.met.add(name)


def sorts_of(clause: Clause) -> tuple[object, ...]:
    """Return the sorts of the free variables of a clause."""
    return sorts_of_predicate(clause.invariant.predicate if clause.invariant is not None else clause.step)


@cache
def sorts_of_predicate(predicate: object) -> tuple[object, ...]:
    """Return the sorts of the free variables of a predicate."""
    return tuple(sort for _, sort in free_variables(predicate))

"""The judge of a run: every clause at every commit and reply, asked only of what the step has touched.

Theory of operation. A clause must hold for every value of its free variables. A step touches few of them:
one customer, one key, the entries that it appended. For all others the clause says the same as before, so
asking it again would find nothing. Which values a step touches is decided in ``touched``, from the command
and from which parts of the state are other objects than before; promotion, return and whatever is not known
there touch everything. At the end of a run everything is asked once more, and a test compares this judge with
one that asks everything at every step.

A clause that was found violated is not asked again; a mark that was met is not looked out for again.

Source: ``verification.md`` "Engines"; ``simulation.md`` "Runs".
"""

from dataclasses import dataclass
from typing import Final

from billproof.invariants.explore.domain import free_variables
from billproof.invariants.explore.search import holds_on
from billproof.invariants.reading import read_presented
from billproof.invariants.theorem import Clause, Scope, Tag, Transition
from billproof.invariants.theorems import BY_ID, THEOREMS, all_clauses
from billproof.model.commands import Command
from billproof.model.containers import UndefinedLookupError
from billproof.model.context import Context
from billproof.model.disputes import Claim
from billproof.model.posting import site_of
from billproof.simulations.judging.touched import Touched, everything_in, touched_by

DISPUTED_MAX: Final = 12
"""Disputes are judged where the ledger has at most so many entries: each is judged against all others."""

DISPUTES_JUDGED: Final = 3
"""Of how many ledgers as they are, and of how many edited ones, disputes are judged in one run."""

TIMED_EVERY: Final = 512
"""Clauses about how long something takes run the core onwards; they are asked once in so many transitions."""

_OF_DISPUTES: Final = frozenset(mark.name for mark in BY_ID["T7"].sometimes)


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

    __slots__ = ("_aside", "_clauses", "_context", "_disputed", "_every", "_marks", "found", "judged", "met")

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
        judged = [(clause, sorts_of(clause)) for clause in clauses or all_clauses()]
        self._clauses = [item for item in judged if item[0].scope != Scope.PRESENTED]
        self._aside = [item for item in judged if item[0].scope == Scope.PRESENTED]
        self._marks = {mark.name: mark for theorem in THEOREMS for mark in theorem.sometimes} if marks else {}
        self._disputed = [0, 0]
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
        self._ask(transition, touched_by(transition), number)

    def look_aside(self, transitions: tuple[Transition, ...], number: int) -> None:
        """Judge what a reader was shown beside the run."""
        done: list[Command] = []
        is_edited = len(transitions) > 1
        self._disputed[is_edited] += 1
        for transition in transitions:
            done.append(transition.command)
            long = site_of(transition.after, transition.after.leader).ledger.length > DISPUTED_MAX
            long = long or self._disputed[is_edited] > DISPUTES_JUDGED
            self._look_for_marks(transition, passed_over=_OF_DISPUTES if long else frozenset())
            for clause, sorts in list(self._aside):
                if Claim in sorts and long:
                    continue
                if not self._holds_aside(clause, sorts, transition):
                    self._aside.remove((clause, sorts))
                    self.found[clause.name] = Found(
                        theorem=clause.theorem, clause=clause.name, steps=number, aside=tuple(done)
                    )

    def _holds_aside(self, clause: Clause, sorts: tuple[object, ...], transition: Transition) -> bool:
        rows = everything_in(transition.after).rows(sorts)
        reader = clause.reader
        if reader is None:
            return all(holds_on(clause, transition, self._context, row) for row in rows)
        if not transition.after.presenting:
            return True
        # The reader reads once, for all that is asked of it.
        reading = read_presented(transition.after, self._context)
        try:
            return all(reader(reading, self._context, *row) for row in rows)
        except UndefinedLookupError:
            return False

    def look_at_everything(self, transition: Transition, number: int) -> None:
        """Judge a transition with every value of every free variable, as is done at the end of a run."""
        self.judged += 1
        self._look_for_marks(transition)
        self._ask(transition, everything_in(transition.after), number, final=True)

    def _ask(self, transition: Transition, touched: Touched, number: int, *, final: bool = False) -> None:
        context = self._context
        broken = []
        for item in self._clauses:
            clause, sorts = item
            if clause.tag == Tag.TIMED and number % TIMED_EVERY and not final:
                continue
            for row in touched.rows(sorts, is_step=clause.step is not None):
                if not holds_on(clause, transition, context, row):
                    broken.append(item)
                    break
        for item in broken:
            self._clauses.remove(item)
            self.found[item[0].name] = Found(theorem=item[0].theorem, clause=item[0].name, steps=number)

    def _look_for_marks(self, transition: Transition, *, passed_over: frozenset[str] = frozenset()) -> None:
        shown = []
        for name, mark in self._marks.items():
            if name in passed_over:
                continue
            try:
                if mark.predicate(transition, self._context):
                    shown.append(name)
            except UndefinedLookupError:
                continue
        for name in shown:
            del self._marks[name]
            self.met.add(name)


def sorts_of(clause: Clause) -> tuple[object, ...]:
    """Return the sorts of the free variables of a clause."""
    predicate = clause.invariant.predicate if clause.invariant is not None else clause.step
    return tuple(sort for _, sort in free_variables(predicate))

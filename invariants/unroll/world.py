"""A small world unrolled: its laws, and the conditions under which a clause falls or a mark is met.

The world is a domain of the search: the same start, the same commands, the same bounds, the same values of
free variables. What is searched state by state there is one formula here, so that the two engines check each
other: of a clause, both must find counterexamples of the same length.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from billproof.invariants.explore.domain import Domain
from billproof.invariants.explore.search import StepFunction, start_of
from billproof.invariants.prove.clauses import DIGEST
from billproof.invariants.prove.clauses import context_of as symbolic_context
from billproof.invariants.prove.facts import Facts, assuming
from billproof.invariants.prove.formulas import Formula, formulas_of
from billproof.invariants.prove.goals import AFTER
from billproof.invariants.prove.records import reader, symbolic_record
from billproof.invariants.prove.shapes import shape_of
from billproof.invariants.prove.terms import (
    Term,
    at_most,
    conjunction,
    disjunction,
    equal,
    integer,
    negate,
)
from billproof.invariants.prove.traversal import substitute
from billproof.invariants.prove.validation import constant, leaves_of
from billproof.invariants.prove.values import int_term
from billproof.invariants.searching import context_of
from billproof.invariants.theorem import Clause, Sometimes, Transition
from billproof.invariants.unroll.asking import Digests
from billproof.invariants.unroll.moves import moves_of
from billproof.invariants.unroll.unrolling import Unrolling, choice
from billproof.model.commands import Command
from billproof.model.context import Outcome
from billproof.model.design import Design
from billproof.model.state import State
from billproof.model.switches import Preimage

Reading: TypeAlias = Callable[[Term], Term]
"""What a term means somewhere else."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fall:
    """Where a clause falls or a mark is met: conditions about any state, or about the one before a move."""

    states: tuple[Term, ...] = ()
    """About a state: any of them."""
    moves: tuple[tuple[int, Term], ...] = ()
    """Number of a move, and the condition about the state before it."""


class World:
    """One domain under one design, unrolled as far as it is asked."""

    def __init__(
        self, domain: Domain, reading: Design, step: StepFunction, deadline: float = float("inf")
    ) -> None:
        """Extract the moves and execute the set-up.

        Args:
            domain: The small world.
            reading: The design.
            step: The model under test.
            deadline: On the clock of ``time.monotonic``.

        Raises:
            LateError: The deadline has passed, here or in whatever is asked later.
            SymbolicError: The step function cannot be followed.
            UndefinedStepError: The set-up cannot be executed.
        """
        self.domain = domain
        design = domain.design(reading)
        self.context = context_of(design)
        self.symbolic = symbolic_context(design)
        self.state: State = symbolic_record(State)
        self.moves = moves_of(
            domain.commands, self.state, step=step, context=self.symbolic, deadline=deadline
        )
        start = start_of(domain, step, self.context)
        self.unrolling = Unrolling(start, self.state, self.moves, deadline)
        # Under a concatenated preimage two bodies may have one digest; to rule it out would be a false law.
        injective = design.preimage == Preimage.CANONICAL_ALL_FIELDS
        self.digests = Digests(DIGEST[0], DIGEST[3], start, injective=injective)

    def choices(self, steps: int) -> tuple[Term, ...]:
        """Return the unknown numbers of the first commands."""
        return tuple(choice(time, len(self.moves)) for time in range(steps))

    def commands(self, numbers: Sequence[int]) -> tuple[Command, ...]:
        """Return the commands with these numbers."""
        return tuple(self.moves[number].command for number in numbers)

    def laws(self, steps: int) -> tuple[Term, ...]:
        """Return what holds of every execution of so many steps: each is possible and stays in bounds."""
        state = self.state
        within = conjunction(
            at_most(int_term(value), integer(bound))
            for value, bound in (
                (state.primary.ledger.length, self.domain.ledger_max),
                (state.standby.ledger.length, self.domain.ledger_max),
                (state.epoch, self.domain.epoch_max),
            )
        )
        possible = [self.unrolling.possible(time) for time in range(steps)]
        return (*possible, *(self.unrolling.at(time + 1, within) for time in range(steps)))

    def fall_of(self, clause: Clause) -> Fall:
        """Return where a clause does not hold.

        Raises:
            SymbolicError: Its predicate cannot be followed.
        """
        if clause.invariant is not None:
            found = formulas_of(clause.name, clause.invariant.predicate, self.state, self.symbolic)
            return Fall(states=tuple(self._broken(formula, _as_it_is) for formula in found))
        assert clause.step is not None, "a clause has an invariant or a step predicate"
        return Fall(moves=tuple(self._in_moves(clause.name, clause.step, self._broken)))

    def showing(self, mark: Sometimes) -> Fall:
        """Return where a mark is met.

        Raises:
            SymbolicError: Its predicate cannot be followed.
        """
        return Fall(moves=tuple(self._in_moves(mark.name, mark.predicate, self._met)))

    def after(self, steps: int, fall: Fall) -> Term:
        """Return the condition on choices that it falls after so many steps, there or by the last."""
        unrolling = self.unrolling
        states = [unrolling.at(steps, condition) for condition in fall.states]
        if steps == 0:
            return disjunction(states)
        moves = [
            conjunction((unrolling.chosen(steps - 1, index), unrolling.at(steps - 1, condition)))
            for index, condition in fall.moves
        ]
        return disjunction((*states, *moves))

    def _in_moves(
        self,
        name: str,
        predicate: Callable[..., bool],
        judged: Callable[[Formula, Reading], Term],
    ) -> Iterator[tuple[int, Term]]:
        unknown = symbolic_record(Outcome, AFTER)
        for index, move in enumerate(self.moves):
            transition = Transition(before=self.state, command=move.command, outcome=unknown)
            found = formulas_of(name, predicate, transition, self.symbolic)
            for way in move.ways:
                read = _reading(way.outcome)
                with assuming(Facts((way.condition,))):
                    fallen = disjunction(judged(formula, read) for formula in found)
                yield index, conjunction((way.condition, way.possible, fallen))

    def _broken(self, formula: Formula, read: Reading) -> Term:
        return conjunction((self._in_range(formula), negate(_holding(formula, read))))

    def _met(self, formula: Formula, read: Reading) -> Term:
        return conjunction((self._in_range(formula), _holding(formula, read)))

    def _in_range(self, formula: Formula) -> Term:
        """Return the condition that free variables have values of the domain."""
        bounds = []
        for hint, value in formula.arguments:
            shape = shape_of(hint)
            terms = shape.flatten(value)
            known = [leaves_of(shape, item) for item in self.domain.values(hint)]
            bounds.append(
                disjunction(
                    conjunction(
                        equal(term, constant(leaf, term.sort))
                        for term, leaf in zip(terms, leaves, strict=True)
                    )
                    for leaves in known
                )
            )
        return conjunction(bounds)


def _reading(outcome: Outcome) -> Reading:
    """Return what reads a term about an unknown outcome in a known one."""
    read = reader(outcome, AFTER)
    memo: dict[Term, Term] = {}
    return lambda term: substitute((term,), read, memo)[0]


def _holding(formula: Formula, read: Reading) -> Term:
    """Return the condition that a predicate is defined and holds."""
    return conjunction((read(formula.term), *(read(need.obligation) for need in formula.needs)))


def _as_it_is(term: Term) -> Term:
    return term

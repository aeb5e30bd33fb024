"""What a named model does, as terms: one decision tree for each action, extracted from its own functions.

Theory of operation. ``can`` and ``do`` are executed once on a record whose every place is a symbol, by the
same symbolic execution that the proofs use. Each way through them is a path condition with an update, and
the ways of one action form a decision tree. Nothing is written by hand, so nothing can drift from the plain
functions: a path that raises becomes a leaf that no state may reach, and a number that might leave the range
that its field declares becomes a condition that is checked where it might.

Source: ``verification.md`` "The central idea"; ``performance.md`` "Exhaustive exploration", target.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias, cast

from billproof.invariants.explore.models.model import Action, Field, Invariant, Model, S
from billproof.invariants.prove.exploration import Path, explore_paths, summarise
from billproof.invariants.prove.facts import Facts
from billproof.invariants.prove.symbols import BOOL, INT, Domain, Role, Symbol, symbol
from billproof.invariants.prove.terms import FALSE, Term, apply, at_most, conjunction, integer, negate
from billproof.invariants.prove.values import SymbolicBool, SymbolicInt, bool_term, int_term


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """One number of the record."""

    field: Field
    index: int
    """Its place in the tuple; 0 for a single value."""
    name: Symbol
    """What stands for it in terms."""

    @property
    def term(self) -> Term:
        """The number before a step."""
        return apply(self.name)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Update:
    """The end of a path: what the places hold afterwards."""

    changes: tuple[tuple[int, Term], ...]
    """Number of the place and its content after the step; what is not listed stays."""
    unsafe: tuple[tuple[int, Term], ...]
    """Number of the place and the condition under which its new content leaves the declared range, where the
    path does not rule that out."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Failure:
    """The end of a path that raises: no reachable state may get here."""

    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """A decision."""

    condition: Term
    yes: "Tree"
    no: "Tree"


Tree: TypeAlias = Split | Update | Failure | None
"""A decision tree; None is where the action is not enabled."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Program:
    """A model, extracted."""

    places: tuple[Place, ...]
    """In the order of ``numbers_in``."""
    actions: tuple[Tree, ...]
    """One tree for each action, in their order."""
    invariants: tuple[Term, ...]
    """What each invariant says, at all its arguments, in their order."""


def extract(model: Model[S]) -> Program:
    """Return what a model does, as terms.

    Raises:
        SymbolicError: A function of the model does what cannot be followed; its author's to mend.
    """
    places = places_of(model)
    numbers = [place.term for place in places]
    state = state_at(model, places, numbers)
    return Program(
        places=places,
        actions=tuple(tree_of(model, places, action, state, numbers) for action in model.actions),
        invariants=tuple(invariant_term(invariant, state) for invariant in model.invariants),
    )


def places_of(model: Model[S]) -> tuple[Place, ...]:
    """Return every place of the record of a model, in the order of ``numbers_in``."""
    return tuple(
        Place(field=field, index=index, name=_symbol(field, index))
        for field in model.fields
        for index in range(field.places or 1)
    )


def state_at(model: Model[S], places: Sequence[Place], terms: Sequence[Term]) -> S:
    """Return the record that holds these terms."""
    values: dict[str, list[SymbolicBool | SymbolicInt]] = {}
    for place, term in zip(places, terms, strict=True):
        value = SymbolicBool(term) if place.field.is_flag else SymbolicInt(term)
        values.setdefault(place.field.name, []).append(value)
    whole = {
        field.name: values[field.name][0] if field.places is None else tuple(values[field.name])
        for field in model.fields
    }
    return replace(model.initial, **cast("dict[str, object]", whole))


def tree_of(
    model: Model[S], places: Sequence[Place], action: Action[S], state: S, numbers: Sequence[Term]
) -> Tree:
    """Return the decision tree of an action from a state.

    Args:
        model: Where the action belongs.
        places: The places of its record.
        action: What happens.
        state: The record before, of terms.
        numbers: These terms, place by place.

    Raises:
        SymbolicError: The action cannot be followed.
    """
    paths = explore_paths(partial(_attempt, action, state))
    return _tree(paths, 0, partial(_leaf, model, places, numbers))


def invariant_term(invariant: Invariant[S], state: S) -> Term:
    """Return what an invariant says of a state, at all its arguments.

    Raises:
        SymbolicError: It cannot be followed, or raises somewhere.
    """
    return conjunction(holds_term(invariant, state, argument) for argument in invariant.arguments)


def holds_term(invariant: Invariant[S], state: S, argument: int) -> Term:
    """Return what an invariant says of a state at one argument."""
    return summarise(partial(invariant.holds, state, argument), bool_term).term


def contents_of(model: Model[S], places: Sequence[Place], state: S) -> tuple[Term, ...]:
    """Return the content of every place of a record, symbolic or not."""
    terms: list[Term] = []
    for field in model.fields:
        value: object = getattr(state, field.name)
        values = value if isinstance(value, tuple) else (value,)
        terms += [bool_term(item) if field.is_flag else int_term(item) for item in values]
    assert len(terms) == len(places), f"a step of {model.name} changes the length of a tuple"
    return tuple(terms)


def _symbol(field: Field, index: int) -> Symbol:
    name = field.name if field.places is None else f"{field.name}.{index}"
    if field.is_flag:
        domain = Domain(name="flag", sort=BOOL)
    else:
        domain = Domain(name=f"0 to {field.highest}", sort=INT, low=0, high=field.highest)
    return symbol(name, (), domain, role=Role.VALUE, place=name)


def _attempt(action: Action[S], state: S) -> S | None:
    return action.do(state, action.argument) if action.can(state, action.argument) else None


def _tree(paths: "Sequence[Path[S | None]]", depth: int, leaf: "Callable[[Path[S | None]], Tree]") -> Tree:
    if len(paths) == 1 and len(paths[0].decisions) == depth:
        return leaf(paths[0])
    split = next((at for at, path in enumerate(paths) if not path.decisions[depth][1]), len(paths))
    # Paths come true branch first, and each decision that was taken had both answers.
    return Split(
        condition=paths[0].decisions[depth][0],
        yes=_tree(paths[:split], depth + 1, leaf),
        no=_tree(paths[split:], depth + 1, leaf),
    )


def _leaf(model: Model[S], places: Sequence[Place], numbers: Sequence[Term], path: "Path[S | None]") -> Tree:
    if path.error is not None:
        return Failure(error=path.error)
    if path.result is None:
        return None
    contents = contents_of(model, places, path.result)
    changes = tuple(
        (number, content)
        for number, (before, content) in enumerate(zip(numbers, contents, strict=True))
        if content is not before
    )
    facts = Facts()
    for condition, value in path.decisions:
        facts.assume(condition, holds=value)
    unsafe = [(number, _leaves_range(places[number], content)) for number, content in changes]
    return Update(
        changes=changes,
        unsafe=tuple((number, term) for number, term in unsafe if facts.decide(term) is not False),
    )


def _leaves_range(place: Place, content: Term) -> Term:
    if place.field.is_flag:
        return FALSE
    inside = (at_most(integer(0), content), at_most(content, integer(place.field.highest)))
    return negate(conjunction(inside))

"""What a named model is: a frozen record, guarded updates of it, invariants, and what is interchangeable.

A model is written once, as ordinary functions: ``can(state, argument)`` tells whether an action is enabled,
``do(state, argument)`` returns the next record, ``holds(state, argument)`` judges a state. The plain search
calls them, and the compiled search runs the same functions on symbolic values and translates what it sees.
They keep to what both can follow: comparisons, ``and``, ``or``, ``not``, ``if``, sums, ``any`` and ``all``
over the fixed places of a tuple.

The fields say which numbers they hold. That is a promise which both searches check at every state.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from billproof.model.portable import PortableError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

S = TypeVar("S", bound="DataclassInstance")
"""The record of a model."""

V = TypeVar("V")

Relabelling: TypeAlias = Mapping[str, tuple[int, ...]]
"""By kind of identity: the new number of each, in order of the old numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the record of a model: a number, a truth value, or a tuple of these."""

    name: str
    highest: int = 1
    """It holds 0 to this."""
    is_flag: bool = False
    """It holds truth values."""
    places: int | None = None
    """Length of the tuple; None for a single value."""
    indexed_by: str = ""
    """The kind of identity whose numbers are its places."""
    names: str = ""
    """The kind of identity it names, by its number and one; 0 names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Generic[S]):
    """What may happen, at one argument."""

    name: str
    label: str
    """How a trace tells it."""
    kind: str
    """The kind of identity that the argument is, or nothing."""
    argument: int
    can: Callable[[S, int], bool]
    do: Callable[[S, int], S]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant(Generic[S]):
    """What must hold in every state, at each of its arguments."""

    name: str
    statement: str
    kind: str
    """The kind of identity that the arguments are, or nothing."""
    arguments: tuple[int, ...]
    holds: Callable[[S, int], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Symmetry:
    """Which relabellings of identities change nothing, as the author of the model claims."""

    generators: tuple[Relabelling, ...]
    """Relabellings from which all others follow."""
    freely: str = ""
    """A kind whose identities may be permuted in every way, if there is no other symmetry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model(Generic[S]):
    """A finite system to be searched."""

    name: str
    story: str
    settings: Mapping[str, int | bool | str]
    fields: tuple[Field, ...]
    initial: S
    actions: tuple[Action[S], ...]
    invariants: tuple[Invariant[S], ...]
    symmetry: Symmetry | None = None


class ModelRangeError(PortableError):
    """A field holds what the model says it never does; the author of the model must widen or mend it.

    Args:
        model: Which model.
        field: Which field.
        value: What it holds.
        highest: What it may hold.
    """

    def __init__(self, model: str, field: str, value: str, highest: int) -> None:
        super().__init__(f"model {model}: {field} holds {value}, declared 0 to {highest}")
        self.model = model
        self.field = field
        self.value = value
        self.highest = highest
        self.remedy = f"declare a higher number for {field}, or mend the update that sets it"


def numbers_in(model: Model[S], state: S) -> tuple[int, ...]:
    """Return every number of a state, field by field and place by place; a flag is 0 or 1."""
    return tuple(number for _, number in _places(model, state))


def state_of(model: Model[S], numbers: tuple[int, ...]) -> S:
    """Return the state that holds these numbers, in the order of ``numbers_in``."""
    changes: dict[str, object] = {}
    start = 0
    for field in model.fields:
        end = start + (1 if field.places is None else field.places)
        part = [bool(number) if field.is_flag else number for number in numbers[start:end]]
        changes[field.name] = part[0] if field.places is None else tuple(part)
        start = end
    return replace(model.initial, **changes)


def check_ranges(model: Model[S], state: S) -> None:
    """Check that a state keeps what the fields promise.

    Raises:
        ModelRangeError: It does not.
    """
    for field, number in _places(model, state):
        if not 0 <= number <= field.highest:
            raise ModelRangeError(model.name, field.name, str(number), field.highest)


def _places(model: Model[S], state: S) -> Iterator[tuple[Field, int]]:
    for field in model.fields:
        value: object = getattr(state, field.name)
        values = value if isinstance(value, tuple) else (value,)
        if len(values) != (1 if field.places is None else field.places):
            raise ModelRangeError(model.name, field.name, f"{len(values)} places", field.places or 1)
        for number in values:
            assert isinstance(number, int), f"{field.name} holds {number!r}"
            yield field, int(number)


def actions_of(
    name: str,
    labels: tuple[str, ...],
    *,
    can: Callable[[S, int], bool],
    do: Callable[[S, int], S],
    kind: str = "",
) -> tuple[Action[S], ...]:
    """Return one action for each argument, 0 and up, told as ``name label``."""
    return tuple(
        Action(name=name, label=f"{name} {label}".strip(), kind=kind, argument=argument, can=can, do=do)
        for argument, label in enumerate(labels)
    )


def put(values: tuple[V, ...], place: int, value: V) -> tuple[V, ...]:
    """Return a tuple with another value at one place."""
    return (*values[:place], value, *values[place + 1 :])

"""The step of a compiled model: all successors of an array of packed records, and what they break.

Each action is its decision tree: at a decision the records are parted, so that a condition is only asked of
the records that get there, and an update is only made of those that take its path.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias

import numpy as np

from billproof.invariants.explore.compiled.extraction import Failure, Program, Split, Tree, Update, extract
from billproof.invariants.explore.compiled.layout import (
    Flags,
    Layout,
    Words,
    layout_of,
    size_of,
    taken,
)
from billproof.invariants.explore.compiled.vectors import Change, Condition, Vectors
from billproof.invariants.explore.models.model import Model, ModelRangeError, S, numbers_in, state_of
from billproof.model.portable import PortableError

Successors: TypeAlias = "list[tuple[Words, Origin]]"
"""Records after a step, and which of the records before each comes from."""

Origin: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.intp]]"

Walk: TypeAlias = Callable[[Words, Origin, Successors], None]


class UnexpectedPathError(PortableError):
    """A reachable state takes a path of a model's action that raises; the author of the model must mend it.

    Args:
        model: Which model.
        action: Which action.
        problem: What it raised.
    """

    def __init__(self, model: str, action: str, problem: str) -> None:
        super().__init__(f"model {model}: {action} raises {problem} in a state that can be reached")
        self.model = model
        self.action = action
        self.problem = problem
        self.remedy = "guard the action, or handle the case in its update"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stepper(Generic[S]):
    """A compiled model."""

    model: Model[S]
    program: Program
    layout: Layout
    vectors: Vectors
    walks: tuple[Walk, ...]
    """One for each action."""
    holds: tuple[tuple[str, Condition], ...]
    """Name and condition of each invariant."""

    def successors(self, words: Words) -> Successors:
        """Return everything that can follow.

        Raises:
            ModelRangeError: A field would hold what it was declared not to.
            UnexpectedPathError: A function of the model raises there.
        """
        found: Successors = []
        everyone = np.arange(size_of(words), dtype=np.intp)
        for walk in self.walks:
            walk(words, everyone, found)
        return found

    def broken(self, words: Words) -> list[tuple[str, Flags]]:
        """Return the invariants that some of the records break, with which."""
        found = [(name, ~holds(words)) for name, holds in self.holds]
        return [(name, flags) for name, flags in found if flags.any()]

    def packed(self, state: S) -> Words:
        """Return an array of one record."""
        numbers = numbers_in(self.model, state)
        return tuple(np.array([word], dtype=np.uint64) for word in self.layout.packed(numbers))

    def state(self, words: Words, index: int) -> S:
        """Return one of the records as the model has it."""
        return state_of(self.model, self.layout.numbers([int(word[index]) for word in words]))


def stepper_of(model: Model[S]) -> Stepper[S]:
    """Compile a model.

    Raises:
        SymbolicError: A function of the model does what cannot be followed.
    """
    program = extract(model)
    layout = layout_of(program.places)
    vectors = Vectors(
        layout=layout,
        slots={place.name: slot for place, slot in zip(program.places, layout.slots, strict=True)},
    )
    return Stepper(
        model=model,
        program=program,
        layout=layout,
        vectors=vectors,
        walks=tuple(
            _walk(tree, _Maker(model=model.name, action=action.label, program=program, vectors=vectors))
            for tree, action in zip(program.actions, model.actions, strict=True)
        ),
        holds=tuple(
            (invariant.name, vectors.condition(term))
            for invariant, term in zip(model.invariants, program.invariants, strict=True)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """What the walks of one action are made with."""

    model: str
    action: str
    program: Program
    vectors: Vectors


def _walk(tree: Tree, maker: _Maker) -> Walk:
    match tree:
        case None:
            return _nothing
        case Split():
            return _parting(
                maker.vectors.condition(tree.condition), _walk(tree.yes, maker), _walk(tree.no, maker),
                ends=tree.no is None,
            )  # fmt: skip
        case Update():
            return _updating(maker, tree)
        case Failure():
            return _failing(maker, tree)


def _nothing(words: Words, origin: Origin, found: Successors) -> None:
    del words, origin, found


def _parting(condition: Condition, yes: Walk, no: Walk, *, ends: bool) -> Walk:
    def walk(words: Words, origin: Origin, found: Successors) -> None:
        flags = condition(words)
        chosen = np.flatnonzero(flags)
        if len(chosen) == len(flags):
            yes(words, origin, found)
            return
        if len(chosen):
            yes(taken(words, chosen), origin[chosen], found)
        if not ends:
            others = np.flatnonzero(~flags)
            no(taken(words, others), origin[others], found)

    return walk


def _updating(maker: _Maker, update: Update) -> Walk:
    change: Change = maker.vectors.change(update.changes)
    guards = [(number, maker.vectors.condition(term)) for number, term in update.unsafe]
    changes = dict(update.changes)

    def walk(words: Words, origin: Origin, found: Successors) -> None:
        for number, leaves in guards:
            flags = leaves(words)
            if flags.any():
                place = maker.program.places[number]
                worst = maker.vectors.number(changes[number])(taken(words, np.flatnonzero(flags)[:1]))
                raise ModelRangeError(maker.model, place.field.name, str(worst[0]), place.field.highest)
        found.append((change(words), origin))

    return walk


def _failing(maker: _Maker, failure: Failure) -> Walk:
    def walk(words: Words, origin: Origin, found: Successors) -> None:
        del origin, found
        if size_of(words):
            raise UnexpectedPathError(maker.model, maker.action, repr(failure.error))

    return walk


def weighed(
    successors: Sequence[tuple[Words, Origin]], weights: "np.ndarray[tuple[int], np.dtype[np.int64]]"
) -> int:
    """Return how many steps these are, each counted as often as the record that it leaves stands for."""
    return sum(int(weights[origin].sum()) for _, origin in successors)

"""Symmetry reduction: of states that differ only in interchangeable identities, one is searched.

Theory of operation. A relabelling permutes the places of the fields that are indexed by a kind of identity
and the numbers in the fields that name one; both are derived from the fields alone. The canonical state of
an orbit is the least of its images. Where the identities of one kind may be permuted in every way, sorting
their columns finds it without trying all permutations, and the multinomial coefficient is the size of the
orbit; elsewhere the images are made and counted.

That the model does not care is the claim of its author, and nothing here believes it: ``compiled.
equivariance`` proves it of every action and invariant, and the orbit sizes must add up to the count of the
full search.
"""

from collections import Counter
from collections.abc import Iterator
from math import factorial
from typing import Generic

from billproof.invariants.explore.models.model import (
    Field,
    Model,
    Relabelling,
    S,
    numbers_in,
    state_of,
)
from billproof.model.portable import PortableError

GROUP_MAX = 5_040
"""More relabellings than this are not tried one by one."""


class FalseSymmetryError(PortableError):
    """A model is declared symmetric and is not; its author must correct the declaration.

    Args:
        model: Which model.
        problem: What differs.
    """

    def __init__(self, model: str, problem: str) -> None:
        super().__init__(f"model {model} is declared symmetric, but {problem}")
        self.model = model
        self.problem = problem
        self.remedy = "correct what the model declares as interchangeable, or search without --symmetry"


class Orbits(Generic[S]):
    """The orbits of the states of a model under its declared symmetry."""

    def __init__(self, model: Model[S]) -> None:
        """Prepare the relabellings.

        Raises:
            FalseSymmetryError: There is none, or it does not fit the fields, or moves the initial state.
        """
        if model.symmetry is None:
            raise FalseSymmetryError(model.name, "it declares nothing as interchangeable")
        self._model = model
        places = [(field, place) for field in model.fields for place in range(field.places or 1)]
        generators = [image_of(model, one) for one in model.symmetry.generators]
        start = numbers_in(model, model.initial)
        if any(_apply(one, start) != start for one in generators):
            raise FalseSymmetryError(model.name, "a relabelling changes the initial state")
        self.columns: tuple[tuple[int, ...], ...] = ()
        self.group: tuple[Image, ...] = ()
        if model.symmetry.freely:
            self.columns = _columns(model, places, model.symmetry.freely)
        else:
            self.group = _closure(model, generators, len(places))

    def representative(self, state: S) -> tuple[S, int]:
        """Return the canonical state of the orbit of a state, and the size of the orbit."""
        numbers = numbers_in(self._model, state)
        if self.columns:
            least, size = self._sorted(numbers)
        else:
            images = {_apply(image, numbers) for image in self.group}
            least, size = min(images), len(images)
        return (state if least == numbers else state_of(self._model, least)), size

    def _sorted(self, numbers: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
        columns = sorted(tuple(numbers[place] for place in column) for column in self.columns)
        size = factorial(len(columns))
        for count in Counter(columns).values():
            size //= factorial(count)
        found = list(numbers)
        for column, values in zip(self.columns, columns, strict=True):
            for place, value in zip(column, values, strict=True):
                found[place] = value
        return tuple(found), size


Image = tuple[tuple[int, tuple[int, ...] | None], ...]
"""For each number of an image: the place it comes from, and the new numbers if it names identities."""


def image_of(model: Model[S], relabelling: Relabelling) -> Image:
    """Return where each number of a relabelled record comes from, and how it is renamed.

    Raises:
        FalseSymmetryError: The relabelling does not fit the fields.
    """
    image: list[tuple[int, tuple[int, ...] | None]] = []
    start = 0
    for field in model.fields:
        count = field.places or 1
        order = relabelling.get(field.indexed_by, tuple(range(count)))
        names = renamed(relabelling.get(field.names)) if field.names else None
        if sorted(order) != list(range(count)) or (names and len(names) != field.highest + 1):
            raise FalseSymmetryError(model.name, f"a relabelling of {field.name} is no permutation")
        image.extend((start + order.index(place), names) for place in range(count))
        start += count
    return tuple(image)


def independent_generators(model: Model[S]) -> tuple[Relabelling, ...]:
    """Return declared relabellings from which all declared ones follow; the model must declare some.

    Raises:
        FalseSymmetryError: A relabelling does not fit the fields, or there are too many.
    """
    kept: list[Relabelling] = []
    images: list[Image] = []
    count = sum(field.places or 1 for field in model.fields)
    reached = set(_closure(model, images, count))
    for relabelling in model.symmetry.generators if model.symmetry is not None else ():
        image = _normal(image_of(model, relabelling))
        if image in reached:
            continue
        kept.append(relabelling)
        images.append(image)
        if model.symmetry is not None and model.symmetry.freely:
            # Every permutation: too many to list, and the author's generators are few.
            continue
        reached = set(_closure(model, images, count))
    return tuple(kept)


def _normal(image: Image) -> Image:
    return tuple((source, _composed(names, None)) for source, names in image)


def renamed(order: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Return what each content of a naming field becomes: none stays none."""
    return None if order is None else (0, *(number + 1 for number in order))


def _apply(image: Image, numbers: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(numbers[source] if names is None else names[numbers[source]] for source, names in image)


def _closure(model: Model[S], generators: list[Image], count: int) -> tuple[Image, ...]:
    identity: Image = tuple((place, None) for place in range(count))
    found: set[Image] = {identity}
    frontier = [identity]
    while frontier:
        frontier = [new for one in frontier for new in _products(one, generators) if new not in found]
        found.update(frontier)
        if len(found) > GROUP_MAX:
            raise FalseSymmetryError(model.name, f"it has more than {GROUP_MAX:,} relabellings to be tried")
    return tuple(found)


def _products(one: Image, generators: list[Image]) -> Iterator[Image]:
    for other in generators:
        yield tuple((one[source][0], _composed(one[source][1], names)) for source, names in other)


def _composed(first: tuple[int, ...] | None, second: tuple[int, ...] | None) -> tuple[int, ...] | None:
    if first is None or second is None:
        names = first if second is None else second
    else:
        names = tuple(second[number] for number in first)
    return None if names == tuple(range(len(names or ()))) else names


def _columns(model: Model[S], places: list[tuple[Field, int]], kind: str) -> tuple[tuple[int, ...], ...]:
    if any(field.names == kind for field in model.fields):
        raise FalseSymmetryError(model.name, f"a field names a {kind}: sorting is not enough")
    count = max((field.places or 1 for field in model.fields if field.indexed_by == kind), default=0)
    return tuple(
        tuple(
            number
            for number, (field, place) in enumerate(places)
            if field.indexed_by == kind and place == identity
        )
        for identity in range(count)
    )

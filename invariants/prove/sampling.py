"""Sampling: random concrete values of any type of the model, reachable or not, for translation validation.

Few distinct values are drawn, so that keys collide and every branch is met.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import cast, get_args, get_origin

from billproof.invariants.prove.records import values_of
from billproof.invariants.prove.shapes import domain_of, hints_of, is_record
from billproof.invariants.prove.symbols import BOOL, INT, Domain, SymbolicError
from billproof.invariants.prove.traversal import Value
from billproof.model.containers import FrozenLog, FrozenMap, Log, PartialMap

INTEGERS = (-1, 0, 0, 1, 1, 2, 3)
"""What integers are drawn from."""

SIZES = (0, 1, 2, 3, 4)
"""How many entries maps and logs get."""


class Sampler:
    """Draws values; the same seed gives the same values."""

    def __init__(self, seed: int, names: Mapping[str, tuple[str, ...]] | None = None) -> None:
        """Start.

        Args:
            seed: The seed.
            names: Strings for a sort, such as its neutral identifier; ``a`` and ``b`` where none are given.
        """
        self._random = Random(seed)  # noqa: S311 - test data, no secret
        self._names = dict(names or {})

    def value(self, hint: object) -> object:
        """Return a random value of an annotation.

        Raises:
            SymbolicError: The annotation is none of the model's.
        """
        if get_origin(hint) is PartialMap:
            key, content = get_args(hint)
            size = self._random.choice(SIZES)
            return FrozenMap({self.value(key): self.value(content) for _ in range(size)})
        if get_origin(hint) is Log:
            item = get_args(hint)[0]
            return FrozenLog(tuple(self.value(item) for _ in range(self._random.choice(SIZES))))
        if is_record(hint):
            made = cast("Callable[..., object]", hint)
            return made(**{name: self.value(part) for name, part in hints_of(cast("type", hint))})
        if values_of(hint):
            return self._random.choice(values_of(hint))
        domain = domain_of(hint)
        if domain is None:
            raise SymbolicError(f"the type {hint!r}", "see shapes for the types that can be sampled")
        return self.leaf(domain)

    def leaf(self, domain: Domain) -> Value:
        """Return a random value of a domain, enumerations as numbers."""
        if domain.low is not None and domain.high is not None:
            return self._random.randint(domain.low, domain.high)
        if domain.sort == BOOL:
            return self._random.choice((False, True))
        if domain.sort == INT:
            return self._random.choice(INTEGERS)
        return self._random.choice(self._names.get(domain.sort, ("a", "b")))

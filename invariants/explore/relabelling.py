"""Symmetry of the billing core: customers, keys, attempts and regions are interchangeable.

Theory of operation. A relabelling renames identities wherever they stand in a state or a command; where that
is follows from the annotations alone. Digests are renamed to the digests of renamed entries, fingerprints to
those of the renamed requests of the domain, so that a relabelled state is again one that the core can make.
Of the images of a state the least, in an order that does not depend on how it was built, is searched.

The core compares identities and does nothing else with them, which is what the proofs rely on too. All the
same nothing here believes it: at a sample of states the successors of the relabelled state are compared with
the relabelled successors, and the orbit sizes must add up to the count of the full search.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import lru_cache
from itertools import permutations, product
from typing import TypeAlias, cast, get_args, get_origin, get_type_hints

from billproof.invariants.explore.domain import Domain
from billproof.invariants.explore.symmetry import FalseSymmetryError
from billproof.model.commands import Command
from billproof.model.containers import FrozenLog, FrozenMap, Log, PartialMap
from billproof.model.context import Context, Outcome
from billproof.model.identifiers import AttemptId, CustomerId, Digest, Fingerprint, IdempotencyKey
from billproof.model.outcomes import Region
from billproof.model.posting import other_region
from billproof.model.state import Entry, Request, State

SAMPLE_EVERY = 16
"""Of so many states, one has its successors compared with those of a relabelled one."""

StepFunction: TypeAlias = Callable[[State, Command, Context], Outcome]


@dataclass(frozen=False, slots=True, kw_only=True)
class Relabelling:
    """One way to rename; remembers the digests and fingerprints that it has renamed."""

    customers: Mapping[CustomerId, CustomerId]
    keys: Mapping[IdempotencyKey, IdempotencyKey]
    attempts: Mapping[AttemptId, AttemptId]
    swaps_regions: bool
    digest: Callable[[Entry], Digest]
    entries: Mapping[Digest, Entry]
    """Which entry each digest was made of."""
    digests: dict[Digest, Digest] = field(default_factory=dict)
    fingerprints: dict[Fingerprint, Fingerprint] = field(default_factory=dict)

    def state(self, state: State) -> State:
        """Return the relabelled state."""
        moved = cast("State", self.value(state, State))
        if self.swaps_regions:
            return replace(moved, primary=moved.standby, standby=moved.primary)
        return moved

    def command(self, command: Command) -> Command:
        """Return the relabelled command."""
        return cast("Command", self.value(command, type(command)))

    def value(self, value: object, hint: object) -> object:
        """Return a relabelled value of an annotation."""
        if not _is_touched(hint):
            return value
        if get_origin(hint) is PartialMap:
            key, content = get_args(hint)
            held = cast("FrozenMap[object, object]", value)
            return FrozenMap({self.value(k, key): self.value(v, content) for k, v in held.items()})
        if get_origin(hint) is Log:
            item = get_args(hint)[0]
            return FrozenLog(tuple(self.value(it, item) for it in cast("FrozenLog[object]", value)))
        if isinstance(hint, type) and is_dataclass(hint):
            changes = {name: self.value(getattr(value, name), part) for name, part in _parts(hint)}
            return replace(cast("Entry", value), **changes)  # type: ignore[arg-type]
        return self._leaf(value, hint)

    def _leaf(self, value: object, hint: object) -> object:
        if hint is Region:
            return other_region(cast("Region", value)) if self.swaps_regions else value
        if hint is Digest:
            return self._digest(cast("Digest", value))
        if hint is Fingerprint:
            return self.fingerprints.get(cast("Fingerprint", value), value)
        if hint is CustomerId:
            return self.customers.get(cast("CustomerId", value), value)
        if hint is IdempotencyKey:
            return self.keys.get(cast("IdempotencyKey", value), value)
        return self.attempts.get(cast("AttemptId", value), value)

    def _digest(self, digest: Digest) -> Digest:
        entry = self.entries.get(digest)
        if entry is None:
            return digest
        if digest not in self.digests:
            self.digests[digest] = self.digest(cast("Entry", self.value(entry, Entry)))
        return self.digests[digest]


_LEAVES: tuple[object, ...] = (Region, Digest, Fingerprint, CustomerId, IdempotencyKey, AttemptId)


@lru_cache(maxsize=256)
def _parts(record: type) -> tuple[tuple[str, object], ...]:
    hints = get_type_hints(record)
    return tuple((item.name, hints[item.name]) for item in fields(record) if _is_touched(hints[item.name]))


@lru_cache(maxsize=256)
def _is_touched(hint: object) -> bool:
    if hint in _LEAVES:
        return True
    if get_origin(hint) in (PartialMap, Log):
        return any(_is_touched(part) for part in get_args(hint))
    return isinstance(hint, type) and is_dataclass(hint) and bool(_parts(hint))


@dataclass(frozen=False, slots=True, kw_only=True)
class Quotient:
    """The canonical states of a domain under all its relabellings."""

    domain: Domain
    step: StepFunction
    context: Context
    """Its digest function notes which entry each digest is of."""
    group: tuple[Relabelling, ...]
    known: dict[State, tuple[State, int]] = field(default_factory=dict)
    asked: int = 0
    sampled: int = 0

    def representative(self, state: State) -> tuple[State, int]:
        """Return the canonical state of the orbit of a state, and the size of the orbit."""
        found = self.known.get(state)
        if found is None:
            images = dict.fromkeys(one.state(state) for one in self.group)
            found = min(images, key=sort_key), len(images)
            self.known[state] = found
        return found

    def check(self, state: State) -> None:
        """Compare the successors of a state with those of a relabelled one, at one state of a sample.

        Raises:
            FalseSymmetryError: They are not relabellings of each other.
        """
        self.asked += 1
        if self.asked % SAMPLE_EVERY != 1:
            return
        one = self.group[(self.asked // SAMPLE_EVERY) % len(self.group)]
        self.sampled += 1
        moved = one.state(state)
        for command in self.domain.commands:
            plain = self.step(state, command, self.context)
            turned = self.step(moved, one.command(command), self.context)
            if plain.status != turned.status or one.state(plain.state) != turned.state:
                name = type(command).__name__
                raise FalseSymmetryError(self.domain.name, f"{name} tells a relabelled state from the other")


def quotient_of(
    domain: Domain, step: StepFunction, context: Context, *, attempts: tuple[AttemptId, ...] = ()
) -> Quotient:
    """Return the quotient of a domain by all permutations of its customers, keys, attempts and regions.

    Raises:
        FalseSymmetryError: A relabelled command of the domain is none of it.
    """
    entries: dict[Digest, Entry] = {}

    def digest(entry: Entry) -> Digest:
        made = context.digest(entry)
        entries[made] = entry
        return made

    noted = replace(context, digest=digest)
    group = tuple(_group(domain, attempts, digest, entries))
    return Quotient(domain=domain, step=step, context=noted, group=group)


def orbit_of(quotient: Quotient, state: State) -> tuple[State, ...]:
    """Return every relabelling of a state, each once, the state itself first."""
    images = dict.fromkeys(one.state(state) for one in quotient.group)
    return (state, *(image for image in images if image != state))


def sort_key(value: object) -> tuple[object, ...]:
    """Return what orders values of one type: equal values have equal keys, however they were built."""
    if isinstance(value, FrozenMap):
        return tuple(sorted((sort_key(key), sort_key(content)) for key, content in value.items()))
    if isinstance(value, FrozenLog):
        return tuple(sort_key(item) for item in value)
    if is_dataclass(value):
        return tuple(sort_key(getattr(value, item.name)) for item in fields(value))
    return (value,)


def _group(
    domain: Domain,
    attempts: tuple[AttemptId, ...],
    digest: Callable[[Entry], Digest],
    entries: Mapping[Digest, Entry],
) -> Iterator[Relabelling]:
    regions = (False, True) if domain.regions == 2 else (False,)
    orders = product(
        permutations(domain.customers), permutations(domain.keys), permutations(attempts), regions
    )
    requests = _requests(domain)
    for customers, keys, others, swaps in orders:
        one = Relabelling(
            customers=dict(zip(domain.customers, customers, strict=True)),
            keys=dict(zip(domain.keys, keys, strict=True)),
            attempts=dict(zip(attempts, others, strict=True)),
            swaps_regions=swaps,
            digest=digest,
            entries=entries,
        )
        one.fingerprints.update(_fingerprints(domain.name, one, requests))
        if {one.command(command) for command in domain.commands} != set(domain.commands):
            raise FalseSymmetryError(domain.name, "a relabelled command of the domain is none of it")
        yield one


def _requests(domain: Domain) -> tuple[Request, ...]:
    found = (getattr(command, "request", None) for command in (*domain.setup, *domain.commands))
    return tuple(dict.fromkeys(item for item in found if isinstance(item, Request)))


def _fingerprints(
    name: str, one: Relabelling, requests: tuple[Request, ...]
) -> dict[Fingerprint, Fingerprint]:
    bare = {replace(item, fingerprint=Fingerprint("")): item.fingerprint for item in requests}
    found: dict[Fingerprint, Fingerprint] = {}
    for item in requests:
        moved = cast("Request", one.value(replace(item, fingerprint=Fingerprint("")), Request))
        other = bare.get(moved)
        if other is None or found.setdefault(item.fingerprint, other) != other:
            raise FalseSymmetryError(name, f"the relabelled request of key {item.key} is none of the domain")
    return found

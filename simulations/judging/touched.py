"""What a step touches: the values of free variables for which a clause may say something else than before.

Choices. Every clause about two entries is about two entries of one customer; pairs of entries of different
customers are not asked. A test compares with a judge that asks them all.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations, product
from typing import Final, TypeVar

from billproof.invariants.theorem import Transition
from billproof.model import commands
from billproof.model.commands import Command
from billproof.model.containers import FrozenMap, PartialMap
from billproof.model.disputes import Claim
from billproof.model.identifiers import AttemptId, CustomerId, Period, Position, Sequence
from billproof.model.outcomes import Region
from billproof.model.posting import RESET_JOB_PERIOD, site_of
from billproof.model.state import ChainName, Entry, KeyName, Request, RowName, Site, State

K = TypeVar("K")
V = TypeVar("V")

REGIONS: Final = (Region.PRIMARY, Region.STANDBY)

_NOTHING: Final = (
    commands.Confirm,
    commands.PublishCheckpoint,
    commands.AdvanceTime,
    commands.Deliver,
    commands.SignRequest,
    commands.RotateSigningKey,
)
"""Commands that change no store, no reply and no role."""


class Touched:
    """Values of free variables: those that a step has touched, or all there are."""

    __slots__ = ("chains", "customers", "keys", "pairs", "positions", "regions", "rows_named")

    def __init__(self) -> None:
        """Touch nothing."""
        self.customers: tuple[CustomerId, ...] = ()
        self.keys: tuple[KeyName, ...] = ()
        self.rows_named: tuple[RowName, ...] = ()
        self.chains: tuple[ChainName, ...] = ()
        self.positions: tuple[Position, ...] = ()
        """Where entries lie that belong to touched customers."""
        self.pairs: tuple[tuple[Position, Position], ...] = ()
        """Pairs of entries of one customer."""
        self.regions: tuple[Region, ...] = ()
        """The regions whose stores are others than before."""

    def rows(self, sorts: tuple[object, ...], *, is_step: bool = False) -> Iterable[tuple[object, ...]]:
        """Return the assignments of free variables of some sorts that are to be asked."""
        if not sorts:
            return ((),)
        if sorts.count(Position) == 2:
            return self._pairs(sorts)
        columns: list[tuple[object, ...]] = []
        for sort in sorts:
            if sort is Region:
                columns.append(REGIONS if is_step else self.regions)
            else:
                columns.append(self._of(sort))
        return product(*columns)

    def _of(self, sort: object) -> tuple[object, ...]:
        if sort is Position:
            return self.positions
        if sort is CustomerId:
            return self.customers
        if sort is KeyName:
            return self.keys
        if sort is ChainName:
            return self.chains
        if sort is RowName:
            return self.rows_named
        if sort is Claim:
            return tuple(Claim)
        raise TypeError(f"the judge has no values of {sort!r}; add them to Touched")

    def _pairs(self, sorts: tuple[object, ...]) -> Iterable[tuple[object, ...]]:
        heads: tuple[tuple[object, ...], ...] = tuple(
            product(*(self.regions if sort is Region else self._of(sort) for sort in sorts[:-2]))
        )
        return ((*head, *pair) for head in heads for pair in self.pairs)


def touched_by(transition: Transition) -> Touched:
    """Return what a step has touched."""
    command, before, after = transition.command, transition.before, transition.after
    touched = Touched()
    if isinstance(command, _NOTHING):
        return touched
    if isinstance(command, commands.Crash):
        touched.keys = tuple(_names(after.acknowledged))
        return touched
    changed = tuple(region for region in REGIONS if _is_changed(region, before, after))
    if isinstance(command, commands.Reconcile) and _are_logs_kept(before, after):
        touched.customers = (command.customer,)
        touched.positions = (Position(0),)
        touched.regions = changed
        return touched
    named = _named(command, before)
    grown = _appended(before, after, changed)
    if named is None or grown is None:
        touched = everything_in(after)
        touched.regions = changed
        return touched
    customers = {entry.customer for entry in grown.values()} | {named.customer}
    keys = {KeyName(customer=entry.customer, key=entry.key): None for entry in grown.values()}
    touched.customers = tuple(sorted(customers))
    touched.keys = (named, *(key for key in keys if key != named))
    touched.regions = changed
    touched.rows_named = tuple(dict.fromkeys((*_rows(command), *map(_row_of, grown.values()))))
    if not changed:
        return touched
    places = _places_of(after, customers)
    touched.positions = tuple(sorted({place for row in places.values() for place in row}))
    # A pair of which neither is new was asked when the later one of them was.
    touched.pairs = tuple(
        pair
        for new, entry in grown.items()
        for old in places.get(entry.customer, ())
        for pair in ((new, old), (old, new))
    )
    touched.chains = tuple(
        ChainName(customer=entry.customer, sequence=Sequence(number))
        for entry in grown.values()
        for number in dict.fromkeys((entry.sequence - 1, entry.sequence, entry.sequence + 1, entry.refers_to))
    )
    return touched


def everything_in(state: State) -> Touched:
    """Return every value of every sort that a state knows of."""
    touched = Touched()
    customers: dict[CustomerId, int] = {}
    keys: dict[KeyName, None] = {}
    rows: dict[RowName, None] = {}
    for region in REGIONS:
        site = site_of(state, region)
        for index in range(site.ledger.length):
            entry = site.ledger.at(Position(index))
            customers[entry.customer] = max(customers.get(entry.customer, 0), entry.sequence)
            keys[KeyName(customer=entry.customer, key=entry.key)] = None
            rows[_row_of(entry)] = None
        keys.update(dict.fromkeys(_names(site.keys)))
        rows.update(dict.fromkeys(name for name in _names(site.rows) if name.period != RESET_JOB_PERIOD))
    keys.update(dict.fromkeys(_names(state.acknowledged)))
    touched.customers = tuple(customers)
    touched.keys = tuple(keys)
    touched.rows_named = tuple(rows)
    touched.chains = tuple(
        ChainName(customer=customer, sequence=Sequence(number))
        for customer, last in customers.items()
        for number in range(last + 2)
    )
    places = _places_of(state, set(customers))
    touched.positions = tuple(sorted({place for row in places.values() for place in row}))
    touched.pairs = tuple(
        pair
        for row in places.values()
        for one, two in combinations(row, 2)
        for pair in ((one, two), (two, one))
    )
    touched.regions = REGIONS
    return touched


def _is_changed(region: Region, before: State, after: State) -> bool:
    """Tell whether what a region stores is another thing than either region stored before."""
    now = site_of(after, region)
    return not any(_is_same_store(site_of(before, other), now) for other in REGIONS)


def _is_same_store(before: Site, after: Site) -> bool:
    return (
        before.ledger is after.ledger
        and before.accounts is after.accounts
        and before.keys is after.keys
        and before.rows is after.rows
        and before.heads is after.heads
        and before.chain is after.chain
        and before.returned is after.returned
    )


def _are_logs_kept(before: State, after: State) -> bool:
    return all(site_of(before, region).ledger is site_of(after, region).ledger for region in REGIONS)


def _named(command: Command, before: State) -> KeyName | None:
    """Return the customer and key that a command is about; None if it is about more, or not known here."""
    request = getattr(command, "request", None)
    if isinstance(request, Request):
        return KeyName(customer=request.customer, key=request.key)
    if isinstance(command, commands.PurgeKey):
        return command.name
    if isinstance(command, commands.Complete):
        attempts = site_of(before, command.region).attempts
        attempt: AttemptId = command.attempt
        entry = attempts.get(attempt).entry
        return KeyName(customer=entry.customer, key=entry.key)
    if isinstance(command, commands.Replicate):
        other = site_of(before, Region(1 - command.source))
        entry = site_of(before, command.source).ledger.at(other.ledger.length)
        return KeyName(customer=entry.customer, key=entry.key)
    return None


def _appended(before: State, after: State, changed: tuple[Region, ...]) -> dict[Position, Entry] | None:
    """Return the entries that a step has appended; None if it did anything else to a log."""
    grown: dict[Position, Entry] = {}
    for region in changed:
        old, new = site_of(before, region).ledger, site_of(after, region).ledger
        if old is new:
            continue
        if new.length != old.length + 1:
            return None
        grown[old.length] = new.at(old.length)
    return grown


def _places_of(state: State, customers: set[CustomerId]) -> dict[CustomerId, tuple[Position, ...]]:
    """Return where the entries of some customers lie, in either region."""
    places: dict[CustomerId, set[Position]] = {customer: set() for customer in customers}
    for region in REGIONS:
        ledger = site_of(state, region).ledger
        for index in range(ledger.length):
            place = Position(index)
            customer = ledger.at(place).customer
            if customer in places:
                places[customer].add(place)
    return {customer: tuple(sorted(row)) for customer, row in places.items()}


def _row_of(entry: Entry) -> RowName:
    return RowName(customer=entry.customer, entitlement=entry.entitlement, period=entry.period)


def _rows(command: Command) -> Iterator[RowName]:
    request = getattr(command, "request", None)
    if isinstance(request, Request):
        yield RowName(
            customer=request.customer, entitlement=request.entitlement, period=Period(request.period)
        )


def _names(table: PartialMap[K, V]) -> Iterator[K]:
    assert isinstance(table, FrozenMap)
    return (name for name, _ in table.items())

"""What a step touches: the values of free variables for which a clause may say something else than before.

Choices. Every clause about two entries is about two entries of one customer; pairs of entries of different
customers are not asked. A test compares with a judge that asks them all.
"""

from collections.abc import Container, Iterable, Iterator
from itertools import combinations, product
from typing import Final, TypeVar

from billproof.invariants.theorem import Transition
from billproof.model import commands
from billproof.model.commands import Command
from billproof.model.containers import FrozenMap, PartialMap
from billproof.model.disputes import Claim
from billproof.model.identifiers import (
    NO_PERIOD,
    NO_SEQUENCE,
    CurrencyCode,
    CustomerId,
    EntitlementId,
    IdempotencyKey,
    Period,
    Position,
    Sequence,
)
from billproof.model.outcomes import Region
from billproof.model.posting import RESET_JOB_PERIOD, site_of
from billproof.model.state import ChainName, Entry, KeyName, Request, RowName, Site, State

K = TypeVar("K")
V = TypeVar("V")

REGIONS: Final = (Region.PRIMARY, Region.STANDBY)

_CURRENCIES: Final = (CurrencyCode("USD"), CurrencyCode("EUR"))
"""What accounts and requests of a run are in."""

NO_KEY: Final = IdempotencyKey("")
NO_ENTITLEMENT: Final = EntitlementId("")

_NOTHING: Final = (commands.Confirm, commands.AdvanceTime)
"""Commands that change no store, no reply, no document and no role."""

_KNOWN: Final = (
    commands.Complete,
    commands.Replicate,
    commands.PurgeKey,
    commands.ResetUsage,
    commands.Reconcile,
    commands.Deliver,
)
"""Commands without a request whose effects are seen in what they change."""


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
        regions = REGIONS if is_step else self.regions
        if sorts[-2:] == (Position, Position):
            last: Iterable[tuple[object, ...]] = self.pairs
            sorts = sorts[:-2]
        elif sorts[-2:] == (KeyName, ChainName):
            last = [(key, link) for key in self.keys for link in self.chains if key.customer == link.customer]
            sorts = sorts[:-2]
        else:
            last = [()]
        columns = [regions if sort is Region else self._of(sort) for sort in sorts]
        return ((*row, *end) for row in product(*columns) for end in last)

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
        if sort is CurrencyCode:
            return _CURRENCIES
        if sort is Claim:
            return tuple(Claim)
        raise TypeError(f"the judge has no values of {sort!r}; add them to Touched")


def touched_by(transition: Transition) -> Touched:
    """Return what a step has touched: what its command names, and whatever is another thing than before."""
    command, before, after = transition.command, transition.before, transition.after
    touched = Touched()
    if isinstance(command, _NOTHING):
        return touched
    if isinstance(command, commands.PublishCheckpoint):
        # What is published covers every entry and every customer, and changes no store and no reply.
        every = everything_in(after, pairs=False)
        touched.customers, touched.positions = every.customers, every.positions
        return touched
    changed = tuple(region for region in REGIONS if _is_changed(region, before, after))
    grown = _appended(before, after, changed)
    named = _named(command)
    if grown is None or (named is None and not isinstance(command, _KNOWN)):
        touched = everything_in(after)
        touched.regions = changed
        return touched
    keys: dict[KeyName, None] = {} if named is None else {named: None}
    rows = dict.fromkeys((*_rows(command), *map(_row_of, grown.values())))
    chains: dict[ChainName, None] = dict.fromkeys(
        ChainName(customer=entry.customer, sequence=Sequence(number))
        for entry in grown.values()
        for number in (entry.sequence - 1, entry.sequence, entry.sequence + 1, entry.refers_to)
    )
    customers: dict[CustomerId, None] = {name.customer: None for name in rows}
    customer = getattr(command, "customer", None)
    if isinstance(customer, str):
        customers[CustomerId(customer)] = None
    for region in changed:
        old, new = site_of(before, region), site_of(after, region)
        keys.update(dict.fromkeys(_differing(old.keys, new.keys)))
        rows.update(dict.fromkeys(name for name in _differing(old.rows, new.rows) if _is_month(name)))
        chains.update(dict.fromkeys(_differing(old.chain, new.chain)))
        chains.update(dict.fromkeys(_differing(old.standings, new.standings)))
        customers.update(dict.fromkeys(_differing(old.accounts, new.accounts)))
        customers.update(dict.fromkeys(_differing(old.heads, new.heads)))
    keys.update(dict.fromkeys(_differing(before.acknowledged, after.acknowledged)))
    chains.update(dict.fromkeys(_differing(before.applied, after.applied)))
    customers.update(dict.fromkeys(_differing(before.invoiced, after.invoiced)))
    customers.update((name.customer, None) for name in keys)
    customers.update((name.customer, None) for name in chains)
    _fill(customers, keys, chains, rows)
    touched.customers, touched.keys, touched.rows_named = tuple(customers), tuple(keys), tuple(rows)
    touched.chains, touched.regions = tuple(chains), changed
    if not changed:
        return touched
    places = _places_of(after, customers)
    touched.positions = tuple(sorted({place for row in places.values() for place in row}))
    # A pair of which neither is new was asked when the later one of them was.
    touched.pairs = tuple(
        pair
        for new_place, entry in grown.items()
        for old_place in places.get(entry.customer, ())
        for pair in ((new_place, old_place), (old_place, new_place))
    )
    return touched


def _fill(
    customers: Iterable[CustomerId],
    keys: dict[KeyName, None],
    chains: dict[ChainName, None],
    rows: dict[RowName, None],
) -> None:
    """Let a clause about several names of a customer be asked of one that is not there if none is touched."""
    for customer in customers:
        keys.setdefault(KeyName(customer=customer, key=NO_KEY))
        chains.setdefault(ChainName(customer=customer, sequence=NO_SEQUENCE))
        rows.setdefault(RowName(customer=customer, entitlement=NO_ENTITLEMENT, period=NO_PERIOD))


def everything_in(state: State, *, pairs: bool = True) -> Touched:
    """Return every value of every sort that a state knows of, with or without pairs of positions."""
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
        rows.update(dict.fromkeys(name for name in _names(site.rows) if _is_month(name)))
    keys.update(dict.fromkeys(_names(state.acknowledged)))
    touched.customers = tuple(customers)
    touched.keys = tuple(keys)
    touched.rows_named = tuple(rows)
    touched.chains = tuple(
        ChainName(customer=customer, sequence=Sequence(number))
        for customer, last in customers.items()
        for number in range(last + 2)
    )
    places = _places_of(state, customers)
    touched.positions = tuple(sorted({place for row in places.values() for place in row}))
    touched.regions = REGIONS
    if pairs:
        touched.pairs = tuple(
            pair
            for row in places.values()
            for one, two in combinations(row, 2)
            for pair in ((one, two), (two, one))
        )
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
        and before.standings is after.standings
    )


def _named(command: Command) -> KeyName | None:
    """Return the customer and key that a command is about, if it names one."""
    request = getattr(command, "request", None)
    if isinstance(request, Request):
        return KeyName(customer=request.customer, key=request.key)
    return command.name if isinstance(command, commands.PurgeKey) else None


def _is_month(name: RowName) -> bool:
    """Tell whether a row is of a month; the only row of a design with a reset job is of none."""
    return name.period != RESET_JOB_PERIOD


def _differing(before: PartialMap[K, V], after: PartialMap[K, V]) -> tuple[K, ...]:
    """Return the names whose value is another one than before, or is gone."""
    if before is after:
        return ()
    assert isinstance(before, FrozenMap)
    assert isinstance(after, FrozenMap)
    old, new = dict(before.items()), dict(after.items())
    missing = object()
    changed = [name for name, value in new.items() if old.get(name, missing) is not value]
    return (*changed, *(name for name in old if name not in new))


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


def _places_of(state: State, customers: Container[CustomerId]) -> dict[CustomerId, tuple[Position, ...]]:
    """Return where the entries of some customers lie, in either region."""
    places: dict[CustomerId, set[Position]] = {}
    for region in REGIONS:
        ledger = site_of(state, region).ledger
        for index in range(ledger.length):
            place = Position(index)
            customer = ledger.at(place).customer
            if customer in customers:
                places.setdefault(customer, set()).add(place)
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

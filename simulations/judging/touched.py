"""What a step touches: the values of free variables for which a clause may say something else than before.

Theory of operation. A clause reads tables by the names that it is given, and entries by their places. So what
a step touches is what its command names and every name whose value is another object than before, in any
table; the places of those entries that the changed names lead to; and, of two places, those that a clause
compares: entries of one key, or of one chain and next to each other there. Promotion, return, restores and
whatever does anything else to a log than append to it touch everything.

A test compares with a judge that asks everything, of both designs and of broken ones.
"""

from collections.abc import Iterable
from itertools import product
from typing import Final, TypeVar

from billproof.invariants.theorem import Transition
from billproof.model import commands, outside_commands
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
from billproof.simulations.judging.indexes import LogIndex, row_name_of
from billproof.simulations.kernel.versions import VersionedLog, VersionedMap

K = TypeVar("K")
V = TypeVar("V")

REGIONS: Final = (Region.PRIMARY, Region.STANDBY)

_CURRENCIES: Final = (CurrencyCode("USD"), CurrencyCode("EUR"))
"""What accounts and requests of a run are in."""

NO_KEY: Final = IdempotencyKey("")
NO_ENTITLEMENT: Final = EntitlementId("")

_NOTHING: Final = frozenset(
    {
        commands.Confirm,
        commands.AdvanceTime,
        outside_commands.SignRequest,
        outside_commands.RotateSigningKey,
        outside_commands.TakeBackup,
        outside_commands.Project,
        outside_commands.ReadBalance,
    }
)
"""Commands that change no store, no reply, no archive and no role."""

_KNOWN: Final = frozenset(
    {
        commands.Complete,
        commands.Replicate,
        commands.PurgeKey,
        commands.ResetUsage,
        commands.Reconcile,
        commands.Deliver,
        outside_commands.Archive,
        outside_commands.OverwriteArchive,
        outside_commands.CompareDocument,
        outside_commands.CorruptDocument,
    }
)
"""Commands without a request whose effects are seen in what they change."""

_PUBLISHING: Final = frozenset({commands.PublishCheckpoint, outside_commands.ForgeCheckpoint})

Indexes = tuple[LogIndex, LogIndex]
"""Of the logs of both regions."""


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
        self.pairs: tuple[tuple[Position, Position], ...] = ()
        self.regions: tuple[Region, ...] = ()
        """The regions whose stores are others than before."""

    def rows(self, sorts: tuple[object, ...], *, is_step: bool = False) -> Iterable[tuple[object, ...]]:
        """Return the assignments of free variables of some sorts that are to be asked."""
        if not sorts:
            return ((),)
        regions = REGIONS if is_step else self.regions
        last = self._last(sorts[-2:])
        if last is not None:
            sorts = sorts[:-2]
        columns = [regions if sort is Region else self._of(sort) for sort in sorts]
        if last is None:
            return product(*columns)
        return ((*row, *end) for row in product(*columns) for end in last)

    def _last(self, sorts: tuple[object, ...]) -> Iterable[tuple[object, ...]] | None:
        """Return the values of two sorts that belong together; None for any others."""
        if sorts == (Position, Position):
            return self.pairs
        if sorts == (KeyName, ChainName):
            return [(key, link) for key in self.keys for link in self.chains if key.customer == link.customer]
        if sorts == (CustomerId, RowName):
            return [(name.customer, name) for name in self.rows_named]
        return None

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


def touched_by(transition: Transition, indexes: Indexes) -> Touched:
    """Return what a step has touched; ``indexes`` are made to follow the logs."""
    command, before, after = transition.command, transition.before, transition.after
    kind = type(command)
    if kind in _NOTHING:
        return Touched()
    if kind in _PUBLISHING:
        # What is published covers every entry and every customer, and changes no store and no reply.
        touched, every = Touched(), everything_in(after, indexes)
        touched.customers, touched.positions = every.customers, every.positions
        return touched
    changed = tuple(region for region in REGIONS if _is_changed(region, before, after))
    named = _named(command)
    if (named is None and kind not in _KNOWN) or not all(
        _is_append(region, before, after) for region in changed
    ):
        touched = everything_in(after, indexes)
        touched.regions = changed
        return touched
    return _Gathering(transition, indexes, changed, named).touched()


class _Gathering:
    """Gathers what a step has touched that only appends."""

    def __init__(
        self, transition: Transition, indexes: Indexes, changed: tuple[Region, ...], named: KeyName | None
    ) -> None:
        self._transition = transition
        self._indexes = indexes
        self._changed = changed
        self._customers: dict[CustomerId, None] = {}
        self._keys: dict[KeyName, None] = {} if named is None else {named: None}
        self._rows: dict[RowName, None] = {}
        self._chains: dict[ChainName, None] = {}
        self._positions: dict[Position, None] = {}
        self._pairs: dict[tuple[Position, Position], None] = {}

    def touched(self) -> Touched:
        """Return it."""
        command, before, after = self._transition.command, self._transition.before, self._transition.after
        request = getattr(command, "request", None)
        if isinstance(request, Request):
            self._rows[
                RowName(
                    customer=request.customer, entitlement=request.entitlement, period=Period(request.period)
                )
            ] = None
        customer = getattr(command, "customer", None)
        if isinstance(customer, str):
            self._customers[CustomerId(customer)] = None
        position = getattr(command, "position", None)
        if isinstance(position, int):
            self._positions[Position(position)] = None
        for region in self._changed:
            self._see_store(region, site_of(before, region), site_of(after, region))
        self._keys.update(dict.fromkeys(_differing(before.acknowledged, after.acknowledged)))
        self._chains.update(dict.fromkeys(_differing(before.applied, after.applied)))
        self._customers.update(dict.fromkeys(_differing(before.invoiced, after.invoiced)))
        for names in (self._keys, self._chains, self._rows):
            self._customers.update((name.customer, None) for name in names)
        _fill(self._customers, self._keys, self._chains, self._rows)
        touched = Touched()
        touched.customers, touched.keys = tuple(self._customers), tuple(self._keys)
        touched.rows_named, touched.chains = tuple(self._rows), tuple(self._chains)
        touched.positions, touched.pairs = tuple(self._positions), tuple(self._pairs)
        touched.regions = self._changed
        return touched

    def _see_store(self, region: Region, old: Site, new: Site) -> None:
        index = self._indexes[region].follow(new.ledger)
        if new.ledger.length > old.ledger.length:
            self._see_entry(Position(old.ledger.length), new.ledger.at(old.ledger.length), index)
        for name in _differing(old.keys, new.keys):
            self._keys[name] = None
            self._positions.update(dict.fromkeys(index.by_key.get((name.customer, name.key), ())))
        links = dict.fromkeys((*_differing(old.chain, new.chain), *_differing(old.standings, new.standings)))
        for link in links:
            self._chains[link] = None
            for number in (link.sequence, link.sequence + 1):
                self._positions.update(dict.fromkeys(index.by_sequence.get((link.customer, number), ())))
        for row in _differing(old.rows, new.rows):
            # The only row of a design with a reset job stands for every month that the customer has used.
            self._rows.update(dict.fromkeys((row,) if _is_month(row) else index.rows_of(row.customer)))
        for customer in _differing(old.accounts, new.accounts):
            self._customers[customer] = None
            if not _has_same_currency(old, new, customer):
                self._positions.update(dict.fromkeys(index.by_customer.get(customer, ())))
        self._customers.update(dict.fromkeys(_differing(old.heads, new.heads)))

    def _see_entry(self, place: Position, entry: Entry, index: LogIndex) -> None:
        self._positions[place] = None
        self._rows[row_name_of(entry)] = None
        for number in (entry.sequence - 1, entry.sequence, entry.sequence + 1, entry.refers_to):
            self._chains[ChainName(customer=entry.customer, sequence=Sequence(number))] = None
        # A pair of which neither is new was asked when the later one of them was.
        for other in index.related(entry):
            self._pairs[place, other] = None
            self._pairs[other, place] = None


def _fill(
    customers: Iterable[CustomerId],
    keys: dict[KeyName, None],
    chains: dict[ChainName, None],
    rows: dict[RowName, None],
) -> None:
    """Let a clause about several names of a customer be asked of one that is not there if none is touched."""
    keyed, linked = {name.customer for name in keys}, {name.customer for name in chains}
    counted = {name.customer for name in rows}
    for customer in customers:
        if customer not in keyed:
            keys[KeyName(customer=customer, key=NO_KEY)] = None
        if customer not in linked:
            chains[ChainName(customer=customer, sequence=NO_SEQUENCE)] = None
        if customer not in counted:
            rows[RowName(customer=customer, entitlement=NO_ENTITLEMENT, period=NO_PERIOD)] = None


def everything_in(state: State, indexes: Indexes | None = None) -> Touched:
    """Return every value of every sort that a state knows of; pairs are those that a clause compares."""
    indexes = indexes or (LogIndex(), LogIndex())
    touched = Touched()
    last: dict[CustomerId, int] = {}
    keys: dict[KeyName, None] = {}
    rows: dict[RowName, None] = {}
    positions: dict[Position, None] = {}
    pairs: dict[tuple[Position, Position], None] = {}
    for region in REGIONS:
        site = site_of(state, region)
        index = indexes[region].follow(site.ledger)
        for number in range(site.ledger.length):
            place = Position(number)
            entry = site.ledger.at(place)
            positions[place] = None
            last[entry.customer] = max(last.get(entry.customer, 0), entry.sequence)
            rows[row_name_of(entry)] = None
            for other in index.related(entry):
                pairs[place, other] = None
        keys.update((KeyName(customer=customer, key=key), None) for customer, key in index.by_key)
        keys.update(dict.fromkeys(_names(site.keys)))
        rows.update(dict.fromkeys(name for name in _names(site.rows) if _is_month(name)))
    keys.update(dict.fromkeys(_names(state.acknowledged)))
    touched.customers, touched.keys, touched.rows_named = tuple(last), tuple(keys), tuple(rows)
    touched.chains = tuple(
        ChainName(customer=customer, sequence=Sequence(number))
        for customer, end in last.items()
        for number in range(end + 2)
    )
    touched.positions, touched.pairs = tuple(positions), tuple(pairs)
    touched.regions = REGIONS
    return touched


def _is_changed(region: Region, before: State, after: State) -> bool:
    """Tell whether what a region stores is another thing than either region stored before."""
    now = site_of(after, region)
    return not any(_is_same_store(site_of(before, other), now) for other in REGIONS)


def _is_same_store(before: Site, after: Site) -> bool:
    return before is after or (
        before.ledger is after.ledger
        and before.accounts is after.accounts
        and before.keys is after.keys
        and before.rows is after.rows
        and before.heads is after.heads
        and before.chain is after.chain
        and before.standings is after.standings
    )


def _is_append(region: Region, before: State, after: State) -> bool:
    """Tell whether a step left the log of a region as it was, or with one entry more at its end."""
    old, new = site_of(before, region).ledger, site_of(after, region).ledger
    if old is new:
        return True
    if new.length != old.length + 1:
        return False
    if isinstance(old, VersionedLog):
        return old.shares(new)
    return all(old.at(Position(number)) is new.at(Position(number)) for number in range(old.length))


def _named(command: commands.Command) -> KeyName | None:
    """Return the customer and key that a command is about, if it names one."""
    request = getattr(command, "request", None)
    if isinstance(request, Request):
        return KeyName(customer=request.customer, key=request.key)
    return command.name if isinstance(command, commands.PurgeKey) else None


def _is_month(name: RowName) -> bool:
    """Tell whether a row is of a month; the only row of a design with a reset job is of none."""
    return name.period != RESET_JOB_PERIOD


def _has_same_currency(old: Site, new: Site, customer: CustomerId) -> bool:
    if not old.accounts.contains(customer) or not new.accounts.contains(customer):
        return False
    return old.accounts.get(customer).currency == new.accounts.get(customer).currency


def _differing(before: PartialMap[K, V], after: PartialMap[K, V]) -> tuple[K, ...]:
    """Return the names whose value is another one than before, or is gone."""
    if before is after:
        return ()
    if isinstance(before, VersionedMap) and isinstance(after, VersionedMap):
        return before.differing(after)
    assert isinstance(before, FrozenMap)
    assert isinstance(after, FrozenMap)
    old, new = dict(before.items()), dict(after.items())
    missing = object()
    changed = [name for name, value in new.items() if old.get(name, missing) is not value]
    return (*changed, *(name for name in old if name not in new))


def _names(table: PartialMap[K, V]) -> Iterable[K]:
    assert isinstance(table, FrozenMap)
    return (name for name, _ in table.items())

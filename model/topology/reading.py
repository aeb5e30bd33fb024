"""Read a topology from TOML text; every refusal names the field, its value, and what is allowed.

Not here: opening files, and whether the parts go together (``consistency``).

Source: TOML 1.0; ``schema.json`` says the same for other readers, and a test compares both.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from billproof.model.identifiers import Count
from billproof.model.platform.units import Micros, PartsPerMillion
from billproof.model.portable import PortableError
from billproof.model.toml_text import TomlTextError, parse_toml
from billproof.model.topology.records import (
    ClockError,
    Demand,
    Failover,
    Frontdoor,
    Link,
    Mode,
    Region,
    RegionName,
    Role,
    Store,
    StoreKind,
    StoreName,
    Topology,
    ZoneName,
)

T = TypeVar("T", bound=StrEnum)

_YEAR_MICROS = 366 * 86_400_000_000


class TopologyError(PortableError, ValueError):
    """A topology file that cannot be used; the user's to mend.

    Args:
        field: Where, for example ``region[1].instances_max``.
        found: What is there.
        allowed: What is allowed there.
    """

    def __init__(self, field: str, found: str, allowed: str) -> None:
        super().__init__(f"topology field {field}: found {found[:80]}; allowed is {allowed}")
        self.field = field
        self.found = found
        self.allowed = allowed


class _Table:
    """A table of the document that remembers where it lies and which keys were asked for."""

    def __init__(self, content: object, place: str) -> None:
        if not isinstance(content, dict):
            raise TopologyError(place, repr(content), "a table")
        self._content: Mapping[str, object] = content
        self._place = place
        self._asked: set[str] = set()

    def _get(self, key: str, allowed: str) -> object:
        self._asked.add(key)
        if key not in self._content:
            raise TopologyError(self.at(key), "nothing", allowed)
        return self._content[key]

    def at(self, key: str) -> str:
        """Return the full name of a field."""
        return f"{self._place}.{key}" if self._place else key

    def integer(self, key: str, low: int, high: int) -> int:
        """Return an integer between two bounds."""
        allowed = f"an integer from {low} to {high}"
        value = self._get(key, allowed)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise TopologyError(self.at(key), repr(value), allowed)
        return value

    def flag(self, key: str) -> bool:
        """Return a truth value."""
        value = self._get(key, "true or false")
        if not isinstance(value, bool):
            raise TopologyError(self.at(key), repr(value), "true or false")
        return value

    def text(self, key: str) -> str:
        """Return a text that is not empty."""
        value = self._get(key, "a text that is not empty")
        if not isinstance(value, str) or not value:
            raise TopologyError(self.at(key), repr(value), "a text that is not empty")
        return value

    def word(self, key: str, words: type[T]) -> T:
        """Return one of a set of words."""
        allowed = f"one of {', '.join(words)}"
        value = self._get(key, allowed)
        for one in words:
            if one.value == value:
                return one
        raise TopologyError(self.at(key), repr(value), allowed)

    def texts(self, key: str, least: int) -> tuple[str, ...]:
        """Return a list of different texts."""
        allowed = f"a list of at least {least} different texts"
        value = self._get(key, allowed)
        if not isinstance(value, list) or len(value) < least or len({*map(repr, value)}) != len(value):
            raise TopologyError(self.at(key), repr(value), allowed)
        for item in value:
            if not isinstance(item, str) or not item:
                raise TopologyError(self.at(key), repr(item), "a text that is not empty")
        return tuple(value)

    def table(self, key: str) -> "_Table":
        """Return a table within."""
        return _Table(self._get(key, "a table"), self.at(key))

    def tables(self, key: str, least: int) -> "Sequence[_Table]":
        """Return a list of tables."""
        allowed = f"at least {least} tables [[{key}]]"
        value = self._get(key, allowed) if least or key in self._content else []
        self._asked.add(key)
        if not isinstance(value, list) or len(value) < least:
            raise TopologyError(self.at(key), repr(value), allowed)
        return [_Table(item, f"{self.at(key)}[{number}]") for number, item in enumerate(value)]

    def finish(self) -> None:
        """Refuse what nobody asked for."""
        for key in self._content:
            if key not in self._asked:
                raise TopologyError(self.at(key), repr(self._content[key]), f"only {sorted(self._asked)}")


def read_topology(text: str) -> Topology:
    """Read a topology.

    Raises:
        TopologyError: It is no TOML, lacks something, has something that nothing reads, or a value is not
            among those allowed; the message names the field, the value and the allowed ones.
    """
    try:
        document = parse_toml(text)
    except TomlTextError as error:
        raise TopologyError("(the file)", str(error), "TOML 1.0") from error
    top = _Table(document, "")
    topology = Topology(
        name=top.text("name"),
        regions=tuple(_region(part) for part in top.tables("region", 1)),
        stores=tuple(_store(part) for part in top.tables("store", 1)),
        links=tuple(_link(part) for part in top.tables("link", 0)),
        failover=_failover(top.table("failover")),
        clock=_clock(top.table("clock")),
        frontdoor=_frontdoor(top.table("frontdoor")),
        demand=_demand(top.table("demand")),
    )
    top.finish()
    _check_names(topology)
    return topology


def _region(part: _Table) -> Region:
    least = part.integer("instances_min", 0, 10_000)
    region = Region(
        name=RegionName(part.text("name")),
        role=part.word("role", Role),
        zones=tuple(ZoneName(zone) for zone in part.texts("zones", 1)),
        instances_min=Count(least),
        instances_max=Count(part.integer("instances_max", least, 10_000)),
        cpus=Count(part.integer("cpus", 0, 256)),
    )
    part.finish()
    return region


def _store(part: _Table) -> Store:
    store = Store(
        name=StoreName(part.text("name")),
        kind=part.word("kind", StoreKind),
        mode=part.word("mode", Mode),
        sites=tuple(ZoneName(zone) for zone in part.texts("sites", 1)),
        nodes=Count(part.integer("nodes", 1, 10_000)),
        node_writes_per_second=Count(part.integer("node_writes_per_second", 1, 1_000_000)),
        holds_personal_data=part.flag("holds_personal_data"),
    )
    part.finish()
    return store


def _link(part: _Table) -> Link:
    ends = part.texts("regions", 2)
    if len(ends) != 2:
        raise TopologyError(part.at("regions"), repr(list(ends)), "the names of two regions")
    typical = part.integer("typical_micros", 1, _YEAR_MICROS)
    slow = part.integer("slow_micros", typical, _YEAR_MICROS)
    link = Link(
        regions=(RegionName(ends[0]), RegionName(ends[1])),
        typical=Micros(typical),
        slow=Micros(slow),
        slowest=Micros(part.integer("slowest_micros", slow, _YEAR_MICROS)),
    )
    part.finish()
    return link


def _failover(part: _Table) -> Failover:
    least = part.integer("activation_min_micros", 0, _YEAR_MICROS)
    failover = Failover(
        check_interval=Micros(part.integer("check_interval_micros", 0, _YEAR_MICROS)),
        detection=Micros(part.integer("detection_micros", 0, _YEAR_MICROS)),
        routing=Micros(part.integer("routing_micros", 0, _YEAR_MICROS)),
        activation_min=Micros(least),
        activation_max=Micros(part.integer("activation_max_micros", least, _YEAR_MICROS)),
        pager=Micros(part.integer("pager_micros", 0, _YEAR_MICROS)),
        promised=Micros(part.integer("promised_micros", 1, _YEAR_MICROS)),
    )
    part.finish()
    return failover


def _clock(part: _Table) -> ClockError:
    clock = ClockError(
        error_max=Micros(part.integer("error_max_micros", 0, _YEAR_MICROS)),
        drift_max=PartsPerMillion(part.integer("drift_max_ppm", 0, 1_000_000)),
    )
    part.finish()
    return clock


def _frontdoor(part: _Table) -> Frontdoor:
    frontdoor = Frontdoor(
        backends=tuple(RegionName(name) for name in part.texts("backends", 1)),
        requests_per_second_max=Count(part.integer("requests_per_second_max", 1, 1_000_000_000)),
    )
    part.finish()
    return frontdoor


def _demand(part: _Table) -> Demand:
    steady = part.integer("steady_per_second", 1, 1_000_000_000)
    demand = Demand(
        steady_per_second=Count(steady),
        peak_per_second=Count(part.integer("peak_per_second", steady, 1_000_000_000)),
        writes_per_event=Count(part.integer("writes_per_event", 1, 1_000)),
        service=Micros(part.integer("service_micros", 1, _YEAR_MICROS)),
    )
    part.finish()
    return demand


def _check_names(topology: Topology) -> None:
    """Refuse a name that is there twice, and one that names nothing."""
    regions = [region.name for region in topology.regions]
    zones = [zone for region in topology.regions for zone in region.zones]
    stores = [store.name for store in topology.stores]
    lists: tuple[tuple[str, Sequence[str]], ...] = (
        ("region.name", regions),
        ("region.zones", zones),
        ("store.name", stores),
    )
    for field, names in lists:
        for name in names:
            if sum(other == name for other in names) > 1:
                raise TopologyError(field, repr(name), "each name once")
    for number, store in enumerate(topology.stores):
        for site in store.sites:
            if site not in zones:
                raise TopologyError(f"store[{number}].sites", repr(site), f"one of {', '.join(zones)}")
    known = ", ".join(regions)
    for number, link in enumerate(topology.links):
        for name in link.regions:
            if name not in regions:
                raise TopologyError(f"link[{number}].regions", repr(name), f"one of {known}")
    for name in topology.frontdoor.backends:
        if name not in regions:
            raise TopologyError("frontdoor.backends", repr(name), f"one of {known}")

"""Read a scenario from TOML; every refusal names the field, the value, and what is allowed, and all are told.

A file begins with a milestone and changes what it names: ``milestone = 400`` and a table ``[fleet]`` with
``vcpu = 8`` is a whole scenario. What follows from what was changed follows: with other customers and no
rates, the rates scale; with another peak and no sales, the sale rises to it.

Choices. Prices are read as decimals and never become floats. A wrong file is answered with everything that is
wrong with it, since whoever wrote it mends all of it at once.

Source: TOML 1.0; the limits lie in ``scenario``.
"""

import difflib
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final, TypeVar

from billproof.model.identifiers import Period
from billproof.model.periods import PeriodFormatError, parse_period, render_period
from billproof.model.portable import PortableError
from billproof.model.toml_text import TomlTextError, parse_toml
from billproof.simulations.capacity.milestones import NUMBERS, milestone
from billproof.simulations.capacity.scenario import (
    SECTIONS,
    Fleet,
    Limits,
    Objectives,
    Region,
    Sale,
    Scenario,
    Section,
    Stores,
    Workload,
    limits_of,
)
from billproof.simulations.economics.prices import PRICE_NAMES

Value = int | float | str
"""What a field of a scenario holds."""

PartT = TypeVar("PartT", Workload, Fleet, Stores, Objectives, Region)

PRICE_MAX: Final = Decimal(1_000_000)
"""The highest unit price that is believed."""

DEFAULT_MILESTONE: Final = 1000
"""Where a file begins that names none."""

_TOP: Final = ("name", "milestone", "month", "sale", "prices", *SECTIONS)
PRICE_ALLOWED: Final = f"a decimal number of US dollars from 0 to {PRICE_MAX:,}"
"""What a price may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong with a file."""

    field: str
    """Where, for example ``fleet.vcpu`` or ``sale[0].day``."""
    found: str
    allowed: str

    def line(self) -> str:
        """Return the fault in one line."""
        return f"{self.field}: found {self.found[:80]}; allowed is {self.allowed}"


class ScenarioError(PortableError, ValueError):
    """A scenario file that cannot be used; the user's to mend.

    Args:
        source: The file.
        field: The first field that is wrong.
        found: What is there.
        allowed: What is allowed there.
        others: What else is wrong, one line each.
    """

    def __init__(self, source: str, field: str, found: str, allowed: str, others: Sequence[str]) -> None:
        more = f" (and {len(others)} more)" if others else ""
        problem = f"found {found[:80]}; allowed is {allowed}{more}"
        super().__init__(f"{source}: {field}: {problem}")
        self.source = source
        self.place = field
        self.problem = problem
        self.remedy = f"give {allowed}"
        self.lines = tuple(others)


def refused(source: str, faults: Sequence[Fault]) -> ScenarioError:
    """Return the error of a file with these faults, of which there is at least one."""
    first = faults[0]
    return ScenarioError(
        source, first.field, first.found, first.allowed, [item.line() for item in faults[1:]]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Faults:
    """What was found so far."""

    found: list[Fault] = field(default_factory=list)

    def add(self, where: str, value: object, allowed: str) -> None:
        """Note a fault."""
        self.found.append(Fault(field=where, found=shown(value), allowed=allowed))

    def missing(self, where: str, allowed: str) -> None:
        """Note that something is not there."""
        self.found.append(Fault(field=where, found="nothing", allowed=allowed))

    def unknown(self, where: str, key: str, value: object, names: Iterable[str]) -> None:
        """Note a name that nothing reads, with the nearest that something does."""
        known = list(names)
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
        nearest = f"{near[0]}, which is nearest, or another of " if near else "one of "
        found = f"the unknown field {key} = {shown(value)}"
        self.found.append(Fault(field=where, found=found, allowed=nearest + ", ".join(known)))


def shown(value: object) -> str:
    """Return a value of TOML as it would be written there."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal | int):
        return str(value)
    return f'"{value}"' if isinstance(value, str) else str(value)


def read_scenario(text: str, source: str) -> Scenario:
    """Read a scenario.

    Args:
        text: The TOML text.
        source: What to call the file in messages.

    Raises:
        ScenarioError: It is no TOML, or a field is unknown, of the wrong type, out of range, or contradicts
            another.
    """
    try:
        document = parse_toml(text, parse_float=Decimal)
    except TomlTextError as error:
        fault = Fault(field="(the file)", found=str(error), allowed="TOML 1.0")
        raise refused(source, (fault,)) from error
    faults = _Faults()
    scenario = _scenario(document, source, faults)
    if not faults.found:
        check_together(scenario, faults)
    if faults.found:
        raise refused(source, faults.found)
    return scenario


def _scenario(document: Mapping[str, object], source: str, faults: _Faults) -> Scenario:
    for key, value in document.items():
        if key not in _TOP:
            faults.unknown(key, key, value, _TOP)
    base = milestone(_milestone(document, faults))
    numbers = {name: _numbers(document, name, kind, faults) for name, kind in SECTIONS.items()}
    given = _sales(document, faults) if "sale" in document else None
    peak_of_sales = max((sale.peak_per_second for sale in given or ()), default=0.0)
    workload = _scaled(base.workload, numbers["workload"], peak_of_sales)
    sales = tuple(replace(sale, peak_per_second=workload.peak_per_second) for sale in base.sales)
    return Scenario(
        name=_name(document, source, faults),
        month=_month(document, base, faults),
        workload=workload,
        sales=sales if given is None else given,
        fleet=_limited(base.fleet, numbers["fleet"]),
        stores=_changed(base.stores, numbers["stores"]),
        objectives=_changed(base.objectives, numbers["objectives"]),
        region=_changed(base.region, numbers["region"]),
        prices=replace(base.prices, **_prices(document, faults)),
    )


def _name(document: Mapping[str, object], source: str, faults: _Faults) -> str:
    name = document.get("name", source)
    if not isinstance(name, str) or not name:
        faults.add("name", name, "a text that is not empty")
        return source
    return name


def _milestone(document: Mapping[str, object], faults: _Faults) -> int:
    number = document.get("milestone", DEFAULT_MILESTONE)
    if not isinstance(number, int) or isinstance(number, bool) or number not in NUMBERS:
        faults.add("milestone", number, f"one of {', '.join(map(str, NUMBERS))}")
        return DEFAULT_MILESTONE
    return number


def _month(document: Mapping[str, object], base: Scenario, faults: _Faults) -> Period:
    text = document.get("month", render_period(base.month))
    try:
        return parse_period(text if isinstance(text, str) else "")
    except PeriodFormatError:
        faults.add("month", text, 'a text "YYYY-MM" from "1970-01" on')
        return base.month


def _table(document: Mapping[str, object], name: str, faults: _Faults) -> Mapping[str, object]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        faults.add(name, table, f"a table [{name}]")
        return {}
    return table


def _numbers(
    document: Mapping[str, object], name: str, kind: type[Section], faults: _Faults
) -> dict[str, int | float]:
    limits = limits_of(kind)
    return _checked(_table(document, name, faults), name, limits, faults)


def _checked(
    table: Mapping[str, object], place: str, limits: Mapping[str, Limits], faults: _Faults
) -> dict[str, int | float]:
    found: dict[str, int | float] = {}
    for key, value in table.items():
        where = f"{place}.{key}"
        if key not in limits:
            faults.unknown(where, key, value, limits)
            continue
        limit = limits[key]
        is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
        if limit.is_whole and not (isinstance(value, int) and not isinstance(value, bool)):
            is_number = False
        # A NaN compares with nothing, hence the form of this question.
        if not is_number or not isinstance(value, int | Decimal) or not _is_within(value, limit):
            faults.add(where, value, limit.text())
        else:
            found[key] = int(value) if limit.is_whole else float(value)
    return found


def _decimal(value: float) -> Decimal:
    return Decimal(f"{value:.12g}")


def _is_within(value: int | Decimal, limit: Limits) -> bool:
    return Decimal(value).is_finite() and limit.low <= value <= limit.high


def _changed(part: PartT, values: Mapping[str, int | float]) -> PartT:
    return replace(part, **values)  # type: ignore[arg-type]  # each value was checked against its field


def _scaled(base: Workload, given: Mapping[str, int | float], peak_of_sales: float) -> Workload:
    values = dict(given)
    ratio = values.get("customers", base.customers) / base.customers
    if "steady_per_second" not in values:
        values["steady_per_second"] = base.steady_per_second * ratio
    if "peak_per_second" not in values:
        values["peak_per_second"] = max(base.peak_per_second * ratio, peak_of_sales)
    if "hot_customer_percent" not in values:
        mean_share = 100 / values.get("customers", base.customers)
        values["hot_customer_percent"] = max(base.hot_customer_percent, mean_share)
    return _changed(base, values)


def change_number(scenario: Scenario, section: str, name: str, value: float) -> Scenario:
    """Return a scenario with another value of one field, and what follows from it.

    Raises:
        ScenarioError: The value is out of its range, or contradicts another field.
    """
    faults = _Faults()
    written = int(value) if limits_of(SECTIONS[section])[name].is_whole else Decimal(repr(value))
    given = _checked({name: written}, section, limits_of(SECTIONS[section]), faults)
    if section == "workload":
        workload = _scaled(scenario.workload, given, 0.0)
        ratio = workload.peak_per_second / scenario.workload.peak_per_second
        sales = tuple(replace(sale, peak_per_second=sale.peak_per_second * ratio) for sale in scenario.sales)
        changed = replace(scenario, workload=workload, sales=sales)
    elif section == "fleet":
        changed = replace(scenario, fleet=_limited(scenario.fleet, given))
    elif section == "stores":
        changed = replace(scenario, stores=_changed(scenario.stores, given))
    elif section == "objectives":
        changed = replace(scenario, objectives=_changed(scenario.objectives, given))
    else:
        changed = replace(scenario, region=_changed(scenario.region, given))
    check_together(changed, faults)
    if faults.found:
        raise refused(scenario.name, faults.found)
    return changed


def _limited(base: Fleet, given: Mapping[str, int | float]) -> Fleet:
    values = dict(given)
    most = values.get("instances_max", base.instances_max)
    for name, value in (("soft_limit", base.soft_limit), ("instances_min", base.instances_min)):
        if name not in values:
            values[name] = min(value, most)
    return _changed(base, values)


def _sales(document: Mapping[str, object], faults: _Faults) -> tuple[Sale, ...]:
    tables = document["sale"]
    if not isinstance(tables, list):
        faults.add("sale", tables, "a list of tables [[sale]]; an empty list for none")
        return ()
    found = []
    for number, table in enumerate(tables):
        place = f"sale[{number}]"
        if not isinstance(table, dict):
            faults.add(place, table, "a table [[sale]]")
            continue
        limits = limits_of(Sale)
        for key in ("name", *limits):
            if key not in table:
                allowed = "a text that is not empty" if key == "name" else limits[key].text()
                faults.missing(f"{place}.{key}", allowed)
        name = table.get("name")
        if "name" in table and (not isinstance(name, str) or not name):
            faults.add(f"{place}.name", name, "a text that is not empty")
        numbers = {key: value for key, value in table.items() if key != "name"}
        values = _checked(numbers, place, limits, faults)
        if isinstance(name, str) and len(values) == len(limits):
            found.append(
                Sale(
                    name=name,
                    day=int(values["day"]),
                    hour=int(values["hour"]),
                    ramp_minutes=int(values["ramp_minutes"]),
                    hold_minutes=int(values["hold_minutes"]),
                    peak_per_second=float(values["peak_per_second"]),
                )
            )
    return tuple(found)


def _prices(document: Mapping[str, object], faults: _Faults) -> dict[str, Decimal]:
    found = {}
    for key, value in _table(document, "prices", faults).items():
        where = f"prices.{key}"
        if key not in PRICE_NAMES:
            faults.unknown(where, key, value, PRICE_NAMES)
        elif isinstance(value, int | Decimal) and not isinstance(value, bool) and _is_price(Decimal(value)):
            found[key] = Decimal(value)
        else:
            faults.add(where, value, PRICE_ALLOWED)
    return found


def _is_price(value: Decimal) -> bool:
    return value.is_finite() and 0 <= value <= PRICE_MAX


def check_together(scenario: Scenario, faults: _Faults) -> None:
    """Note what cannot be true together."""
    fleet, workload = scenario.fleet, scenario.workload
    most = fleet.instances_max
    if fleet.instances_min > most:
        faults.add("fleet.instances_min", fleet.instances_min, f"at most fleet.instances_max = {most}")
    if fleet.soft_limit > most:
        faults.add("fleet.soft_limit", fleet.soft_limit, f"at most fleet.instances_max = {most}")
    if fleet.low_percent >= fleet.high_percent:
        faults.add(
            "fleet.low_percent", fleet.low_percent, f"less than fleet.high_percent = {fleet.high_percent}"
        )
    if fleet.low_percent >= fleet.target_percent:
        faults.add(
            "fleet.low_percent", fleet.low_percent, f"less than fleet.target_percent = {fleet.target_percent}"
        )
    if workload.steady_per_second > workload.peak_per_second:
        faults.add(
            "workload.peak_per_second",
            _decimal(workload.peak_per_second),
            f"at least workload.steady_per_second = {workload.steady_per_second:g}",
        )
    if workload.hot_customer_percent * workload.customers < 100 and workload.hot_customer_percent:
        faults.add(
            "workload.hot_customer_percent",
            _decimal(workload.hot_customer_percent),
            f"0 for no hot customer, or at least the mean share of {100 / workload.customers:.6g} %",
        )
    year, month = (int(part) for part in render_period(scenario.month).split("-"))
    days = monthrange(year, month)[1]
    for number, sale in enumerate(scenario.sales):
        if sale.day > days:
            faults.add(f"sale[{number}].day", sale.day, f"at most {days}, the last day of {year}-{month:02d}")
        if sale.peak_per_second > workload.peak_per_second:
            faults.add(
                f"sale[{number}].peak_per_second",
                _decimal(sale.peak_per_second),
                f"at most workload.peak_per_second = {workload.peak_per_second:g}",
            )

"""Formula and simulation side by side, and whether they agree within what is said beforehand.

Three things are compared. The line of one instance with exponential services against Erlang C, where the
formula is exact. The busiest window, request by request, against the fluid: what was lost, and how long was
waited. The busiest window without a sale, where waits are short, against the steady line.

Source: ``capacity.md``, "How".
"""

from dataclasses import dataclass
from typing import Final

from billproof.simulations.capacity.erlang import Station, little_rate, mean_wait
from billproof.simulations.capacity.fleet import (
    Month,
    instance_rate,
    queue_room,
    stores_rate,
    workers_per_instance,
)
from billproof.simulations.capacity.queueing import Measured, simulate
from billproof.simulations.capacity.scenario import Scenario
from billproof.simulations.capacity.windows import Window

REFERENCE_LOAD: Final = 0.9
"""Load of the line that is compared with Erlang C."""

_STANDARD_ERRORS: Final = 2.0
"""Half widths of the 95 % interval, about four standard errors: one run in twenty lies outside one of
them."""

_LOST: Final = 0.01
_WAIT_SHARE: Final = 0.05
_WAIT_MS: Final = 2.0
"""What a steady line and a window of a minute may differ by: Allen and Cunneen is no more exact than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One figure, both ways."""

    what: str
    analytic: float
    simulated: float
    tolerance: float
    """The most that they may differ by."""
    unit: str
    method: str

    @property
    def agrees(self) -> bool:
        """Tell whether the two differ by no more than allowed."""
        return abs(self.analytic - self.simulated) <= self.tolerance


def reference(scenario: Scenario, *, requests: int, seed: int) -> tuple[Agreement, Measured]:
    """Compare one instance's pool, with exponential services, with Erlang C."""
    workers, service = workers_per_instance(scenario.fleet), scenario.fleet.service_ms / 1000
    station = Station(
        workers=workers,
        arrivals_per_second=REFERENCE_LOAD * little_rate(workers, service),
        service_seconds=service,
    )
    measured = simulate(station, requests=requests, seed=seed)
    half = (measured.high_seconds - measured.low_seconds) / 2
    agreement = Agreement(
        what=f"mean wait, M/M/{workers} at load {REFERENCE_LOAD}",
        analytic=1000 * mean_wait(station),
        simulated=1000 * measured.mean_wait_seconds,
        tolerance=1000 * half * _STANDARD_ERRORS,
        unit="ms",
        method="Erlang C against Kiefer-Wolfowitz; two half widths of the 95 % interval over lanes",
    )
    return agreement, measured


def of_window(scenario: Scenario, month: Month, window: Window) -> tuple[Agreement, ...]:
    """Compare a window with even shares with the fluid, or with the steady line where nothing is lost."""
    fleet, step = scenario.fleet, window.step
    count = int(month.serving[step])
    rate = float(month.curve.rate[step])
    able = min(count * instance_rate(fleet), stores_rate(scenario.stores))
    load = rate / able
    if able < count * instance_rate(fleet) or 1 - _LOST < load < 1 + _LOST:
        # The window knows no stores, and at a load of one neither has a limit that a minute would reach.
        return ()
    lost = max(0.0, 1 - 1 / load)
    found = [
        Agreement(
            what=f"share lost, {window.about}",
            analytic=lost,
            simulated=window.lost_share,
            tolerance=_LOST,
            unit="of requests",
            method="fluid against single requests",
        )
    ]
    if load < 1:
        station = Station(
            workers=workers_per_instance(fleet),
            arrivals_per_second=rate / count,
            service_seconds=fleet.service_ms / 1000,
            scv=fleet.service_scv,
        )
        wait, method = 1000 * mean_wait(station), "Erlang C (Allen and Cunneen) against single requests"
    else:
        wait = 1000 * queue_room(fleet, able / count) / (able / count)
        method = "full queue over service rate against single requests"
    found.append(
        Agreement(
            what=f"mean wait, {window.about}",
            analytic=wait,
            simulated=window.mean_wait_ms,
            tolerance=max(_WAIT_MS, _WAIT_SHARE * wait),
            unit="ms",
            method=method,
        )
    )
    return tuple(found)

"""One scenario, looked at from every side: the month, its worst minutes, what breaks, what it costs.

Source: ``capacity.md``, "Must answer".
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from billproof.simulations.capacity.agreement import Agreement, of_window, reference
from billproof.simulations.capacity.alerts import Budget, Fired, budget, fired
from billproof.simulations.capacity.bottlenecks import Resource, resources
from billproof.simulations.capacity.fleet import Month, simulate_month
from billproof.simulations.capacity.milestones import Milestone
from billproof.simulations.capacity.queueing import Measured
from billproof.simulations.capacity.scenario import Scenario
from billproof.simulations.capacity.windows import Window, simulate_window
from billproof.simulations.capacity.workload import STEP_SECONDS, curve_of, seconds_of
from billproof.simulations.economics.costs import MONTH_SECONDS, Bill, Volumes, bill_of

WINDOW_SECONDS: Final = 60.0
"""How long single requests are looked at, in each window."""

REFERENCE_REQUESTS: Final = 2_000_000
"""Requests of the line that is compared with Erlang C."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """All results of one scenario."""

    scenario: Scenario
    said: Milestone | None
    """What the documents say, if it is a milestone."""
    seed: int
    month: Month
    windows: tuple[Window, ...]
    measured: Measured | None
    """The line that was compared with Erlang C; None if no requests were simulated."""
    agreements: tuple[Agreement, ...]
    resources: tuple[Resource, ...]
    fired: tuple[Fired, ...]
    budget: Budget
    volumes: Volumes
    bill: Bill

    @property
    def agrees(self) -> bool:
        """Tell whether every formula agrees with its simulation."""
        return all(agreement.agrees for agreement in self.agreements)


def volumes_of(scenario: Scenario, month: Month) -> Volumes:
    """Return what a month of 31,536,000 / 12 seconds uses, in proportion to the simulated one."""
    scale = MONTH_SECONDS / seconds_of(scenario)
    instance_steps = int(month.instances.sum())
    return Volumes(
        events=Decimal(round(float(month.served.sum()))) * scale,
        vcpu_seconds=Decimal(instance_steps * STEP_SECONDS * scenario.fleet.vcpu) * scale,
        spanner_nodes=Decimal(scenario.stores.spanner_nodes),
        standby_nodes=Decimal(scenario.stores.standby_nodes),
    )


def study(
    scenario: Scenario, said: Milestone | None, *, seed: int, window_seconds: float = WINDOW_SECONDS
) -> Study:
    """Look at a scenario from every side.

    Args:
        scenario: What is asked.
        said: What the documents say of it, if anything.
        seed: Same seed, same result.
        window_seconds: How long single requests are looked at in each window; 0 for the fluid alone.
    """
    month = simulate_month(scenario, curve_of(scenario))
    windows: tuple[Window, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    measured = None
    if window_seconds:
        windows = _windows(scenario, month, window_seconds, seed)
        first, measured = reference(scenario, requests=REFERENCE_REQUESTS, seed=seed)
        even = [window for window in windows if window.routing == "even"]
        compared = (agreement for window in even for agreement in of_window(scenario, month, window))
        agreements = (first, *compared)
    volumes = volumes_of(scenario, month)
    return Study(
        scenario=scenario,
        said=said,
        seed=seed,
        month=month,
        windows=windows,
        measured=measured,
        agreements=agreements,
        resources=resources(scenario),
        fired=fired(scenario, month),
        budget=budget(scenario, month),
        volumes=volumes,
        bill=bill_of(volumes, scenario.prices),
    )


def _windows(scenario: Scenario, month: Month, seconds: float, seed: int) -> tuple[Window, ...]:
    rate = month.curve.rate
    usual = np.where(month.curve.is_sale, 0.0, rate)
    # The middle of the plateau: its first step still has what the ramp left behind.
    highest = np.nonzero(rate >= rate.max() * (1 - 1e-9))[0]
    peak, ordinary = int(highest[len(highest) // 2]), int(usual.argmax())
    places = [(peak, "the highest load of the month", False)]
    if ordinary != peak and usual[ordinary] > 0:
        places.append((ordinary, "the busiest minute without a sale", False))
    places.append((ordinary, "the busiest minute without a sale, routed by tenant", True))
    return tuple(
        simulate_window(scenario, month, step, seconds, seed=seed + number, about=about, hashed=hashed)
        for number, (step, about, hashed) in enumerate(places)
    )

"""Plots of a study: axes with units, legends, and the documented figure marked in each.

Matplotlib is of the extra ``notebooks``; without it there is one error that says so, and everything else
works.

Source: ``capacity.md``, "How".
"""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from billproof.model.portable import PortableError
from billproof.simulations.capacity.alerts import metrics
from billproof.simulations.capacity.documented import figure
from billproof.simulations.capacity.fleet import P50, P95, P99, instance_rate
from billproof.simulations.capacity.study import Study
from billproof.simulations.capacity.workload import STEP_SECONDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES: Final = (".png", ".svg", ".pdf")
"""What a plot can be written as."""

_MISSING: Final = ("matplotlib is not installed", "install billproof[notebooks]")

_STEPS_SHOWN: Final = 2000
"""Points of a curve: a month has more steps than a plot has columns; of those in between the worst is
shown."""


class PlotError(PortableError, RuntimeError):
    """A plot that cannot be made; the user's to mend.

    Args:
        problem: What is missing or wrong.
        remedy: What to do about it.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.source = "--plot"
        self.place = ""
        self.problem = problem
        self.remedy = remedy


def new_figure(rows: int, width: float = 9.0, height: float = 2.6) -> "tuple[Figure, list[Axes]]":
    """Return a figure with so many plots below each other.

    Raises:
        PlotError: Matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PlotError(*_MISSING) from error
    drawn = Figure(figsize=(width, height * rows), layout="constrained")
    FigureCanvasAgg(drawn)
    axes = drawn.subplots(rows, 1, squeeze=False)
    return drawn, [axes[row][0] for row in range(rows)]


def mark(axes: "Axes", value: float, label: str) -> None:
    """Mark a documented figure with a dashed red line."""
    axes.axhline(value, label=f"documented: {label}", color="tab:red", linestyle="--", linewidth=1.2)


def plot_month(study: Study) -> "Figure":
    """Draw the month: load and what is served, instances, latency, and the store.

    Raises:
        PlotError: Matplotlib is not installed.
    """
    drawn, (load, instances, latency, store) = new_figure(4)
    month, scenario = study.month, study.scenario
    days = np.arange(len(month.curve.rate), dtype=np.float64) * STEP_SECONDS / 86_400 + 1
    able = month.serving.astype(np.float64) * instance_rate(scenario.fleet)
    drawn.suptitle(f"{scenario.name}: a month, day by day")
    load.plot(*_worst(days, month.curve.rate), label="asked")
    load.plot(*_worst(days, month.served / STEP_SECONDS), label="served", color="tab:green")
    load.plot(*_worst(days, able), label="what the instances could serve", color="tab:gray", linewidth=0.8)
    said_rate = float(figure("AS-04", "{} RPS per instance"))
    mark(
        load, said_rate * scenario.fleet.instances_max, f"{scenario.fleet.instances_max} x {said_rate:,.0f}/s"
    )
    load.set_ylabel("requests/s")
    instances.plot(*_worst(days, month.instances.astype(np.float64)), label="instances")
    mark(instances, scenario.fleet.soft_limit, f"soft limit {scenario.fleet.soft_limit}")
    instances.axhline(scenario.fleet.instances_max, color="black", linewidth=0.8, label="hard limit")
    instances.set_ylabel("instances")
    for row, name in ((P50, "p50"), (P95, "p95"), (P99, "p99")):
        latency.plot(*_worst(days, month.latency_ms[row]), label=name)
    objective = scenario.objectives.latency_p99_ms
    mark(latency, objective, f"p99 below {objective:g} ms")
    _logarithmic(latency)
    latency.set_ylabel("ms, arrival to reply")
    minutes = metrics(scenario, month)["spanner_percent"]
    store.plot(*_worst(np.arange(len(minutes), dtype=np.float64) / 1440 + 1, minutes), label="Spanner nodes")
    mark(store, float(figure("TG-1", "CPU > {} %")), "yellow trigger")
    store.set_ylabel("load, %")
    store.set_xlabel("day of the month")
    for axes in (load, instances, latency, store):
        axes.legend(loc="upper left", fontsize=8)
        axes.grid(visible=True, alpha=0.3)
        axes.set_xlim(1, days[-1])
    return drawn


def check_plot(path: Path) -> None:
    """Refuse what could not be drawn or written, before time was spent on what is to be drawn.

    Raises:
        PlotError: The suffix is none that can be written, or Matplotlib is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise PlotError(
            f"{path} ends with {path.suffix or 'no suffix'}", f"end it with {', '.join(SUFFIXES)}"
        )
    if importlib.util.find_spec("matplotlib") is None:
        raise PlotError(*_MISSING)


def save_plot(drawn: "Figure", path: Path) -> None:
    """Write a figure to a file, in the format of its suffix.

    Raises:
        PlotError: The suffix is none that can be written, or the file cannot be.
    """
    check_plot(path)
    try:
        drawn.savefig(path, dpi=130)
    except OSError as error:
        raise PlotError(
            f"{path} cannot be written: {error.strerror}", "name a file in a folder that exists"
        ) from error


def _worst(
    times: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    size = max(1, len(values) // _STEPS_SHOWN)
    count = len(values) // size
    return times[: count * size : size], values[: count * size].reshape(count, size).max(axis=1)


def _logarithmic(axes: "Axes") -> None:
    """Make the scale logarithmic, with room: a month in which nothing waits is one flat line."""
    low, high = axes.dataLim.intervaly
    axes.set_ylim(low / 1.3, high * 1.3)
    axes.set_yscale("log")


def plot_peak(study: Study, hours: float = 6.0) -> "Figure":
    """Draw the hours around the highest load: load, instances, and latency.

    Raises:
        PlotError: Matplotlib is not installed.
    """
    drawn, (load, instances, latency) = new_figure(3)
    month, scenario = study.month, study.scenario
    highest = int(month.curve.rate.argmax())
    half = int(hours * 1800 / STEP_SECONDS)
    first = max(0, min(highest - half, len(month.curve.rate) - 2 * half))
    part = slice(first, first + 2 * half)
    times = (np.arange(2 * half, dtype=np.float64)[: len(month.curve.rate[part])]) * STEP_SECONDS / 3600
    drawn.suptitle(f"{scenario.name}: {hours:g} hours from {month.curve.when(first)}")
    able = month.serving.astype(np.float64) * instance_rate(scenario.fleet)
    load.plot(times, month.curve.rate[part], label="asked")
    load.plot(times, month.served[part] / STEP_SECONDS, label="served", color="tab:green")
    load.plot(times, able[part], label="what the instances could serve", color="tab:gray", linewidth=0.8)
    said_rate = float(figure("AS-04", "{} RPS per instance"))
    mark(
        load, said_rate * scenario.fleet.instances_max, f"{scenario.fleet.instances_max} x {said_rate:,.0f}/s"
    )
    load.set_ylabel("requests/s")
    instances.step(times, month.instances[part], label="instances", where="post")
    mark(instances, scenario.fleet.soft_limit, f"soft limit {scenario.fleet.soft_limit}")
    instances.set_ylabel("instances")
    for row, name in ((P50, "p50"), (P99, "p99")):
        latency.plot(times, month.latency_ms[row][part], label=name)
    mark(latency, scenario.objectives.latency_p99_ms, f"p99 below {scenario.objectives.latency_p99_ms:g} ms")
    _logarithmic(latency)
    latency.set_ylabel("ms, arrival to reply")
    latency.set_xlabel("hours")
    for axes in (load, instances, latency):
        axes.legend(loc="upper left", fontsize=8)
        axes.grid(visible=True, alpha=0.3)
    return drawn


def plot_milestones(studies: Sequence[Study]) -> "Figure":
    """Draw the milestones beside each other: peak, instances and cost, documented and computed."""
    drawn, (load, instances, cost) = new_figure(3)
    said = [study.said for study in studies]
    names = [f"{study.scenario.workload.customers:,}" for study in studies]
    places = np.arange(len(studies), dtype=np.float64)
    able = [instance_rate(study.scenario.fleet) * study.scenario.fleet.instances_max for study in studies]
    rows: tuple[tuple[Axes, str, list[float], list[float]], ...] = (
        (load, "requests/s at the peak", [float(item.peak_per_second) if item else 0 for item in said], able),
        (
            instances,
            "instances at most",
            [float(item.instances_documented) if item else 0 for item in said],
            [float(study.month.instances.max()) for study in studies],
        ),
        (
            cost,
            "USD a month",
            [float(item.cost_month) if item else 0 for item in said],
            [float(study.bill.total) for study in studies],
        ),
    )
    for axes, label, wanted, found in rows:
        computed = "what the fleet can serve" if axes is load else "computed"
        axes.bar(places - 0.2, wanted, 0.4, label="documented", color="tab:red", alpha=0.7)
        axes.bar(places + 0.2, found, 0.4, label=computed, color="tab:blue")
        axes.set_yscale("log")
        axes.set_ylabel(label)
        axes.set_xticks(places, names)
        axes.legend(loc="upper left", fontsize=8)
        axes.grid(visible=True, axis="y", alpha=0.3)
    cost.set_xlabel("customers")
    drawn.suptitle("Milestones: documented and computed")
    return drawn

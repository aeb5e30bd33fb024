"""Plots of the economics: units on the axes, and the documented figures marked.

A picture needs no cents: amounts become floats here, at the last step, and go nowhere else.

Source: ``capacity.md``, "How".
"""

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from billproof.model.periods import MONTHS_PER_YEAR
from billproof.simulations.capacity.plots import mark, new_figure
from billproof.simulations.economics.finance import annual_cost, documented_lines, fee_per_customer
from billproof.simulations.economics.report import Economics

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_THOUSANDS: Final = 1000


def _thousands(amount: Decimal) -> float:
    return float(amount / _THOUSANDS)


def plot_costs(found: Economics) -> "Figure":
    """Draw the cost of a year by component, and the totals that the documents print."""
    drawn, (parts, totals) = new_figure(2, height=3.2)
    lines = sorted(found.bill.lines.items(), key=lambda item: item[1])
    parts.barh([name for name, _ in lines], [_thousands(amount * MONTHS_PER_YEAR) for _, amount in lines])
    parts.tick_params(axis="y", labelsize=6)
    parts.set_xlabel("thousand USD a year")
    parts.set_title(f"{found.scenario.name}: cost by component, from unit prices")
    names = [f"{item.name}\n({item.source.split(',')[0]})" for item in found.totals]
    totals.bar(
        names,
        [_thousands(item.printed) for item in found.totals],
        label="documented",
        color="tab:red",
        alpha=0.7,
    )
    recomputed = _thousands(found.totals[0].recomputed)
    totals.axhline(
        recomputed,
        color="black",
        linewidth=1.2,
        label=f"recomputed from their prices and volumes: {recomputed:,.0f}",
    )
    totals.set_ylabel("thousand USD a year")
    totals.set_title("Four documented totals for one system")
    totals.legend(fontsize=8)
    return drawn


def plot_break_even(found: Economics) -> "Figure":
    """Draw fees and costs over the number of customers."""
    drawn, (axes,) = new_figure(1, height=3.6)
    counts = list(range(0, 1_401, 50))
    fee = fee_per_customer(found.monthly_volume)
    axes.plot(
        counts,
        [_thousands(fee * count) for count in counts],
        "-",
        color="tab:green",
        linewidth=2,
        label=f"fees, {fee:,.0f} USD each",
    )
    for line in documented_lines():
        label = f"documented: {line.name} ({line.source})"
        axes.plot(counts, [_thousands(line.cost(count)) for count in counts], "--", label=label)
    own = [_thousands(annual_cost(count, found.sizing, found.scenario.prices)) for count in counts]
    axes.plot(counts, own, color="black", linewidth=2, label="recomputed from unit prices")
    axes.set_xlabel("customers")
    axes.set_ylabel("thousand USD a year")
    axes.set_title("Break-even is where fees cross cost")
    axes.legend(fontsize=8)
    axes.grid(visible=True, alpha=0.3)
    return drawn


def plot_uncertainty(found: Economics) -> "Figure":
    """Draw what moves the cost of a year, one input at a time, with the interval of all at once."""
    drawn, (axes,) = new_figure(1, height=3.2)
    base = _thousands(found.bill.total * MONTHS_PER_YEAR)
    for swing in reversed(found.swings):
        low, high = _thousands(swing.low), _thousands(swing.high)
        axes.barh(swing.name, high - low, left=low, color="tab:blue")
    spread = found.spread
    label = f"90 % of {spread.samples:,} samples"
    axes.axvspan(_thousands(spread.p5), _thousands(spread.p95), color="tab:orange", alpha=0.2, label=label)
    axes.axvline(base, color="black", linewidth=0.8, label=f"computed: {base:,.0f}")
    printed = _thousands(found.totals[0].printed)
    axes.axvline(printed, color="tab:red", linestyle="--", label=f"documented: {printed:,.0f}")
    axes.set_xlabel("thousand USD a year")
    axes.set_title("What moves the cost")
    axes.legend(fontsize=8, loc="lower right")
    return drawn


def plot_years(found: Economics) -> "Figure":
    """Draw five years of fee and cost, and the revenue that the documents state."""
    drawn, (axes,) = new_figure(1, height=3.4)
    years = [item.year for item in found.years]
    axes.bar([year - 0.2 for year in years], [_thousands(item.fee) for item in found.years], 0.4, label="fee")
    axes.bar(
        [year + 0.2 for year in years], [_thousands(item.cost) for item in found.years], 0.4, label="cost"
    )
    said = [
        (item.year, item.documented_revenue) for item in found.years if item.documented_revenue is not None
    ]
    axes.plot(
        [year for year, _ in said],
        [_thousands(amount) for _, amount in said],
        "D--", color="tab:red", label="documented revenue: what passes through",
    )  # fmt: skip
    axes.set_yscale("log")
    axes.set_xticks(years)
    axes.set_xlabel("year")
    axes.set_ylabel("thousand USD, logarithmic")
    axes.set_title("Five years: income is the fee, not the volume")
    axes.legend(fontsize=8)
    return drawn


def plot_designs(found: Economics) -> "Figure":
    """Draw what each design costs in latency and in money."""
    drawn, (axes,) = new_figure(1, height=3.4)
    for number, item in enumerate(found.designs):
        # One label above its point, the next below: two designs may lie side by side.
        height = 4 if number % 2 == 0 else -26
        axes.scatter(item.reply_p99_ms, _thousands(item.cost_month), s=80)
        exposed = f"{item.events_exposed:,} events exposed" if item.events_exposed else "nothing exposed"
        axes.annotate(
            f"{item.design}\n{item.nodes_at_peak} nodes, {exposed}",
            (item.reply_p99_ms, _thousands(item.cost_month)),
            textcoords="offset points", xytext=(8, height), fontsize=8,
        )  # fmt: skip
    objective = found.scenario.objectives.latency_p99_ms
    axes.axvline(objective, color="tab:red", linestyle="--", label=f"documented: p99 below {objective:g} ms")
    mark(axes, _thousands(found.totals[0].printed / MONTHS_PER_YEAR), "a twelfth of the detailed budget")
    axes.margins(0.35)
    axes.set_xlabel("p99 of a reply, ms")
    axes.set_ylabel("thousand USD a month")
    axes.set_title("What a design costs: time and money")
    axes.legend(fontsize=8, loc="center left")
    return drawn

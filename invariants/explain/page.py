"""A counterexample as one HTML file: lanes, messages, faults, money, the clause and the reasons.

No script and no asset of anybody; everything that is not ours to choose is escaped by the template engine.

Source: ``cli.md`` ``replay --html``; issue item "Explanations".
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, StrictUndefined, Template

from billproof.invariants.counterexample import Counterexample
from billproof.invariants.explain.lanes import Row, lanes_of, rows_of
from billproof.invariants.explain.places import place_words, value_words
from billproof.invariants.explain.trace import Trace
from billproof.invariants.theorem import Money, Theorem
from billproof.model.identifiers import Amount
from billproof.model.money import render_amount

LANE_WIDTH: Final = 132
LEFT: Final = 64
"""Where the first lane stands, in pixels."""
TOP: Final = 58
ROW_HEIGHT: Final = 62
MONEY_WIDTH: Final = 96
"""The width of one of the three columns of the money lane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """One message between lanes."""

    start: int
    end: int
    """Horizontal places, in pixels; the end keeps off the circle of the lane."""
    dashed: bool
    """Whether it is a reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One drawn step."""

    number: int
    y: int
    x: int
    label: str
    arrows: tuple[Arrow, ...]
    fault: bool
    cut_off_x: int
    """The lane outside the quorum after this step; 0 where there is none."""
    owed: str
    billed: str
    difference: str
    differs: bool
    sentence: str
    changes: tuple[tuple[str, str, str], ...]
    """(place, before, after)."""


def render_page(found: Counterexample, trace: Trace, theorem: Theorem) -> str:
    """Return the page of a counterexample.

    Args:
        found: The counterexample, with its reasons.
        trace: The same, executed with its accesses.
        theorem: Whose clause it violates.
    """
    rows = rows_of(trace)
    lanes = lanes_of(rows)
    at = {lane: LEFT + index * LANE_WIDTH + LANE_WIDTH // 2 for index, lane in enumerate(lanes)}
    money_x = LEFT + len(lanes) * LANE_WIDTH
    lines = tuple(_line(row, at, found.currency) for row in rows)
    return _template().render(
        found=found,
        theorem=theorem,
        clause=trace.clause,
        story=trace.domain.story,
        lanes=tuple(at.items()),
        lines=lines,
        row_height=ROW_HEIGHT,
        top=TOP,
        width=money_x + 3 * MONEY_WIDTH + 8,
        height=TOP + len(rows) * ROW_HEIGHT + 16,
        money_at=tuple(money_x + MONEY_WIDTH * (index + 1) - 8 for index in range(3)),
        money_x=money_x,
        inevitable_y=TOP + found.inevitable_after * ROW_HEIGHT,
        owed=render_amount(found.owed),
        billed=render_amount(found.billed),
        difference=render_amount(Amount(found.billed - found.owed)),
    )


def _line(row: Row, at: dict[str, int], currency: str) -> Line:
    step, x = row.step, at[row.actor]
    money: Money = step.money
    return Line(
        number=step.number,
        y=TOP + (step.number - 1) * ROW_HEIGHT + ROW_HEIGHT // 2,
        x=x,
        label=_spaced(type(step.command).__name__),
        arrows=(
            *(_arrow(x, at[lane], dashed=False) for lane in row.writes),
            *(_arrow(at[lane], x, dashed=True) for lane in row.reads),
        ),
        fault=row.fault,
        cut_off_x=at[row.cut_off] if row.cut_off else 0,
        owed=render_amount(money.owed),
        billed=render_amount(money.billed),
        difference=render_amount(Amount(money.billed - money.owed)),
        differs=money.billed != money.owed,
        sentence=step.sentence,
        changes=tuple(
            (
                place_words(it.place),
                value_words(it.place, it.before, currency),
                value_words(it.place, it.after, currency),
            )
            for it in step.access.writes
        ),
    )


def _arrow(start: int, end: int, *, dashed: bool) -> Arrow:
    """Return an arrow that keeps off the circle of whoever acts: where it starts, or where a reading ends."""
    off = 15 if end > start else -15
    if dashed:
        return Arrow(start=start, end=end - off, dashed=True)
    return Arrow(start=start + off, end=end - (1 if end > start else -1), dashed=False)


def _spaced(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


@cache
def _template() -> Template:
    text = files("billproof.invariants.explain").joinpath("story.html.jinja").read_text("utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(text)

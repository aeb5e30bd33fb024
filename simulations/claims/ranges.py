"""In which range of a figure a contradiction would vanish.

Theory of operation. Each figure that a check read is scaled over a grid of powers of ten; where the check
turns, the turning point is bisected. Exact fractions throughout; the answer is rounded to three digits
towards the side that holds.

Source: the status "conditional" of the register's checks.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from billproof.simulations.claims.quantities import DimensionError, Quantity, shown
from billproof.simulations.claims.reading import Reader, UnreadableClaimError
from billproof.simulations.claims.register import Register
from billproof.simulations.claims.relations import Check, Outcome

_GRID: Final = tuple(
    Fraction(factor) ** sign for factor in (2, 10, 10**2, 10**3, 10**6, 10**9) for sign in (1, -1)
)
TRIED_MAX: Final = 6
"""How many of the figures that a check read are varied; those of the documented side come first."""

_HALVINGS: Final = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """From where a figure would make a check hold."""

    claim: str
    index: int
    """Of the figure in its claim, from 1."""
    now: str
    bound: Quantity
    """The turning point, on the side that holds."""
    is_upper: bool
    """Whether it holds below the bound."""
    is_point: bool
    """Whether it holds at the bound only, to the digits in which the figure is written."""

    def told(self) -> str:
        """Return the range for people."""
        relation = "=" if self.is_point else "<=" if self.is_upper else ">="
        bound = shown(self.bound.value, self.bound.dimension)
        return f"{self.claim}.{self.index} {relation} {bound} (now {self.now})"


def outcome_with(check: Check, register: Register, key: tuple[str, int], value: Quantity) -> Outcome | None:
    """Return what a check finds with one figure set to something else; ``None`` if it cannot be computed."""
    changed = replace(register, quantities={**register.quantities, key: value})
    try:
        return check(Reader(register=changed))
    except (DimensionError, UnreadableClaimError, ArithmeticError, ValueError, OSError):
        return None


def ranges(check: Check, register: Register, read: dict[tuple[str, int], Quantity], most: int) -> list[Range]:
    """Return, for at most so many of the figures that were read, from where each alone would do."""
    found: list[Range] = []
    for key, quantity in list(read.items())[:TRIED_MAX]:
        if len(found) == most:
            break
        if quantity.value == 0:
            continue
        found += list(_range(check, register, key, quantity))[:1]
    return found


def _range(check: Check, register: Register, key: tuple[str, int], now: Quantity) -> Iterator[Range]:
    def at(factor: Fraction) -> Outcome | None:
        return outcome_with(check, register, key, _scaled(now, factor))

    first = at(Fraction(1))
    passed: set[bool] = set()
    for factor in sorted(_GRID, key=lambda item: max(item, 1 / item)):
        is_upper = factor < 1
        seen = at(factor) if is_upper not in passed else None
        if seen is None:
            continue
        is_point = not seen.holds and _has_passed(first, seen)
        if seen.holds or is_point:
            bound = _turning(at, factor, is_point=is_point)
            if is_point and not _holds_near(at, bound):
                passed.add(is_upper)
                continue
            yield Range(
                claim=key[0],
                index=key[1] + 1,
                now=now.shown(),
                bound=_scaled(now, bound),
                is_upper=is_upper,
                is_point=is_point,
            )
            return


def _has_passed(first: Outcome | None, second: Outcome) -> bool:
    """Tell whether the gap changed its sign, so that it was closed in between."""
    if first is None or first.gap is None or second.gap is None:
        return False
    return (first.gap < 0) != (second.gap < 0)


def _holds_near(at: Callable[[Fraction], Outcome | None], factor: Fraction) -> bool:
    return any(
        (seen := at(factor * (1 + Fraction(step, 2000)))) is not None and seen.holds for step in range(-2, 3)
    )


def _turning(at: Callable[[Fraction], Outcome | None], end: Fraction, *, is_point: bool) -> Fraction:
    start, first = Fraction(1), at(Fraction(1))
    for _ in range(_HALVINGS):
        middle = (start + end) / 2 if max(start, end) < 100 * min(start, end) else _between(start, end)
        seen = at(middle)
        turned = seen is not None and (seen.holds or (is_point and _has_passed(first, seen)))
        if turned:
            end = middle
        else:
            start = middle
    return end


def _between(first: Fraction, second: Fraction) -> Fraction:
    """Return about the geometric mean, with a small denominator."""
    return Fraction((float(first) * float(second)) ** 0.5).limit_denominator(10**9)


def _scaled(quantity: Quantity, factor: Fraction) -> Quantity:
    return replace(quantity, value=quantity.value * factor, text="", precision=quantity.precision * factor)

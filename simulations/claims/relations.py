"""How two sides are compared, and what is said of it.

Each relation takes what is documented first and what is computed second. The claims on the documented side
are those that a violation speaks against; where claims only disagree with each other, it speaks against none
alone.

Source: ``claims.md`` part 2, its kinds of contradiction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

from billproof.simulations.claims.quantities import Quantity, quantity
from billproof.simulations.claims.reading import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a check found."""

    holds: bool
    documented: str
    computed: str
    against: frozenset[str] = frozenset()
    """The claims that it speaks against if it does not hold; empty where only all together cannot hold."""
    gap: Fraction | None = None
    """Documented less computed; where its sign changes, an inequality turns."""
    values: tuple[Quantity, ...] = ()
    """What was computed."""
    when: str = ""
    """Under which of several documented values it holds, where it holds under some."""
    is_conditional: bool = False


Check: TypeAlias = Callable[[Reader], Outcome]
"""A contradiction, recomputed."""

Number: TypeAlias = Quantity | int | Fraction


def equal(what: str, documented: Quantity, computed: Number) -> Outcome:
    """The documented figure is what comes out, to the digits in which it is written."""
    other = quantity(computed)
    return _compared(what, documented, other, "", holds=documented.is_written_as(other))


def at_most(what: str, documented: Quantity, computed: Number) -> Outcome:
    """The documented figure is not above what comes out."""
    other = quantity(computed)
    return _compared(what, documented, other, "at most ", holds=documented <= other)


def below(what: str, documented: Quantity, computed: Number) -> Outcome:
    """The documented figure is below what comes out."""
    other = quantity(computed)
    return _compared(what, documented, other, "less than ", holds=documented < other)


def at_least(what: str, documented: Quantity, computed: Number) -> Outcome:
    """The documented figure is not below what comes out."""
    other = quantity(computed)
    return _compared(what, documented, other, "at least ", holds=documented >= other)


def same(what: str, *figures: Quantity) -> Outcome:
    """Figures for one thing agree, each to the digits in which it is written."""
    first = figures[0]
    holds = all(item.is_written_as(first) or first.is_written_as(item) for item in figures[1:])
    lowest = min(figures, key=lambda item: item.value)
    highest = max(figures, key=lambda item: item.value)
    origins = {frozenset(item.origins) for item in figures}
    apart = (highest / lowest,) if lowest.value > 0 else ()
    ratio = f", apart by a factor of {float(apart[0].value):.4g}" if apart else ""
    return Outcome(
        holds=holds,
        documented=f"{what}: " + "; ".join(_named(item) for item in figures),
        computed="one value" if holds else f"{lowest.shown()} to {highest.shown()}{ratio}",
        against=next(iter(origins)) if len(origins) == 1 else frozenset(),
        gap=figures[0].value - figures[-1].value,
        values=(*figures, *apart),
    )


def agree(what: str, said: Mapping[str, str]) -> Outcome:
    """Claims say the same thing in words; who says nothing is left out."""
    heard = {claim: text for claim, text in said.items() if text}
    holds = len(set(heard.values())) <= 1
    return Outcome(
        holds=holds,
        documented=f"{what}: " + "; ".join(f"{claim} says {text}" for claim, text in heard.items()),
        computed=f"{len(set(heard.values()))} different answer(s)",
        against=frozenset(heard) if len(heard) == 1 else frozenset(),
        values=(quantity(len(set(heard.values()))),),
    )


def true(what: str, computed: str, *, holds: bool, against: str = "") -> Outcome:
    """A condition that was decided by the check itself."""
    names = frozenset(against.split(", ")) if against else frozenset()
    return Outcome(holds=holds, documented=what, computed=computed, against=names)


def every(*outcomes: Outcome) -> Outcome:
    """All hold; what does not is what is reported."""
    broken = [item for item in outcomes if not item.holds] or list(outcomes)
    return Outcome(
        holds=all(item.holds for item in outcomes),
        documented="; ".join(item.documented for item in broken),
        computed="; ".join(item.computed for item in broken),
        against=frozenset().union(*(item.against for item in broken)),
        gap=broken[0].gap,
        values=tuple(value for item in outcomes for value in item.values),
        is_conditional=all(item.is_conditional for item in broken if not item.holds) and bool(broken),
        when="; ".join(item.when for item in broken if item.when),
    )


def cases(outcomes: Mapping[str, Outcome]) -> Outcome:
    """One claim under several documented values of a parameter: it holds, does not, or depends."""
    good = [name for name, item in outcomes.items() if item.holds]
    joined = every(*outcomes.values())
    shown = "; ".join(f"{name}: {item.computed}" for name, item in outcomes.items())
    return replace(
        joined,
        computed=shown,
        is_conditional=bool(good) and len(good) < len(outcomes),
        when="with " + " or ".join(good) if good else "",
    )


def joint(outcome: Outcome, *others: str) -> Outcome:
    """The same, against the named claims, or against none alone."""
    return replace(outcome, against=frozenset(others))


def beside(outcome: Outcome, figures: Sequence[tuple[str, Quantity]]) -> Outcome:
    """The same, with further figures that were computed on the way."""
    told = "; ".join(f"{name} {value.shown()}" for name, value in figures)
    return replace(
        outcome,
        computed=f"{outcome.computed}; {told}",
        values=(*outcome.values, *(value for _, value in figures)),
    )


def _compared(what: str, documented: Quantity, computed: Quantity, bound: str, *, holds: bool) -> Outcome:
    return Outcome(
        holds=holds,
        documented=f"{what}: {_named(documented)}",
        computed=f"{bound}{computed.shown()}",
        against=documented.origins if len(documented.origins) == 1 else frozenset(),
        gap=documented.value - computed.value,
        values=(computed, documented),
    )


def _named(item: Quantity) -> str:
    origins = ", ".join(sorted(item.origins))
    return f"{item.shown()} ({origins})" if origins else item.shown()

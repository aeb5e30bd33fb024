"""Changes of exactly what a check read: whatever it computes must follow at least one of them."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from billproof.simulations.claims.quantities import Quantity
from billproof.simulations.claims.reading import PERIODS, Reader
from billproof.simulations.claims.register import Register, changed
from billproof.simulations.claims.relations import Check, Outcome

FACTORS = (Fraction(1, 2), Fraction(3, 2), Fraction(1, 10), Fraction(10), Fraction(1, 1000), Fraction(1000))


def changes(register: Register, reader: Reader) -> Iterator[tuple[str, Register]]:
    """Yield registers that differ in one figure or one word that was read, each with what was changed."""
    for key, quantity in reader.figures.items():
        for value in _values(quantity):
            made = replace(quantity, value=value, text="", precision=quantity.precision)
            yield f"{key[0]}.{key[1] + 1}", replace(register, quantities={key: made})
    for word in reader.words.values():
        claim = register.text_of(word.claim)
        if word.phrase in PERIODS:
            other = "weekly" if word.phrase != "weekly" else "hourly"
            text = claim.text.replace(word.phrase, other, 1)
            yield f"{word.claim} {other}", changed(register, word.claim, text)
        elif word.is_there:
            text = claim.text.replace(word.phrase, "", 1)
            yield f"{word.claim} without {word.phrase!r}", changed(register, word.claim, text or "nothing")
        else:
            text = f"{claim.text}, {word.phrase}"
            yield f"{word.claim} with {word.phrase!r}", changed(register, word.claim, text)


def effect(check: Check, register: Register) -> Outcome | None:
    """Return the outcome, or ``None`` where the changed text cannot be computed with."""
    try:
        return check(Reader(register=register))
    except (ArithmeticError, LookupError, ValueError, OSError):
        return None


def _values(quantity: Quantity) -> tuple[Fraction, ...]:
    if quantity.value == 0:
        return (Fraction(1), Fraction(1000))
    return tuple(quantity.value * factor for factor in FACTORS)

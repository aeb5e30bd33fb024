"""Changes of exactly what a check read: whatever it computes must follow at least one of them."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from billproof.simulations.claims.reading import PERIODS, Reader, Word
from billproof.simulations.claims.register import Register, changed
from billproof.simulations.claims.relations import Check, Outcome

FACTORS = tuple(map(Fraction, ("1/2", "3/2", "1/10", "10", "1/1000", "1000", "1000000", "0")))


def changes(register: Register, reader: Reader, first: Outcome) -> Iterator[Register]:
    """Yield registers in which something that was read is changed: a figure, a word, or all words at once."""
    for key, quantity in reader.figures.items():
        computed = [value.value for value in first.values if value.dimension == quantity.dimension]
        for value in (*(quantity.value * factor for factor in FACTORS), *computed, Fraction(1)):
            made = replace(quantity, value=value, text="", precision=quantity.precision)
            yield replace(register, quantities={key: made})
    every = register
    for word in reader.words.values():
        if word.is_there:
            yield _with(register, word, "")
            yield _with(register, word, f"{word.phrase}a")
        every = _with(every, word, "" if word.is_there else word.phrase)
        yield _with(register, word, _opposite(word))
    yield every


def _opposite(word: Word) -> str:
    if word.phrase in PERIODS:
        return "weekly" if word.phrase != "weekly" else "hourly"
    return "" if word.is_there else word.phrase


def _with(register: Register, word: Word, phrase: str) -> Register:
    text = register.text_of(word.claim).text
    made = text.replace(word.phrase, phrase) if word.phrase in text else f"{text}, {phrase}"
    return changed(register, word.claim, made or "nothing")


def effect(check: Check, register: Register) -> Outcome | None:
    """Return the outcome, or ``None`` where the changed text cannot be computed with."""
    try:
        return check(Reader(register=register))
    except (ArithmeticError, LookupError, ValueError, OSError):
        return None

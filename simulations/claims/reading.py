"""What a check may ask of the register, remembered: figures by their place in a claim, and words.

A place is a piece of the claim's text in which ``@`` stands for the figure sought and ``#`` for others:
``"at #; @ downtime"``. What was asked is remembered, so that others can change exactly that and look again.

Source: ``claims.md`` part 1.
"""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from billproof.model.portable import PortableError
from billproof.simulations.claims.figures import MARK, OTHER, figures_of
from billproof.simulations.claims.quantities import (
    DAY,
    DOLLARS,
    MONTH,
    NUMBER,
    SECONDS,
    YEAR,
    Dimension,
    Quantity,
    seconds,
)
from billproof.simulations.claims.register import Register

TOPIC: Final = 1000
"""Added to the index of a figure that stands in the topic of a claim."""

WHERE: Final = 2000
"""Added to the index of a figure that stands in the place of a claim."""

PERIODS: Final = {
    "hourly": Fraction(3600), "daily": DAY, "weekly": 7 * DAY, "monthly": MONTH, "quarterly": YEAR / 4,
    "annual": YEAR,
}  # fmt: skip
"""What a word for a period means."""

_RATE: Final[Dimension] = (-1, 0, 0)


class UnreadableClaimError(PortableError, LookupError):
    """A claim does not say, any more, what a check looks for: the check does not apply to the changed text.

    Args:
        claim: The claim.
        place: What was looked for.
        text: What the claim says.
    """

    def __init__(self, claim: str, place: str, text: str) -> None:
        super().__init__(f"{claim} does not say {place!r}: {text!r}")
        self.claim = claim
        self.place = place
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A phrase that was looked for."""

    claim: str
    phrase: str
    is_there: bool


@dataclass(frozen=False, slots=True, kw_only=True)
class Reader:
    """Reads a register for one check, and remembers what was read."""

    register: Register
    figures: dict[tuple[str, int], Quantity] = field(default_factory=dict)
    """Figures that were read, by claim and index."""
    words: dict[tuple[str, str], Word] = field(default_factory=dict)
    """Phrases that were looked for."""

    def __call__(self, claim: str, place: str = MARK) -> Quantity:
        """Return the figure of a claim at a place; without one, its first figure.

        Raises:
            UnreadableClaimError: The claim has no such place, or no figure.
        """
        found = self.register.text_of(claim)
        pattern = place.replace(OTHER, MARK)
        at = found.skeleton.find(pattern)
        if at < 0:
            raise UnreadableClaimError(claim, place, found.text)
        index = found.skeleton[:at].count(MARK) + place[: place.index(MARK)].count(OTHER)
        key = (claim, index)
        if key not in self.figures:
            self.figures[key] = self.register.quantities.get(key, found.figures[index].quantity)
        return self.figures[key]

    def where(self, claim: str, place: str = MARK) -> Quantity:
        """Return a figure of where a claim stands, such as the 4 of ``SYSTEM_ARCHITECTURE.md 2.1 step 4``."""
        return self._beside(claim, self.register.text_of(claim).where, place, WHERE)

    def topic(self, claim: str, place: str = MARK) -> Quantity:
        """Return a figure of a claim's topic, such as the time in ``Black Friday T+30 min``."""
        return self._beside(claim, self.register.text_of(claim).topic, place, TOPIC)

    def _beside(self, claim: str, text: str, place: str, start: int) -> Quantity:
        figures = figures_of(text, claim)
        index = place[: place.index(MARK)].count(OTHER)
        if index >= len(figures):
            raise UnreadableClaimError(claim, place, text)
        key = (claim, start + index)
        if key not in self.figures:
            self.figures[key] = self.register.quantities.get(key, figures[index].quantity)
        return self.figures[key]

    def rate(self, claim: str, place: str = MARK) -> Quantity:
        """Return a figure that is meant per second, whether or not the text says so."""
        return per_second(self(claim, place))

    def monthly(self, claim: str, place: str = MARK) -> Quantity:
        """Return an amount that is meant per month, whether or not the text says so."""
        return _per(self(claim, place), MONTH)

    def yearly(self, claim: str, place: str = MARK) -> Quantity:
        """Return an amount that is meant per year, whether or not the text says so."""
        return _per(self(claim, place), YEAR)

    def money(self, claim: str, place: str = MARK) -> Quantity:
        """Return a figure that is meant in dollars, whether or not the text says so."""
        found = self(claim, place)
        return with_dimension(found, DOLLARS) if found.dimension == NUMBER else found

    def number(self, claim: str, place: str = MARK) -> Quantity:
        """Return a figure without its unit."""
        return with_dimension(self(claim, place), NUMBER)

    def says(self, claim: str, phrase: str) -> bool:
        """Tell whether a claim contains a phrase, upper or lower case, at the borders of words."""
        found_claim = self.register.text_of(claim)
        text = f"{found_claim.topic}: {found_claim.text}"
        found = re.search(_bordered(phrase), text, re.IGNORECASE) is not None
        self.words[(claim, phrase)] = Word(claim=claim, phrase=phrase, is_there=found)
        return found

    def period(self, claim: str) -> Quantity:
        """Return how often something happens, where a claim says it by a word such as ``hourly``.

        Raises:
            UnreadableClaimError: It does not say it so.
        """
        for word, period in PERIODS.items():
            if self.says(claim, word):
                for other in PERIODS:
                    if other != word:
                        self.words.pop((claim, other), None)
                return Quantity(value=period, dimension=SECONDS, text=word, origins=frozenset({claim}))
        raise UnreadableClaimError(claim, " or ".join(PERIODS), self.register.text_of(claim).text)

    def word(self, claim: str, pattern: str) -> str:
        """Return a part of a claim's text: the first group of a pattern.

        Raises:
            UnreadableClaimError: The claim has nothing of the kind.
        """
        text = self.register.text_of(claim).text
        match = re.search(pattern, text)
        if match is None:
            raise UnreadableClaimError(claim, pattern, text)
        self.words[(claim, match[0])] = Word(claim=claim, phrase=match[0], is_there=True)
        return match[1]

    def named(self, claim: str, pattern: str) -> Quantity:
        """Return the number in a name, such as the 5 of ``r5``: the first group of a pattern.

        Raises:
            UnreadableClaimError: The claim has no such name.
        """
        number = self.word(claim, pattern)
        return Quantity(value=Fraction(int(number)), text=number, origins=frozenset({claim}))

    def order(self, claim: str, *phrases: str) -> tuple[str, ...]:
        """Return those phrases that a claim contains, in its order."""
        text = self.register.text_of(claim).text
        places = []
        for phrase in phrases:
            match = re.search(_bordered(phrase), text, re.IGNORECASE)
            self.words[(claim, phrase)] = Word(claim=claim, phrase=phrase, is_there=match is not None)
            if match is not None:
                places.append((match.start(), phrase))
        return tuple(phrase for _, phrase in sorted(places))


def per_second(quantity: Quantity) -> Quantity:
    """Return a plain number as a rate per second."""
    return with_dimension(quantity, _RATE) if quantity.dimension == NUMBER else quantity


def with_dimension(quantity: Quantity, dimension: Dimension) -> Quantity:
    """Return the same value in another dimension; the text stays."""
    return Quantity(
        value=quantity.value, dimension=dimension, precision=quantity.precision, text=quantity.text,
        is_approximate=quantity.is_approximate, origins=quantity.origins,
    )  # fmt: skip


def _per(quantity: Quantity, period: Fraction) -> Quantity:
    if quantity.dimension not in {DOLLARS, NUMBER}:
        return quantity
    money = with_dimension(quantity, DOLLARS) / seconds(period)
    return Quantity(
        value=money.value, dimension=money.dimension, precision=quantity.precision / period,
        is_approximate=quantity.is_approximate, text=quantity.text, origins=quantity.origins,
    )  # fmt: skip


def _bordered(phrase: str) -> str:
    before = r"(?<![A-Za-z0-9])" if phrase[0].isalnum() else ""
    after = r"(?![A-Za-z0-9])" if phrase[-1].isalnum() else ""
    return before + re.escape(phrase) + after

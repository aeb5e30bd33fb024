"""The price list of the small worlds: what usage costs under a plan, published for everybody.

Source: rule R7.2 of ``claims.md``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from billproof.model.identifiers import Amount, PricePlanHash, UsageText
from billproof.model.outcomes import EntryKind
from billproof.model.state import Entry

PLAN: Final = PricePlanHash("plan")
"""The only published plan: 50 major units a call."""

TWO_CALLS: Final = UsageText("2 calls")
"""Usage that ``PLAN`` prices."""

_PRICES: Final[Mapping[tuple[UsageText, PricePlanHash], Amount]] = MappingProxyType(
    {(TWO_CALLS, PLAN): Amount(2 * 50 * 10**12)}
)


def published_rate(entry: Entry) -> Amount | None:
    """Return what a charge comes to by the published plans, or ``None`` where none prices it."""
    if entry.kind != EntryKind.DEBIT:
        return None
    return _PRICES.get((entry.usage, entry.price_plan))

"""The published price plans by which disputes recompute amounts: unit prices, and plans of every kind.

A file is a JSON list. A document with ``version`` is a plan of ``model.price_plans`` (per unit, graduated,
volume, package); any other is a unit price of ``model.unit_prices``. Each is named by its own hash on the
receipt.

Source: rule R7.2; ``system.md`` sections 3, 5 and 8.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from billproof.model.canonical import canonical_bytes, parse_json
from billproof.model.effects import is_usage
from billproof.model.identifiers import Amount, PricePlanHash
from billproof.model.portable import PortableError
from billproof.model.price_plans import PricePlan, parse_plan, plan_hash
from billproof.model.rating import recompute
from billproof.model.state import Entry
from billproof.model.unit_prices import UnitPrice, rate, read_plans
from billproof.service.errors import InputFileError
from billproof.service.files import read_input


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPlans:
    """Plans by the hashes that receipts name."""

    unit_prices: Mapping[PricePlanHash, UnitPrice] = field(default_factory=dict)
    plans: Mapping[PricePlanHash, PricePlan] = field(default_factory=dict)

    def rate(self, entry: Entry) -> Amount | None:
        """Return what the usage of a charge comes to, in units, or None where that cannot be said."""
        plan = self.plans.get(entry.price_plan)
        if plan is None:
            return rate(entry, self.unit_prices)
        if not is_usage(entry):
            return None
        return recompute(plan, entry.price_plan, entry.usage, entry.amount).expected


def read_published(path: Path) -> PublishedPlans:
    """Read the published plans.

    Raises:
        InputFileError: Not a list, or a document that is no plan.
        JsonInputError, PlanFormatError: Not JSON, or no unit price.
    """
    documents = parse_json(read_input(path), str(path))
    if not isinstance(documents, list):
        raise InputFileError(
            str(path), "", "is no list of price plans", 'write [{"unit": "calls", "unit_price": "0.15"}]'
        )
    plans: dict[PricePlanHash, PricePlan] = {}
    for place, document in enumerate(documents):
        if not isinstance(document, dict) or "version" not in document:
            continue
        try:
            plan = parse_plan(canonical_bytes(document).decode("utf-8"), source=f"{path}: plan {place}")
        except (PortableError, ValueError) as error:
            raise InputFileError(str(path), f"plan {place}", str(error), "mend the plan") from error
        plans[plan_hash(plan)] = plan
    simple = [item for item in documents if not isinstance(item, dict) or "version" not in item]
    return PublishedPlans(unit_prices=read_plans(simple, str(path)), plans=plans)

"""The worlds of the property engine: the explored domains, made wider and without their bounds.

A domain is small so that it can be searched whole. Its world has more customers, keys and periods, longer
logs and more promotions, and every command of the domain with other amounts, keys and times as well. What
happens is still ``model.core.step``; what is judged are still the clauses.
"""

from dataclasses import replace

from billproof.invariants.explore.cast import ALICE, BOB, FEBRUARY, JANUARY
from billproof.invariants.explore.domain import Domain
from billproof.model.identifiers import IdempotencyKey

PREFIX = "property-"
"""How the name of a world begins."""

LEDGER_MORE = 4
"""How many entries more than its domain a world may have."""

EPOCHS_MORE = 2
"""How many promotions more than its domain a world may have; only with two regions."""


def world_of(domain: Domain) -> Domain:
    """Return the world of a domain."""
    keys = (*domain.keys, IdempotencyKey("k1"), IdempotencyKey("k2"), IdempotencyKey("k3"))
    return replace(
        domain,
        name=PREFIX + domain.name,
        customers=tuple(dict.fromkeys((*domain.customers, ALICE, BOB))),
        keys=tuple(dict.fromkeys(keys)),
        periods=tuple(dict.fromkeys((*domain.periods, JANUARY, FEBRUARY))),
        ledger_max=domain.ledger_max + LEDGER_MORE,
        epoch_max=domain.epoch_max + (EPOCHS_MORE if domain.regions > 1 else 0),
        moves_max=99,
    )

"""Every entry of the fault catalogue, in the order of the documents."""

from typing import Final

from billproof.simulations.scenarios.billing import BILLING
from billproof.simulations.scenarios.evidence import EVIDENCE
from billproof.simulations.scenarios.instances import INSTANCES
from billproof.simulations.scenarios.regions import REGIONS
from billproof.simulations.scenarios.scenario import SWARM, Scenario
from billproof.simulations.scenarios.stores import STORES

CATALOGUE: Final[tuple[Scenario, ...]] = tuple(
    sorted((*INSTANCES, *REGIONS, *STORES, *BILLING, *EVIDENCE), key=lambda scenario: scenario.id)
)
"""F-01 to F-35 and G-01 to G-14."""

NAMED: Final[dict[str, Scenario]] = {scenario.id: scenario for scenario in (*CATALOGUE, SWARM)}
"""Scenarios by id, the swarm among them."""

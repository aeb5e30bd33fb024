"""What the infrastructure code builds otherwise than documented is told, and load is held against regions."""

from dataclasses import replace

from billproof.simulations.capacity.infrastructure import infrastructure_findings, shipped_topology
from billproof.simulations.capacity.milestones import milestone


def texts(name: str, number: int = 1000) -> str:
    """Return all findings of a shipped topology."""
    found = infrastructure_findings(shipped_topology(name), milestone(number))
    return "\n".join(f"{item.code}: {item.text}" for item in found)


def test_what_terraform_gets_wrong_is_told() -> None:
    told = texts("terraform")
    assert "built_otherwise: store firestore is built with sites us-central1-a;" in told
    assert "built_otherwise: the balancer has the backends us-central1;" in told
    assert "built_otherwise: health is checked every 0 s" in told
    assert "standby_unreachable" in told


def test_repaired_topology_has_no_finding_but_the_product_of_availabilities() -> None:
    assert [line.split(":")[0] for line in texts("repaired").splitlines()] == ["serial_availability"]


def test_peak_of_another_scenario_is_held_against_the_regions() -> None:
    assert "region_too_small: us-east1 (standby) serves 2,857" in texts("documented", 400)
    assert "region_too_small" not in texts("documented", 10)


def test_changed_topology_changes_what_is_found() -> None:
    built = shipped_topology("terraform")
    frontdoor = replace(built.frontdoor, backends=shipped_topology("documented").frontdoor.backends)
    told = infrastructure_findings(replace(built, frontdoor=frontdoor), milestone(1000))
    assert "standby_unreachable" not in {item.code for item in told}

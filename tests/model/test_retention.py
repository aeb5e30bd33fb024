"""What is locked stays, what is held stays, and what has run out may go; data stays where it has to."""

import pytest

from billproof.model.identifiers import Instant
from billproof.model.periods import parse_instant
from billproof.model.residency import ALLOWED_SITES, DataClass, Residency, Site, failover_is_allowed, route
from billproof.model.retention import (
    DAY,
    HOUR,
    TIERS,
    RecordClass,
    RetentionDecision,
    Storage,
    decide_retention,
    storage_of,
)


def at(text: str) -> Instant:
    return parse_instant(text)


@pytest.mark.parametrize(
    ("kind", "created", "now", "is_held", "decision"),
    [
        ("receipt", "2024-02-29T00:00:00Z", "2031-02-28T23:59:59Z", False, "KEEP_LOCKED"),
        ("receipt", "2024-02-29T00:00:00Z", "2031-03-03T00:00:00Z", False, "MAY_DELETE"),
        ("receipt", "2024-02-29T00:00:00Z", "2031-03-03T00:00:00Z", True, "KEEP_HELD"),
        ("audit_entry", "2024-01-01T00:00:00Z", "2025-04-01T00:00:00Z", False, "KEEP_LOCKED"),
        ("idempotency_key", "2024-01-01T00:00:00Z", "9000-01-01T00:00:00Z", False, "KEEP_LOCKED"),
        ("public_key", "2024-01-01T00:00:00Z", "9000-01-01T00:00:00Z", False, "KEEP_LOCKED"),
        ("personal_key", "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", False, "KEEP"),
        ("personal_key", "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", True, "KEEP_HELD"),
        ("database_backup", "2024-01-01T00:00:00Z", "2024-01-07T23:59:59Z", False, "KEEP"),
        ("database_backup", "2024-01-01T00:00:00Z", "2024-01-08T00:00:00Z", False, "MAY_DELETE"),
        ("document_snapshot", "2024-01-01T00:00:00Z", "2024-02-05T00:00:00Z", False, "MAY_DELETE"),
        ("warehouse_snapshot", "2024-01-01T00:00:00Z", "2024-12-31T00:00:00Z", False, "KEEP"),
    ],
)
def test_a_record_is_kept_as_its_tier_says(
    kind: str, created: str, now: str, *, is_held: bool, decision: str
) -> None:
    found = decide_retention(RecordClass(kind), at(created), at(now), is_held=is_held)
    assert found == RetentionDecision(decision)


def test_seven_calendar_years_are_kept_from_every_day() -> None:
    for year in range(2020, 2032):
        for day in ("01-01", "02-28", "12-31"):
            created, end = at(f"{year}-{day}T00:00:00Z"), at(f"{year + 7}-{day}T00:00:00Z")
            kept = decide_retention(RecordClass.RECEIPT, created, Instant(end - 1), is_held=False)
            assert kept == RetentionDecision.KEEP_LOCKED
            later = decide_retention(RecordClass.RECEIPT, created, Instant(end + 3 * DAY), is_held=False)
            assert later == RetentionDecision.MAY_DELETE


def test_every_class_has_a_tier_and_a_clock_that_runs_backwards_deletes_nothing() -> None:
    assert set(TIERS) == set(RecordClass)
    for kind in RecordClass:
        decision = decide_retention(kind, Instant(10 * DAY), Instant(0), is_held=False)
        assert decision in (RetentionDecision.KEEP, RetentionDecision.KEEP_LOCKED)


def test_the_audit_log_moves_to_the_archive_with_age() -> None:
    ages = (HOUR, 40 * DAY, 400 * DAY)
    places = [storage_of(RecordClass.AUDIT_ENTRY, Instant(0), Instant(age)) for age in ages]
    assert places == [Storage.HOT, Storage.STANDARD, Storage.ARCHIVE]


def test_personal_data_of_europe_goes_nowhere_else_even_when_its_region_is_down() -> None:
    without = frozenset({Site.US_CENTRAL1, Site.US_EAST1})
    assert route(Residency.EU, DataClass.PERSONAL, without) is None
    assert route(Residency.EU, DataClass.PERSONAL, frozenset(Site)) == Site.EU_WEST1
    assert not failover_is_allowed(Residency.EU, DataClass.PERSONAL, Site.US_EAST1)
    assert not failover_is_allowed(Residency.ANYWHERE, DataClass.PERSONAL, Site.EU_WEST1)


def test_every_route_is_up_and_allowed_and_none_only_if_no_site_is_both() -> None:
    sites = list(Site)
    for mask in range(1 << len(sites)):
        up = frozenset(site for place, site in enumerate(sites) if mask >> place & 1)
        for (residency, data), allowed in ALLOWED_SITES.items():
            found = route(residency, data, up)
            assert (found is None) == (not up.intersection(allowed))
            assert found is None or (found in up and found in allowed)
    assert set(ALLOWED_SITES) == {(residency, data) for residency in Residency for data in DataClass}

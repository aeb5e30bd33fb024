"""Retention and residency decide at the rim: what is locked stays, data lies only where it may."""

from pathlib import Path

import pytest

from tests.service.auditing import audited, select
from tests.service.commands import Document, asked, billproof, inner
from tests.service.usage_files import write_events

OLD, NOW = "2024-01-15T00:00:00Z", "2031-02-01T00:00:00Z"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A ledger of 2024 with personal data of two customers, one of them under a legal hold."""
    path = tmp_path / "ledger.db"
    events = [
        {"customer": name, "event_time": "2024-01-10T00:00:00Z", "idempotency_key": name}
        for name in ("gone", "held", "plain")
    ]
    asked("ingest", write_events(tmp_path / "e.jsonl", events), "--db", path, "--as-of", OLD)
    for name in ("gone", "held"):
        where = ("--db", path, "--customer", name, "--actor", "dana")
        asked("personal", "set", *where, "--field", "email", "--value", f"{name}@example.org", "--as-of", OLD)
    asked("erase", "--db", path, "--customer", "held", "--legal-hold", "set", "--as-of", OLD)
    return path


def decisions(document: Document, kind: str) -> Document:
    """Return how many records of a class have which decision."""
    decided = inner(inner(inner(document, "classes"), kind), "decisions")
    return {name: count for name, count in decided.items() if count}


def test_everything_is_kept_while_its_time_runs(database: Path) -> None:
    document = asked("retention", "--db", database, "--as-of", "2024-06-01T00:00:00Z")
    assert decisions(document, "receipt") == {"KEEP_LOCKED": 6}
    assert decisions(document, "personal_key") == {"KEEP": 1, "KEEP_HELD": 1}
    assert document["expired"] == []
    assert inner(inner(document, "classes"), "receipt")["storage"] == {"hot": 0, "standard": 6, "archive": 0}


def test_only_personal_data_without_a_hold_is_deleted_after_its_time(database: Path) -> None:
    refused = billproof("retention", "--db", database, "--as-of", NOW, "--delete-expired", "--actor", "dana")
    assert refused.code == 3
    people = ("--actor", "dana", "--approved-by", "carol")
    document = asked("retention", "--db", database, "--as-of", NOW, "--delete-expired", *people)
    assert (document["expired"], document["deleted"]) == (["gone"], ["gone"])
    assert decisions(document, "idempotency_key") == {"KEEP_LOCKED": 6}
    assert decisions(document, "personal_key") == {"KEEP_HELD": 1, "MAY_DELETE": 1}
    assert inner(inner(document, "classes"), "receipt")["storage"] == {"hot": 0, "standard": 0, "archive": 6}
    assert select(database, "SELECT customer FROM personal_data") == [("held",)]
    assert audited(database)[1]["verdict"] == "VALID"
    again = asked("retention", "--db", database, "--as-of", NOW, "--delete-expired", *people)
    assert again["deleted"] == []


def european(directory: Path) -> tuple[str | Path, ...]:
    """Open an account whose personal data stays in the European Union; return how it is named."""
    database = directory / "eu.db"
    asked("account", "create", "--db", database, "--customer", "zoe", "--plan", "free", "--residency", "eu")
    return "--db", database, "--customer", "zoe"


def test_personal_data_is_refused_in_a_wrong_region_and_kept_in_the_right_one(tmp_path: Path) -> None:
    where = european(tmp_path)
    value = ("--field", "email", "--value", "zoe@example.org")
    refused = billproof("personal", "set", *where, *value)
    assert refused.code == 3
    assert "us-central1" in refused.err
    assert "eu-west1" in refused.err
    assert not list(tmp_path.glob("**/personal-*.key")), "no key either"
    asked("personal", "site", *where[:2], "--move", "eu-west1")
    asked("personal", "set", *where, *value)
    assert select(tmp_path / "eu.db", "SELECT COUNT(*) FROM personal_data") == [(1,)]


def test_store_with_data_that_may_not_leave_is_not_moved(tmp_path: Path) -> None:
    where = european(tmp_path)
    asked("personal", "site", *where[:2], "--move", "eu-west1")
    asked("personal", "set", *where, "--field", "email", "--value", "zoe@example.org")
    refused = billproof("personal", "site", *where[:2], "--move", "us-east1")
    assert refused.code == 3
    assert asked("personal", "site", *where[:2])["site"] == "eu-west1"
    asked("erase", *where)
    assert asked("personal", "site", *where[:2], "--move", "us-east1")["site"] == "us-east1"
    assert audited(tmp_path / "eu.db")[1]["verdict"] == "VALID"


def test_american_data_does_not_go_to_europe_unasked(tmp_path: Path) -> None:
    database = tmp_path / "us.db"
    asked("account", "create", "--db", database, "--customer", "joe", "--plan", "free")
    asked("personal", "set", "--db", database, "--customer", "joe", "--field", "f", "--value", "v")
    assert billproof("personal", "site", "--db", database, "--move", "eu-west1").code == 3
    asked("personal", "site", "--db", database, "--move", "us-east1")

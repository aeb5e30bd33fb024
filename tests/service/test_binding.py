"""Hashes against a checkpoint find every change of what it binds, and say what they do not judge."""

from pathlib import Path

import pytest

from billproof.model.jws import split_jws
from tests.service.auditing import alter, audited, one_row
from tests.service.commands import asked, billproof, inner
from tests.service.conftest import Ledger


def by_hashes(ledger: Path, whole: Ledger) -> tuple[int, str, str]:
    answer, document = audited(
        ledger, "--checkpoint", whole.checkpoint, "--jwks", whole.keys, "--hashes-only"
    )
    bad = document["first_bad"]
    return answer.code, str(document["verdict"]), "" if not isinstance(bad, dict) else str(bad["code"])


def test_a_whole_ledger_is_valid_and_what_is_not_judged_is_said(whole: Ledger) -> None:
    for ledger in (whole.database, whole.lines):
        assert by_hashes(ledger, whole) == (0, "VALID", "")
    document = audited(whole.lines, "--checkpoint", whole.checkpoint, "--jwks", whole.keys, "--hashes-only")[
        1
    ]
    coverage = inner(document, "coverage")
    assert "not checked" in str(coverage["signatures"])
    assert "not recomputed" in str(coverage["arithmetic"])


def test_every_change_of_a_body_is_found(whole: Ledger, tmp_path: Path) -> None:
    """Every hundredth character of the file, but those of signatures: the root binds bodies."""
    content = whole.lines.read_bytes()
    changed = tmp_path / "changed.jsonl"
    found = 0
    for place in range(5, len(content), 997):
        line = content[: content.index(b"\n", place)].rsplit(b"\n", 1)[-1]
        start = content.rfind(b"\n", 0, place) + 1
        jws = line.split(b'"')[7]
        inside = place - start - line.index(jws)
        header, body, _ = jws.split(b".")
        if not len(header) < inside <= len(header) + len(body):
            continue
        other = b"A" if content[place : place + 1] != b"A" else b"B"
        changed.write_bytes(content[:place] + other + content[place + 1 :])
        code, verdict, _ = by_hashes(changed, whole)
        assert (code, verdict) == (1, "INVALID"), place
        found += 1
    assert found > 10


@pytest.mark.parametrize("kind", ["cut", "swapped", "doubled", "emptied"])
def test_missing_and_moved_entries_are_found(whole: Ledger, tmp_path: Path, kind: str) -> None:
    lines = whole.lines.read_bytes().splitlines(keepends=True)
    tampered = {
        "cut": lines[:-1],
        "swapped": [*lines[:3], lines[4], lines[3], *lines[5:]],
        "doubled": [*lines[:4], *lines[3:-1]],
        "emptied": [],
    }[kind]
    path = tmp_path / "tampered.jsonl"
    path.write_bytes(b"".join(tampered))
    code, verdict, found = by_hashes(path, whole)
    assert (code, verdict) == (1, "INVALID")
    assert found == ("TRUNCATED" if kind in ("cut", "emptied") else "FORK")


def test_entries_beyond_the_head_are_said_to_be_unanchored(ledger: Ledger, tmp_path: Path) -> None:
    asked("ingest", one_row(tmp_path), "--db", ledger.database)
    document = audited(ledger.database, "--checkpoint", ledger.checkpoint, "--hashes-only")[1]
    assert document["verdict"] == "VALID"
    assert "unanchored after" in str(inner(document, "coverage")["tail"])


def test_a_missing_receipt_of_a_database_is_found(ledger: Ledger) -> None:
    alter(ledger.database, "DELETE FROM receipts WHERE seq = 2")
    answer, document = audited(ledger.database, "--checkpoint", ledger.checkpoint, "--hashes-only")
    assert (answer.code, document["verdict"]) == (1, "INVALID")


def test_without_a_checkpoint_there_is_nothing_to_compare_with(whole: Ledger) -> None:
    assert billproof("audit", whole.lines, "--hashes-only").code == 3
    assert billproof("audit", whole.lines, "--hashes-only", "--checkpoint", whole.checkpoint).code == 3
    assert split_jws(whole.lines.read_text().split('"')[7]).payload

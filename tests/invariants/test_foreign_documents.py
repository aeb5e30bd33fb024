"""Failure files, pins and archives that are not as they should be end in their own errors.

Each case was found by fuzzing, and ended in another error before.
"""

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from billproof.invariants.failures import FailureFileError, parse_failure
from billproof.invariants.prove.archive import INDEX, SUFFIX, TEXT_BYTES_MAX, ArchiveError, read_archive
from billproof.invariants.report import ExpectationError, parse_expectation
from tests.repo.sources import ROOT, read_text

FAILURE = read_text(ROOT / "docs" / "pictures" / "two-attempts.failure.json")
DIGITS = "9" * 5_000


def changed_failure(**members: object) -> str:
    """Return the shipped failure file with another member in its first command."""
    document = json.loads(FAILURE)
    document["commands"][0] = {**document["commands"][0], **members}
    return json.dumps(document)


@pytest.mark.parametrize(
    "text",
    [f'{{"format":{DIGITS}}}', changed_failure(command=[]), changed_failure(region=[]),
     changed_failure(region={}), changed_failure(region=None)],
)  # fmt: skip
def test_a_failure_file_with_a_value_of_another_type_is_refused(text: str) -> None:
    with pytest.raises(FailureFileError):
        parse_failure(text, source="mine.failure.json")


def test_the_shipped_failure_file_is_read() -> None:
    assert parse_failure(FAILURE, source="shipped").commands


@pytest.mark.parametrize("text", [f'{{"designs":{DIGITS}}}', "[" * 100_000])
def test_pins_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ExpectationError, match="not JSON"):
        parse_expectation(text, source="pins.json")


def archive_of(directory: Path, data: bytes, **members: object) -> Path:
    """Write an archive of one text."""
    name = hashlib.sha256(data).hexdigest()
    entry = {"sha256": name, "answers": {"z3": "unsat"}, "clauses": ["T1.x"], **members}
    (directory / INDEX).write_text(json.dumps({"obligations": [entry]}), "utf-8")
    (directory / f"{name}{SUFFIX}").write_bytes(gzip.compress(data))
    return directory


def test_an_archive_is_read(tmp_path: Path) -> None:
    assert [kept.text for kept in read_archive(archive_of(tmp_path, b"(check-sat)"))] == ["(check-sat)"]


@pytest.mark.parametrize(
    "members",
    [{"sha256": 7}, {"sha256": "../../etc/passwd"}, {"answers": []}, {"answers": {}}, {"clauses": 7},
     {"answers": {"z3": []}}],
)  # fmt: skip
def test_an_entry_of_an_archive_with_a_wrong_member_is_refused(
    members: dict[str, object], tmp_path: Path
) -> None:
    """A name becomes part of a path, and an obligation that nobody answered proves nothing."""
    with pytest.raises(ArchiveError):
        read_archive(archive_of(tmp_path, b"(check-sat)", **members))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"obligations":{}}', '{"obligations":[7]}', f"[{DIGITS}]"])
def test_an_index_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / INDEX).write_text(text, "utf-8")
    with pytest.raises(ArchiveError):
        read_archive(tmp_path)


def test_a_text_that_is_damaged_or_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    """A bomb is unpacked to its limit and no further."""
    archive_of(tmp_path, bytes(TEXT_BYTES_MAX + 1))
    with pytest.raises(ArchiveError, match="longer than"):
        read_archive(tmp_path)
    (text,) = tmp_path.glob(f"*{SUFFIX}")
    for damaged in (b"", b"no gzip", gzip.compress(b"x" * 999)[:-9], b"\x1f\x8b\x08\x00" + b"\xff" * 40):
        text.write_bytes(damaged)
        with pytest.raises(ArchiveError, match=r"cannot be read|has the digest"):
            read_archive(tmp_path)

"""Whatever is wrong with an input file: a typed error with file and place, exit 3, nothing changed."""

import json
from pathlib import Path

import pytest

from tests.service.commands import billproof
from tests.service.usage_files import EVENT, ROW

HEADER = ",".join(ROW)
GOOD = ",".join(ROW.values())
EVENT_LINE = json.dumps(EVENT)


def row(**changes: str) -> str:
    """Return a row of a FOCUS file with some columns changed."""
    return ",".join({**ROW, **changes}.values())


def event(**changes: str | int | float | None) -> str:
    """Return an event with some members changed; None removes one."""
    document = {**EVENT, **changes}
    return json.dumps({name: value for name, value in document.items() if value is not None})


def lines(*texts: str | bytes) -> bytes:
    """Return a file of lines."""
    return b"".join((text.encode() if isinstance(text, str) else text) + b"\n" for text in texts)


CSV_CASES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "header alone": (lines(HEADER), "no row that could be billed"),
    "no csv": (b"\x00\x01\x02", "NUL"),
    "another header": (lines("a,b,c", "1,2,3"), "no column BilledCost"),
    "column twice": (lines(f"{HEADER},ServiceName", f"{GOOD},x"), "appears twice"),
    "field too many": (lines(HEADER, f"{GOOD},x"), "line 2: has 14 fields"),
    "field too few": (lines(HEADER, GOOD, "1,2"), "line 3: has 2 fields"),
    "not utf-8": (lines(HEADER, row(ResourceId="?").encode().replace(b"?", b"\xff")), "not UTF-8"),
    "nul": (lines(HEADER, row(ResourceId="a\0b")), "NUL byte"),
    "over-long line": (lines(HEADER, row(ResourceId="x" * 1_100_000)), "longer than 1000000 bytes"),
    "open quote": (lines(HEADER, '"' + GOOD), "is not CSV"),
    "float exponent": (
        lines(HEADER, row(BilledCost="1e-7")),
        "line 2, column BilledCost (1): '1e-7' has an exponent",
    ),
    "no amount": (lines(HEADER, row(BilledCost="")), "is empty"),
    "null amount": (lines(HEADER, row(BilledCost="NULL")), "not a plain decimal"),
    "too many decimals": (lines(HEADER, row(BilledCost="0.0000000000001")), "13 significant decimals"),
    "amount beyond the range": (lines(HEADER, row(BilledCost="1000000000000000.1")), "beyond the range"),
    "currency that is none": (lines(HEADER, row(BillingCurrency="USX")), "column BillingCurrency (2)"),
    "category that is none": (lines(HEADER, row(ChargeCategory="Gift")), "not a FOCUS category"),
    "no category": (lines(HEADER, row(ChargeCategory="NULL")), "not a FOCUS category"),
    "no customer": (lines(HEADER, row(SubAccountId="NULL")), "column SubAccountId (13): is NULL"),
    "no service": (lines(HEADER, row(ServiceName="")), "column ServiceName"),
    "name too long": (lines(HEADER, row(ServiceName="x" * 1_001)), "1001 characters"),
    "day that is none": (lines(HEADER, row(ChargePeriodStart="2025-02-30 00:00:00")), "does not exist"),
    "no date": (lines(HEADER, row(ChargePeriodStart="yesterday")), "not a FOCUS date"),
    "year before": (lines(HEADER, row(ChargePeriodStart="1969-12-31 00:00:00")), "outside 1970"),
    "end before start": (
        lines(HEADER, row(ChargePeriodEnd="2025-02-01 00:00:00")),
        "before ChargePeriodStart",
    ),
}

JSON_CASES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "blank": (b"\n\n", "no row that could be billed"),
    "no json": (lines(EVENT_LINE, "{"), "line 2, column 2: not JSON"),
    "no object": (lines(EVENT_LINE, "[1]"), "no JSON object"),
    "member twice": (
        lines('{"amount":"1",' + EVENT_LINE[1:]),
        "line 1, column amount: member 'amount' appears twice",
    ),
    "float amount": (lines(event(amount=1.5)), "column amount: 1.5 is a float"),
    "integer amount": (lines(event(amount=1)), "is no string"),
    "not canonical amount": (lines(event(amount="1.50")), "superfluous trailing zeros"),
    "amount beyond the range": (lines(event(amount="1000000000000001")), "beyond the range"),
    "negative debit": (lines(event(amount="-1")), "is negative"),
    "currency that is none": (lines(event(currency="usd")), "column currency"),
    "missing member": (lines(event(customer=None)), "column customer: is missing"),
    "empty customer": (lines(event(customer="")), "is empty"),
    "unknown member": (lines(event(extra="x")), "is no member"),
    "unknown kind": (lines(event(kind="gift")), "no kind of event"),
    "local time": (lines(event(event_time="2025-03-01 00:00:00")), "not an RFC 3339"),
    "refund of nothing": (lines(event(kind="refund")), "names no debit"),
    "reference of a debit": (lines(event(refers_to=1)), "belongs to refunds"),
    "key too long": (lines(event(idempotency_key="k" * 256)), "256 characters"),
    "no digest": (lines(event(price_plan_hash="abc")), "no digest"),
    "lone surrogate": (lines(event(customer="\ud800")), "lone surrogate"),
    "not utf-8": (lines(EVENT_LINE, b'{"customer":"\xff"}'), "line 2, column 14: is not UTF-8"),
    "nul": (lines(EVENT_LINE, b"\0"), "NUL byte"),
    "over-long line": (lines(event(customer="x" * 1_100_000)), "longer than"),
    "deep nesting": (lines("[" * 100_000), "nesting"),
}

CASES = [("usage.csv", name, *case) for name, case in CSV_CASES.items()]
CASES += [("usage.jsonl", name, *case) for name, case in JSON_CASES.items()]


@pytest.mark.parametrize(
    ("file", "name", "content", "message"), CASES, ids=[f"{c[0]}: {c[1]}" for c in CASES]
)
def test_malformed_file_is_refused_whole(
    tmp_path: Path, file: str, name: str, content: bytes, message: str
) -> None:
    del name
    usage = tmp_path / file
    usage.write_bytes(content)
    answer = billproof("ingest", usage, "--db", tmp_path / "ledger.db", "--format", "json")
    assert answer.code == 3, answer.out
    assert message in answer.err
    assert file in answer.err
    assert "internal error" not in answer.err
    assert answer.document["exit_code"] == 3
    assert list(tmp_path.iterdir()) == [usage]


def test_event_later_than_as_of_is_malformed(tmp_path: Path) -> None:
    usage = tmp_path / "usage.csv"
    usage.write_bytes(lines(HEADER, GOOD))
    arguments = ("ingest", usage, "--db", tmp_path / "ledger.db", "--as-of")
    answer = billproof(*arguments, "2025-02-28T23:54:59Z")
    assert answer.code == 3
    assert "column ChargePeriodStart" in answer.err
    assert "--as-of" in answer.err
    assert billproof(*arguments, "2025-02-28T23:55:00Z").code == 0


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--as-of", "yesterday"),
        ("--credit-limit", "-1"),
        ("--credit-limit", "1e3"),
        ("--quota", "x"),
        ("--design", "nothing"),
        ("--input", "xml"),
    ],
)
def test_option_that_is_none_is_a_usage_error(tmp_path: Path, option: str, value: str) -> None:
    usage = tmp_path / "usage.csv"
    usage.write_bytes(lines(HEADER, GOOD))
    answer = billproof("ingest", usage, "--db", tmp_path / "ledger.db", option, value)
    assert answer.code == 3
    assert option in answer.err
    assert list(tmp_path.iterdir()) == [usage]


def test_design_with_a_contradiction_is_refused(tmp_path: Path) -> None:
    usage, design = tmp_path / "usage.csv", tmp_path / "design.toml"
    usage.write_bytes(lines(HEADER, GOOD))
    design.write_text('[switches]\nreplication = "async"\n', encoding="utf-8")
    answer = billproof("ingest", usage, "--db", tmp_path / "ledger.db", "--design", design)
    assert answer.code == 3
    assert "requires" in answer.err


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\0" + b"\xff" * 2_000])
def test_database_that_is_none_is_left_alone(tmp_path: Path, content: bytes) -> None:
    usage, database = tmp_path / "usage.csv", tmp_path / "ledger.db"
    usage.write_bytes(lines(HEADER, GOOD))
    database.write_bytes(content)
    answer = billproof("ingest", usage, "--db", database)
    assert answer.code == 3
    assert "internal error" not in answer.err
    assert database.read_bytes() == content


def test_missing_file_and_missing_directory_are_named(tmp_path: Path) -> None:
    usage = tmp_path / "usage.csv"
    answer = billproof("ingest", usage, "--db", tmp_path / "ledger.db")
    assert answer.code == 3
    assert "no such file" in answer.err
    usage.write_bytes(lines(HEADER, GOOD))
    answer = billproof("ingest", usage, "--db", tmp_path / "nowhere" / "ledger.db")
    assert answer.code == 3
    assert "directory does not exist" in answer.err
    assert billproof("ingest", tmp_path, "--db", tmp_path / "ledger.db").code == 3

"""A migration check finds every event that is not the same in both systems, and says how it differs."""

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from billproof.model.migration import DifferenceClass
from tests.service.commands import Answer, Document, asked, billproof, inner
from tests.service.usage_files import EVENT

Event = dict[str, str | int]
HAND_OVER = "2025-03-20T00:00:00Z"


def event(number: int, customer: str = "acme", **change: str | int) -> Event:
    made: Event = {
        **EVENT, "customer": customer, "idempotency_key": f"{customer}-{number}", "amount": f"{number}.5",
        "event_time": f"2025-03-{number:02d}T00:00:00Z",
    }  # fmt: skip
    return {**made, **change}


OLD = [event(number, customer) for number in range(1, 7) for customer in ("acme", "other")]


def write(path: Path, events: list[Event], *, is_numbered: bool) -> Path:
    counts: dict[str, int] = {}
    lines = []
    for item in events:
        customer = str(item["customer"])
        counts[customer] = counts.get(customer, 0) + 1
        numbered = {**item, "number": counts[customer]} if is_numbered and "number" not in item else item
        lines.append(
            json.dumps(numbered if is_numbered else {k: v for k, v in item.items() if k != "number"})
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def checked(directory: Path, old: list[Event], new: list[Event], *options: str) -> Answer:
    asked("ingest", write(directory / "new.jsonl", new, is_numbered=False), "--db", directory / "l.db")
    path = write(directory / "old.jsonl", old, is_numbered=True)
    answer = billproof("migration", "check", path, "--db", directory / "l.db", "--format", "json", *options)
    schema = json.loads(files("billproof.cli.schemas").joinpath("migration-check.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(answer.document)
    return answer


def test_the_same_events_match_exactly_and_so_do_the_totals(tmp_path: Path) -> None:
    answer = checked(tmp_path, OLD, OLD)
    assert (answer.code, answer.document["verdict"], answer.document["equal"]) == (0, "MATCH", len(OLD))
    assert answer.document["old_totals"] == answer.document["new_totals"] == {"USD": "48"}


def without(place: int) -> Callable[[list[Event]], list[Event]]:
    return lambda events: [*events[:place], *events[place + 1 :]]


def changed(place: int, **change: str | int) -> Callable[[list[Event]], list[Event]]:
    return lambda events: [*events[:place], {**events[place], **change}, *events[place + 1 :]]


@pytest.mark.parametrize(
    ("kind", "of_old", "of_new"),
    [
        ("MISSING", None, without(3)),
        ("EXTRA", without(11), None),
        ("AMOUNT", None, changed(3, amount="2.500000000001")),
        ("CURRENCY", changed(3, currency="EUR"), None),
        ("KIND", changed(3, kind="credit"), None),
        ("EVENT_TIME", None, changed(3, event_time="2025-03-02T00:00:00.000001Z")),
        ("OTHER_CUSTOMER", None, changed(3, customer="third")),
        ("DUPLICATE", lambda events: [*events, events[3]], None),
        ("HOLE", changed(11, number=9), None),
        ("ORDER", None, lambda events: [events[2], events[1], events[0], *events[3:]]),
    ],
)
def test_every_difference_is_found_and_named(
    tmp_path: Path,
    kind: str,
    of_old: Callable[[list[Event]], list[Event]] | None,
    of_new: Callable[[list[Event]], list[Event]] | None,
) -> None:
    old = OLD if of_old is None else of_old(OLD)
    new = OLD if of_new is None else of_new(OLD)
    answer = checked(tmp_path, old, new)
    assert answer.code == 1
    classes = inner(answer.document, "classes")
    assert kind in classes, classes
    # What has another customer is missing there and too much here.
    assert set(classes) <= {kind, "EXTRA" if kind == "OTHER_CUSTOMER" else kind}


def test_one_biller_from_the_hand_over_on(tmp_path: Path) -> None:
    own = event(25, "acme")
    answer = checked(tmp_path, OLD, [*OLD, own], "--hand-over", HAND_OVER)
    assert (answer.code, answer.document["after_hand_over"]) == (0, 1)
    both = tmp_path / "both"
    both.mkdir()
    answer = checked(both, [*OLD, own], [*OLD, own], "--hand-over", HAND_OVER)
    assert (answer.code, inner(answer.document, "classes")) == (1, {"BOTH_BILLERS": 1})


def test_a_refused_event_is_no_billed_one(tmp_path: Path) -> None:
    """An account with a small quota refuses what the old system has billed."""
    big: Document = {"amount": "100000000", "idempotency_key": "big"}
    large = [*OLD, event(7, amount=str(big["amount"]), idempotency_key="big")]
    answer = checked(tmp_path, large, large)
    assert answer.code == 1
    assert set(inner(answer.document, "classes")) == {"REFUSED"}


def test_differences_that_cancel_are_differences(tmp_path: Path) -> None:
    new = changed(2, amount="3.5")(changed(4, amount="2.5")(OLD))
    answer = checked(tmp_path, OLD, new)
    assert answer.document["old_totals"] == answer.document["new_totals"]
    assert (answer.code, inner(answer.document, "classes")) == (1, {"AMOUNT": 2})


def test_nothing_compared_is_no_match(tmp_path: Path) -> None:
    asked("ingest", write(tmp_path / "new.jsonl", OLD, is_numbered=False), "--db", tmp_path / "l.db")
    (tmp_path / "old.jsonl").write_text("\n")
    answer = billproof(
        "migration", "check", tmp_path / "old.jsonl", "--db", tmp_path / "l.db",
        "--hand-over", "2025-01-01T00:00:00Z", "--format", "json",
    )  # fmt: skip
    assert (answer.code, answer.document["verdict"]) == (2, "NOTHING_COMPARED")


def test_a_line_without_a_key_is_refused_by_its_place(tmp_path: Path) -> None:
    asked("ingest", write(tmp_path / "new.jsonl", OLD, is_numbered=False), "--db", tmp_path / "l.db")
    (tmp_path / "old.jsonl").write_text(json.dumps(EVENT) + "\n")
    answer = billproof("migration", "check", tmp_path / "old.jsonl", "--db", tmp_path / "l.db")
    assert answer.code == 3
    assert "line 1" in answer.err


def test_every_class_is_one_that_a_test_produces() -> None:
    produced = {
        "MISSING", "EXTRA", "AMOUNT", "CURRENCY", "KIND", "EVENT_TIME", "OTHER_CUSTOMER", "DUPLICATE", "HOLE",
        "ORDER", "BOTH_BILLERS", "REFUSED",
    }  # fmt: skip
    assert produced == {kind.value for kind in DifferenceClass}

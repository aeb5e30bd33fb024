"""A violation is told with its money and the messages that show it, and with no others."""

from billproof.conformance.documents import Document
from billproof.conformance.history import Call, History
from billproof.conformance.judging.facts import Finding
from billproof.conformance.report.story import story_lines
from billproof.model.money import UNITS
from tests.conformance.test_judging import charge, done, entry, reading


def history() -> History:
    """Return a charge, its retry, another charge that has no reply, and the ledger after them."""
    ledger = reading("ledger", {"entries": [entry(1, "k1", "5"), entry(2, "k1", "5"), entry(3, "k2", "7")]})
    lost: Document = {}
    said = [(charge("k1", "5"), done(1)), (charge("k1", "5"), done(2)), (charge("k2", "7"), lost), ledger]
    calls = tuple(
        Call(index=index, client="c0", begin=2 * index, end=2 * index + 1, message=message, reply=reply)
        for index, (message, reply) in enumerate(said)
    )
    return History(header={}, calls=calls)


def finding(*calls: int, billed: int | None = 10) -> Finding:
    """Return a violation that these calls show."""
    return Finding(
        theorem="T1", clause="one_charge_per_key", text="billed twice", calls=calls, customer="c",
        owed=5 * UNITS, billed=None if billed is None else billed * UNITS, currency="USD",
    )  # fmt: skip


def test_story_has_the_money_and_the_entries_of_its_keys_alone() -> None:
    lines = story_lines(finding(3, 0, 1), history())
    assert lines[:2] == ["T1 one_charge_per_key: billed twice", "owed 5, billed 10, difference 5 USD"]
    assert [line.split()[0] for line in lines[2:]] == ["0", "1", "3", "entry", "entry"]
    assert "c0: charge 5 USD under k1 -> ok" in lines[2]
    assert not any("k2" in line for line in lines)


def test_story_without_a_request_tells_the_whole_ledger() -> None:
    assert sum("entry" in line for line in story_lines(finding(3), history())[2:]) == 3


def test_violation_that_is_none_of_money_states_none_and_a_lost_reply_is_told() -> None:
    lines = story_lines(finding(2, billed=None), history())
    assert len(lines) == 2
    assert lines[1].endswith("charge 7 USD under k2 -> no reply")

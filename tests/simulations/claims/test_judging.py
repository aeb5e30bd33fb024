"""Statuses follow from what is computed: against whom it speaks, and under which value."""

from dataclasses import replace

import pytest

from billproof.simulations.claims.judging import Status, judge
from billproof.simulations.claims.register import Register, changed, shipped_register

REGISTER = shipped_register()


def _status(name: str, register: Register = REGISTER) -> Status:
    made = judge(register, only=[name])
    return made.claims[name].status if name in made.claims else made.contradictions[name].status


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("XD-18", Status.CONTRADICTED),
        ("XA-59", Status.CONDITIONAL),
        ("XB-21", Status.NOT_CHECKABLE),
        ("AS-04", Status.CONTRADICTED),
        ("CO-09", Status.CONDITIONAL),
        ("CT-05", Status.HOLDS),
        ("SE-11", Status.NOT_CHECKABLE),
        ("T6-N", Status.CONTRADICTED),
    ],
)
def test_a_status_is_that_of_what_was_computed(name: str, status: Status) -> None:
    assert _status(name) is status


@pytest.mark.parametrize(
    ("name", "claim", "value", "status"),
    [
        ("XD-01", "MS-01.1", "100M events/day", Status.HOLDS),
        ("XE-10", "CT-04.4", "$9,855", Status.HOLDS),
        ("XA-01", "CO-10", "Write order Firestore then Spanner", Status.HOLDS),
        ("XA-06", "T2-P1", "Step 1 answers 503 until the event is committed", Status.HOLDS),
        ("XA-59", "T4-F2.1", "3,000,000", Status.HOLDS),
        ("XA-59", "T4-F2.1", "500", Status.CONTRADICTED),
        ("XD-02", "MS-02", "It scales.", Status.NOT_CHECKABLE),
        ("CT-05", "CT-05", "$110,881", Status.CONTRADICTED),
    ],
)
def test_a_changed_input_changes_the_status(name: str, claim: str, value: str, status: Status) -> None:
    assert _status(name, changed(REGISTER, claim, value)) is status


def test_claims_that_only_disagree_name_each_other() -> None:
    assert judge(REGISTER, only=["CO-09"]).claims["CO-09"].when.startswith("only without CO-10 (XA-01)")


def test_what_holds_under_some_documented_values_names_them() -> None:
    assert "a lag of 100 ms (T4-L1)" in judge(REGISTER, only=["XA-59"]).contradictions["XA-59"].when


def test_a_text_that_says_something_else_names_the_place_that_was_sought() -> None:
    made = judge(changed(REGISTER, "MS-02", "It scales."), only=["XD-02"])
    assert "MS-02 does not say" in made.contradictions["XD-02"].reason


@pytest.mark.parametrize(
    ("name", "claim", "index"), [("XD-01", "MS-01", 1), ("XC-03", "T4-R3", 5), ("XE-10", "CT-04", 4)]
)
def test_at_a_bound_that_is_named_the_contradiction_vanishes(name: str, claim: str, index: int) -> None:
    found = {
        (item.claim, item.index): item for item in judge(REGISTER, only=[name]).contradictions[name].ranges
    }
    bound = found[(claim, index)].bound
    inside = replace(REGISTER, quantities={(claim, index - 1): bound})
    assert judge(inside, only=[name]).contradictions[name].status is Status.HOLDS


def test_everything_has_a_status_and_what_is_not_checkable_a_reason() -> None:
    made = judge(REGISTER, with_ranges=False)
    assert (len(made.claims), len(made.contradictions)) == (469, 325)
    assert all(item.reason for item in made.claims.values() if item.status is Status.NOT_CHECKABLE)
    assert all(item.reason for item in made.contradictions.values() if item.status is Status.NOT_CHECKABLE)

"""The register is complete and validated, and a changed input is a new register."""

import pytest

from billproof.simulations.claims.register import (
    RegisterError,
    changed,
    read_claims,
    read_contradictions,
    shipped_register,
)

HEADER = "id,section,topic,claim,where\n"
REGISTER = shipped_register()


def test_all_claims_and_contradictions_are_there() -> None:
    assert (len(REGISTER.claims), len(REGISTER.contradictions)) == (469, 325)


def test_a_run_of_claims_names_each() -> None:
    assert REGISTER.contradictions["XD-21"].claims == tuple(f"LA-0{number}" for number in range(1, 9))


def test_a_changed_figure_is_read_again() -> None:
    assert changed(REGISTER, "LA-04", "60 ms").claims["LA-04"].figures[0].quantity.value * 1000 == 60


def test_the_second_figure_of_a_claim_can_be_changed() -> None:
    assert changed(REGISTER, "AS-01.2", "200").claims["AS-01"].text == "Min 3, max 200, target CPU 60 %"


def test_a_text_replaces_a_text() -> None:
    assert changed(REGISTER, "CO-06", "Reconciliation daily").claims["CO-06"].text == "Reconciliation daily"


def test_the_shipped_register_stays_as_it_is() -> None:
    changed(REGISTER, "LA-04", "60 ms")
    assert REGISTER.claims["LA-04"].text == "Firestore write 30 ms"


@pytest.mark.parametrize(
    ("claim", "value", "problem"),
    [
        ("XX-99", "1", "there is no such claim"),
        ("AS-01", "1", "several figures"),
        ("AS-01.9", "1", "no such figure"),
        ("AS-01.x", "1", "no such figure"),
        ("AS-01.\N{SUPERSCRIPT TWO}", "1", "no such figure"),
        ("AS-01." + "9" * 5_000, "1", "no such figure"),
        ("LA-04", "60 TB", "no figure like 30 ms"),
    ],
)
def test_a_change_that_cannot_be_made_says_why(claim: str, value: str, problem: str) -> None:
    with pytest.raises(RegisterError, match=problem):
        changed(REGISTER, claim, value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("id,claim\nA,b\n", "no column section, topic, where"),
        (HEADER + "A,s,t,c,w\nA,s,t,c,w\n", "A is there twice"),
        (HEADER + "A,s,t, ,w\n", "A says nothing"),
        (HEADER + "A,s,t\n", "a cell is missing"),
        (HEADER + f"A,s,t,{'x' * 140_000},w\n", "is no CSV"),
    ],
)
def test_a_damaged_table_of_claims_is_refused(text: str, problem: str) -> None:
    with pytest.raises(RegisterError, match=problem):
        read_claims(text, "x.csv")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("X,s,H A,B-01,r,w", "claim 'B-01' is not known"),
        ("X,s,H Z,A,r,w", "severity 'H Z'"),
        ("X,s,H A,A,r,w\nX,s,H A,A,r,w", "X is there twice"),
    ],
)
def test_a_damaged_table_of_contradictions_is_refused(row: str, problem: str) -> None:
    with pytest.raises(RegisterError, match=problem):
        read_contradictions(f"id,section,severity,claims,recomputed,why\n{row}\n", "x.csv", ["A"])

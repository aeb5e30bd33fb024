"""Every figure of ``claims.md`` 3.8 is derived, and follows its parameters."""

import pytest

from billproof.simulations.claims.derived import derivations
from billproof.simulations.claims.register import changed, shipped_register

REGISTER = shipped_register()
FOUND = {(item.claim, item.what): item.value for item in derivations(REGISTER)}

TABLE = [
    ("T1-N", "collision of one customer's keys in 90 days", 5.7e-22),
    ("T1-N", "of all customers in a year of such windows", 2.3e-18),
    ("T1-N", "of one namespace in a year", 1.5e-14),
    ("T1-N", "of one namespace in the retention", 7.2e-13),
    ("T1-N", "keys up to which the documented figure holds", 1.03e5),
    ("T1-N", "seconds of peak load that this is", 1.0),
    ("T1-N", "double charges of a year, documented design", 3000),
    ("T1-N", "the same per event", 1e-8),
    ("T2-N1", "loss of all domains in a year, rebuilt in 7 days", 1.1e-9),
    ("T2-N1", "rebuilt in 1 day", 2.3e-11),
    ("T2-N1", "rebuilt in 30 days", 2.0e-8),
    ("T2-N1", "with ten times the failures", 1.1e-6),
    ("T2-N1", "with the common cause", 1e-4),
    ("T2-N1", "with ten times the common cause", 1e-3),
    ("T2-N1", "failures of a domain in a year that the figure needs", 0.0097),
    ("T2-N1", "acknowledged events lost with one busy instance", 71),
    ("T3-F", "collision of SHA-256", 6e-30),
    ("T3-F", "forged signature, RSA-2048, 2^80 of work", 2.3e-10),
    ("T3-F", "forged signature, RSA-2048, 2^64 of work", 3.6e-15),
    ("T3-F", "forged signature, RSA-3072, 2^80 of work", 3.6e-15),
    ("T3-F", "all witnesses corrupt", 1e-6),
    ("T4-F2", "more than K behind, p99 100 ms", 1e-10),
    ("T4-F2", "more than K behind, p99 30 s", 0.93),
    ("T4-F2", "more than K behind, p99 5 min", 0.99),
    ("T4-F2", "K for the documented chance, p99 100 ms", 3000),
    ("T4-F2", "K for the documented chance, p99 30 s", 900_000),
    ("T4-F2", "K for the documented chance, p99 5 min", 9_000_000),
    ("T4-F2", "more than K behind at peak, p99 100 ms", 0.10),
    ("T7-N1", "disputes without a failure that support it", 299),
    ("T7-N1", "years of disputes at the documented rate", 29_900),
    ("T7-N2", "disputes without a failure that support it", 2995),
    ("T7-N2", "years of disputes at the documented rate", 299_500),
    ("SC-08", "the convention of six sigma", 0.9999966),
    ("SC-08", "errors of a year at that rate", 1.07e6),
    ("SC-08", "trials without a failure that support it", 881_097),
    ("SC-08", "trials for the chance per transaction", 3.0e9),
    ("PR-01", "errors of a year at the stated volume", 10),
    ("PR-01", "at the design volume", 315),
    ("PR-01", "chance that the yearly figure needs", 1e-12),
    ("PR-02", "wrong bill of a customer-year, stated volume", 1e-2),
    ("PR-02", "wrong bill of a customer-year, design volume", 0.27),
    ("T4-R2", "losses of a region in a year", 1e-2),
    ("T4-R2", "at least one in 5 years", 0.049),
    ("T4-R2", "events lost with it", 300_000),
]
"""The third and fourth column of the table, in its words and figures."""


@pytest.mark.parametrize(("claim", "what", "value"), TABLE)
def test_a_derived_figure_is_that_of_the_table(claim: str, what: str, value: float) -> None:
    rounding = 0.06 if value in {1e-8, 1e-2} else 0.035
    assert FOUND[claim, what] == pytest.approx(value, rel=rounding)


def test_the_table_is_all_that_is_derived() -> None:
    assert set(FOUND) == {(claim, what) for claim, what, _ in TABLE}


@pytest.mark.parametrize(
    ("claim", "value", "what", "expected"),
    [
        ("T1-R", "Key rows deleted after 9 days", "collision of one customer's keys in 90 days", 5.7e-24),
        ("A7.2", "1 days", "loss of all domains in a year, rebuilt in 7 days", 2.3e-11),
        ("T4-F2.1", "10,000", "more than K behind, p99 100 ms", 1e-20),
        ("A5", "99 %", "disputes without a failure that support it", 459),
    ],
)
def test_a_changed_parameter_changes_what_is_derived(
    claim: str, value: str, what: str, expected: float
) -> None:
    values = [item.value for item in derivations(changed(REGISTER, claim, value)) if item.what == what]
    assert values[0] == pytest.approx(expected, rel=0.035)


def test_a_parameter_that_a_changed_text_hides_leaves_its_rows_out() -> None:
    found = derivations(changed(REGISTER, "T1-R", "Key rows are never deleted"))
    assert "T1-N" not in {item.claim for item in found}

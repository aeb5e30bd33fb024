"""What is computed is what the register's analyst found; where it is not, the difference is argued here."""

import pytest

from billproof.simulations.claims.checks import CHECKS
from billproof.simulations.claims.register import shipped_register
from billproof.simulations.claims.relations import at_most
from tests.simulations.claims.agreement import unmet

REGISTER = shipped_register()

HIGH = [
    name for name, entry in REGISTER.contradictions.items() if entry.severity == "high" and name in CHECKS
]

EXPLAINED: dict[str, tuple[set[str], str]] = {
    "XA-24": ({"3"}, "the analyst's count of nodes is XD-31's"),
    "XA-31": ({"5"}, "two of the five claims hash the same fields, so there are four preimages"),
    "XA-46": ({"6"}, "the length of the damaged ledgers, a choice of the example"),
    "XA-61": ({"833"}, "10,000/s over 12 instances; the time that follows from it is computed"),
    "XD-08": ({"1,200"}, "the milestone's name"),
    "XD-24": ({"70 ms"}, "the sum of the two writes, of which the inverse is computed"),
    "XD-44": ({"20"}, "batched writes at a vendor's rate that the assumption leaves out"),
    "XE-24": ({"2.76"}, "a monthly figure that the document prints as a yearly one, judged in XE-29"),
    "XE-29": ({"12"}, "months of a year"),
    "XE-30": ({"12"}, "months of a year"),
    "XE-34": ({"5,000"}, "the number of customers at which the second cost stands"),
    "XF-04": ({"6.4M"}, "the fourth quarter, which the comparison does not need"),
    "XF-14": ({"40 per year"}, "subtracted inside the computed 1,960"),
    "XF-25": ({"28", "417"}, "a day of a month, told in words; 417 is XF-23's"),
    "XI-02": ({"0.49 %"}, "a rate just below the limit of 0.5 %, of which the time is computed"),
}
"""The only figures of the grave contradictions that the checks do not give, and why."""


@pytest.mark.parametrize("name", HIGH)
def test_a_grave_contradiction_is_recomputed_to_the_figures_of_the_register(name: str) -> None:
    _, missing = unmet(CHECKS[name], REGISTER, REGISTER.contradictions[name].recomputed)
    allowed, _ = EXPLAINED.get(name, (set(), ""))
    assert set(missing) <= allowed


def test_nothing_is_explained_that_needs_no_explanation() -> None:
    for name, (figures, why) in EXPLAINED.items():
        _, missing = unmet(CHECKS[name], REGISTER, REGISTER.contradictions[name].recomputed)
        assert set(missing) == figures, name
        assert why


def test_a_figure_that_is_not_computed_is_missed() -> None:
    count, missing = unmet(
        lambda c: at_most("", c("LA-04"), c("LA-05")), REGISTER, "30 ms < 40 ms, and 731 x"
    )
    assert (count, missing) == (3, ["731"])


def test_at_least_250_contradictions_are_computed() -> None:
    assert len(CHECKS) >= 250

"""A text that is no TOML ends in one error, whatever ``tomllib`` makes of it."""

from decimal import Decimal

import pytest

from billproof.model.design import DesignError
from billproof.model.design_files import parse_design
from billproof.model.price_plans import PlanError, parse_plan
from billproof.model.toml_text import TEXT_LENGTH_MAX, TomlTextError, parse_toml
from billproof.model.topology.reading import TopologyError, read_topology

BAD = {
    "no TOML": "a = = 1",
    "deep lists": "a = " + "[" * 20_000,
    "deep names": ".".join("a" * 100) + " = 1",
    "a name of thousands of dots": ".".join("a" * 20_000) + " = 1",
    "too much": "#" * 200_001,
    "an integer of 5,000 digits": "a = " + "9" * 5_000,
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_what_cannot_be_read_is_one_error_for_every_reader(text: str) -> None:
    with pytest.raises(TomlTextError):
        parse_toml(text)
    with pytest.raises(DesignError, match="not TOML"):
        parse_design(text, source="mine.toml")
    with pytest.raises(TopologyError):
        read_topology(text)


def test_a_number_that_no_decimal_holds_is_the_same_error() -> None:
    with pytest.raises(TomlTextError):
        parse_toml("a = 1e99999999999999999999", parse_float=Decimal)


def test_a_text_at_the_bounds_is_read() -> None:
    deep = ".".join("a" * 64) + " = 1\n"
    assert parse_toml(deep + "#" * (TEXT_LENGTH_MAX - len(deep)))


def test_a_base_that_is_no_text_is_a_problem_of_the_design() -> None:
    """Found by fuzzing: a list ended in an error of Python."""
    with pytest.raises(DesignError, match="unknown base"):
        parse_design("base = []", source="mine.toml")


def test_decimals_of_a_plan_are_bounded_before_any_quantity_is_filled_up_with_zeros() -> None:
    """Found by fuzzing: 2^53 decimals asked for a text of as many zeros."""
    plan = (
        '{"version":1,"name":"n","currency":"USD","unit":"call","decimals":9007199254740991,'
        '"model":"graduated","tiers":[{"up_to":"1","unit_price":"0"},{"unit_price":"0"}]}'
    )
    with pytest.raises(PlanError, match="outside 0 to 12"):
        parse_plan(plan, source="plan")

"""What is said of a contract is never more than what was gone through."""

import inspect
import json
from collections.abc import Iterator
from importlib import import_module
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from billproof.invariants.contracts.catalogue import CONTRACTS, contracts_named
from billproof.invariants.contracts.checking import check_contracts
from billproof.invariants.contracts.contract import (
    Arguments,
    ConditionReport,
    Contract,
    ContractError,
    Listed,
    Status,
    Symbolic,
    conditions_of,
)
from billproof.invariants.verdicts import Verdict
from billproof.model import money, periods
from tests.service.commands import billproof

MONEY_AND_QUOTA = ("money", "tiers", "periods", "charging", "corrections", "screening", "posting")
"""The modules whose public pure functions all carry a contract."""

STATEFUL = {"State", "Site"}
"""Functions of these are transitions and lookups in a store; the theorems speak about them."""


def checked(contract: Contract, budget: float = 10) -> tuple[ConditionReport, ...]:
    return check_contracts([contract], budget=budget, progress=len)


def uncontracted(module: str) -> Iterator[str]:
    known = {contract.name for contract in CONTRACTS}
    loaded = import_module(f"billproof.model.{module}")
    for name, function in inspect.getmembers(loaded, inspect.isfunction):
        if name.startswith("_") or function.__module__ != loaded.__name__:
            continue
        sorts = {getattr(sort, "__name__", str(sort)) for sort in function.__annotations__.values()}
        if not sorts & STATEFUL and f"{module}.{name}" not in known:
            yield f"{module}.{name}"


@pytest.mark.parametrize("module", MONEY_AND_QUOTA)
def test_every_public_pure_function_of_money_and_quota_carries_a_contract(module: str) -> None:
    assert list(uncontracted(module)) == []


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_contract_can_be_read_and_has_a_case(contract: Contract) -> None:
    assert conditions_of(contract).post
    assert contract.cases


def test_exhausted_paths_hold() -> None:
    (report,) = checked(Contract(module="money", function="floor_div"))
    assert (report.status, report.verdict) == (Status.CONFIRMED, Verdict.HOLDS)


def test_a_sample_is_tested_and_stays_unknown() -> None:
    case = Listed(calls=lambda: [{"dividend": 7, "divisor": 2}], bound="one call")
    (report,) = checked(Contract(module="money", function="floor_div", cases=(case,)))
    assert (report.status, report.verdict, report.cases[0].count) == (Status.UNKNOWN, Verdict.TESTED, 1)


def test_a_list_that_meets_no_precondition_says_nothing() -> None:
    case = Listed(calls=lambda: [{"dividend": 7, "divisor": 0}], bound="one call", is_whole=True)
    (report,) = checked(Contract(module="money", function="floor_div", cases=(case,)))
    assert (report.status, report.verdict) == (Status.UNKNOWN, Verdict.INCONCLUSIVE)


def test_symbolic_calls_that_meet_no_precondition_say_nothing() -> None:
    def refused(dividend: int) -> Arguments:
        return {"dividend": dividend, "divisor": 0}

    (report,) = checked(Contract(module="money", function="floor_div", cases=(Symbolic(build=refused),)))
    assert report.verdict == Verdict.INCONCLUSIVE
    assert "preconditions" in report.cases[0].reason


def test_no_budget_is_inconclusive() -> None:
    (report,) = checked(Contract(module="money", function="floor_div"), budget=0)
    assert report.verdict == Verdict.INCONCLUSIVE
    assert "budget" in report.cases[0].reason


def test_an_exception_that_the_contract_does_not_name_refutes(monkeypatch: pytest.MonkeyPatch) -> None:
    def floor_div(dividend: int, divisor: int) -> int:
        """Fail.

        post: True
        """
        return dividend // divisor

    monkeypatch.setattr(money, "floor_div", floor_div)
    (report,) = checked(Contract(module="money", function="floor_div"))
    assert report.status == Status.REFUTED
    assert "raises ZeroDivisionError" in report.cases[0].counterexample


def test_a_precondition_that_asks_a_broken_function_refutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the call is allowed cannot be said, so nothing of the function can."""

    def out_of_range(instant: int) -> str:
        raise OverflowError(f"date value out of range: {instant}")

    monkeypatch.setattr(periods, "render_instant", out_of_range)
    case = Listed(calls=lambda: [{"text": "1970-01-01T00:00:00Z"}], bound="one call")
    (report,) = checked(Contract(module="periods", function="parse_canonical_instant", cases=(case,)))
    assert report.verdict == Verdict.REFUTED
    assert "a precondition raises OverflowError" in report.cases[0].counterexample


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no line 'post:'"),
        ("post: _ ==", "no expression"),
        ("raises: Nobody\n    post: True", "exception"),
    ],
)
def test_a_contract_that_cannot_be_used_says_why(
    text: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def floor_div() -> None:
        """Do nothing."""

    floor_div.__doc__ = f"Do nothing.\n\n    {text}\n"
    monkeypatch.setattr(money, "floor_div", floor_div)
    with pytest.raises(ContractError, match=problem):
        conditions_of(Contract(module="money", function="floor_div"))


def test_a_function_is_named_with_or_without_its_module() -> None:
    assert contracts_named(("money.allocate",)) == contracts_named(("allocate",)) != ()


def test_command_prints_its_published_form() -> None:
    answer = billproof(
        "contracts", "--function", "floor_div", "--function", "parse_amount", "--format", "json"
    )
    schema = json.loads(files("billproof.cli.schemas").joinpath("contracts.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(answer.document)
    assert answer.code == 0


def test_command_says_which_functions_have_contracts() -> None:
    answer = billproof("contracts", "--function", "nothing")
    assert answer.code == 3
    assert "money.allocate" in answer.err

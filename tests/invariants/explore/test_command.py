"""``billproof explore`` keeps the contract of the command line: counts, codes, one document, errors."""

import json
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from tests.service.commands import Answer, billproof


def validated(answer: Answer) -> dict[str, object]:
    """Return the document of an answer, after its schema was applied."""
    schema = json.loads(files("billproof.cli.schemas").joinpath("explore.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    document = json.loads(answer.out)
    Draft202012Validator(schema).validate(document)
    assert document["exit_code"] == answer.code
    assert isinstance(document, dict)
    return document


def test_counts_are_printed() -> None:
    document = validated(
        billproof("explore", "two-phase-commit", "--set", "participants=5", "--format", "json")
    )
    assert (document["distinct"], document["verdict"], document["orbit_sum"]) == (8_832, "HOLDS", None)
    text = billproof("explore", "two-phase-commit", "--set", "participants=5").out
    assert "8,832 distinct" in text
    assert "HOLDS" in text


def test_orbit_sum_is_printed() -> None:
    document = validated(
        billproof("explore", "two-phase-commit", "--set", "participants=7", "--symmetry", "--format", "json")
    )
    assert document["orbit_sum"] == 296_448
    assert isinstance(document["canonical"], int)


def test_violation_is_exit_1_with_a_trace() -> None:
    settings = ("--set", "keys=1", "--set", "sync_ack=false")
    answer = billproof("explore", "charge-replication", *settings, "--format", "json")
    violation = validated(answer)["violation"]
    assert answer.code == 1
    assert isinstance(violation, dict)
    assert (violation["invariant"], violation["length"]) == ("AckDurable", 5)
    text = billproof("explore", "charge-replication", *settings).out
    assert "REFUTED: AckDurable breaks after 5 steps" in text
    assert ". crash\n" in text
    assert ". receive reply client" in text


def test_core_is_searched_under_both_designs() -> None:
    for design, code in (("repaired", 0), ("documented", 1)):
        answer = billproof("explore", "billing", "--set", f"design={design}", "--format", "json")
        assert answer.code == code
        assert (validated(answer)["violation"] is None) == (code == 0)


@pytest.mark.parametrize("option", [("--budget", "0"), ("--memory", "1K")])
@pytest.mark.parametrize("model", ["two-phase-commit", "charge-replication", "billing"])
def test_limit_is_exit_2(option: tuple[str, str], model: str) -> None:
    answer = billproof("explore", model, *option, "--format", "json")
    assert answer.code == 2
    assert validated(answer)["verdict"] == "INCONCLUSIVE"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),
        ("two-phase-commit", "--set", "participants"),
        ("two-phase-commit", "--set", "participants=0"),
        ("two-phase-commit", "--set", "participants=x"),
        ("two-phase-commit", "--set", "keys=1"),
        ("charge-replication", "--set", "sync_ack=maybe"),
        ("billing", "--set", "design=unknown"),
        ("billing", "--memory", "much"),
        ("billing", "--engine", "compiled"),
    ],
)
def test_wrong_usage_is_exit_3_and_says_what_to_write(arguments: tuple[str, ...]) -> None:
    answer = billproof("explore", *arguments)
    assert answer.code == 3
    assert answer.out == ""
    assert answer.err.startswith("error: ")

"""Each wire form has a schema that takes what is produced and refuses what is not meant."""

import json
import tomllib
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from billproof.model.design import DOCUMENTED, PARAMETERS, REPAIRED, Design
from billproof.model.design_files import render_design
from billproof.model.outcomes import EntryKind
from billproof.model.switch_table import SWITCHES
from tests.model.schemas import validator

EVENT: dict[str, object] = {
    "customer": "64e398ab",
    "amount": "0.0000008",
    "currency": "USD",
    "entitlement": "Amazon S3",
    "event_time": "2024-09-18T22:00:00Z",
}


def test_every_schema_is_a_schema_under_its_own_name() -> None:
    names = [path.name for path in files("billproof.model.schemas").iterdir() if path.name.endswith(".json")]
    assert sorted(names) == [
        "checkpoint.json", "design.json", "event.json", "jwks.json", "ledger-line.json", "receipt.json",
    ]  # fmt: skip
    for name in names:
        assert isinstance(validator(name.removesuffix(".json")), Draft202012Validator)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"idempotency_key": "k", "usage": "2 Requests", "price_plan_hash": "0" * 64, "kind": "debit"},
        {"kind": "refund", "refers_to": 1},
        {"kind": "adjustment", "amount": "-2.6137"},
        {"kind": "credit", "amount": "1000000000000000"},
        {"event_time": "2024-09-19T00:00:00.5+02:00"},
    ],
)
def test_a_billing_event_is_taken(more: dict[str, object]) -> None:
    validator("event").validate({**EVENT, **more})


@pytest.mark.parametrize(
    "more",
    [
        {"amount": 1},
        {"amount": "1.0"},
        {"amount": "1e3"},
        {"amount": "-0"},
        {"amount": "-1"},
        {"amount": "10000000000000000"},
        {"kind": "refund"},
        {"kind": "debit", "refers_to": 1},
        {"refers_to": 1},
        {"kind": "void"},
        {"customer": ""},
        {"idempotency_key": ""},
        {"currency": "usd"},
        {"event_time": "2024-09-18 22:00:00"},
        {"event_time": "2024-09-18T22:00:60Z"},
        {"price_plan_hash": ""},
        {"surprise": 1},
    ],
)
def test_what_is_no_billing_event_is_refused(more: dict[str, object]) -> None:
    assert not validator("event").is_valid({**EVENT, **more})


@pytest.mark.parametrize("name", sorted(EVENT))
def test_a_billing_event_needs_each_of_its_members(name: str) -> None:
    assert not validator("event").is_valid({key: value for key, value in EVENT.items() if key != name})


@pytest.mark.parametrize("design", [DOCUMENTED, REPAIRED])
def test_a_written_design_keeps_its_schema(design: Design) -> None:
    validator("design").validate(tomllib.loads(render_design(design)))


def test_the_schema_of_designs_has_the_switches_and_values_of_the_model() -> None:
    schema = json.loads(files("billproof.model.schemas").joinpath("design.json").read_text("utf-8"))
    members = schema["properties"]
    assert {name: member["enum"] for name, member in members["switches"]["properties"].items()} == {
        switch.name: [value.value for value in switch.values] for switch in SWITCHES
    }
    assert set(members["parameters"]["properties"]) == set(PARAMETERS)
    assert not validator("design").is_valid({"switches": {"ack_point": "never"}})


def test_the_schema_of_receipts_knows_every_kind_of_the_model() -> None:
    schema = json.loads(files("billproof.model.schemas").joinpath("receipt.json").read_text("utf-8"))
    assert {kind.name.lower() for kind in EntryKind} <= set(schema["properties"]["kind"]["enum"])

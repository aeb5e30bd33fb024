"""``billproof cost`` keeps its contract: schema, exact amounts, and messages that teach."""

import json
from importlib.resources import files
from pathlib import Path

from jsonschema import Draft202012Validator

from tests.service.commands import billproof


def test_answer_has_its_published_form() -> None:
    answer = billproof("cost", "--milestone", "1000", "--samples", "100", "--format", "json")
    schema = json.loads(files("billproof.cli.schemas").joinpath("cost.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(answer.document)
    assert answer.code == 0
    document = json.loads(answer.out)
    assert document["documented_totals"][0]["recomputed"] == "1212187.05"
    assert [item["customers"] for item in document["break_even"]] == [393, 417, 803, None, None]


def test_price_of_a_scenario_moves_the_cost(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[prices]\nfirestore_million_writes = 0\n", encoding="utf-8")
    arguments = ("--samples", "100", "--format", "json")
    cheaper = json.loads(billproof("cost", "--scenario", path, *arguments).out)
    assert cheaper["lines"]["firestore_writes"] == "0.00"


def test_wrong_amount_is_exit_3() -> None:
    for value in ("x", "-1", "nan"):
        assert billproof("cost", "--volume", value).code == 3


def test_text_names_what_counts() -> None:
    out = billproof("cost", "--milestone", "10", "--samples", "100", "--compare", "repaired").out
    for word in ("break-even", "ways to pay less", "what moves the cost", "repaired"):
        assert word in out

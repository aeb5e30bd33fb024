"""``billproof capacity`` keeps its contract: keys, schema, exit codes, and messages that teach."""

import json
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.service.commands import Answer, billproof


@pytest.fixture(scope="module")
def answer() -> Answer:
    return billproof("capacity", "--milestone", "1200", "--window", "2", "--format", "json")


def codes(answer: Answer) -> set[str]:
    """Return the codes of the findings."""
    return {finding["code"] for finding in json.loads(answer.out)["findings"]}


def test_answer_has_its_published_form(answer: Answer) -> None:
    schema = json.loads(files("billproof.cli.schemas").joinpath("capacity.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(answer.document)
    assert answer.code == 0


def test_answer_has_the_keys_of_the_contract(answer: Answer) -> None:
    document = json.loads(answer.out)
    assert document["peak_rps"] == 100_000
    assert document["instances_p100"] == 100
    assert document["p99_ms"] > 2_000
    assert document["bottleneck"] == "hot_customer_chain"
    assert document["cost_month_usd"] == float(document["cost"]["total"])


def test_findings_appear_unasked(answer: Answer) -> None:
    assert {"worker_pool", "hot_customer", "max_instances", "soft_limit", "error_budget"} <= codes(answer)
    text = " ".join(finding["text"] for finding in json.loads(answer.out)["findings"])
    assert "457 requests/s per instance, not 1,000" in text
    assert "219 instances" in text


def test_mended_scenario_has_none_of_these_findings(tmp_path: Path) -> None:
    path = tmp_path / "mended.toml"
    path.write_text(
        "milestone = 1200\n[fleet]\nvcpu = 8\nservice_ms = 8\ninstances_max = 200\nsoft_limit = 200\n"
        "instances_min = 100\n[stores]\nchain_entries = 1000\nspanner_nodes = 120\n",
        encoding="utf-8",
    )
    answer = billproof("capacity", "--scenario", path, "--window", "0", "--format", "json")
    assert (
        codes(answer) & {"worker_pool", "hot_customer", "max_instances", "soft_limit", "error_budget"}
        == set()
    )


def test_written_scenario_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    assert billproof("capacity", "--milestone", "10", "--write-scenario", path).code == 0
    answer = billproof("capacity", "--scenario", path, "--window", "0")
    assert answer.code == 0
    assert "findings" in answer.out


def test_mistake_in_a_file_is_exit_3_with_field_value_and_range(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[fleet]\nvcpu = 999\n", encoding="utf-8")
    answer = billproof("capacity", "--scenario", path, "--format", "json")
    assert answer.code == 3
    for part in ("mine.toml", "fleet.vcpu", "999", "from 1 to 256"):
        assert part in answer.err
    error = json.loads(answer.out)["error"]
    assert (error["place"], error["type"]) == ("fleet.vcpu", "ScenarioError")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--milestone", "77"),
        ("--scenario", "nowhere.toml"),
        ("--milestone", "10", "--scenario", "x.toml"),
        ("--window", "-1"),
    ],
)
def test_usage_error_is_exit_3(arguments: tuple[str, ...]) -> None:
    assert billproof("capacity", *arguments).code == 3


def test_help_has_an_example() -> None:
    assert "billproof capacity --milestone 1200" in billproof("capacity", "--help").out

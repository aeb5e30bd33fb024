"""``billproof design`` prints, compares, validates and scaffolds, and its errors say what to write."""

import json
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from billproof.model.design import DOCUMENTED, PARAMETERS, REPAIRED, SHIPPED, Design
from billproof.model.design_files import inspect_design, parse_design, render_design, render_scaffold
from billproof.model.switch_table import REQUIREMENTS, SWITCHES
from tests.service.commands import Answer, Document, billproof, inner, listed


def validated(answer: Answer, name: str) -> Document:
    """Return the document of an answer, which must be of its published form."""
    schema = json.loads(files("billproof.cli.schemas").joinpath(f"{name}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(answer.document)
    return answer.document


def written(directory: Path, text: str) -> Path:
    """Write a design file and return its path."""
    path = directory / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["show", "diff", "check", "new"])
def test_every_subcommand_has_help_with_an_example(name: str) -> None:
    answer = billproof("design", name, "--help")
    assert answer.code == 0
    assert f"billproof design {name}" in answer.out.split("Example:")[1]


@pytest.mark.parametrize("name", list(SHIPPED))
def test_show_names_every_switch_with_its_value_and_claims(name: str) -> None:
    document = validated(billproof("design", "show", name, "--format", "json"), "design-show")
    shown = inner(document, "switches")
    assert {key: inner(shown, key)["value"] for key in shown} == {
        item.name: getattr(SHIPPED[name], item.name).value for item in SWITCHES
    }
    text = billproof("design", "show", name).out
    assert all(item.name in text and item.claims[0] in text for item in SWITCHES)


@pytest.mark.parametrize("name", list(SHIPPED))
def test_what_show_prints_as_toml_is_the_same_design(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, billproof("design", "show", name, "--format", "toml").out)
    assert inner(billproof("design", "diff", name, path, "--format", "json").document, "switches") == {}


def test_diff_names_what_differs_and_nothing_else(tmp_path: Path) -> None:
    path = written(
        tmp_path, '[switches]\norder_by = "wall_clock_timestamp"\n[parameters]\nlag_entries_max = 7'
    )
    answer = billproof("design", "diff", "repaired", path, "--format", "json")
    document = validated(answer, "design-diff")
    assert list(inner(document, "switches")) == ["order_by"]
    assert inner(document, "parameters") == {"lag_entries_max": {"first": 5000, "second": 7}}
    assert "wall_clock_timestamp" in billproof("design", "diff", "repaired", path).out


@pytest.mark.parametrize("base", [DOCUMENTED, REPAIRED])
def test_a_scaffold_is_the_design_that_it_starts_from(base: Design) -> None:
    design = parse_design(render_scaffold(base, name='a "quoted" name'), source="x")
    assert design.name == 'a "quoted" name'
    assert all(getattr(design, item.name) == getattr(base, item.name) for item in SWITCHES)


def test_a_scaffold_teaches_every_value_and_what_it_needs() -> None:
    text = render_scaffold(REPAIRED, name="x")
    assert all(f"#   {member.value}" in text for item in SWITCHES for member in item.values)
    assert all(f"requires {rule.needs_switch} = {rule.needs_value.value!r}" in text for rule in REQUIREMENTS)


def test_new_writes_a_file_that_check_accepts_and_overwrites_none(tmp_path: Path) -> None:
    path = tmp_path / "new.toml"
    validated(billproof("design", "new", "--out", path, "--format", "json"), "design-new")
    before = path.read_text(encoding="utf-8")
    assert billproof("design", "check", path).code == 0
    again = billproof("design", "new", "--from", "documented", "--out", path)
    assert again.code == 3
    assert "choose another --out" in again.err
    assert path.read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("text", "line", "problem", "remedy"),
    [
        ('[switches]\n\nkey_chek = "x"', 3, "no switch 'key_chek'", "did you mean key_check?"),
        ('[switches]\nkey_check = "x"', 2, "no value 'x'", "lookup_then_commit, insert_in_commit"),
        ("[switches]\nkey_check = 1", 2, "no value 1", "lookup_then_commit, insert_in_commit"),
        ('[switches]\nreplication = "async"', 2, "ack_point = 'quorum_commit' requires", "sync_quorum"),
        ("[parameters]\nlag_entries_max = 0", 2, "not a positive integer", "lag_entries_max = 90"),
        ("[parameters]\nlags = 3", 2, "no parameter 'lags'", "lag_entries_max"),
        ('base = "mended"', 1, "unknown base 'mended'", "documented, repaired"),
        ('\nkey_check = "insert_in_commit"', 2, "unknown member", "belongs below [switches]"),
        ("switches = 3", 1, "not a table", "[switches]"),
        ("name = 3", 1, "not a text", "name ="),
        ("key_check insert", 1, "not TOML", "key_check ="),
    ],
)
def test_each_problem_has_its_line_and_a_remedy(text: str, line: int, problem: str, remedy: str) -> None:
    found = inspect_design(text, source="x")[1][0]
    assert found.line == line
    assert problem in found.problem
    assert remedy in found.remedy


def test_check_tells_all_problems_of_all_files_and_ends_with_3(tmp_path: Path) -> None:
    bad = written(tmp_path, '[switches]\nkey_check = "x"\norder_by = "y"\n')
    good = tmp_path / "good.toml"
    good.write_text(render_design(REPAIRED), encoding="utf-8")
    answer = billproof("design", "check", bad, good, "--format", "json")
    assert answer.code == 3
    found = inner(validated(answer, "design-check"), "files")
    assert [item["member"] for item in listed(inner(found, str(bad)), "problems")] == [
        "key_check",
        "order_by",
    ]
    assert listed(inner(found, str(bad)), "problems")[0]["allowed"] == [
        "lookup_then_commit",
        "insert_in_commit",
    ]
    assert inner(found, str(good))["valid"] is True
    text = billproof("design", "check", bad, "--quiet")
    assert text.code == 3
    assert f"{bad}: line 3: order_by has no value 'y'" in text.err


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_an_error_with_a_remedy(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    answer = billproof("design", "check", path)
    assert answer.code == 3
    assert str(path) in answer.err


def test_a_written_design_is_read_back_whatever_its_name() -> None:
    for name in ('"', "\\", "tab\t", "é\x7f", "new\nline"):
        design = parse_design(render_design(REPAIRED), source=name)
        named = tomllib.loads(render_scaffold(design, name=name))
        assert named["name"] == name
        assert set(named["parameters"]) == set(PARAMETERS)

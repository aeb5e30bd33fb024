"""``billproof claims``: every claim has a status, and a changed input changes it."""

import json
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from billproof.cli.main import run

Document = dict[str, dict[str, dict[str, object]]]


def _document(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Document]:
    code = run(["claims", "--format", "json", *arguments])
    document: Document = json.loads(capsys.readouterr().out)
    return code, document


def test_every_claim_and_contradiction_has_a_status_in_document_and_pages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, document = _document(capsys, "--report", str(tmp_path / "out"))
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["claims.html", "claims.json", "claims.md"]
    schema = json.loads(files("billproof.cli.schemas").joinpath("claims.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(document)
    kinds = [row["kind"] for row in document["claims"].values()]
    assert (kinds.count("claim"), kinds.count("contradiction"), code) == (469, 325, 1)


def test_a_changed_figure_changes_status_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    before, _ = _document(capsys, "--id", "XD-01")
    after, document = _document(capsys, "--id", "XD-01", "--set", "MS-01.1=100M events/day")
    assert (before, after, document["claims"]["XD-01"]["status"]) == (1, 0, "holds")


def test_another_register_is_judged_instead(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = files("billproof.simulations.claims").joinpath("claims.csv").read_text("utf-8")
    path = tmp_path / "mine.csv"
    path.write_text(
        text.replace("430M events/day, 2,000 peak", "100M events/day, 2,000 peak"), encoding="utf-8"
    )
    code, _ = _document(capsys, "--id", "XD-01", "--claims", str(path))
    assert code == 0


def test_one_in_full_shows_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["claims", "--id", "XE-10"]) == 1
    text = capsys.readouterr().out
    assert "$960 (CT-04)" in text
    assert "$9,855/year" in text


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--id", "XX-1"], "there is no such claim or contradiction"),
        (["--set", "LA-04"], "changes nothing"),
        (["--set", "LA-04=5 TB"], "no figure like"),
        (["--claims", "not-there.csv"], "No such file"),
    ],
)
def test_a_wrong_input_is_an_error(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["claims", *arguments]) == 3
    assert problem in capsys.readouterr().err


def test_a_report_is_three_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["claims", "--report", str(tmp_path / "out"), "--quiet"])
    capsys.readouterr()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "claims.html",
        "claims.json",
        "claims.md",
    ]


def test_a_status_that_is_not_as_expected_is_a_violation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "expected.json"
    path.write_text(json.dumps({"XD-01": "contradicted", "XD-02": "holds"}), encoding="utf-8")
    code, document = _document(capsys, "--id", "XD-01", "--expect", str(path))
    assert code == 1
    assert list(document["unexpected"]) == ["XD-02 is contradicted, not holds"]

"""JUnit and SARIF say what the verdicts say: no refuted or inconclusive clause looks like a pass."""

import json
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from billproof.invariants.guarding import without_guard
from billproof.invariants.judge import DesignReport, Engines, judge_design
from billproof.invariants.machine_reports import ROOT, junit_text, sarif_document, source_of
from billproof.invariants.theorems import BY_ID, all_clauses
from billproof.invariants.verdicts import Verdict
from billproof.model.design import DOCUMENTED, REPAIRED


@cache
def reports() -> tuple[DesignReport, ...]:
    """Return a design with refuted clauses, one with passes, and one in which nothing was decided."""

    def ignore(line: str) -> None:
        del line

    with ThreadPoolExecutor(1) as executor:
        tools = Engines(
            names=("explore",),
            prover=None,
            executor=executor,
            deadline=time.monotonic() + 60,
            progress=ignore,
        )
        documented = judge_design(DOCUMENTED, [BY_ID["T3"]], tools)
        repaired = judge_design(REPAIRED, [BY_ID["T3"]], tools)
    unguarded = replace(repaired, design=replace(REPAIRED, name="unguarded"))
    return documented, repaired, without_guard(unguarded, frozenset())


def sarif_run() -> Any:  # type: ignore[explicit-any]  # noqa: ANN401 - JSON, read as any program would
    """Return the one run of the log, after a journey through its text."""
    document = json.loads(json.dumps(sarif_document(reports(), "1.0")))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    return run


def test_junit_counts_are_the_verdicts() -> None:
    """A failure for each refuted clause, a skip with its reason for each inconclusive one."""
    root = ET.fromstring(junit_text(reports()))  # noqa: S314 - the text is our own
    for suite, report in zip(root.iter("testsuite"), reports(), strict=True):
        verdicts = [clause.verdict for item in report.theorems for clause in item.clauses]
        assert len(suite.findall("testcase")) == len(verdicts)
        assert len(suite.findall("testcase/failure")) == verdicts.count(Verdict.REFUTED)
        skipped = suite.findall("testcase/skipped")
        assert len(skipped) == verdicts.count(Verdict.INCONCLUSIVE)
        assert all(item.get("message") for item in skipped)
    assert root.findall(".//failure")
    assert root.findall(".//skipped")


def test_sarif_has_the_structure_that_the_standard_requires() -> None:
    """Version, driver, rules by index; for each result rule, level, message and place."""
    run = sarif_run()
    driver = run["tool"]["driver"]
    assert driver["name"] == "billproof"
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["message"]["text"]
        assert result["level"] == "none" or result["kind"] == "fail"
        place = result["locations"][0]["physicalLocation"]
        assert (ROOT / place["artifactLocation"]["uri"]).is_file()
        assert place["region"]["startLine"] >= 1


def test_sarif_levels_are_the_verdicts() -> None:
    """REFUTED is an error, INCONCLUSIVE a warning with a reason, and only a pass is none."""
    levels = {"REFUTED": "error", "INCONCLUSIVE": "warning"}
    results = sarif_run()["results"]
    assert {item["properties"]["verdict"] for item in results} >= {"REFUTED", "INCONCLUSIVE"}
    for item in results:
        verdict = item["properties"]["verdict"]
        assert item["level"] == levels.get(verdict, "none")
        assert verdict != "INCONCLUSIVE" or "Reason: " in item["message"]["text"]


def test_every_clause_points_at_the_predicate_that_states_it() -> None:
    """File and line lead to the function whose first line is the statement."""
    for clause in all_clauses():
        source = source_of(clause)
        lines = Path(ROOT / source.path).read_text(encoding="utf-8").splitlines()
        assert lines[source.line - 1].lstrip().startswith(("def ", "class ", "@")), clause.name

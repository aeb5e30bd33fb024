"""Verdicts for other programs: JUnit XML for a CI's list of tests, SARIF 2.1.0 for code scanning.

A clause is a test case and a rule. REFUTED is a failure and an error; INCONCLUSIVE is skipped and a warning,
each with its reason, so that no consumer can take it for a pass. SARIF points at the predicate that states
the clause.

Source: JUnit's XML as ``junitparser`` writes it; SARIF 2.1.0 sections 3.19, 3.27 and 3.49 (OASIS, 2020).
"""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from billproof.invariants.judge import ClauseReport, DesignReport, TheoremReport
from billproof.invariants.report import counterexample_lines
from billproof.invariants.theorem import Clause
from billproof.invariants.verdicts import Verdict

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

SARIF_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
"""What the document says it is."""

ROOT: Final = Path(__file__).resolve().parent.parent
"""The directory that holds ``invariants``; places are given relative to it."""

LEVELS: Final = {Verdict.REFUTED: "error", Verdict.INCONCLUSIVE: "warning"}
"""Levels of results that are not passes; a pass has the level ``none``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a predicate stands."""

    path: str
    """Relative to the root of the project where it is ours, else an absolute path."""
    line: int


def source_of(clause: Clause) -> Source:
    """Return file and first line of the predicate that states a clause."""
    predicate: object = clause.invariant.predicate if clause.invariant is not None else clause.step
    if clause.reader is not None:
        predicate = clause.reader
    function = inspect.unwrap(predicate) if callable(predicate) else predicate
    target = function if inspect.isfunction(function) else type(function)
    file = Path(inspect.getsourcefile(target) or "").resolve()
    _, line = inspect.getsourcelines(target)
    path = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
    return Source(path=path.as_posix(), line=max(1, line))


def reason_of(clause: ClauseReport) -> str:
    """Return why a clause is inconclusive, from its engines and its unmet marks; never empty."""
    reasons = [f"{item.engine}: {item.reason}" for item in clause.findings if item.reason]
    if clause.unmet:
        reasons.append(f"never met: {', '.join(clause.unmet)}")
    verdicts = {item.verdict for item in clause.findings if not item.skipped}
    if Verdict.REFUTED in verdicts and len(verdicts) > 1:
        reasons.append("engines disagree")
    if clause.guard:
        reasons.append(clause.guard)
    return "; ".join(dict.fromkeys(reasons)) or "no engine said anything"


def junit_text(reports: Sequence[DesignReport]) -> str:
    """Return JUnit XML: a suite for each design, a case for each clause."""
    document = JUnitXml("billproof verify")
    for report in reports:
        suite = TestSuite(report.design.name)
        for item in report.theorems:
            for clause in item.clauses:
                suite.add_testcase(_case(report, item, clause))
        document.add_testsuite(suite)
    document.update_statistics()  # type: ignore[no-untyped-call]  # junitparser annotates only a part of itself
    text: object = document.tostring()  # type: ignore[no-untyped-call]  # as above
    return text.decode("utf-8") if isinstance(text, bytes) else str(text)


def _case(report: DesignReport, item: TheoremReport, clause: ClauseReport) -> TestCase:
    seconds = max((finding.seconds for finding in clause.findings), default=0.0)
    case = TestCase(clause.clause.name, f"{report.design.name}.{item.theorem.id}", round(seconds, 3))
    if clause.verdict == Verdict.REFUTED:
        failure = Failure(clause.clause.statement, Verdict.REFUTED.value)
        found = clause.counterexample
        failure.text = "\n".join(counterexample_lines(found)) if found is not None else "no counterexample"
        case.result = [failure]
    elif clause.verdict == Verdict.INCONCLUSIVE:
        case.result = [Skipped(reason_of(clause), Verdict.INCONCLUSIVE.value)]
    return case


def sarif_document(reports: Sequence[DesignReport], version: str) -> dict[str, Json]:
    """Return a SARIF log: a rule for each clause, a result for each clause under each design."""
    clauses = {
        f"{item.theorem.id}/{clause.clause.name}": clause.clause
        for report in reports
        for item in report.theorems
        for clause in item.clauses
    }
    places = {name: index for index, name in enumerate(clauses)}
    results: list[Json] = [
        _result(report, item, clause, places)
        for report in reports
        for item in report.theorems
        for clause in item.clauses
    ]
    rules: list[Json] = [
        {
            "id": name,
            "name": clause.name,
            "shortDescription": {"text": clause.statement},
            "defaultConfiguration": {"level": "error"},
            "properties": {"theorem": clause.theorem, "tag": clause.tag.value, "scope": clause.scope.value},
        }
        for name, clause in clauses.items()
    ]
    return {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "billproof", "version": version, "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }


def _result(
    report: DesignReport, item: TheoremReport, clause: ClauseReport, places: dict[str, int]
) -> dict[str, Json]:
    name = f"{item.theorem.id}/{clause.clause.name}"
    source = source_of(clause.clause)
    level = LEVELS.get(clause.verdict, "none")
    result: dict[str, Json] = {
        "ruleId": name,
        "ruleIndex": places[name],
        # A kind other than fail must have the level none (section 3.27.10); a warning is no pass.
        "kind": "fail" if level != "none" else "pass",
        "level": level,
        "message": {"text": _message(report, clause)},
        "locations": [_location(source)],
        "partialFingerprints": {"clauseUnderDesign/v1": f"{report.design.name}/{name}"},
        "properties": {"design": report.design.name, "verdict": clause.verdict.value},
    }
    found = clause.counterexample
    if clause.verdict == Verdict.REFUTED and found is not None:
        steps: list[Json] = [
            {"location": {**_location(source), "message": {"text": sentence}}} for sentence in found.steps
        ]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}] if steps else []
    return result


def _message(report: DesignReport, clause: ClauseReport) -> str:
    said = f"{clause.verdict.value} under {report.design.name}: {clause.clause.statement}"
    if clause.verdict == Verdict.INCONCLUSIVE:
        return f"{said} Reason: {reason_of(clause)}"
    found = clause.counterexample
    if clause.verdict == Verdict.REFUTED and found is not None:
        return "\n".join([said, *counterexample_lines(found)])
    return said


def _location(source: Source) -> dict[str, Json]:
    is_ours = not Path(source.path).is_absolute()
    artifact: dict[str, Json] = {"uri": source.path if is_ours else Path(source.path).as_uri()}
    if is_ours:
        artifact["uriBaseId"] = "%SRCROOT%"
    return {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": source.line}}}

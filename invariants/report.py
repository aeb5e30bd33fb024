"""Reports of verdicts as documents and as lines for people, and expectation files.

Source: ``cli.md``, the JSON minimum of ``verify`` and the option ``--expect``.
"""

import json
from collections.abc import Sequence
from typing import TypeAlias

from billproof.invariants.counterexample import Counterexample
from billproof.invariants.judge import ClauseReport, DesignReport, TheoremReport
from billproof.invariants.kills import variants_of
from billproof.invariants.reachability import Reach
from billproof.invariants.verdicts import EngineFinding, Verdict
from billproof.model.identifiers import Amount
from billproof.model.money import render_amount
from billproof.model.portable import PortableError

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


class ExpectationError(PortableError, ValueError):
    """An expectation file that cannot be used; the user's to mend.

    Args:
        source: The file.
        problem: What is wrong.
        remedy: What to write.
    """

    def __init__(self, source: str, problem: str, remedy: str) -> None:
        super().__init__(f"{source}: {problem}; {remedy}")
        self.source = source
        self.problem = problem
        self.remedy = remedy


def counterexample_document(found: Counterexample) -> dict[str, Json]:
    """Return a counterexample as ``verify`` and ``replay`` print it."""
    return {
        "engine": found.engine,
        "clause": found.clause,
        "design": found.design,
        "domain": found.domain,
        "steps": list(found.steps),
        "owed": render_amount(found.owed),
        "billed": render_amount(found.billed),
        "difference": render_amount(Amount(found.billed - found.owed)),
        "currency": found.currency,
        "inevitable_after": found.inevitable_after,
        "reasons": list(found.reasons),
        "removed_by": list(found.removed_by),
    }


def design_document(report: DesignReport) -> dict[str, Json]:
    """Return the theorems of one design, by id."""
    return {item.theorem.id: _theorem_document(item) for item in report.theorems}


def counterexample_lines(found: Counterexample) -> list[str]:
    """Return a counterexample as numbered sentences with the money."""
    lines = [f"  {number}. {sentence}" for number, sentence in enumerate(found.steps, 1)]
    difference = render_amount(Amount(found.billed - found.owed))
    lines.append(
        f"  owed {render_amount(found.owed)}, billed {render_amount(found.billed)}, "
        f"difference {difference} {found.currency}; inevitable after step {found.inevitable_after}"
    )
    lines.extend(f"  - {reason}" for reason in found.reasons)
    if found.remedy:
        lines.append(f"  {found.remedy} Every smallest repair: billproof repairs --theorem {found.theorem}")
    return lines


def verdict_table(reports: Sequence[DesignReport]) -> list[str]:
    """Return the table theorem x design: verdict, the safety half where it differs, and evidence."""
    names = [report.design.name for report in reports]
    width = max([24, *(len(name) for name in names)])
    lines = [f"{'theorem':<28}" + "".join(f"{name:<{width + 30}}" for name in names).rstrip()]
    for index, item in enumerate(reports[0].theorems):
        cells = [report.theorems[index] for report in reports]
        title = f"{item.theorem.id} {item.theorem.title}"
        row = "".join(f"{_cell(cell):<{width + 30}}" for cell in cells)
        lines.append(f"{title:<28}{row}".rstrip())
    return lines


def parse_expectation(text: str, *, source: str) -> dict[str, dict[str, str]]:
    """Read an expectation file: ``{"designs": {design: {theorem: verdict}}}``.

    Raises:
        ExpectationError: Not JSON, another shape, or a word that is no verdict.
    """
    remedy = 'write {"designs": {"repaired": {"T1": "PROVED"}}}'
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ExpectationError(source, f"not JSON: {error}", remedy) from error
    designs = document.get("designs") if isinstance(document, dict) else None
    if not isinstance(designs, dict) or not designs:
        raise ExpectationError(source, "no member designs", remedy)
    for name, theorems in designs.items():
        if not isinstance(theorems, dict):
            raise ExpectationError(source, f"{name} is not an object", remedy)
        for theorem, verdict in theorems.items():
            if verdict not in list(Verdict):
                raise ExpectationError(source, f"{name}.{theorem} = {verdict!r} is no verdict", remedy)
    return designs


def check_expectation(
    text: str,
    expected: dict[str, dict[str, str]],
    designs: set[str],
    theorems: set[str],
    *,
    source: str,
) -> None:
    """Refuse an expectation about what does not exist: a misspelt pin would never be compared.

    Raises:
        ExpectationError: A design or theorem that nobody knows, with the line that names it.
    """
    for design, pins in expected.items():
        unknown = [name for name in pins if name not in theorems]
        for name, known in [(design, designs)] * (design not in designs) + [(it, theorems) for it in unknown]:
            lines = [number for number, line in enumerate(text.splitlines(), 1) if json.dumps(name) in line]
            what = "design" if known is designs else "theorem"
            problem = f"line {lines[0] if lines else 1}: unknown {what} {name!r}"
            raise ExpectationError(source, problem, f"use one of {', '.join(sorted(known))}")


def differences(reports: Sequence[DesignReport], expected: dict[str, dict[str, str]]) -> list[str]:
    """Return a line for every verdict that is not as pinned, and every pin or verdict without the other."""
    found = {
        report.design.name: {item.theorem.id: item.verdict.value for item in report.theorems}
        for report in reports
    }
    lines = []
    for name in sorted({*found, *expected}):
        judged, pinned = found.get(name, {}), expected.get(name, {})
        for theorem in sorted({*judged, *pinned}):
            is_, was = judged.get(theorem, "not judged"), pinned.get(theorem, "not pinned")
            if is_ != was:
                lines.append(f"{theorem} under {name}: {is_}, expected {was}")
    return lines


def _theorem_document(item: TheoremReport) -> dict[str, Json]:
    found = item.counterexample
    return {
        "verdict": item.verdict.value,
        "safety": item.safety.value,
        "reading": item.reading,
        "assumptions": list(item.theorem.assumptions),
        "clauses": {clause.clause.name: _clause_document(clause) for clause in item.clauses},
        "counterexample": counterexample_document(found) if found is not None else None,
    }


def _clause_document(report: ClauseReport) -> dict[str, Json]:
    found = report.counterexample
    return {
        "verdict": report.verdict.value,
        "statement": report.clause.statement,
        "scope": report.clause.scope.value,
        "tag": report.clause.tag.value,
        "engines": {item.engine: _engine_document(item) for item in report.findings},
        "unmet": list(report.unmet),
        "guard": report.guard or None,
        "broken_by": [variant.name for variant in variants_of(report.clause)],
        "counterexample": counterexample_document(found) if found is not None else None,
    }


def _engine_document(finding: EngineFinding) -> dict[str, Json]:
    document: dict[str, Json] = {
        "verdict": finding.verdict.value,
        "seconds": round(finding.seconds, 3),
    }
    if finding.skipped:
        document["skipped"] = finding.skipped
    if finding.reason:
        document["reason"] = finding.reason
    if finding.engine == "explore":
        document["states"] = finding.states
        document["depth"] = finding.depth
    elif finding.engine == "property":
        document["executions"] = finding.executions
    elif finding.engine == "unroll":
        document["depth"] = finding.depth
    else:
        document["obligations"] = finding.obligations
        document["solvers"] = dict(finding.solvers)
        document["remembered"] = finding.remembered
        document["witnesses"] = list(finding.witnesses)
        document["unreachable"] = list(finding.unreachable)
        if finding.induction:
            document["counterexample_to_induction"] = finding.induction
            document["pre_state"] = finding.reach or Reach.UNKNOWN.value
    return document


def _cell(item: TheoremReport) -> str:
    found = item.counterexample
    if found is not None:
        return f"{item.verdict.value} by {found.clause}, {len(found.steps)} steps"
    proved = sum(clause.verdict == Verdict.PROVED for clause in item.clauses)
    states = sum(finding.states for finding in item.clauses[0].findings)
    safety = "" if item.safety == item.verdict else f", safety {item.safety.value}"
    return f"{item.verdict.value}{safety} ({proved} of {len(item.clauses)} clauses proved, {states} states)"

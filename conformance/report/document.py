"""The result of a run as one document, and as lines for people.

Source: ``conformance.md`` section 9; ``cli.md``.
"""

from billproof import __version__
from billproof.conformance.documents import Document, Value
from billproof.conformance.grading import Case, TheoremGrade, Verdict
from billproof.conformance.judging.facts import Finding
from billproof.conformance.messages import SPECIFICATION
from billproof.conformance.runner import Run
from billproof.model.identifiers import Amount
from billproof.model.money import render_amount


def run_document(run: Run) -> Document:
    """Return the result of a run; every amount is a decimal string, every duration is in milliseconds."""
    declared = run.declaration.document if run.declaration is not None else {}
    return {
        "kit": __version__,
        "spec": SPECIFICATION,
        "target": run.target,
        "transport": run.transport,
        "seed": run.seed,
        "implementation": declared.get("implementation"),
        "capabilities": declared.get("capabilities"),
        "choices": declared.get("choices"),
        "claims": [cell.name for cell in run.claims],
        "verdicts": {name: item.verdict.value for name, item in run.grades.theorems.items()},
        "cells": {name: verdict.value for name, verdict in run.grades.cells.items()},
        "theorems": {name: theorem_document(item) for name, item in run.grades.theorems.items()},
        "cases": {case.name: case_document(case) for case in run.cases},
        "error": None if run.error is None else {
            "fault": run.error.fault.value, "problem": run.error.problem, "remedy": run.error.remedy,
            "log": run.error.log,
        },
        "stopped": run.is_stopped,
        "millis": run.millis,
        "exit_code": run.grades.exit_code,
    }  # fmt: skip


def theorem_document(item: TheoremGrade) -> Document:
    """Return the verdict on a theorem with its evidence."""
    witnesses: dict[str, Value] = {
        name: {"met": met, "needed": needed} for name, (met, needed) in item.witnesses.items()
    }
    reasons: list[Value] = list(item.reasons)
    return {
        "verdict": item.verdict.value,
        "witnesses": witnesses,
        "reasons": reasons,
        "violations": [finding_document(finding) for finding in item.findings],
    }


def finding_document(finding: Finding) -> Document:
    """Return a violation: what was found, what was owed, what was billed, and the difference."""
    document: Document = {
        "theorem": finding.theorem, "clause": finding.clause, "text": finding.text,
        "customer": finding.customer, "calls": list(finding.calls),
    }  # fmt: skip
    if finding.owed is not None and finding.billed is not None:
        document["owed"] = render_amount(Amount(finding.owed))
        document["billed"] = render_amount(Amount(finding.billed))
        document["difference"] = render_amount(Amount(finding.billed - finding.owed))
        document["currency"] = finding.currency
    return document


def money_line(finding: Finding) -> str:
    """Return what was owed and billed, for people; nothing where the violation is none of money."""
    if finding.owed is None or finding.billed is None:
        return ""
    owed, billed, difference = (
        render_amount(Amount(units))
        for units in (finding.owed, finding.billed, finding.billed - finding.owed)
    )
    return f"owed {owed}, billed {billed}, difference {difference} {finding.currency}"


def case_document(case: Case) -> Document:
    """Return what became of a case."""
    profiles: list[Value] = [name for name in sorted(case.profiles)]  # noqa: C416 - a list of another type
    return {
        "status": case.status.value,
        "level": case.level,
        "profiles": profiles,
        "fingerprint": case.fingerprint,
        "detail": case.detail,
        "violations": [finding_document(finding) for finding in case.judgement.findings],
        "orders": dict(case.judgement.orders),
        "calls": list(case.calls),
        "millis": case.millis,
    }


def run_lines(run: Run) -> list[str]:
    """Return the result of a run for people."""
    name = run.declaration.implementation.name if run.declaration is not None else "no answer"
    lines = [f"{run.target} ({name}) over {run.transport}, spec {SPECIFICATION}, seed {run.seed}"]
    if run.error is not None:
        lines.append(f"{run.error}")
        lines.extend(f"  | {line}" for line in run.error.log.splitlines()[-10:])
        lines.append("nothing is said of the product")
        return lines
    for item in run.grades.theorems.values():
        lines.append(f"{item.theorem}  {item.verdict.value}")
        lines.extend(f"    {reason}" for reason in item.reasons if item.verdict == Verdict.INCONCLUSIVE)
        for finding in item.findings[:3]:
            lines.append(f"    {finding.clause}: {finding.text}")
            if money_line(finding):
                lines.append(f"      {money_line(finding)}")
    held = [cell for cell, verdict in run.grades.cells.items() if verdict == Verdict.HOLDS]
    lines.append(f"cells that hold: {' '.join(held) or 'none'}")
    others = [f"{cell} ({v.value})" for cell, v in run.grades.cells.items() if v != Verdict.HOLDS]
    if others:
        lines.append(f"cells that do not: {', '.join(others)}")
    failed = [case.name for case in run.cases if case.judgement.findings]
    if failed:
        lines.append(f"again: billproof conform {run.target} --seed {run.seed} --case {failed[0]}")
    return lines

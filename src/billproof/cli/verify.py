"""``billproof verify``: judge the theorems under designs.

Data flow: designs -> ``invariants.judge`` (searches over processes, proofs) -> known-bad variants for every
clause that holds -> table, JSON, failure files, expectation.
"""

import json
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from pathlib import Path

import click

from billproof.cli.output import Json, Progress, output_options, print_result
from billproof.cli.parameters import FILE, DesignParameter, TheoremParameter
from billproof.invariants.failures import render_failure
from billproof.invariants.judge import (
    ENGINES,
    DesignReport,
    Engines,
    judge_design,
    with_proofs_started,
    without_guard,
)
from billproof.invariants.kills import run_variants, variants_of
from billproof.invariants.property.engine import ENGINE as PROPERTY
from billproof.invariants.prove.clauses import ProofUnderWay, check_obligations, prove_clauses
from billproof.invariants.prove.memory import Memory, user_directory
from billproof.invariants.registry import registry
from billproof.invariants.report import (
    counterexample_lines,
    design_document,
    differences,
    parse_expectation,
    verdict_table,
)
from billproof.invariants.theorem import Theorem
from billproof.invariants.verdicts import POSITIVE, exit_code
from billproof.model.design import SHIPPED, Design, readings

WORKERS = 2
"""Processes; the reference machine has two cores."""

VARIANT_SECONDS = 20.0
"""How long one known-bad variant may take to be noticed."""


@click.command(
    epilog="Example: billproof verify --design repaired --theorem T1 --format json",
    help="Judge the theorems T0 to T7 under designs, with every engine that fits the budget.",
)
@click.option(
    "--design",
    "designs",
    multiple=True,
    type=DesignParameter(),
    help="documented, repaired, or a TOML file; may be repeated.  [default: documented and repaired]",
)
@click.option("--theorem", "names", multiple=True, type=TheoremParameter(), help="May be repeated.")
@click.option("--engine", "engines", multiple=True, type=click.Choice(list(ENGINES)), help="May be repeated.")
@click.option(
    "--budget", type=click.FloatRange(min=1), default=60.0, show_default=True, help="Seconds in all."
)
@click.option("--report", type=FILE, help="Directory for report.json and one failure file a counterexample.")
@click.option("--expect", type=FILE, help="Expectation file: exit 0 when every verdict is as pinned, else 1.")
@click.option(
    "--memory/--no-memory",
    default=True,
    help="Keep what the second solver and the adviser found in the user's cache directory, and use it again."
    "  [default: memory]",
)
@output_options
def command(
    *,
    designs: tuple[Design, ...],
    names: tuple[str, ...],
    engines: tuple[str, ...],
    budget: float,
    report: Path | None,
    expect: Path | None,
    memory: bool,
    output_format: str,
    quiet: bool,
) -> int:
    """Judge and print; return the exit code."""
    started = time.monotonic()
    expected = (
        parse_expectation(expect.read_text(encoding="utf-8"), source=str(expect))
        if expect is not None
        else None
    )
    known = registry().by_id
    theorems = [known[name] for name in (names or tuple(known))]
    progress = Progress(quiet=quiet)
    with ProcessPoolExecutor(WORKERS) as executor:
        tools = Engines(
            names=engines or ENGINES,
            prover=prove_clauses,
            executor=executor,
            deadline=started + budget,
            others=(PROPERTY,),
            seconds_alone=budget / sum(len(readings(design)) for design in designs or SHIPPED.values()),
            progress=progress.show,
            start=partial(ProofUnderWay, memory=Memory(directory=user_directory()) if memory else None),
        )
        reports = _judged(designs or tuple(SHIPPED.values()), theorems, tools, executor)
    progress.end()
    changed = differences(reports, expected) if expected is not None else []
    code = exit_code(item.verdict for found in reports for item in found.theorems)
    if expected is not None:
        code = 1 if changed else 0
    document: dict[str, Json] = {
        "designs": {found.design.name: design_document(found) for found in reports},
        "differences": changed,
        "seconds": round(time.monotonic() - started, 3),
        "exit_code": code,
    }
    files = _write_report(report, reports, document) if report is not None else []
    text = _text(reports, files)
    if expected is not None:
        text += ["", *(changed or ["every verdict is as pinned"])]
    print_result(document, text, output_format=output_format, quiet=quiet)
    return code


def _judged(
    designs: tuple[Design, ...], theorems: list[Theorem], tools: Engines, executor: Executor
) -> list[DesignReport]:
    tools = with_proofs_started(designs, theorems, tools)
    reports = [judge_design(design, theorems, tools) for design in designs]
    standing = {
        clause.clause.name: clause.clause
        for found in reports
        for item in found.theorems
        for clause in item.clauses
        if clause.verdict in POSITIVE
    }
    guards = [variant for clause in standing.values() for variant in variants_of(clause)]
    # One engine is enough to see that a clause can be broken: the cheapest of those that were asked for.
    watching = next(name for name in ("explore", "property", "prove") if name in tools.names)
    kills = run_variants(
        guards,
        (watching,),
        check=check_obligations if watching == "prove" else None,
        executor=executor,
        seconds=VARIANT_SECONDS,
        progress=tools.progress,
    )
    broken = frozenset(kill.variant.clause for kill in kills if kill.killed_by)
    return [without_guard(found, broken) for found in reports]


def _text(reports: list[DesignReport], files: list[str]) -> list[str]:
    lines = []
    for found in reports:
        for item in found.theorems:
            if item.counterexample is None:
                continue
            lines.append(
                f"{item.theorem.id} {item.theorem.title}, refuted under {item.counterexample.design}:"
            )
            lines.extend(counterexample_lines(item.counterexample))
            lines.append("")
        for item in found.theorems:
            for clause in item.clauses:
                reasons = [finding.reason for finding in clause.findings if finding.reason]
                if clause.verdict == "INCONCLUSIVE" and item.verdict != "REFUTED":
                    lines.append(
                        f"{item.theorem.id} {clause.clause.name} inconclusive under {found.design.name}: "
                        + ("; ".join(reasons) or "no known-bad variant breaks it")
                    )
    lines.extend(verdict_table(reports))
    if files:
        lines += ["", *(f"replay with: billproof replay {name}" for name in files)]
    return lines


def _write_report(directory: Path, reports: list[DesignReport], document: dict[str, Json]) -> list[str]:
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    for found in reports:
        for item in found.theorems:
            if item.counterexample is None:
                continue
            path = directory / f"{found.design.name}-{item.theorem.id}.failure.json"
            path.write_text(
                render_failure(item.counterexample, _reading(found, item.reading)), encoding="utf-8"
            )
            files.append(str(path))
    (directory / "report.json").write_text(
        json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return files


def _reading(found: DesignReport, name: str) -> Design:
    return {reading.name: reading for reading in readings(found.design)}[name]

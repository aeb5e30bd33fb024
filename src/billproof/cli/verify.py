"""``billproof verify``: judge the theorems under designs.

Data flow: designs -> ``invariants.judge`` (searches over processes, proofs) -> known-bad variants for every
clause that holds -> table, JSON, failure files, expectation.
"""

import time
from functools import partial
from pathlib import Path

import click

from billproof.cli.output import EXIT_INCONCLUSIVE, Json, Progress, output_options, print_result, started_at
from billproof.cli.parameters import FILE, DesignParameter, TheoremParameter
from billproof.cli.processes import interrupts, processes
from billproof.cli.verify_files import write_report
from billproof.invariants.guarding import run_guards, without_guard
from billproof.invariants.judge import (
    ENGINES,
    ON_REQUEST,
    DesignReport,
    Engines,
    judge_design,
    with_proofs_started,
)
from billproof.invariants.machine_reports import reason_of
from billproof.invariants.patience import Patience
from billproof.invariants.registry import registry
from billproof.invariants.report import (
    check_expectation,
    counterexample_lines,
    design_document,
    differences,
    parse_expectation,
    verdict_table,
)
from billproof.invariants.scouting import scout
from billproof.invariants.theorem import Clause, Theorem
from billproof.invariants.verdicts import POSITIVE, exit_code
from billproof.model.design import SHIPPED, Design, readings

WORKERS = 2
"""Processes; the reference machine has two cores."""

GUARD_SHARE = 0.1
"""The part of the budget that is kept for known-bad variants, which run when all else is judged."""

GUARD_SECONDS_MAX = 4.0
"""The most that is kept for them."""

BRINGING_SECONDS = 1.5
"""How long before the end of judging tasks end, so that what they have done until then is brought."""

SCOUT_SECONDS = 1.0
"""How long the quick look before the engines may take."""


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
@click.option(
    "--engine",
    "engines",
    multiple=True,
    type=click.Choice([*ENGINES, *ON_REQUEST]),
    help="May be repeated.  [default: all but unroll]",
)
@click.option(
    "--budget", type=click.FloatRange(min=0), default=60.0, show_default=True, help="Seconds in all."
)
@click.option(
    "--report",
    type=FILE,
    help="Directory for index.html, report.json, junit.xml, report.sarif, and for each counterexample a page "
    "and a failure file.",
)
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
    started = started_at()
    expect_text = expect.read_text(encoding="utf-8") if expect is not None else ""
    expected = parse_expectation(expect_text, source=str(expect)) if expect is not None else None
    known = registry().by_id
    theorems = [known[name] for name in (names or tuple(known))]
    progress = Progress(quiet=quiet)
    chosen = designs or tuple(SHIPPED.values())
    if expected is not None:
        known_designs = {*SHIPPED, *(design.name for design in chosen)}
        check_expectation(expect_text, expected, known_designs, set(known), source=str(expect))
    patience = Patience(started + budget)
    judging = Patience(started + budget - min(GUARD_SECONDS_MAX, budget * GUARD_SHARE))
    announce = progress.show if output_format == "json" or quiet else _say
    with interrupts(patience, judging):
        if not engines or "explore" in engines:
            scout(chosen, theorems, announce, min(SCOUT_SECONDS, budget / 10))
        reports = _judged(chosen, theorems, engines, (patience, judging), progress, memory=memory)
    progress.end()
    changed = differences(reports, expected) if expected is not None else []
    code = exit_code(item.verdict for found in reports for item in found.theorems)
    if expected is not None:
        code = 1 if changed else 0
    if patience.is_stopped:
        code = EXIT_INCONCLUSIVE
    document: dict[str, Json] = {
        "designs": {found.design.name: design_document(found) for found in reports},
        "differences": changed,
        "seconds": round(time.monotonic() - started, 3),
        "interrupted": patience.is_stopped,
        "exit_code": code,
    }
    files = write_report(report, reports, document) if report is not None else []
    text = _text(reports, files)
    if expected is not None:
        text += ["", *(changed or ["every verdict is as pinned"])]
    if patience.is_stopped:
        text += ["", "stopped by the user: what was not decided until then is INCONCLUSIVE"]
    print_result(document, text, output_format=output_format, quiet=quiet)
    return code


def _judged(
    designs: tuple[Design, ...],
    theorems: list[Theorem],
    engines: tuple[str, ...],
    patiences: tuple[Patience, Patience],
    progress: Progress,
    *,
    memory: bool,
) -> list[DesignReport]:
    # The engines are loaded here, after the first look, for they take longer to load than it takes.
    from billproof.invariants.property.engine import ENGINE as PROPERTY
    from billproof.invariants.prove.clauses import ProofUnderWay, check_obligations, prove_clauses
    from billproof.invariants.prove.memory import Memory, user_directory
    from billproof.invariants.unroll.engine import ENGINE as UNROLL

    names = engines or ENGINES
    patience, judging = patiences
    # Searches do not stand in line behind proofs: the first verdicts are theirs.
    with processes(WORKERS) as executor, processes(WORKERS) as provers:
        tools = Engines(
            names=names,
            prover=prove_clauses,
            executor=executor,
            provers=provers,
            deadline=judging.deadline - min(BRINGING_SECONDS, judging.seconds() * GUARD_SHARE),
            others=(PROPERTY, UNROLL),
            # By default the time goes to what nothing has refuted yet.
            ask_all=bool(engines),
            seconds_alone=judging.seconds() / sum(len(readings(design)) for design in designs),
            progress=progress.show,
            start=partial(ProofUnderWay, memory=Memory(directory=user_directory()) if memory else None),
            patience=judging,
        )
        tools = with_proofs_started(designs, theorems, tools)
        reports = [judge_design(design, theorems, tools) for design in designs]
        # One engine is enough to see that a clause can be broken: the cheapest of those asked for.
        watching = next(name for name in ("explore", "property", "unroll", "prove") if name in names)
        guarding = run_guards(
            _standing(reports),
            watching,
            check=check_obligations if watching == "prove" else None,
            executor=executor,
            patience=patience,
            progress=progress.show,
        )
    return [without_guard(found, guarding.broken, guarding.late) for found in reports]


def _standing(reports: list[DesignReport]) -> tuple[Clause, ...]:
    """Return the clauses that hold under some design."""
    standing = {
        clause.clause.name: clause.clause
        for found in reports
        for item in found.theorems
        for clause in item.clauses
        if clause.verdict in POSITIVE
    }
    return tuple(standing.values())


def _say(line: str) -> None:
    print(line, flush=True)


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
                if clause.verdict == "INCONCLUSIVE" and item.verdict != "REFUTED":
                    lines.append(
                        f"{item.theorem.id} {clause.clause.name} inconclusive under {found.design.name}: "
                        + reason_of(clause)
                    )
    lines.extend(verdict_table(reports))
    if files:
        lines += ["", *(f"replay with: billproof replay {name}" for name in files)]
    return lines

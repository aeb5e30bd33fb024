"""``billproof contracts``: check the contracts in the docstrings of the model's pure functions."""

import time

import click

from billproof.cli.output import Json, Progress, example, output_options, print_result
from billproof.invariants.contracts.catalogue import CONTRACTS, contracts_named
from billproof.invariants.contracts.checking import check_contracts
from billproof.invariants.contracts.contract import CaseReport, ConditionReport
from billproof.invariants.verdicts import Verdict, exit_code


class FunctionParameter(click.ParamType[str]):
    """A function that has a contract: ``allocate`` or ``money.allocate``."""

    name = "function"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name, if a contract has it."""
        try:
            contracts_named((str(value),))
        except KeyError:
            known = ", ".join(contract.name for contract in CONTRACTS)
            self.fail(f"{value!r} has no contract; use one of {known}", param, ctx)
        return str(value)


@click.command(
    epilog=example(
        "billproof contracts --function allocate", "billproof contracts --budget 60 --format json"
    ),
    help=(
        "Check the contracts that stand in the docstrings of the model's functions, on the functions that "
        "run: CrossHair follows every path, listed calls are made one after the other. Only exhausted paths "
        "and whole lists count as CONFIRMED; a sample is TESTED and stays UNKNOWN."
    ),
)
@click.option("--function", "names", multiple=True, type=FunctionParameter(), help="May be repeated.")
@click.option(
    "--budget", type=click.FloatRange(min=1), default=60.0, show_default=True, help="Seconds in all."
)
@output_options
def command(*, names: tuple[str, ...], budget: float, output_format: str, quiet: bool) -> int:
    """Check and print; return the exit code."""
    started = time.monotonic()
    progress = Progress(quiet=quiet)
    reports = check_contracts(contracts_named(names), budget=budget, progress=progress.show)
    progress.end()
    code = exit_code(report.verdict for report in reports)
    functions: dict[str, dict[str, Json]] = {}
    for report in reports:
        functions.setdefault(report.function, {})[report.condition] = _document(report)
    document: dict[str, Json] = {
        "functions": functions,
        "totals": _totals(reports),
        "seconds": round(time.monotonic() - started, 3),
        "exit_code": code,
    }
    print_result(document, _lines(reports), output_format=output_format, quiet=quiet)
    return code


def _document(report: ConditionReport) -> dict[str, Json]:
    broken = [case.counterexample for case in report.cases if case.counterexample]
    return {
        "status": report.status,
        "verdict": report.verdict.value,
        "counterexample": broken[0] if broken else None,
        "cases": [_case(case) for case in report.cases],
    }


def _case(case: CaseReport) -> dict[str, Json]:
    return {
        "method": case.method,
        "verdict": case.verdict.value,
        "bound": case.bound or "every call that meets the preconditions",
        "count": case.count,
        "seconds": round(case.seconds, 3),
        "counterexample": case.counterexample or None,
        "reason": case.reason or None,
    }


def _totals(reports: tuple[ConditionReport, ...]) -> dict[str, Json]:
    return {
        verdict.value: sum(report.verdict == verdict for report in reports)
        for verdict in (Verdict.HOLDS, Verdict.TESTED, Verdict.INCONCLUSIVE, Verdict.REFUTED)
    }


def _lines(reports: tuple[ConditionReport, ...]) -> list[str]:
    lines: list[str] = []
    for report in reports:
        lines.append(f"{report.status:<10}{_bound(report):<14}{report.function}: {report.condition}")
        lines.extend(f"{'':<10}{case.counterexample}" for case in report.cases if case.counterexample)
        if report.verdict == Verdict.INCONCLUSIVE:
            lines.extend(f"{'':<10}{case.method}: {case.reason}" for case in report.cases if case.reason)
    totals = ", ".join(f"{count} {verdict}" for verdict, count in _totals(reports).items())
    return [
        *lines,
        "",
        f"{len(reports)} conditions of {len({it.function for it in reports})} functions: {totals}",
    ]


def _bound(report: ConditionReport) -> str:
    """Return the verdict with what it rests on: TESTED names its number of calls."""
    cases = [case for case in report.cases if case.verdict == report.verdict]
    if report.verdict == Verdict.TESTED:
        return f"TESTED({sum(case.count for case in cases)})"
    if report.verdict == Verdict.HOLDS:
        return "HOLDS" if any(not case.bound for case in cases) else "HOLDS(bound)"
    return report.verdict.value

"""``billproof conform`` on files: judge a history, replay a case, compare runs, vectors, check a report."""

from pathlib import Path

import click

from billproof.cli.output import Json, example, output_options, print_result
from billproof.cli.parameters import FILE
from billproof.conformance.errors import KitInputError
from billproof.conformance.history import read_history
from billproof.conformance.importers.month import read_month
from billproof.conformance.importers.registers import judge_registers, read_events
from billproof.conformance.linearize import Order
from billproof.conformance.offline import Offline, judge_offline
from billproof.conformance.replay import replay_case, replay_history
from billproof.conformance.report.compare import compare, is_same, read_result
from billproof.conformance.report.document import finding_document
from billproof.conformance.report.write import verify_report
from billproof.conformance.targets import open_target
from billproof.conformance.vectors.files import build, generated, shipped

_ORDERS = {Order.ORDERED: 0, Order.ILLEGAL: 1, Order.UNKNOWN: 2}


@click.command(
    "judge",
    epilog=example(
        "billproof conform judge out/history.jsonl",
        "billproof conform judge months/2026-09",
        "billproof conform judge etcd_000.log --input registers",
    ),
)
@click.argument("history", type=FILE)
@click.option(
    "--input", "form", type=click.Choice(["auto", "history", "month", "registers"]), default="auto",
    show_default=True, help="registers: a Jepsen EDN history, or a log of Porcupine's tests.",
)  # fmt: skip
@click.option("--budget-steps", type=click.IntRange(1), help="How many steps a search for an order may take.")
@output_options
def judge_command(
    history: Path, *, form: str, budget_steps: int | None, output_format: str, quiet: bool
) -> int:
    """Judge a recorded HISTORY with no live system.

    A history of the kit, a folder with the usage log, ledger and invoices of a month, or a public history of
    registers. Exit code 0: nothing was found, and what was needed was put to the test; 1: a violation; 2:
    inconclusive.
    """
    if form == "registers" or (form == "auto" and history.suffix in (".edn", ".log")):
        events = read_events(history)
        found = judge_registers(events) if budget_steps is None else judge_registers(events, budget_steps)
        document: dict[str, Json] = {
            "order": found.order.value, "operations": found.operations, "keys": found.keys,
            "illegal": list(found.illegal), "exit_code": _ORDERS[found.order],
        }  # fmt: skip
        lines = [f"{found.order.value}  {found.operations} operations on {found.keys} keys"]
        lines.extend(f"  no order for key {key or 'the register'}" for key in found.illegal[:5])
        print_result(document, lines, output_format=output_format, quiet=quiet)
        return _ORDERS[found.order]
    judged = _offline(history, form)
    verdicts = {name: verdict.value for name, verdict in judged.verdicts.items()}
    findings = [finding_document(finding) for finding in judged.findings]
    result: dict[str, Json] = {
        "verdicts": verdicts, "violations": findings, "witnesses": dict(judged.witnesses),
        "orders": dict(judged.orders), "unsettled": list(judged.unsettled), "exit_code": judged.exit_code,
    }  # fmt: skip
    lines = [f"{name}  {verdict}" for name, verdict in verdicts.items()]
    lines.extend(f"  {finding.theorem}.{finding.clause}: {finding.text}" for finding in judged.findings[:10])
    print_result(result, lines, output_format=output_format, quiet=quiet)
    return judged.exit_code


def _offline(path: Path, form: str) -> Offline:
    if form == "month" or (form == "auto" and path.is_dir()):
        history, extra = read_month(path)
        return judge_offline(history, extra)
    return judge_offline(read_history(path), ())


@click.command(
    "replay",
    epilog=example(
        "billproof conform replay share-keys --target broken:lookup_then_commit --seed 7",
        "billproof conform replay out/counterexamples/T1-one_charge_per_key.jsonl --target reference",
    ),
)
@click.argument("case")
@click.option("--target", required=True, help="What to run it against.")
@click.option("--seed", type=click.IntRange(0), help="The seed of the run that found it.")
@output_options
def replay_command(case: str, *, target: str, seed: int | None, output_format: str, quiet: bool) -> int:
    """Run one CASE again: a case by its name, or the messages of a history file.

    A file is sent message by message, with the ids that the target gives now in place of the old ones. Exit
    code 0: nothing was found; 1: a violation was found again.
    """
    path = Path(case)
    transport = open_target(target)
    found = (
        replay_history(transport, read_history(path))
        if path.is_file()
        else replay_case(transport, case, seed)
    )
    document: dict[str, Json] = {
        "reproduced": bool(found.findings),
        "violations": [finding_document(finding) for finding in found.findings],
        "exit_code": int(bool(found.findings)),
    }
    lines = ["reproduced" if found.findings else "nothing was found"]
    lines.extend(f"  {finding.theorem}.{finding.clause}: {finding.text}" for finding in found.findings)
    print_result(document, lines, output_format=output_format, quiet=quiet)
    return int(bool(found.findings))


@click.command("compare", epilog=example("billproof conform compare old/result.json new/result.json"))
@click.argument("first", type=FILE)
@click.argument("second", type=FILE)
@output_options
def compare_command(first: Path, second: Path, *, output_format: str, quiet: bool) -> int:
    """Compare two runs: cases that are lost, new or changed, verdicts and cells that moved.

    Exit code 0 where nothing differs, 1 where something does.
    """
    difference = compare(read_result(first), read_result(second))
    lines = ["nothing differs"] if is_same(difference) else []
    for name, what in difference.items():
        lines.extend(f"{name}: {item}" for item in (what if isinstance(what, list) else []))
        if isinstance(what, dict):
            lines.extend(f"{name}: {item} {moved}" for item, moved in what.items())
    code = 0 if is_same(difference) else 1
    print_result({**difference, "exit_code": code}, lines, output_format=output_format, quiet=quiet)
    return code


@click.group("vectors", epilog=example("billproof conform vectors build --out vectors --check"))
def vectors_command() -> None:
    """Write the static vectors again, and compare them with the ones that are shipped."""


@vectors_command.command("build", epilog=example("billproof conform vectors build --out vectors"))
@click.option("--out", type=FILE, help="Write the files into this folder.")
@click.option("--check", is_flag=True, help="Compare with the files that are shipped; 1 if they differ.")
@output_options
def vectors_build(*, out: Path | None, check: bool, output_format: str, quiet: bool) -> int:
    """Make the vectors anew from the model."""
    if out is None and not check:
        raise KitInputError("vectors build", "", "is told neither --out nor --check", "say where, or compare")
    made = generated()
    if out is not None:
        build(out)
    is_same_now = made == shipped()
    groups = {family: len(found) for family, found in made.items()}
    members = sum(len(group.members) for found in made.values() for group in found)
    code = int(check and not is_same_now)
    document: dict[str, Json] = {
        "groups": groups, "members": members, "same_as_shipped": is_same_now, "exit_code": code
    }  # fmt: skip
    lines = [f"{sum(groups.values())} groups, {members} members"]
    lines.append("the same as shipped" if is_same_now else "not the same as shipped")
    print_result(document, lines, output_format=output_format, quiet=quiet)
    return code


@click.group("report", epilog=example("billproof conform report verify out"))
def report_command() -> None:
    """Check the report of a run."""


@report_command.command("verify", epilog=example("billproof conform report verify out"))
@click.argument("folder", type=FILE)
@output_options
def report_verify(folder: Path, *, output_format: str, quiet: bool) -> int:
    """Check that a report is whole and unedited, and that its history shows no more than it tells."""
    faults = verify_report(folder)
    code = int(bool(faults))
    lines = list(faults) or ["whole, unedited, and its history shows what it says"]
    print_result({"faults": list(faults), "exit_code": code}, lines, output_format=output_format, quiet=quiet)
    return code

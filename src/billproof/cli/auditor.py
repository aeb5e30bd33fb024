"""``billproof auditor``: follow published heads, and raise an alarm with evidence."""

from pathlib import Path

import click

from billproof.cli.output import (
    EXIT_HOLDS,
    EXIT_INCONCLUSIVE,
    EXIT_VIOLATION,
    Json,
    example,
    output_options,
    print_result,
)
from billproof.cli.parameters import FILE
from billproof.model.canonical import canonical_bytes
from billproof.model.checkpoints import parse_checkpoint
from billproof.model.cosignatures import parse_policy
from billproof.model.identifiers import Count
from billproof.model.key_sets import parse_key_set
from billproof.service.auditing import (
    SAMPLE_ENTRIES,
    AlarmReport,
    Auditor,
    FollowReport,
    compare_heads,
    evidence_document,
    follow_head,
)
from billproof.service.files import read_input, write_output

_JWKS = click.option("--jwks", type=FILE, required=True, help="Key set of the log, obtained once and kept.")
_EVIDENCE = click.option("--evidence", type=FILE, help="Where to write the proof of misbehaviour, if any.")


@click.group(
    "auditor",
    epilog=example(
        "billproof auditor follow head.json --ledger ledger.db --jwks keys.json --state seen.db",
        "billproof auditor compare mine.json yours.json --jwks keys.json --evidence fork.json",
    ),
)
def command() -> None:
    """Follow the published heads of a log, and compare heads that two readers were shown.

    Every head must extend the one before; every new entry is checked, and each round checks some of the old
    ones again. An alarm exits with 1 and says why: SIGNATURE, ROLLBACK, FORK, TRUNCATION, ALTERED,
    NOT_THE_LOG or NOT_THE_FOLD. Of entries after the last head nothing is claimed.
    """


@command.command(
    "follow",
    epilog=example("billproof auditor follow head.json --ledger ledger.db --jwks keys.json --state seen.db"),
)
@click.argument("checkpoint", type=FILE)
@click.option("--ledger", type=FILE, required=True, help="Database or JSON lines: the entries.")
@_JWKS
@click.option("--state", type=FILE, required=True, help="The auditor's own memory; made where there is none.")
@click.option("--witnesses", type=FILE, help="Policy: the witnesses, and how many must have signed.")
@click.option(
    "--sample", type=click.IntRange(0, 10**9), default=SAMPLE_ENTRIES, show_default=True,
    help="How many old entries to judge again; each round takes the next ones.",
)  # fmt: skip
@click.option("--full", "is_full", is_flag=True, help="Judge all old entries again.")
@_EVIDENCE
@output_options
def follow(
    checkpoint: Path, ledger: Path, jwks: Path, *, state: Path, witnesses: Path | None, sample: int,
    is_full: bool, evidence: Path | None, output_format: str, quiet: bool,
) -> int:  # fmt: skip
    """Follow CHECKPOINT, the newest published head.

    Exits with 0 if all is well, 1 on an alarm, and 2 if too few witnesses have signed to rely on it. Only a
    head that is well is remembered.
    """
    document = parse_checkpoint(read_input(checkpoint), str(checkpoint))
    policy = None if witnesses is None else parse_policy(read_input(witnesses), str(witnesses))
    auditor = Auditor(
        state=state, ledger=ledger, keys=parse_key_set(read_input(jwks), str(jwks)), policy=policy,
        sample=Count(sample), is_full=is_full,
    )  # fmt: skip
    report = follow_head(auditor, document)
    code = EXIT_HOLDS
    if report.alarm is not None:
        code = EXIT_VIOLATION
    elif report.not_accepted:
        code = EXIT_INCONCLUSIVE
    _keep(report.alarm, evidence)
    print_result(
        _followed(report, code), _lines(report, checkpoint), output_format=output_format, quiet=quiet
    )
    return code


@command.command(
    "compare",
    epilog=example("billproof auditor compare mine.json yours.json --jwks keys.json --evidence fork.json"),
)
@click.argument("first", type=FILE)
@click.argument("second", type=FILE)
@_JWKS
@click.option("--ledger", type=FILE, help="The entries, to link heads of different sizes.")
@_EVIDENCE
@output_options
def compare(
    first: Path, second: Path, jwks: Path, *, ledger: Path | None, evidence: Path | None, output_format: str,
    quiet: bool,
) -> int:  # fmt: skip
    """Compare FIRST and SECOND, two published heads of one log, as two readers were shown them.

    Exits with 0 if one extends the other, 1 if they contradict each other, and 2 if that cannot be told.
    """
    documents = [parse_checkpoint(read_input(path), str(path)) for path in (first, second)]
    keys = parse_key_set(read_input(jwks), str(jwks))
    found = compare_heads(documents[0], documents[1], keys, ledger)
    alarm = found if isinstance(found, AlarmReport) else None
    reason = found.reason if isinstance(found, AlarmReport) else found
    if alarm is not None:
        code, verdict = EXIT_VIOLATION, "ALARM"
    elif reason.startswith("unknown"):
        code, verdict = EXIT_INCONCLUSIVE, "UNKNOWN"
    else:
        code, verdict = EXIT_HOLDS, "CONSISTENT"
    _keep(alarm, evidence)
    document: dict[str, Json] = {
        "verdict": verdict, "alarm": _alarm(alarm), "reason": reason, "exit_code": code
    }  # fmt: skip
    name = "" if alarm is None else f" {alarm.alarm.value}"
    print_result(document, [f"{verdict}{name}  {reason}"], output_format=output_format, quiet=quiet)
    return code


def _keep(alarm: AlarmReport | None, evidence: Path | None) -> None:
    if alarm is not None and evidence is not None:
        write_output(evidence, canonical_bytes(evidence_document(alarm)) + b"\n")


def _alarm(alarm: AlarmReport | None) -> dict[str, Json] | None:
    if alarm is None:
        return None
    return {
        "alarm": alarm.alarm.value,
        "reason": alarm.reason,
        "is_proof": alarm.is_proof,
        "notes": list(alarm.notes),
    }


def _verdict(report: FollowReport) -> str:
    if report.alarm is not None:
        return "ALARM"
    return "NOT_ACCEPTED" if report.not_accepted else "FOLLOWED"


def _followed(report: FollowReport, code: int) -> dict[str, Json]:
    return {
        "verdict": _verdict(report),
        "size": report.size,
        "size_before": report.size_before,
        "new_entries": report.new_entries,
        "old_entries_judged": report.old_entries_judged,
        "signed_by": list(report.signed_by),
        "not_accepted": report.not_accepted,
        "alarm": _alarm(report.alarm),
        "exit_code": code,
    }


def _lines(report: FollowReport, checkpoint: Path) -> list[str]:
    if report.alarm is not None:
        proof = "the signed notes prove it" if report.alarm.is_proof else "of what was presented"
        return [f"ALARM {report.alarm.alarm.value}  {checkpoint}: {report.alarm.reason} ({proof})"]
    if report.not_accepted:
        return [f"NOT ACCEPTED  {checkpoint}: {report.not_accepted}"]
    signers = f", co-signed by {', '.join(report.signed_by)}" if report.signed_by else ""
    return [
        f"FOLLOWED  {checkpoint}: {report.size_before} to {report.size} entries{signers}",
        f"  {report.new_entries} new entries judged, {report.old_entries_judged} old ones again",
    ]

"""``billproof claims``: every documented figure recomputed, and every contradiction between them.

Data flow: register (or another one), changed inputs -> ``simulations.claims.judging`` -> table, document or
pages.

Source: ``cli.md``.
"""

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import click

from billproof.cli.claims_report import (
    claims_document,
    exit_code_of,
    full_lines,
    summary_lines,
    write_report,
)
from billproof.cli.output import EXIT_HOLDS, EXIT_VIOLATION, Json, example, output_options, print_result
from billproof.cli.parameters import FILE
from billproof.simulations.claims.judging import Judged, JudgedClaim, Judgement, Status, judge
from billproof.simulations.claims.register import (
    Register,
    RegisterError,
    changed,
    read_claims,
    shipped_register,
)


class SettingParameter(click.ParamType[tuple[str, str]]):
    """A changed input, ``CLAIM=VALUE``."""

    name = "claim=value"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return claim and value."""
        name, equals, text = str(value).partition("=")
        if not (name and equals and text):
            self.fail(
                f"{value!r} changes nothing; write it like LA-04='60 ms' or CT-07.2='$0.50/M'", param, ctx
            )
        return name.strip(), text.strip()


@click.command(
    epilog=example(
        "billproof claims",
        "billproof claims --id XD-18 --id AS-04",
        "billproof claims --id XD-18 --set LA-04='2 ms' --set LA-05='10 ms'",
        "billproof claims --status conditional --format json",
        "billproof claims --report reports/claims",
    ),
    help="""Recompute every documented figure, and say which claims cannot hold together.

    Exit 1 if something that is shown is contradicted, 2 if something is conditional or not checkable, else 0.
    With --set, an input is changed and everything is computed again: ID=VALUE for the only figure of a claim,
    ID.2=VALUE for its second, ID=TEXT for its whole text.""",
)
@click.option("--id", "ids", multiple=True, help="A claim or a contradiction; may be repeated.")
@click.option(
    "--status", "statuses", multiple=True, type=click.Choice([status.value for status in Status]),
    help="Only those of this status; may be repeated.",
)  # fmt: skip
@click.option(
    "--set", "settings", multiple=True, type=SettingParameter(), help="A changed input; may be repeated."
)
@click.option(
    "--claims", "source", type=FILE, help="Another table of claims, with the columns of claims.csv."
)
@click.option("--report", type=FILE, help="Directory for claims.json, claims.md and claims.html.")
@click.option("--expect", type=FILE, help="JSON object of statuses by id; exit 1 where one differs, else 0.")
@output_options
def command(
    *,
    ids: tuple[str, ...],
    statuses: tuple[str, ...],
    settings: tuple[tuple[str, str], ...],
    source: Path | None,
    report: Path | None,
    expect: Path | None,
    output_format: str,
    quiet: bool,
) -> int:
    """Judge and print; return the exit code."""
    register = _register(source, settings)
    _check_ids(register, ids)
    made = judge(register, only=() if report is not None or expect is not None else ids)
    claims = [item for item in made.claims.values() if _is_chosen(item.claim.id, item.status, ids, statuses)]
    entries = [
        item for item in made.contradictions.values() if _is_chosen(item.id, item.status, ids, statuses)
    ]
    code = exit_code_of([*(item.status for item in claims), *(item.status for item in entries)])
    wrong = _unexpected(made, expect) if expect is not None else []
    if expect is not None:
        code = EXIT_VIOLATION if wrong else EXIT_HOLDS
    document = claims_document(made, claims, entries, exit_code=code)
    if expect is not None:
        document["unexpected"] = list(wrong)
    written = write_report(report, made, document) if report is not None else []
    lines = _lines(made, claims, entries, is_whole=not (ids or statuses))
    lines += [f"unexpected: {line}" for line in wrong] + [f"written: {name}" for name in written]
    print_result(document, lines, output_format=output_format, quiet=quiet)
    return code


def _register(source: Path | None, settings: tuple[tuple[str, str], ...]) -> Register:
    register = shipped_register()
    if source is not None:
        try:
            text = source.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise RegisterError(str(source), "its bytes", "not UTF-8", "save it as UTF-8") from error
        claims = read_claims(text, str(source))
        missing = sorted(set(register.claims) - set(claims))
        if missing:
            raise RegisterError(
                str(source), "rows", f"no {', '.join(missing[:5])}", "keep every id of claims.csv"
            )
        register = replace(register, claims=MappingProxyType(claims))
    for name, value in settings:
        register = changed(register, name, value)
    return register


def _check_ids(register: Register, ids: tuple[str, ...]) -> None:
    known = {*register.claims, *register.contradictions}
    for name in ids:
        if name not in known:
            raise RegisterError(
                "--id", name, "there is no such claim or contradiction", "see billproof claims"
            )


def _is_chosen(name: str, status: Status, ids: tuple[str, ...], statuses: tuple[str, ...]) -> bool:
    return (not ids or name in ids) and (not statuses or status.value in statuses)


def _lines(made: Judgement, claims: list[JudgedClaim], entries: list[Judged], *, is_whole: bool) -> list[str]:
    return summary_lines(made) if is_whole else full_lines(made, claims, entries)


def _unexpected(made: Judgement, expect: Path) -> list[str]:
    try:
        wanted: Json = json.loads(expect.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise RegisterError(
            str(expect), "its text", f"no JSON: {error}", "write an object of statuses"
        ) from error
    if not isinstance(wanted, dict):
        raise RegisterError(str(expect), "its text", "no object", "write an object of statuses by id")
    found = {name: item.status.value for name, item in made.claims.items()}
    found |= {name: item.status.value for name, item in made.contradictions.items()}
    wrong = []
    for name, status in wanted.items():
        if name not in found:
            raise RegisterError(str(expect), str(name), "no such claim", "name claims of the register")
        if found[name] != status:
            wrong.append(f"{name} is {found[name]}, not {status}")
    return wrong

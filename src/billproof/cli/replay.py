"""``billproof replay``: execute a stored failure on the running code and tell its story."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click

from billproof.cli.output import Json, example, output_options, print_result
from billproof.cli.parameters import FILE
from billproof.invariants.failures import (
    Failure,
    FailureFileError,
    failure_page,
    parse_failure,
    replay_failure,
)
from billproof.invariants.kills import variant_named
from billproof.invariants.registry import registry
from billproof.invariants.report import counterexample_document, counterexample_lines
from billproof.invariants.variants.variant import installed
from billproof.model.core import step


@click.command(
    epilog=example(
        "billproof verify --report out",
        "billproof replay out/documented-T1.failure.json --html story.html",
    ),
    help="Replay a stored failure. Exit 1 when it is reproduced, 0 when this version no longer shows it.",
)
@click.argument("file", type=FILE)
@click.option("--html", type=FILE, help="Write the story as one self-contained HTML file.")
@output_options
def command(*, file: Path, html: Path | None, output_format: str, quiet: bool) -> int:
    """Replay and print; return the exit code."""
    failure = parse_failure(_read(file), source=str(file))
    with _broken(failure, str(file)):
        found = replay_failure(failure, step=step)
        if html is not None and found is not None:
            html.write_text(failure_page(failure, found, step=step), encoding="utf-8")
    document: dict[str, Json] = {
        "reproduced": found is not None,
        "theorem": failure.theorem.id,
        "clause": failure.clause.name,
        "statement": failure.clause.statement,
        "html": str(html) if html is not None and found is not None else None,
        "exit_code": 1 if found is not None else 0,
    }
    text = [f"{failure.theorem.id} {failure.clause.name} under {failure.design.name}:"]
    if found is not None:
        document |= counterexample_document(found)
        text += [*counterexample_lines(found), f"violated: {failure.clause.statement}"]
    else:
        text.append("not reproduced: on this version the commands do not violate the clause")
        if html is not None:
            text.append(f"{html} was not written: there is no violation to tell of")
    print_result(document, text, output_format=output_format, quiet=quiet)
    return 1 if found is not None else 0


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FailureFileError(
            str(file), f"not UTF-8: {error}", "give a file that verify --report wrote"
        ) from error


def _broken(failure: Failure, source: str) -> AbstractContextManager[object]:
    if not failure.variant:
        return nullcontext()
    if failure.variant not in {variant.name for variant in registry().variants}:
        raise FailureFileError(
            source, f"unknown variant {failure.variant!r}", "it was written by another version"
        )
    return installed(variant_named(failure.variant))

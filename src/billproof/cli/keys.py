"""``billproof keys``: list and rotate the signing keys of a database."""

import sqlite3
from contextlib import closing
from pathlib import Path

import click

from billproof.cli.deeds import deed, deed_options
from billproof.cli.output import EXIT_HOLDS, Json, example, output_options, print_result
from billproof.cli.parameters import FILE
from billproof.model.identifiers import Instant
from billproof.service.rotation import KeyKind, PublishedKey, Rotation, published_keys, rotate_key
from billproof.service.schema import open_for_writing, reading_store, store_error
from billproof.service.store import Store

_DATABASE = click.option("--db", "database", type=FILE, required=True, help="The store.")


@click.group(
    "keys", epilog=example("billproof keys rotate --db ledger.db", "billproof keys list --db ledger.db")
)
def command() -> None:
    """List and rotate the keys that sign receipts and checkpoints.

    After a rotation the new key signs, the old public key stays in the key set so that old receipts verify,
    and the old private key is gone. Where the old one ended is written into the audit log; an entry that it
    signs from there on is INVALID, whoever still has a copy of it. Rotate every quarter.
    """


@command.command("rotate", epilog=example("billproof keys rotate --db ledger.db --approved-by carol"))
@_DATABASE
@click.option(
    "--which",
    type=click.Choice([kind.value for kind in KeyKind]),
    default=KeyKind.RECEIPT.value,
    show_default=True,
    help="The key to replace.",
)
@deed_options
@output_options
def rotate(
    database: Path, which: str, *, actor: str | None, approver: str | None, as_of: Instant | None,
    output_format: str, quiet: bool,
) -> int:  # fmt: skip
    """Replace a signing key; what is committed and unsigned is signed under the old one first."""
    by = deed(actor, approver, as_of)
    Store.open(database).close()
    with closing(open_for_writing(database)) as connection:
        try:
            rotation = rotate_key(
                connection, database, KeyKind(which), actor=by.actor, approver=by.approver, now=by.now
            )
        except sqlite3.Error as error:
            raise store_error(database, error) from error
    print_result(_rotated(rotation), _lines(rotation, database), output_format=output_format, quiet=quiet)
    return EXIT_HOLDS


@command.command("list", epilog=example("billproof keys list --db ledger.db --format json"))
@_DATABASE
@output_options
def listing(database: Path, *, output_format: str, quiet: bool) -> int:
    """List the published keys, which of them may sign, and where the others ended."""
    with reading_store(database) as connection:
        keys = published_keys(connection, database)
    print_result(
        {"keys": [_key(key) for key in keys], "exit_code": EXIT_HOLDS},
        [f"{key.kind.value:<10} {key.key_id}  {_state(key)}" for key in keys],
        output_format=output_format,
        quiet=quiet,
    )
    return EXIT_HOLDS


def _rotated(rotation: Rotation) -> dict[str, Json]:
    return {
        "which": rotation.kind.value,
        "old": rotation.old,
        "new": rotation.new,
        "from_position": rotation.from_position,
        "exit_code": EXIT_HOLDS,
    }


def _lines(rotation: Rotation, database: Path) -> list[str]:
    return [
        f"{database}: the {rotation.kind.value} key is now {rotation.new}",
        f"  the old one, {rotation.old}, ended at {rotation.from_position} entries and stays published",
    ]


def _key(key: PublishedKey) -> dict[str, Json]:
    return {
        "which": key.kind.value,
        "kid": key.key_id,
        "may_sign": key.may_sign,
        "retired_at": key.retired_at,
    }


def _state(key: PublishedKey) -> str:
    if key.may_sign:
        return "may sign"
    return "verifies only" if key.retired_at is None else f"verifies entries before {key.retired_at}"

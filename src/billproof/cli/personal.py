"""``billproof personal``: personal data of customers, kept outside everything that is hashed."""

from pathlib import Path

import click

from billproof.cli.deeds import deed, deed_options
from billproof.cli.output import EXIT_HOLDS, example, output_options, print_result
from billproof.cli.parameters import FILE
from billproof.model.identifiers import CustomerId, Instant
from billproof.model.residency import Site
from billproof.service.personal import read_personal, set_personal
from billproof.service.residing import move_store, read_site

_DATABASE = click.option("--db", "database", type=FILE, required=True, help="The store.")
_CUSTOMER = click.option("--customer", required=True, help="Whose personal data.")


@click.group(
    "personal",
    epilog=example(
        "billproof personal set --db ledger.db --customer acme --field email --value a@example.org",
        "billproof personal show --db ledger.db --customer acme",
    ),
)
def command() -> None:
    """Keep personal data of customers where it can be erased.

    Values are encrypted under a key per customer; the audit log has commitments to them, the ledger has
    nothing. Identifiers, usage texts and keys of events are hashed and cannot be erased: use pseudonyms.
    """


@command.command(
    "set",
    epilog=example("billproof personal set --db ledger.db --customer acme --field email --value a@b.org"),
)
@_DATABASE
@_CUSTOMER
@click.option("--field", required=True, help="What it is, for example email.")
@click.option("--value", prompt=True, hide_input=True, help="The value; asked for where it is not given.")
@deed_options
@output_options
def setting(
    database: Path, customer: str, field: str, *, value: str, actor: str | None, approver: str | None,
    as_of: Instant | None, output_format: str, quiet: bool,
) -> int:  # fmt: skip
    """Keep a personal value of a customer, in place of the one before."""
    commitment = set_personal(database, CustomerId(customer), field, value, deed(actor, approver, as_of))
    print_result(
        {"customer": customer, "field": field, "commitment": commitment, "exit_code": EXIT_HOLDS},
        [f"{database}: {field} of {customer} is kept; commitment {commitment}"],
        output_format=output_format,
        quiet=quiet,
    )
    return EXIT_HOLDS


@command.command("show", epilog=example("billproof personal show --db ledger.db --customer acme"))
@_DATABASE
@_CUSTOMER
@output_options
def show(database: Path, customer: str, *, output_format: str, quiet: bool) -> int:
    """Show the personal data of a customer; nothing after an erasure."""
    fields = read_personal(database, CustomerId(customer))
    print_result(
        {
            "customer": customer,
            "fields": [
                {"field": item.field, "value": item.value, "commitment": item.commitment} for item in fields
            ],
            "exit_code": EXIT_HOLDS,
        },
        [f"{item.field}: {item.value}" for item in fields] or [f"no personal data of {customer}"],
        output_format=output_format,
        quiet=quiet,
    )
    return EXIT_HOLDS


@command.command(
    "site",
    epilog=example(
        "billproof personal site --db ledger.db", "billproof personal site --db ledger.db --move eu-west1"
    ),
)
@_DATABASE
@click.option(
    "--move", type=click.Choice([item.value for item in Site]), help="Say where the store lies from now on."
)
@output_options
def site(database: Path, *, move: str | None, output_format: str, quiet: bool) -> int:
    """Show in which region the store lies, or say that it was moved.

    Personal data is kept only where the residency of its customer allows; a store with data that may not
    come along is not moved. The ledger has no personal data and may be in every region.
    """
    if move is not None:
        move_store(database, Site(move))
    found = read_site(database)
    print_result(
        {"site": found.value, "exit_code": EXIT_HOLDS},
        [f"{database}: lies in {found.value}"],
        output_format=output_format,
        quiet=quiet,
    )
    return EXIT_HOLDS

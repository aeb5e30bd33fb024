"""``billproof erase``: erase the personal data of a customer by shredding its key."""

from pathlib import Path

import click

from billproof.cli.deeds import deed, deed_options
from billproof.cli.output import EXIT_HOLDS, EXIT_VIOLATION, example, output_options, print_result
from billproof.cli.parameters import FILE
from billproof.model.compliance import ErasureDecision
from billproof.model.identifiers import CustomerId, Instant
from billproof.service.personal import erase, set_legal_hold


@click.command(
    "erase",
    epilog=example(
        "billproof erase --db ledger.db --customer acme --actor dana --approved-by carol",
        "billproof erase --db ledger.db --customer acme --legal-hold set",
    ),
)
@click.option("--db", "database", type=FILE, required=True, help="The store.")
@click.option("--customer", required=True, help="Whose personal data.")
@click.option(
    "--legal-hold",
    type=click.Choice(["set", "release"]),
    help="Erase nothing: put a legal hold on the customer, which wins over erasure, or end it.",
)
@deed_options
@output_options
def command(
    database: Path, customer: str, legal_hold: str | None, *, actor: str | None, approver: str | None,
    as_of: Instant | None, output_format: str, quiet: bool,
) -> int:  # fmt: skip
    """Erase the personal data of a customer; receipts, chain and totals stay as they are.

    The key of the customer's personal data is overwritten and removed, the data are deleted, and the file is
    written anew without them. The erasure is an entry of the ledger and of the audit log; asking again finds
    nothing and adds none. A legal hold wins: then nothing is erased, the request is logged, the command exits
    with 1, and the end of the hold erases.
    """
    by = deed(actor, approver, as_of)
    if legal_hold is not None:
        done = set_legal_hold(database, CustomerId(customer), by, is_held=legal_hold == "set")
        text = f"{database}: legal hold on {customer}: {legal_hold}"
        print_result(
            {
                "customer": customer, "legal_hold": legal_hold, "erased": done is not None,
                "exit_code": EXIT_HOLDS,
            },
            [text + ("" if done is None else "; the erasure that was asked for meanwhile is done")],
            output_format=output_format, quiet=quiet,
        )  # fmt: skip
        return EXIT_HOLDS
    report = erase(database, CustomerId(customer), by)
    is_done = report.decision != ErasureDecision.LEGAL_HOLD
    code = EXIT_HOLDS if is_done else EXIT_VIOLATION
    text = f"REFUSED  {database}: a legal hold lies on {customer}; it will be erased when that ends"
    if is_done:
        text = f"ERASED  {database}: {report.fields} personal fields of {customer}"
        text += "" if report.was_key_shredded else "; there was no key to shred"
    print_result(
        {
            "customer": customer,
            "verdict": "ERASED" if is_done else "REFUSED",
            "reason": "" if is_done else report.decision.value,
            "fields": report.fields,
            "key_shredded": report.was_key_shredded,
            "exit_code": code,
        },
        [text],
        output_format=output_format,
        quiet=quiet,
    )
    return code

"""``billproof account``: open accounts, make tokens, register the keys of customers."""

import time
from pathlib import Path

import click

from billproof.cli.deeds import deed, deed_options
from billproof.cli.output import EXIT_HOLDS, Json, example, output_options, print_result
from billproof.cli.parameters import FILE, AmountParameter, DesignParameter
from billproof.model.customer_keys import EVIDENCE_ISSUER
from billproof.model.design import Design
from billproof.model.entitlements import Change
from billproof.model.identifiers import Amount, CustomerId, CustomerKeyId, EntitlementId, Instant
from billproof.model.money import check_currency
from billproof.model.outcomes import AccountKind
from billproof.model.residency import Residency
from billproof.model.tiers import Tier, parse_tier, terms_of
from billproof.service.access import Role
from billproof.service.accounts import (
    NewAccount,
    Registration,
    add_key,
    change_entitlement,
    create_account,
    issue,
    revoke_key,
)
from billproof.service.errors import InputFileError


@click.group(
    "account", epilog=example("billproof account create --db ledger.db --customer acme --plan growth")
)
def command() -> None:
    """Open accounts, make tokens, register keys with which customers sign requests."""


@command.command(
    "create",
    epilog=example(
        "billproof account create --db ledger.db --customer acme --plan startup --credit-limit 100"
    ),
)
@click.option("--db", "database", type=FILE, required=True, help="The ledger; made where there is none.")
@click.option("--customer", required=True, help="The name of the new customer.")
@click.option(
    "--plan", type=click.Choice([tier.value for tier in Tier]), required=True, help="Quota and rate limit."
)
@click.option("--credit-limit", type=AmountParameter(), help="Makes it a credit account; else prepaid.")
@click.option("--currency", default="USD", show_default=True, help="ISO 4217 code.")
@click.option("--quota", type=AmountParameter(), help="Agreed quota of an enterprise plan.")
@click.option("--top-up", type=AmountParameter(), help="Record a first payment.")
@click.option("--entitlement", "entitlements", multiple=True, help="Grant it to this customer; repeatable.")
@click.option(
    "--residency", type=click.Choice([item.value for item in Residency]), default=Residency.ANYWHERE.value,
    show_default=True, help="Where its personal data has to stay; fixed for the account.",
)  # fmt: skip
@click.option("--design", type=DesignParameter(), help="For a ledger that is made; default repaired.")
@output_options
def create(
    database: Path,
    customer: str,
    plan: str,
    *,
    credit_limit: Amount | None,
    currency: str,
    quota: Amount | None,
    top_up: Amount | None,
    entitlements: tuple[str, ...],
    residency: str,
    design: Design | None,
    output_format: str,
    quiet: bool,
) -> int:
    """Open an account and print its token, which is shown this once: the ledger keeps a salted hash.

    The opening is an entry of the customer's chain, like everything that moves money or terms.
    """
    del quiet
    kind = AccountKind.PREPAID if credit_limit is None else AccountKind.CREDIT
    account = NewAccount(
        customer=CustomerId(customer),
        plan=parse_tier(plan),
        currency=check_currency(currency),
        terms=terms_of(parse_tier(plan), kind, credit_limit or Amount(0), quota),
        top_up=top_up or Amount(0),
        entitlements=tuple(EntitlementId(name) for name in entitlements),
        residency=Residency(residency),
    )
    token = create_account(database, account, _now(), design)
    print_result(
        {"customer": customer, "plan": plan, "token": token},
        [token],
        output_format=output_format,
        quiet=False,
    )
    return EXIT_HOLDS


@command.command("token", epilog=example("billproof account token --db ledger.db --operator"))
@click.option("--db", "database", type=FILE, required=True, help="The ledger.")
@click.option("--customer", help="Whom the token speaks for.")
@click.option("--operator", is_flag=True, help="A token of the issuer: any customer, credits and payments.")
@click.option("--monitor", is_flag=True, help="A token that reads metrics, and nothing else.")
@output_options
def token(
    database: Path, customer: str | None, *, operator: bool, monitor: bool, output_format: str, quiet: bool
) -> int:
    """Make another token; older ones stay good."""
    del quiet
    if [operator, monitor, customer is not None].count(True) != 1:
        raise click.UsageError(
            "give one of --customer, --operator and --monitor", ctx=click.get_current_context()
        )
    role = Role.CUSTOMER if customer is not None else Role.OPERATOR if operator else Role.MONITOR
    made = issue(database, CustomerId(customer or ""), role, _now())
    document = {"customer": customer, "role": role.value, "token": made}
    print_result(document, [made], output_format=output_format, quiet=False)
    return EXIT_HOLDS


@command.command(
    "key", epilog=example("billproof account key --db ledger.db --customer acme --public acme.pem")
)
@click.option("--db", "database", type=FILE, required=True, help="The ledger.")
@click.option("--customer", required=True, help="Whose key it is.")
@click.option("--public", type=FILE, required=True, help="A public Ed25519 or RSA key, PEM.")
@click.option(
    "--evidence", default="", help="What supports it from outside, for example the number of a notary's deed."
)
@output_options
def key(
    database: Path, customer: str, public: Path, evidence: str, *, output_format: str, quiet: bool
) -> int:
    """Register a key; from then on the service takes only signed writes from this customer.

    The registration is an entry of the ledger. In a dispute it counts if it names evidence from outside, or
    if the customer has signed it with an earlier key (over HTTP): the operator's word alone does not, since
    the operator could register a key of its own, and then a person decides.
    """
    try:
        pem = public.read_bytes()
    except OSError as error:
        raise InputFileError(
            str(public), "", f"cannot be read: {error.strerror}", "name a PEM file"
        ) from error
    made = add_key(database, CustomerId(customer), pem, _now(), evidence)
    lines: list[str] = [made.key_id]
    if not made.voucher.startswith(EVIDENCE_ISSUER):
        lines.append("vouched for by the operator alone; give --evidence, so that it counts in a dispute")
    print_result(_registered(customer, made), lines, output_format=output_format, quiet=quiet)
    return EXIT_HOLDS


@command.command(
    "revoke", epilog=example("billproof account revoke --db ledger.db --customer acme --key-id uB0...")
)
@click.option("--db", "database", type=FILE, required=True, help="The ledger.")
@click.option("--customer", required=True, help="Whose key it is.")
@click.option("--key-id", required=True, help="The key, as account key has printed it.")
@output_options
def revoke(database: Path, customer: str, key_id: str, *, output_format: str, quiet: bool) -> int:
    """Revoke a key: the service takes nothing that it signs any more, and a dispute sees from when."""
    made = revoke_key(database, CustomerId(customer), CustomerKeyId(key_id), _now())
    print_result(_registered(customer, made), [made.key_id], output_format=output_format, quiet=quiet)
    return EXIT_HOLDS


@command.command(
    "entitlement",
    epilog=example(
        "billproof account entitlement --db ledger.db --customer acme --entitlement api --change suspend"
    ),
)
@click.option("--db", "database", type=FILE, required=True, help="The ledger.")
@click.option("--customer", required=True, help="Whose entitlement it is.")
@click.option("--entitlement", required=True, help="Which service.")
@click.option(
    "--change", "wanted", type=click.Choice([item.value for item in Change]), required=True,
    help="What was revoked cannot be resumed.",
)  # fmt: skip
@deed_options
@output_options
def entitlement(
    database: Path, customer: str, entitlement: str, wanted: str, *, actor: str | None, approver: str | None,
    as_of: Instant | None, output_format: str, quiet: bool,
) -> int:  # fmt: skip
    """Suspend, resume or revoke a service of a customer.

    It counts from the next commit of a running service on: what is suspended is 403 and can be sent again
    under the same key when it is resumed, what is revoked is 404. The audit log has who did it.
    """
    by = deed(actor, approver, as_of)
    state = change_entitlement(
        database, CustomerId(customer), EntitlementId(entitlement), Change(wanted), (by.actor, by.now)
    )
    print_result(
        {
            "customer": customer,
            "entitlement": entitlement,
            "state": state.name.lower(),
            "exit_code": EXIT_HOLDS,
        },
        [f"{entitlement} of {customer}: {state.name.lower()}"],
        output_format=output_format,
        quiet=quiet,
    )
    return EXIT_HOLDS


def _registered(customer: str, made: Registration) -> dict[str, Json]:
    return {
        "customer": customer,
        "key_id": made.key_id,
        "seq": made.sequence,
        "issuer": made.voucher,
        "new": made.is_new,
    }


def _now() -> Instant:
    return Instant(time.time_ns() // 1_000)

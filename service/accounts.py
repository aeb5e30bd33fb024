"""Opening accounts and handing out their tokens, from the command line and beside a running service.

An account is opened by the core, in an entry of its own; plan and token follow in the same file. A process
that dies between the two leaves an account without a token, and ``issue`` makes one.

Source: ``cli.md``, ``account create``.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from billproof.model.commands import OpenAccount
from billproof.model.design import REPAIRED, Design
from billproof.model.identifiers import (
    NO_SEQUENCE,
    Amount,
    CurrencyCode,
    CustomerId,
    EntitlementId,
    IdempotencyKey,
    Instant,
    IssuerId,
    PricePlanHash,
    UsageText,
)
from billproof.model.outcomes import Status
from billproof.model.state import Request, Terms
from billproof.model.tiers import Tier
from billproof.service.access import (
    Role,
    ensure_tables,
    grant_entitlement,
    issue_token,
    register_key,
    set_plan,
)
from billproof.service.errors import RimError, UnknownCustomerError
from billproof.service.operations import HOME, execute
from billproof.service.schema import open_for_writing
from billproof.service.store import Store
from billproof.service.usage import NAME_MAX, Operation, Signature, UsageLine, line_request, opening_request

OPERATOR_ISSUER: Final = IssuerId("operator")
"""The actor of entries that the operator causes at the command line."""


class AccountError(RimError):
    """An account that cannot be opened as asked; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """What to open."""

    customer: CustomerId
    plan: Tier
    currency: CurrencyCode
    terms: Terms
    top_up: Amount = Amount(0)
    """A first payment, in units."""
    entitlements: tuple[EntitlementId, ...] = ()
    """What is granted to this customer alone, or shared with others that are granted it."""


def create_account(database: Path, account: NewAccount, now: Instant, design: Design | None = None) -> str:
    """Open an account and return its token.

    Args:
        database: The store; made where there is none.
        account: What to open.
        now: When.
        design: What a new store is made with, and an old one must have been made with; None takes either.

    Raises:
        AccountError: The customer has an account already, or its name is not taken.
        RimError: The store cannot be used.
    """
    if not 1 <= len(account.customer) <= NAME_MAX:
        raise AccountError("--customer", "", f"has {len(account.customer)} characters", "use 1 to 1000")
    with Store.open(database, wanted=design, default=REPAIRED) as store:
        by = Signature(issuer=OPERATOR_ISSUER, signing_key=store.signing_key)
        with store.transaction(now) as transaction:
            opening = opening_request(account.customer, account.currency, account.terms, now, by)
            outcome = transaction.execute(OpenAccount(region=HOME, request=opening))
            if outcome.replayed or outcome.status != Status.ACCEPTED:
                raise AccountError(
                    str(database), "", f"customer {account.customer!r} has an account already",
                    "billproof account token makes another token for it",
                )  # fmt: skip
            if account.top_up > 0:
                paid = execute(transaction, Operation.TOP_UP, _payment(account, now, by), store.design)
                assert paid.status == Status.ACCEPTED, f"a first payment was refused: {paid.status.name}"
        store.settle_all()
    return issue(
        database, account.customer, Role.CUSTOMER, now, plan=account.plan, entitlements=account.entitlements
    )


def issue(
    database: Path,
    customer: CustomerId,
    role: Role,
    now: Instant,
    *,
    plan: Tier | None = None,
    entitlements: tuple[EntitlementId, ...] = (),
) -> str:
    """Make another token, for a customer that has an account or for an operator.

    Args:
        database: The store.
        customer: Whose; empty for an operator.
        role: For whom it speaks.
        now: When.
        plan: Set with it; None keeps the one that is set.
        entitlements: Granted with it.

    Raises:
        UnknownCustomerError: No account of this name.
        RimError: The store cannot be used.
    """
    connection = open_for_writing(database)
    try:
        ensure_tables(connection)
        connection.execute("BEGIN IMMEDIATE")
        if role == Role.CUSTOMER:
            _check_known(connection, database, customer)
        if plan is not None:
            set_plan(connection, customer, plan)
        for entitlement in entitlements:
            grant_entitlement(connection, customer, entitlement)
        token = issue_token(connection, customer, role, now)
        connection.execute("COMMIT")
    finally:
        connection.close()
    return token


def add_key(database: Path, customer: CustomerId, pem: bytes, now: Instant) -> str:
    """Register a public key with which a customer signs its requests, and return its id.

    Raises:
        UnknownCustomerError: No account of this name.
        InputFileError: No key that is taken.
        RimError: The store cannot be used.
    """
    connection = open_for_writing(database)
    try:
        ensure_tables(connection)
        connection.execute("BEGIN IMMEDIATE")
        _check_known(connection, database, customer)
        key_id = register_key(connection, customer, pem, now)
        connection.execute("COMMIT")
    finally:
        connection.close()
    return key_id


def _payment(account: NewAccount, now: Instant, by: Signature) -> Request:
    line = UsageLine(
        line=1,
        operation=Operation.TOP_UP,
        customer=account.customer,
        key=IdempotencyKey("open:top-up"),
        amount=account.top_up,
        currency=account.currency,
        entitlement=EntitlementId("payment"),
        usage=UsageText(""),
        price_plan=PricePlanHash(""),
        event_time=now,
        known_at=now,
        refers_to=NO_SEQUENCE,
    )
    return line_request(line, line.key, by)


def _check_known(connection: sqlite3.Connection, database: Path, customer: CustomerId) -> None:
    if connection.execute("SELECT 1 FROM accounts WHERE customer = ?", (customer,)).fetchone() is None:
        raise UnknownCustomerError(
            str(database),
            "",
            f"has no customer {customer!r}",
            "open the account with billproof account create",
        )

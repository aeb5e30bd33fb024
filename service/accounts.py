"""Opening accounts and handing out their tokens, from the command line and beside a running service.

An account is opened by the core, in an entry of its own; plan and token follow in the same file. A process
that dies between the two leaves an account without a token, and ``issue`` makes one.

Source: ``cli.md``, ``account create``.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from billproof.model.access import ActorId
from billproof.model.audit_log import AuditAction, AuditRecord
from billproof.model.commands import OpenAccount, RegisterKey
from billproof.model.design import REPAIRED, Design
from billproof.model.entitlements import Change, change
from billproof.model.governors.entitlement import State
from billproof.model.identifiers import (
    NO_SEQUENCE,
    Amount,
    CurrencyCode,
    CustomerId,
    CustomerKeyId,
    EntitlementId,
    IdempotencyKey,
    Instant,
    IssuerId,
    PricePlanHash,
    Sequence,
    UsageText,
)
from billproof.model.outcomes import Status
from billproof.model.residency import Residency
from billproof.model.state import Request, Terms
from billproof.model.tiers import Tier
from billproof.service.access import (
    Role,
    ensure_tables,
    entitlement_statement,
    grant_entitlement,
    issue_token,
    read_public_key,
    set_plan,
)
from billproof.service.customer_keys import (
    EVIDENCE_MAX,
    KnownKey,
    evidence_issuer,
    key_request,
    known_key,
    registration_key,
)
from billproof.service.errors import RimError, UnknownCustomerError
from billproof.service.operations import HOME, execute
from billproof.service.reading import read_receipts
from billproof.service.residing import residency_statement
from billproof.service.schema import open_for_writing, reading_store
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
    residency: Residency = Residency.ANYWHERE
    """Where its personal data has to stay; fixed."""


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
        store.prepare(ensure_tables)
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
            if account.residency != Residency.ANYWHERE:
                transaction.attached.append(residency_statement(account.customer, account.residency))
            transaction.records.append(
                AuditRecord(
                    actor=ActorId(OPERATOR_ISSUER),
                    action=AuditAction.ACCOUNT_CREATE,
                    resource=account.customer,
                    before="",
                    after=f"plan {account.plan.value}",
                    result="done",
                    at=now,
                )
            )
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A key of a customer after it was registered or revoked."""

    key_id: CustomerKeyId
    sequence: Sequence
    """The entry that registers it, or revokes it."""
    voucher: IssuerId
    """Who vouches for it, or has revoked it."""
    is_new: bool
    """Whether it was registered, or revoked, just now."""


def add_key(
    database: Path, customer: CustomerId, pem: bytes, now: Instant, evidence: str = ""
) -> Registration:
    """Register a public key with which a customer signs its requests: an entry of its chain.

    Args:
        database: The store.
        customer: Whose key.
        pem: A public Ed25519 or RSA key.
        now: When.
        evidence: What supports it from outside, for example the number of a deed; without it, nobody but the
            operator vouches for it.

    Raises:
        UnknownCustomerError: No account of this name.
        InputFileError: No key that is taken.
        AccountError: Evidence that is too long.
        RimError: The store cannot be used.
    """
    key = read_public_key(pem)
    if len(evidence) > EVIDENCE_MAX:
        raise AccountError("--evidence", "", f"has {len(evidence)} characters", f"use at most {EVIDENCE_MAX}")
    voucher = evidence_issuer(evidence) if evidence else OPERATOR_ISSUER
    with reading_store(database) as connection:
        _check_known(connection, database, customer)
        known = known_key(connection, customer, key.key_id)
        last = None if known is None or known.revoked else known.registered
        who = IssuerId("") if last is None else _issuer_of(connection, database, customer, last)
        # The operator's word adds nothing to a registration in force, whoever vouches for that.
        if last is not None and (not evidence or who == voucher):
            return Registration(key_id=key.key_id, sequence=last, voucher=who, is_new=False)
    return _change_key(database, customer, now, voucher, _KeyChange(key.key_id, known, key.pem))


def revoke_key(database: Path, customer: CustomerId, key_id: CustomerKeyId, now: Instant) -> Registration:
    """Revoke a registered key: what it signs from now on is not the customer's.

    Raises:
        UnknownCustomerError: No account of this name.
        AccountError: No such key of this customer.
        RimError: The store cannot be used.
    """
    with reading_store(database) as connection:
        _check_known(connection, database, customer)
        known = known_key(connection, customer, key_id)
        if known is None:
            raise AccountError(
                str(database), "", f"customer {customer!r} has no key {key_id[:60]!r}",
                "name a key as billproof account key has printed it",
            )  # fmt: skip
        if known.revoked:
            who = _issuer_of(connection, database, customer, known.revoked)
            return Registration(key_id=key_id, sequence=known.revoked, voucher=who, is_new=False)
    return _change_key(database, customer, now, OPERATOR_ISSUER, _KeyChange(key_id, known, None))


def change_entitlement(
    database: Path,
    customer: CustomerId,
    entitlement: EntitlementId,
    wanted: Change,
    by: tuple[ActorId, Instant],
) -> State:
    """Suspend, resume or revoke an entitlement of a customer, and return its state.

    It counts for the next commit of a running service, and is an entry of the audit log.

    Args:
        database: The store.
        customer: Whose.
        entitlement: Which.
        wanted: What to do.
        by: Who does it, and when.

    Raises:
        UnknownCustomerError: No account of this name.
        RimError: The store or its keys cannot be used.
    """
    actor, now = by
    with reading_store(database) as connection:
        _check_known(connection, database, customer)
    with Store.open(database) as store:
        store.prepare(ensure_tables)
        with store.transaction(now) as transaction:
            before = transaction.entitlement_state(customer, entitlement)
            after = change(before, wanted)
            transaction.attached.append(entitlement_statement(customer, entitlement, after))
            transaction.records.append(
                AuditRecord(
                    actor=actor,
                    action=AuditAction.TERMS_CHANGE,
                    resource=f"{customer} {entitlement}",
                    before=before.name.lower(),
                    after=after.name.lower(),
                    result="done",
                    at=now,
                )
            )
        store.settle_all()
    return after


@dataclass(frozen=True, slots=True)
class _KeyChange:
    key_id: CustomerKeyId
    known: KnownKey | None
    public: bytes | None
    """None to revoke."""


def _change_key(
    database: Path, customer: CustomerId, now: Instant, issuer: IssuerId, change: _KeyChange
) -> Registration:
    with Store.open(database) as store:
        by = Signature(issuer=issuer, signing_key=store.signing_key)
        with store.transaction(now) as transaction:
            account = transaction.account(customer)
            assert account is not None, "checked above, and accounts stay"
            key, revokes = registration_key(change.key_id, change.known), NO_SEQUENCE
            if change.public is None:
                assert change.known is not None, "checked by whoever revokes"
                revokes = change.known.registered
                key = IdempotencyKey(f"revoke_key:{change.key_id}:{revokes}")
            else:
                transaction.publics[change.key_id] = change.public
            request = key_request(
                (customer, account.currency), change.key_id, key, at=now, by=by, revokes=revokes
            )
            outcome = transaction.execute(RegisterKey(region=HOME, request=request))
            if outcome.status != Status.ACCEPTED:
                raise AccountError(
                    str(database), "", f"key {change.key_id} was not changed: {outcome.status.name}",
                    "look at the ledger of the customer, and run the same command again",
                )  # fmt: skip
            sequence = transaction.entry(outcome.position).sequence
        store.settle_all()
    return Registration(key_id=change.key_id, sequence=sequence, voucher=issuer, is_new=not outcome.replayed)


def _issuer_of(
    connection: sqlite3.Connection, database: Path, customer: CustomerId, sequence: Sequence
) -> IssuerId:
    for receipt in read_receipts(connection, database, customer):
        if receipt.entry.sequence == sequence:
            return receipt.entry.issuer
    return IssuerId("")


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

"""What a command can come to: the closed set of statuses, in precedence order.

A refusal is a value, a bug is an exception, and a command that its actor could not issue in this state
is ``NOT_POSSIBLE``: it changes nothing and no engine counts it as a step.

Source: ``system.md`` section 4, "Rules of the commit" and "Reply codes"; house style rule 11.
"""

from enum import IntEnum, StrEnum


class Status(IntEnum):
    """The outcome of one command; the first refusal that applies, in this order, is the one given."""

    ACCEPTED = 0
    """201: committed."""
    ACCEPTED_LATE = 1
    """201: committed as an adjustment, for the period of the event was closed; on the next invoice."""
    ACCEPTED_WITH_WARNING = 2
    """201: committed, usage is above the quota and within its buffer."""
    DONE = 3
    """An internal or adversarial command took effect; no client hears of it."""
    NOT_POSSIBLE = 4
    """The actor could not issue this command here; nothing changed."""
    NOT_LEADER = 5
    """503: this site does not lead; nothing changed, retry the same key."""
    UNKNOWN_CUSTOMER = 6
    """404: no such account; nothing changed."""
    KEY_REUSED = 7
    """422: the key is bound to another request; nothing changed."""
    BAD_AMOUNT = 8
    """422: the amount is not one that this operation takes; nothing changed."""
    BAD_CURRENCY = 9
    """422: not the currency of the account; nothing changed."""
    BAD_PERIOD = 10
    """422: a period that cannot be opened or closed, or an event from the future; nothing changed."""
    UNKNOWN_RECEIPT = 11
    """404: the receipt named is not of this customer, or not of the kind that is meant; nothing changed."""
    REFUND_ABOVE_CAPTURE = 12
    """422: more than the receipt named has captured and not yet returned; nothing changed."""
    RECEIPT_DISPUTED = 13
    """422: a dispute in progress holds what could be returned; nothing changed."""
    BACKLOG_FULL = 14
    """429: the replica is too far behind; nothing changed, retry the same key later."""
    ACCOUNT_EXISTS = 15
    """422: the account is open already; nothing changed."""
    PERIOD_CLOSED = 16
    """403: the period of the event is not billed here any more; stored and final under its key."""
    ACCOUNT_HELD = 17
    """403: a hold is active; stored and final under its key."""
    QUOTA_EXCEEDED = 18
    """403: above the limit of the period; stored and final under its key, places a hold."""
    INSUFFICIENT_BALANCE = 19
    """402: below what the account may owe; stored and final under its key."""


class EntryKind(IntEnum):
    """The kinds of ledger entries of this core (``system.md`` section 5 lists the whole set)."""

    DEBIT = 0
    """A charge for usage: lowers the balance, raises the usage of its period."""
    REFUND = 1
    """Returns part of a named debit: raises the balance, never lowers usage."""
    CREDIT = 2
    """An issuer's gift: raises the balance, bounded by no capture."""
    ADJUSTMENT = 3
    """An issuer's correction of either sign: a positive amount charges, a negative one returns."""
    TOP_UP = 4
    """A payment received: raises the balance."""
    REFUSAL = 5
    """A refused charge: moves nothing, is final under its key."""
    TIER_CHANGE = 6
    """Opens an account or changes its terms."""
    KEY_REGISTRATION = 7
    """Registers or revokes a key of the customer: moves nothing."""
    VOID = 8
    """Returns the whole of a debit of which nothing was returned: as if it had not been."""
    CHARGEBACK = 9
    """Returns part of a named debit because the payer's bank demands it; a dispute does not stop it."""
    HOLD = 10
    """Stops all charges of an account, or keeps part of a named debit from being returned in a dispute."""
    RELEASE = 11
    """Ends a hold."""
    PERIOD_OPEN = 12
    """Lets an account bill months before its first one, as an import of history does."""
    PERIOD_CLOSE = 13
    """Cuts the invoice of a month: later events of it, and of the months before, are late."""
    ERASURE = 14
    """Records that the personal data of the customer was erased: moves nothing."""


class AccountKind(IntEnum):
    """How far a balance may fall."""

    PREPAID = 0
    """Never below zero."""
    CREDIT = 1
    """Never below minus the credit limit."""


class Region(IntEnum):
    """The two regions of this core."""

    PRIMARY = 0
    """us-central1."""
    STANDBY = 1
    """us-east1."""


class AttemptPhase(IntEnum):
    """How far an attempt has come at an instance that reads first and writes later, or writes twice."""

    LOOKED_UP = 0
    """Everything was read, nothing written."""
    HALF_WRITTEN = 1
    """The first of two writes is done."""


STORED_REFUSALS = (
    Status.PERIOD_CLOSED,
    Status.ACCOUNT_HELD,
    Status.QUOTA_EXCEEDED,
    Status.INSUFFICIENT_BALANCE,
)
"""Refusals that depend on state: recorded as the outcome of their key, final."""


class ReceiptCode(StrEnum):
    """What can be wrong with a presented receipt or chain, in precedence order (``system.md`` section 5)."""

    ENCODING = "ENCODING"
    """Not the one canonical form: base64url, JSON, or a member that does not belong."""
    UNKNOWN_KEY = "UNKNOWN_KEY"
    """Signed by a key that the reader does not know."""
    SIGNATURE = "SIGNATURE"
    """Not signed by the key that it names."""
    HASH = "HASH"
    """Does not name the digest of the entry before it."""
    FORK = "FORK"
    """A second entry with a sequence number that is taken, or another one than the checkpoint names."""
    GAP = "GAP"
    """A sequence number is missing before a later one."""
    TRUNCATED = "TRUNCATED"
    """The chain ends before the head that a checkpoint names."""
    DERIVED = "DERIVED"
    """A stored value that can be derived from the receipts, and disagrees with them."""


class ReceiptVerdict(StrEnum):
    """What a reader concludes; nothing found is never by itself VALID."""

    VALID = "VALID"
    INVALID = "INVALID"
    INCOMPLETE = "INCOMPLETE"

"""Receipts: the canonical bytes of a ledger entry, their digest, and the way back.

A receipt body is RFC 8785 canonical JSON of a versioned object that holds every field of an ``Entry``
except its digest; amounts are decimal strings, instants RFC 3339, the period ``YYYY-MM``. The digest is
SHA-256 over a domain tag and the body, so that no other document of this or another system can pass for a
receipt. ``prev`` inside the body links the chain.

Choices: the body is written and read here without the ``rfc8785`` library, because both are the hot path
of billing, exploration and audit. Writing is sound because the members stand in their order, ASCII names and
integers below 2^53 have one form, and the standard library escapes texts as RFC 8785 does. Reading matches
the body against the one regular expression of its canonical form, so that what is taken is byte for byte
what would be written; there is no second pass. Tests hold both against ``canonical`` on random entries and
damaged bytes.

Not here: signatures (``keys``) and what a sequence of receipts means (the audit).

Source: ``system.md`` section 5; schedules T3-S4 and T3-S5.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from json.encoder import encode_basestring as _quoted
from types import MappingProxyType
from typing import Final, TypeAlias, cast

from billproof.model.design import Design
from billproof.model.identifiers import (
    NO_SEQUENCE,
    Amount,
    CurrencyCode,
    CustomerId,
    Digest,
    EntitlementId,
    Epoch,
    Fingerprint,
    IdempotencyKey,
    IssuerId,
    Period,
    PricePlanHash,
    Sequence,
    SigningKeyId,
    UsageText,
)
from billproof.model.money import TOTAL_MAX, check_amount_range, render_amount, units_of_parts
from billproof.model.outcomes import AccountKind, EntryKind, Status
from billproof.model.periods import MONTHS_PER_YEAR, parse_canonical_instant, render_instant, render_period
from billproof.model.portable import PortableError
from billproof.model.state import Entry, Terms
from billproof.model.switches import Preimage

VERSION: Final = 1
"""The version of the receipt format."""

NUMBER_MAX: Final = 10**15 - 1
"""The largest sequence number and epoch: 15 digits, which every JSON reader keeps exactly."""

RECEIPT_TAG: Final = b"billproof/receipt/v1\n"
"""The domain tag of receipt digests."""

RECEIPT_ID_TAG: Final = b"billproof/receipt-id/v1\n"
"""The domain tag of receipt ids."""

LEDGER_STATUSES: Final = (
    Status.ACCEPTED,
    Status.ACCEPTED_LATE,
    Status.ACCEPTED_WITH_WARNING,
    Status.PERIOD_CLOSED,
    Status.ACCOUNT_HELD,
    Status.QUOTA_EXCEEDED,
    Status.INSUFFICIENT_BALANCE,
)
"""The statuses that an entry can have; every other outcome leaves none."""

KIND_NAMES: Final = MappingProxyType({kind: kind.name.lower() for kind in EntryKind})
"""The name of each kind in a receipt."""

STATUS_NAMES: Final = MappingProxyType({status: status.name.lower() for status in LEDGER_STATUSES})
"""The name of each status in a receipt."""

ACCOUNT_NAMES: Final = MappingProxyType({kind: kind.name.lower() for kind in AccountKind})
"""The name of each kind of account in a receipt."""

_KINDS: Final[Mapping[str, EntryKind]] = {name: kind for kind, name in KIND_NAMES.items()}
_STATUSES: Final[Mapping[str, Status]] = {name: status for status, name in STATUS_NAMES.items()}
_ACCOUNTS: Final[Mapping[str, AccountKind]] = {name: kind for kind, name in ACCOUNT_NAMES.items()}

# The canonical form of each sort of value, with the text between the quotation marks as its group.
_PLAIN = r'[^"\\\x00-\x1f]*+'
_ESCAPE = r'\\(?:["\\bfnrt]|u00(?:0[0-7bef]|1[0-9a-f]))'
_TEXT = rf'"({_PLAIN}(?:{_ESCAPE}{_PLAIN})*+)"'
_AMOUNT = r'"((?!-0")-?(?:0|[1-9][0-9]{0,26}))(?:\.([0-9]{0,11}[1-9]))?"'
_INSTANT = r'"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{0,5}[1-9])?Z)"'
_PERIOD = r'"([0-9]{4})-(0[1-9]|1[0-2])"'
_DIGEST = r'"([0-9a-f]{64})"'
_NUMBER = r"(0|[1-9][0-9]{0,14})"
_POSITIVE = r"([1-9][0-9]{0,14})"


def _one_of(names: Mapping[str, object]) -> str:
    return f'"({"|".join(names)})"'


def _named(name: str, pattern: str) -> str:
    return pattern.replace("(", f"(?P<{name}>", 1)


_TERMS: Final = ",".join(
    (
        rf'"account":{_one_of(_ACCOUNTS)}',
        rf'"credit_limit":{_AMOUNT}',
        rf'"limit":{_AMOUNT}',
        rf'"quota":{_AMOUNT}',
    )
)

_MEMBERS: Final = ",".join(
    (
        rf'"amount":{_AMOUNT}',
        rf'"balance_after":{_AMOUNT}',
        rf'"balance_before":{_AMOUNT}',
        rf'"chain":{_named("chain", _TEXT)}',
        rf'"commit_time":{_INSTANT}',
        r'"currency":"([A-Z]{3})"',
        rf'"entitlement":{_TEXT}',
        rf'"epoch":{_NUMBER}',
        rf'"event_time":{_INSTANT}',
        rf'"idempotency_key":{_TEXT}',
        rf'"issuer":{_TEXT}',
        rf'"key_id":{_TEXT}',
        rf'"kind":{_one_of(_KINDS)}',
        rf'"period":{_PERIOD}',
        rf'"prev":{_DIGEST}',
        r'"price_plan_hash":"([0-9a-f]{64}|)"',
        r'"receipt_id":"(?P<receipt_id>r-[0-9a-f]{32})"',
        rf'(?:"refers_to":{_POSITIVE},)?"request_fingerprint":{_DIGEST}',
        rf'"seq":{_named("seq", _POSITIVE)}',
        rf'"status":{_one_of(_STATUSES)}',
        rf'"terms":\{{{_TERMS}\}}',
        rf'"usage":{_TEXT}',
        rf'"version":{VERSION}',
    )
)

_BODY: Final = re.compile(rf"\{{{_MEMBERS}\}}")

_Groups: TypeAlias = tuple[
    str, str, str, str, str, str, CustomerId, str, CurrencyCode,
    EntitlementId, str, str, IdempotencyKey, IssuerId, SigningKeyId, str, str, str, Digest, PricePlanHash,
    str, str, Fingerprint, str, str, str, str, str, str, str, str, str, UsageText,
]  # fmt: skip
"""The groups of ``_BODY``, in the order in which ``_entry`` names them."""


class ReceiptFormatError(PortableError, ValueError):
    """Bytes that are no canonical receipt, or an entry that has none.

    Args:
        problem: What is wrong.
        remedy: What to do about it.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"receipt: {problem}; {remedy}")
        self.problem = problem
        self.remedy = remedy


def receipt_body(entry: Entry) -> bytes:
    """Return the canonical bytes of the receipt of an entry: what is hashed, linked and signed.

    Raises:
        ReceiptFormatError: A status that no entry has, a sequence or epoch outside 0 to 10^15 - 1, or a text
            with a lone surrogate.
        AmountRangeError: An amount beyond ``TOTAL_MAX``.
        InstantRangeError: A time outside 1970 to 9999.
        PeriodFormatError: A period outside year 0 to 9999.
    """
    status = STATUS_NAMES.get(entry.status)
    if status is None:
        raise ReceiptFormatError(f"no entry has status {entry.status.name}", "write only committed entries")
    # An absent member, not a zero: an entry that names no other one says nothing about it.
    names_other = entry.refers_to != NO_SEQUENCE
    refers_to = f'"refers_to":{_number(entry.refers_to)},' if names_other else ""
    return _encoded(
        f'{{"amount":"{_amount(entry.amount)}"'
        f',"balance_after":"{_amount(entry.balance_after)}"'
        f',"balance_before":"{_amount(entry.balance_before)}"'
        f',"chain":{_quoted(entry.customer)}'
        f',"commit_time":"{_instant_text(entry.commit_time)}"'
        f',"currency":{_quoted(entry.currency)}'
        f',"entitlement":{_quoted(entry.entitlement)}'
        f',"epoch":{_number(entry.epoch)}'
        f',"event_time":"{_instant_text(entry.event_time)}"'
        f',"idempotency_key":{_quoted(entry.key)}'
        f',"issuer":{_quoted(entry.issuer)}'
        f',"key_id":{_quoted(entry.signing_key)}'
        f',"kind":"{KIND_NAMES[entry.kind]}"'
        f',"period":"{render_period(entry.period)}"'
        f',"prev":{_quoted(entry.previous)}'
        f',"price_plan_hash":{_quoted(entry.price_plan)}'
        f',"receipt_id":"{receipt_id(entry.customer, entry.sequence)}"'
        f',{refers_to}"request_fingerprint":{_quoted(entry.fingerprint)}'
        f',"seq":{_number(entry.sequence)}'
        f',"status":"{status}"'
        f',"terms":{terms_text(entry.terms)}'
        f',"usage":{_quoted(entry.usage)}'
        f',"version":{VERSION}}}'
    )


def receipt_digest(entry: Entry) -> Digest:
    """Return the digest over all fields: SHA-256 of the domain tag and the body, lowercase hex.

    Raises:
        ReceiptFormatError, AmountRangeError, InstantRangeError, PeriodFormatError: As ``receipt_body``.
    """
    return body_digest(receipt_body(entry))


def body_digest(body: bytes) -> Digest:
    """Return the digest of a receipt body: SHA-256 of the domain tag and the body, lowercase hex."""
    return Digest(hashlib.sha256(RECEIPT_TAG + body).hexdigest())


def concatenation_digest(entry: Entry) -> Digest:
    """Return the digest of the documented preimage: previous digest, amount and time, run together.

    Kept to show what is wrong with it: it leaves fields out (T3-S5), and without separators an amount of 1
    at 1704067200000 has the preimage of an amount of 11 at 704067200000 (T3-S4).
    """
    preimage = f"{entry.previous}{entry.amount}{entry.event_time}"
    return Digest(hashlib.sha256(preimage.encode("utf-8", "backslashreplace")).hexdigest())


def digest_of(design: Design) -> Callable[[Entry], Digest]:
    """Return the digest function that a design prescribes by its switch ``preimage``."""
    return _DIGESTS[design.preimage]


def receipt_id(customer: CustomerId, sequence: Sequence) -> str:
    """Return the id of a receipt: stable, known before the commit, and no secret.

    Returns:
        ``r-`` and the first 32 hex digits of SHA-256 over a tag and the canonical list [customer, sequence].

    Raises:
        ReceiptFormatError: The customer has a lone surrogate.
    """
    return _id(_encoded(f"[{_quoted(customer)},{sequence}]"))


def parse_receipt(body: bytes) -> Entry:
    """Read a receipt body: the strict inverse of ``receipt_body``.

    Law: if it returns ``entry``, then ``receipt_body(entry) == body``.

    Returns:
        The entry, with the digest of ``body``.

    Raises:
        ReceiptFormatError: The bytes are not the canonical form of a receipt of this version.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ReceiptFormatError(f"not UTF-8 at byte {error.start + 1}", _REMEDY) from error
    match = _BODY.fullmatch(text)
    if match is None:
        raise ReceiptFormatError("not the canonical form of a receipt", _REMEDY)
    groups = match.groups("")
    chain, named_id, sequence = match.group("chain", "receipt_id", "seq")
    # The matched texts of chain and seq are canonical, so they are their own part of the hashed list.
    if named_id != _id(f'["{chain}",{sequence}]'.encode()):
        raise ReceiptFormatError(f"id {named_id} is not that of entry {sequence}", _REMEDY)
    if "\\" in text:
        groups = tuple(_unescaped(group) for group in groups)
    try:
        return _entry(cast("_Groups", groups), body)
    except ValueError as error:
        raise ReceiptFormatError(str(error), _REMEDY) from error


def _entry(groups: _Groups, body: bytes) -> Entry:
    """Make the entry of a matched body.

    The groups are unpacked under their types in one go: a call per field would cost more than the match.

    Raises:
        ValueError: A value that no canonical receipt has.
    """
    (
        amount, amount_decimals, after, after_decimals, before, before_decimals, chain, commit_time, currency,
        entitlement, epoch, event_time, key, issuer, key_id, kind, year, month, previous, price_plan, _,
        refers_to, fingerprint, sequence, status, account, credit, credit_decimals, limit, limit_decimals,
        quota, quota_decimals, usage,
    ) = groups  # fmt: skip
    return Entry(
        customer=chain,
        sequence=Sequence(int(sequence)),
        epoch=Epoch(int(epoch)),
        previous=previous,
        digest=body_digest(body),
        kind=_KINDS[kind],
        status=_STATUSES[status],
        key=key,
        fingerprint=fingerprint,
        amount=units_of_parts(amount, amount_decimals),
        currency=currency,
        entitlement=entitlement,
        usage=usage,
        price_plan=price_plan,
        event_time=_instant(event_time),
        commit_time=_instant(commit_time),
        period=Period(int(year) * MONTHS_PER_YEAR + int(month) - 1),
        balance_before=units_of_parts(before, before_decimals),
        balance_after=units_of_parts(after, after_decimals),
        refers_to=Sequence(int(refers_to)) if refers_to else NO_SEQUENCE,
        terms=_terms(account, (credit, credit_decimals), (quota, quota_decimals), (limit, limit_decimals)),
        issuer=issuer,
        signing_key=key_id,
    )


# Terms and times repeat within a log, so most receipts find theirs already read or written. The memory is
# bounded, and nothing but time depends on it.
@lru_cache(maxsize=1024)
def _terms(account: str, credit: tuple[str, str], quota: tuple[str, str], limit: tuple[str, str]) -> Terms:
    return Terms(
        kind=_ACCOUNTS[account],
        credit_limit=units_of_parts(*credit),
        quota=units_of_parts(*quota),
        limit=units_of_parts(*limit),
    )


@lru_cache(maxsize=1024)
def terms_text(terms: Terms) -> str:
    """Return the canonical text of terms, as it stands in a receipt."""
    return (
        f'{{"account":"{ACCOUNT_NAMES[terms.kind]}","credit_limit":"{_amount(terms.credit_limit)}"'
        f',"limit":"{_amount(terms.limit)}","quota":"{_amount(terms.quota)}"}}'
    )


_instant = lru_cache(maxsize=1024)(parse_canonical_instant)
_instant_text = lru_cache(maxsize=1024)(render_instant)

_REMEDY: Final = "take the bytes exactly as they were issued"

_DIGESTS: Final[Mapping[Preimage, Callable[[Entry], Digest]]] = {
    Preimage.CANONICAL_ALL_FIELDS: receipt_digest,
    Preimage.CONCATENATION: concatenation_digest,
}


def _amount(amount: Amount) -> str:
    return render_amount(check_amount_range(amount, TOTAL_MAX))


def _number(value: int) -> int:
    if not 0 <= value <= NUMBER_MAX:
        raise ReceiptFormatError(f"number {value} is outside 0 to 10^15 - 1", "count from 0")
    return value


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ReceiptFormatError(
            f"{error.object[error.start : error.end]!r} is a lone surrogate", "use whole characters"
        ) from error


def _id(preimage: bytes) -> str:
    return "r-" + hashlib.sha256(RECEIPT_ID_TAG + preimage).hexdigest()[:32]


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    value = json.loads(f'"{text}"')
    assert isinstance(value, str)
    return value

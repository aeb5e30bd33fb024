"""The quick way through the receipts that nearly all are: accepted debits that continue their chain.

Theory of operation. A receipt is taken the quick way only if everything about it is certainly as it has to
be; then its chain, row and digest move on exactly as the plain way would move them. Whatever is unusual -
another kind, an escape, a new chain, a bad signature, a wrong link - is not judged here: it changes nothing,
and the plain way (``inspection``) takes the same receipt and says what it is. So verdicts and codes come
from one place, and this one can only be too timid. Tests hold both ways against each other on sound ledgers
and on every tampering.

What is left out against the plain way is making records: nothing here refers to an entry after it was taken.

Source: ``performance.md``, "Receipts"; ``verification.md``, the slow path that is audited.
"""

from binascii import a2b_base64
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Final, TypeAlias

from billproof.model.debit_bodies import DEBIT_BODY
from billproof.model.identifiers import Amount, CustomerId, Digest, EntitlementId, Instant, Period, Sequence
from billproof.model.jws import JWS_LENGTH_MAX
from billproof.model.key_sets import JsonWebKeySet
from billproof.model.money import units_of_parts
from billproof.model.periods import MONTHS_PER_YEAR, parse_canonical_instant
from billproof.model.receipts import RECEIPT_ID_TAG, RECEIPT_TAG, terms_text
from billproof.model.state import Head
from billproof.service.fold import AccountFold, Fold, RowFold
from billproof.service.native_rsa import NativeKey, native_key
from billproof.service.tables import Cell, Row

# One table makes base64 of base64url, and of every character that base64url does not have one that base64
# does not have either, so that the strict decoder refuses it.
_FROM_URL: Final = bytes.maketrans(b"-_+/=", b"+/!!!")
_PADDING: Final = (b"", b"!", b"==", b"=")
# Last characters that set no bits beyond the last byte, by how many characters follow the last four.
_LAST: Final = (b"", b"", b"AQgw", b"AEIMQUYcgkosw048")


SignedBody: TypeAlias = tuple[str, bytes]
"""The id of the key under which a receipt was verified, and its body."""


class _Chain:
    """One chain as far as it was taken, in the texts of its receipts."""

    __slots__ = (
        "after", "after_text", "commit_time", "digest", "is_moved", "rows", "sequence", "spent", "terms",
    )  # fmt: skip

    def __init__(self, account: AccountFold) -> None:
        head = account.head
        self.sequence: int = head.sequence
        self.digest: str = head.digest
        self.commit_time: int = head.commit_time
        self.after: int = account.balance_after
        self.after_text: tuple[str, str] = ("", "")
        self.terms = terms_text(account.terms)
        self.spent = 0
        """The sum of the debits since the fold was written."""
        self.rows: dict[tuple[str, str], list[int]] = {}
        """Per entitlement and period, the same sum, and the last entry of it."""
        self.is_moved = False

    def move(self, spent: int, row: tuple[str, str]) -> None:
        """Count the next entry, a debit of this amount in the row of this entitlement and period."""
        self.sequence += 1
        self.spent += spent
        self.is_moved = True
        counted = self.rows.get(row)
        if counted is None:
            counted = self.rows[row] = [0, 0]
        counted[0] += spent
        counted[1] = self.sequence


class QuickKeys:
    """The keys of a key set, by the header of the receipts that they sign."""

    def __init__(self, keys: JsonWebKeySet) -> None:
        self.by_header: dict[bytes, tuple[str, NativeKey]] = {}
        for key in keys.receipts.values():
            native = native_key(key.public)
            if native is not None:
                self.by_header[key.header.encode("ascii")] = (key.key_id, native)


class QuickWay:
    """Takes receipts of a stretch into its fold as long as each is certainly sound."""

    def __init__(self, keys: QuickKeys, fold: Fold) -> None:
        self._keys = keys.by_header
        self._fold = fold
        self._chains: dict[str, _Chain] = {}
        self._moved: list[tuple[str, _Chain]] = []

    def signed_bodies(self, receipts: Iterable[Cell]) -> list[SignedBody | None]:
        """Return the body of each receipt whose encoding and signature are certainly good, else None.

        All are decoded first and all signatures computed after that: taking turns evicts each from the
        processor's caches.
        """
        read = [self._read(jws) for jws in receipts]
        return [
            (item[0], item[2]) if item is not None and item[1].is_good(item[3], item[4]) else None
            for item in read
        ]

    def digest_if_sound(
        self, customer: Cell, sequence: Cell, signed: SignedBody, beside: tuple[Cell, Row | None] | None
    ) -> str:
        """Take a receipt if it is certainly sound, and return its digest; else change nothing.

        Args:
            customer: As it is stored beside the receipt, like ``sequence``.
            sequence: The number.
            signed: The id of the key that has signed it, and its body.
            beside: The stored digest and key record; None where nothing is stored beside receipts.
        """
        signer, body = signed
        try:
            match = DEBIT_BODY.fullmatch(body.decode("utf-8"))
        except ValueError:
            return ""
        if match is None:
            return ""
        (
            amount, amount_decimals, after, after_decimals, before, before_decimals, name, commit_text,
            entitlement, event_text, request_key, key_id, period, previous, receipt_id, fingerprint, number,
            terms,
        ) = match.groups("")  # fmt: skip
        chain = self._chains.get(name) or self._begun(name)
        if (
            chain is None or sequence != chain.sequence + 1 or number != str(sequence) or key_id != signer
            or previous != chain.digest or terms != chain.terms or name.encode("utf-8") != customer
        ):  # fmt: skip
            return ""
        if receipt_id != sha256(RECEIPT_ID_TAG + f'["{name}",{number}]'.encode()).hexdigest()[:32]:
            return ""
        # A balance is compared as text with the one before, as each amount has one text.
        spent = units_of_parts(amount, amount_decimals)
        rest = units_of_parts(after, after_decimals)
        if rest != chain.after - spent or (
            (before, before_decimals) != chain.after_text
            and units_of_parts(before, before_decimals) != chain.after
        ):
            return ""
        commit_time = _instant(commit_text)
        if commit_time < chain.commit_time or _instant(event_text) < 0:
            return ""
        digest = sha256(RECEIPT_TAG + body).hexdigest()
        if beside is not None:
            record = _record(customer, request_key, fingerprint, digest)
            if beside != (record[-1], record):
                return ""
        if not chain.is_moved:
            self._moved.append((name, chain))
        chain.move(spent, (entitlement, period))
        chain.digest, chain.commit_time = digest, commit_time
        chain.after, chain.after_text = rest, (after, after_decimals)
        return digest

    def settle(self) -> None:
        """Write what was taken into the fold: before the plain way judges, and at the end."""
        for name, chain in self._moved:
            customer = CustomerId(name)
            account = self._fold.accounts[customer]
            account.balance = Amount(account.balance - chain.spent)
            account.balance_after = Amount(chain.after)
            account.head = Head(
                sequence=Sequence(chain.sequence), digest=Digest(chain.digest),
                commit_time=Instant(chain.commit_time),
            )  # fmt: skip
            for (entitlement, period), (used, last) in chain.rows.items():
                key = (customer, EntitlementId(entitlement), _period(period))
                row = self._fold.rows.get(key)
                if row is None:
                    row = self._fold.rows[key] = RowFold()
                row.used = Amount(row.used + used)
                row.sequence = Sequence(last)
            chain.spent = 0
            chain.rows.clear()
            chain.is_moved = False
        self._moved.clear()

    def forget(self) -> None:
        """Forget the chains after the plain way has moved one of them; each is read anew when it goes on."""
        self._chains.clear()

    def _read(self, jws: Cell) -> tuple[str, NativeKey, bytes, bytes, bytes] | None:
        """Return key id, key, body, signature and signed bytes of a receipt, or None."""
        if type(jws) is not bytes:
            return None
        parts = jws.split(b".")
        key = self._keys.get(parts[0])
        if key is None or len(parts) != 3 or len(jws) > JWS_LENGTH_MAX:
            return None
        try:
            body, signature = decoded(parts[1]), decoded(parts[2])
        except ValueError:
            return None
        return key[0], key[1], body, signature, jws[: len(parts[0]) + 1 + len(parts[1])]

    def _begun(self, name: str) -> _Chain | None:
        account = self._fold.accounts.get(CustomerId(name))
        if account is None:
            return None
        chain = self._chains[name] = _Chain(account)
        return chain


def _record(customer: Cell, key: str, fingerprint: str, digest: str) -> Row:
    """Return the key record that a store keeps of an accepted debit."""
    return (
        customer, key.encode("utf-8"), fingerprint.encode("ascii"), b"accepted", digest.encode("ascii")
    )  # fmt: skip


def decoded(text: bytes) -> bytes:
    """Read base64url as ``decode_base64url`` does.

    Raises:
        ValueError: Not the one canonical text of any bytes.
    """
    left_over = len(text) % 4
    if left_over and text[-1:] not in _LAST[left_over]:
        raise ValueError("not canonical base64url")
    # The text of a body seldom has one of the two characters that differ; looking costs less than changing.
    if b"-" in text or b"_" in text:
        text = text.translate(_FROM_URL)
    elif b"+" in text or b"/" in text or b"=" in text:
        raise ValueError("not base64url")
    return a2b_base64(text + _PADDING[left_over], strict_mode=True)


@lru_cache(maxsize=1024)
def _instant(text: str) -> int:
    """Return the instant, or -1 where there is none."""
    try:
        return parse_canonical_instant(text)
    except ValueError:
        return -1


@lru_cache(maxsize=1024)
def _period(text: str) -> Period:
    return Period(int(text[:4]) * MONTHS_PER_YEAR + int(text[5:]) - 1)

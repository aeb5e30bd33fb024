"""Receipts, chains, checkpoints, proofs and disputes, judged again without the model.

The form of a receipt is checked by writing it again: members sorted, no blanks. Trees are built whole.

Source: RFC 7515, RFC 6962, C2SP signed notes; ``system.md`` section 5.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from billproof.conformance.vectors import naive
from billproof.conformance.vectors.naive import Answer, Json, canonical, no, ok, text, texts, unurl

GENESIS: Final = "0" * 64
MEMBERS: Final = frozenset(
    [
        "amount",
        "balance_after",
        "balance_before",
        "chain",
        "commit_time",
        "currency",
        "entitlement",
        "epoch",
        "event_time",
        "idempotency_key",
        "issuer",
        "key_id",
        "kind",
        "period",
        "prev",
        "price_plan_hash",
        "receipt_id",
        "request_fingerprint",
        "seq",
        "status",
        "terms",
        "usage",
        "version",
    ]
)
RECEIPT_TAG: Final = b"billproof/receipt/v1\n"
ID_TAG: Final = b"billproof/receipt-id/v1\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A receipt that verified."""

    body: dict[str, Json]
    digest: str

    @property
    def sequence(self) -> int:
        """Its number."""
        value = self.body["seq"]
        assert isinstance(value, int)
        return value


def read_receipt(jws: str, jwks: str) -> Receipt | str:
    """Return a receipt, or the code of what is wrong with it."""
    try:
        head, payload, signature = jws.split(".")
        header = json.loads(unurl(head))
        raw, proof = unurl(payload), unurl(signature)
        if (
            set(header) != {"alg", "kid"}
            or header["alg"] != "RS256"
            or canonical(header).encode() != unurl(head)
        ):
            return "ENCODING"
    except (ValueError, KeyError, TypeError):
        return "ENCODING"
    keys = {key["kid"]: key for key in json.loads(jwks)["keys"] if key["kty"] == "RSA"}
    if header["kid"] not in keys:
        return _ENCODING if _body(raw, header["kid"]) is None else "UNKNOWN_KEY"
    body = _body(raw, header["kid"])
    if body is None:
        return _ENCODING
    key = keys[header["kid"]]
    numbers = RSAPublicNumbers(int.from_bytes(unurl(key["e"]), "big"), int.from_bytes(unurl(key["n"]), "big"))
    try:
        numbers.public_key().verify(proof, f"{head}.{payload}".encode(), PKCS1v15(), SHA256())
    except InvalidSignature:
        return "SIGNATURE"
    return Receipt(body=body, digest=hashlib.sha256(RECEIPT_TAG + raw).hexdigest())


_ENCODING: Final = "ENCODING"


def _body(raw: bytes, signer: str) -> dict[str, Json] | None:
    """Return the body of a receipt if it is in its one form."""
    try:
        body = json.loads(raw.decode("utf-8"))
        if not isinstance(body, dict) or canonical(body).encode("utf-8") != raw:
            return None
        named = json.dumps([body["chain"], body["seq"]], ensure_ascii=False, separators=(",", ":"))
        expected = "r-" + hashlib.sha256(ID_TAG + named.encode("utf-8")).hexdigest()[:32]
        amount = naive.read_amount({"text": body["amount"]})
    except (ValueError, KeyError, TypeError):
        return None
    if frozenset(body) - {"refers_to"} != MEMBERS:
        return None
    is_sound = body.get("version") == 1 and body["receipt_id"] == expected and amount[0] == "ok"
    return body if is_sound and body["key_id"] == signer else None


def verify_receipt(args: dict[str, Json]) -> Answer:
    """Verify one receipt."""
    found = read_receipt(text(args, "receipt"), text(args, "jwks"))
    if isinstance(found, str):
        return no(found)
    return ok(digest=found.digest, seq=str(found.sequence), amount=found.body["amount"])


def verify_chain(args: dict[str, Json]) -> Answer:
    """Verify a chain: every receipt first, then numbers and links in order, then the head."""
    receipts: list[Receipt] = []
    for jws in texts(args, "receipts"):
        found = read_receipt(jws, text(args, "jwks"))
        if isinstance(found, str):
            return no(found)
        receipts.append(found)
    code = chain_code(receipts, args.get("head"))
    return no(code) if code else ok(count=str(len(receipts)), head=receipts[-1].digest if receipts else "")


def chain_code(receipts: list[Receipt], head: Json) -> str:
    """Return the code of the first thing that is wrong with a chain, or an empty text."""
    number, previous = 0, GENESIS
    for receipt in receipts:
        if receipt.sequence <= number:
            return "FORK"
        if receipt.sequence > number + 1:
            return "GAP"
        if receipt.body["prev"] != previous:
            return "HASH"
        is_head = isinstance(head, dict) and str(receipt.sequence) == head["seq"]
        if is_head and isinstance(head, dict) and receipt.digest != head["digest"]:
            return "FORK"
        number, previous = receipt.sequence, receipt.digest
    if isinstance(head, dict) and number < int(str(head["seq"])):
        return "TRUNCATED"
    return ""


def verify_checkpoint(args: dict[str, Json]) -> Answer:
    """Verify a signed note: the text up to the blank line, one signature line per key."""
    note = text(args, "note")
    match = re.fullmatch(
        r"([!-*,-~]{1,200})\n(0|[1-9][0-9]{0,14})\n([A-Za-z0-9+/]{43}=)\nheads ([A-Za-z0-9+/]{43}=)\n\n"
        r"((?:\u2014 [^ \n]+ [A-Za-z0-9+/]+=*\n)+)",
        note,
    )
    if match is None:
        return no("ENCODING")
    signed = note[: match.start(5) - 1].encode("utf-8")
    keys = [unurl(key["x"]) for key in json.loads(text(args, "jwks"))["keys"] if key["kty"] == "OKP"]
    known = {hashlib.sha256(match[1].encode() + b"\n\x01" + raw).digest()[:4]: raw for raw in keys}
    seen = False
    for line in match[5].splitlines():
        _, name, encoded = line.split(" ")
        data = base64.b64decode(encoded)
        if name != match[1] or data[:4] not in known:
            continue
        seen = True
        try:
            Ed25519PublicKey.from_public_bytes(known[data[:4]]).verify(data[4:], signed)
        except InvalidSignature:
            return no("SIGNATURE")
    if not seen:
        return no("UNKNOWN_KEY")
    root = base64.b64decode(match[3])
    return ok(origin=match[1], size=match[2], root=base64.urlsafe_b64encode(root).rstrip(b"=").decode())


def verify_inclusion(args: dict[str, Json]) -> Answer:
    """Climb from the leaf to the root by the path, as RFC 9162 section 2.1.3.2 says."""
    index, size = int(text(args, "index")), int(text(args, "size"))
    if not 0 <= index < size:
        return no("PROOF")
    path = [unurl(item) for item in texts(args, "path")]
    made = _climb(hashlib.sha256(b"\0" + unurl(text(args, "leaf"))).digest(), index, size, path)
    return ok() if made == unurl(text(args, "root")) else no("PROOF")


def _climb(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """Return the root that a path makes of a leaf, by halving the tree from the top."""
    if size == 1:
        return leaf if not path else None
    if not path:
        return None
    left = 1
    while left * 2 < size:
        left *= 2
    if index < left:
        below = _climb(leaf, index, left, path[:-1])
        return None if below is None else _node(below, path[-1])
    below = _climb(leaf, index - left, size - left, path[:-1])
    return None if below is None else _node(path[-1], below)


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def verify_consistency(args: dict[str, Json]) -> Answer:
    """Check a consistency proof by the recursion of RFC 6962 section 2.1.2."""
    old, new = int(text(args, "old")), int(text(args, "new"))
    old_root, new_root = unurl(text(args, "old_root")), unurl(text(args, "new_root"))
    path = [unurl(item) for item in texts(args, "path")]
    if not 0 <= old <= new:
        return no("PROOF")
    if old == new:
        return ok() if not path and old_root == new_root else no("PROOF")
    if old == 0:
        return ok() if not path and old_root == hashlib.sha256(b"").digest() else no("PROOF")
    found = _both_roots(old, new, path, old_root, is_whole=True)
    return ok() if found == (old_root, new_root) else no("PROOF")


def _both_roots(
    old: int, new: int, path: list[bytes], old_root: bytes, *, is_whole: bool
) -> tuple[bytes, bytes] | None:
    """Return the roots of the old and the new tree that a proof makes."""
    if old == new:
        if is_whole:
            return (old_root, old_root) if not path else None
        return (path[0], path[0]) if len(path) == 1 else None
    if not path:
        return None
    left = 1
    while left * 2 < new:
        left *= 2
    if old <= left:
        below = _both_roots(old, left, path[:-1], old_root, is_whole=is_whole)
        return None if below is None else (below[0], _node(below[1], path[-1]))
    below = _both_roots(old - left, new - left, path[:-1], old_root, is_whole=False)
    return None if below is None else (_node(path[-1], below[0]), _node(path[-1], below[1]))


def settle_dispute(args: dict[str, Json]) -> Answer:
    """Decide a claim: a ledger that does not verify decides nothing; else look the receipt up in it."""
    read = [read_receipt(jws, text(args, "jwks")) for jws in texts(args, "receipts")]
    chain = [item for item in read if isinstance(item, Receipt)]
    disputed = read_receipt(text(args, "disputed"), text(args, "jwks"))
    if isinstance(disputed, str):
        return no(disputed)
    return ok(verdict=_verdict(args, chain, disputed))


def _verdict(args: dict[str, Json], chain: list[Receipt], disputed: Receipt) -> str:
    head = args.get("head")
    if not isinstance(head, dict):
        return "INCONCLUSIVE"
    code = chain_code(chain, head)
    if code:
        return "INCONCLUSIVE"
    if disputed.sequence > int(str(head["seq"])):
        return "INCONCLUSIVE"
    is_there = any(item.digest == disputed.digest for item in chain)
    claim = text(args, "claim")
    if not is_there:
        return "SYSTEM_FAULT"
    if disputed.body["kind"] != "debit":
        return "UPHELD"
    if claim == "duplicated":
        key = disputed.body["idempotency_key"]
        twins = [
            item for item in chain if item.body["idempotency_key"] == key and item.body["kind"] == "debit"
        ]
        return "REVERSED" if len(twins) > 1 else "UPHELD"
    return "UPHELD"


OPERATIONS: Final[dict[str, Callable[[dict[str, Json]], Answer]]] = {
    **naive.OPERATIONS,
    "verify_receipt": verify_receipt,
    "verify_chain": verify_chain,
    "verify_checkpoint": verify_checkpoint,
    "verify_inclusion": verify_inclusion,
    "verify_consistency": verify_consistency,
    "settle_dispute": settle_dispute,
}
"""Every operation of vectors."""

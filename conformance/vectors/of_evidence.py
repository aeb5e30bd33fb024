"""Vectors of canonical bytes, receipts, chains, checkpoints, proofs and disputes.

The good ones are made and signed by the model with two published keys; each negative changes one thing and
signs again where that is not the point. Codes are written here, from the specification.
"""

import base64
import json
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from billproof.conformance.documents import Document, Value
from billproof.conformance.vectors.group import Group, Member, bad, good
from billproof.model.identifiers import (
    GENESIS_DIGEST,
    Amount,
    CurrencyCode,
    CustomerId,
    Digest,
    EntitlementId,
    Epoch,
    Fingerprint,
    IdempotencyKey,
    Instant,
    IssuerId,
    Sequence,
    UsageText,
)
from billproof.model.jws import encode_base64url
from billproof.model.key_sets import key_set, render_key_set
from billproof.model.keys import ReceiptSigner, load_receipt_key, receipt_signer, sign_receipt
from billproof.model.outcomes import EntryKind, Status
from billproof.model.periods import period_of
from billproof.model.receipts import receipt_body, receipt_digest
from billproof.model.state import NO_ENTRY, Entry

_TIME: Final = Instant(1_715_000_000_000_000)
_CUSTOMER: Final = CustomerId("cust-é")
_CHAIN: Final = ("T3", "T6", "R16")


@cache
def _keys() -> dict[str, RSAPrivateKey]:
    found = json.loads(files("billproof.conformance.vectors").joinpath("keys.json").read_text("utf-8"))
    return {name: load_receipt_key(found[name].encode(), name) for name in ("operator", "foreign")}


@cache
def note_key() -> Ed25519PrivateKey:
    """Return the key of the log; it is published."""
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@cache
def _signer(name: str) -> ReceiptSigner:
    return receipt_signer(_keys()[name])


@cache
def published_keys() -> str:
    """Return the key set by which everything here is verified."""
    return render_key_set(key_set([_keys()["operator"].public_key()], [note_key().public_key()]))


def _entry(
    number: int, previous: Digest, *, key: str = "", amount: int = 0, kind: EntryKind = EntryKind.DEBIT
) -> Entry:
    units = Amount(amount or number * 1_250_000_000_000)
    body = replace(
        NO_ENTRY, customer=_CUSTOMER, sequence=Sequence(number), epoch=Epoch(1), previous=previous, kind=kind,
        status=Status.ACCEPTED, key=IdempotencyKey(key or f"order-{number}"), fingerprint=Fingerprint("f" * 64),
        amount=units, currency=CurrencyCode("USD"), entitlement=EntitlementId("api"),
        usage=UsageText("2 Requests"), event_time=_TIME, commit_time=Instant(_TIME + number * 1_000),
        period=period_of(_TIME), balance_before=Amount(0), balance_after=Amount(-units), issuer=IssuerId("issuer"),
        signing_key=_signer("operator").key_id,
    )  # fmt: skip
    return replace(body, digest=receipt_digest(body))


def chain(count: int, *, key_of_last: str = "") -> tuple[Entry, ...]:
    """Return a chain of debits."""
    made: list[Entry] = []
    previous = GENESIS_DIGEST
    for number in range(1, count + 1):
        key = key_of_last if number == count else ""
        made.append(_entry(number, previous, key=key))
        previous = made[-1].digest
    return tuple(made)


def signed(entry: Entry, name: str = "operator") -> str:
    """Return the receipt of an entry under a key."""
    return sign_receipt(receipt_body(entry), _signer(name))


def _listed(*entries: Entry) -> list[Value]:
    return [signed(entry) for entry in entries]


def _head(entry: Entry) -> Document:
    return {"customer": entry.customer, "seq": str(entry.sequence), "digest": entry.digest}


def _resigned(entry: Entry, **changes: object) -> Entry:
    changed = replace(entry, **changes)  # type: ignore[arg-type] # the changes are fields of an entry
    return replace(changed, digest=receipt_digest(changed))


def _raw(payload: bytes) -> str:
    """Return a receipt over any bytes at all, signed by the operator."""
    signer = _signer("operator")
    return sign_receipt(payload, signer)


def evidence_groups() -> tuple[Group, ...]:
    """Return the groups about evidence."""
    return (*_canonical(), *_receipts(), *_chains(), *_heads(), *_disputes())


def evidence_group(
    identity: str, title: str, op: str, members: tuple[Member, ...], *, why: str, clauses: tuple[str, ...]
) -> Group:
    """Return a group, in the family that its id begins with."""
    family = identity.split(".")[0]
    profile = "DISPUTE" if family == "dispute" else "RECEIPT"
    return Group(
        id=identity,
        title=title,
        family=family,
        profile=profile,
        op=op,
        clauses=clauses,
        why=why,
        members=members,
    )


def _canonical() -> tuple[Group, ...]:
    def answer(text: str) -> Document:
        return {"bytes": base64.urlsafe_b64encode(text.encode("utf-8")).rstrip(b"=").decode()}

    right = (
        ('{"b":1,"a":2}', '{"a":2,"b":1}'), (' [ 1 , 2 ] ', "[1,2]"), ('"\\u00e9"', '"é"'),
        ('"\\/"', '"/"'), ('{"\\u20ac":1,"\\ud83d\\ude00":2,"\\ufb33":3}', '{"€":1,"😀":2,"\ufb33":3}'),
        ('"\\u000a\\u001f"', '"\\n\\u001f"'), ("9007199254740991", "9007199254740991"), ("-0", "0"),
        ("[true,false,null]", "[true,false,null]"), ("{}", "{}"),
    )  # fmt: skip
    wrong = (
        ("float", "1.5", "a float"), ("exponent", "1e2", "an exponent"), ("huge", "9007199254740992", "2^53"),
        ("duplicate", '{"a":1,"a":1}', "a member twice"), ("lone-surrogate", '"\\ud800"', "half a character"),
        ("nan", "NaN", "no number"), ("trailing", "1 2", "two values"), ("single-quotes", "{'a':1}", "quotes"),
        ("comment", "1 // one", "a comment"), ("bare", "{a:1}", "a bare name"), ("empty", "", "nothing"),
    )  # fmt: skip
    members = [good({"text": text}, answer(same), f"ok-{n}") for n, (text, same) in enumerate(right)]
    members.extend(bad(name, {"text": text}, "ENCODING", what) for name, text, what in wrong)
    return (
        evidence_group("canonical.json.rfc8785", "One value, one sequence of bytes", "canonicalise", tuple(members),
               why="Two writings of one event with two hashes (B98, B100).", clauses=("R16",)),
    )  # fmt: skip


def _receipts() -> tuple[Group, ...]:
    (entry,) = chain(1)
    jws = signed(entry)
    head, payload, signature = jws.split(".")
    body = receipt_body(entry).decode("utf-8")
    value: Document = {"digest": entry.digest, "seq": "1", "amount": "1.25"}

    def ask(receipt: str) -> Document:
        return {"receipt": receipt, "jwks": published_keys()}

    other = signed(_resigned(entry, amount=Amount(9_000_000_000_000)))
    foreign = sign_receipt(
        receipt_body(replace(entry, signing_key=_signer("foreign").key_id)), _signer("foreign")
    )
    borrowed = replace(
        _signer("foreign"), key_id=_signer("operator").key_id, prefix=_signer("operator").prefix
    )
    last = "B" if signature[-2] != "B" else "C"
    members = (
        good(ask(jws), value),
        bad("signature-bit", ask(f"{head}.{payload}.{signature[:-2]}{last}{signature[-1]}"), "SIGNATURE",
            "one character of the signature"),
        bad("other-body", ask(f"{head}.{other.split('.')[1]}.{signature}"), "SIGNATURE", "the body of another"),
        bad("stolen-name", ask(sign_receipt(receipt_body(entry), borrowed)), "SIGNATURE",
            "signed by a foreign key under the operator's name"),
        bad("foreign-key", ask(foreign), "UNKNOWN_KEY", "signed by a key that is not in the set"),
        bad("spaces", ask(_raw(body.replace(",", ", ", 1).encode())), "ENCODING", "a blank in the body, signed"),
        bad("order", ask(_raw(_reordered(body).encode())), "ENCODING", "members in another order, signed"),
        bad("amount-form", ask(_raw(body.replace('"amount":"1.25"', '"amount":"1.250"').encode())), "ENCODING",
            "an amount with a superfluous zero, signed"),
        bad("receipt-id", ask(_raw(body.replace('"receipt_id":"r-', '"receipt_id":"r-0', 1)
                                   .replace(_last_of_id(body), _last_of_id(body)[1:], 1).encode())), "ENCODING",
            "the id of another receipt, signed"),
        bad("more-members", ask(_raw((body[:-1] + ',"zzz":1}').encode())), "ENCODING", "a member more, signed"),
        bad("padding", ask(f"{jws}="), "ENCODING", "padding after the signature"),
        bad("two-parts", ask(f"{head}.{payload}"), "ENCODING", "no signature"),
        bad("algorithm", ask(f"{encode_base64url(_none_header())}.{payload}.{signature}"), "ENCODING",
            "a header that asks for no algorithm"),
    )  # fmt: skip
    return (
        evidence_group("receipt.signature.rs256", "A receipt is what its key signed, in its one form", "verify_receipt",
               members, why="A verifier that reads two bodies for one signature signs both (B94, B103).",
               clauses=("T3", "R16")),
    )  # fmt: skip


def _reordered(body: str) -> str:
    members = json.loads(body)
    return json.dumps(dict(reversed(members.items())), ensure_ascii=False, separators=(",", ":"))


def _last_of_id(body: str) -> str:
    found = json.loads(body)["receipt_id"]
    assert isinstance(found, str)
    return found[2:]


def _none_header() -> bytes:
    key = _signer("operator").key_id
    return f'{{"alg":"none","kid":"{key}"}}'.encode()


def _chains() -> tuple[Group, ...]:
    first, second, third = chain(3)

    def ask(*entries: Entry) -> Document:
        return {"receipts": _listed(*entries), "jwks": published_keys()}

    forged = _resigned(third, previous=Digest("a" * 64))
    genesis = _resigned(second, previous=GENESIS_DIGEST)
    twin = _resigned(third, amount=Amount(5_000_000_000_000))
    value: Document = {"count": "3", "head": third.digest}
    members = (
        good(ask(first, second, third), value),
        good(ask(first), {"count": "1", "head": first.digest}, "ok-one"),
        good(ask(), {"count": "0", "head": ""}, "ok-none"),
        bad("prev-other", ask(first, second, forged), "HASH", "receipts[2].prev, signed again"),
        bad("prev-genesis", ask(first, genesis), "HASH", "receipts[1].prev is genesis, signed again"),
        bad("missing-middle", ask(first, third), "GAP", "receipts[1] taken away"),
        bad("missing-first", ask(second, third), "GAP", "receipts[0] taken away"),
        bad("repeated", ask(first, second, second), "FORK", "receipts[1] twice"),
        bad("forked", ask(first, second, third, twin), "FORK", "another receipt with number 3"),
        bad("reordered", ask(first, third, second), "GAP", "receipts[1] and [2] exchanged"),
        bad("reversed", ask(second, first), "GAP", "receipts[0] and [1] exchanged"),
    )
    return (
        evidence_group("chain.link.order", "Each receipt names the one before it", "verify_chain", members,
               why="A chain that does not check prev and seq lets an operator drop a charge.", clauses=_CHAIN),
    )  # fmt: skip


def _heads() -> tuple[Group, ...]:
    first, second, third = chain(3)
    twin = _resigned(third, amount=Amount(5_000_000_000_000))

    def ask(head: Entry, *entries: Entry) -> Document:
        return {"receipts": _listed(*entries), "jwks": published_keys(), "head": _head(head)}

    value: Document = {"count": "3", "head": third.digest}
    members = (
        good(ask(third, first, second, third), value),
        good(ask(second, first, second, third), value, "ok-older-head"),
        bad("cut-last", ask(third, first, second), "TRUNCATED", "the last receipt taken away"),
        bad("cut-all", ask(third), "TRUNCATED", "every receipt taken away"),
        bad("rewritten", ask(third, first, second, twin), "FORK", "the last receipt made anew and signed"),
        bad(
            "other-history",
            ask(second, first, _resigned(second, amount=Amount(7_000_000_000_000))),
            "FORK",
            "receipts[1] made anew and signed",
        ),
    )
    return (
        evidence_group("chain.head.witnessed", "A witnessed head shows what is missing at the end", "verify_chain",
               members, why="A lost tail is invisible without a head (B105).", clauses=("T3", "R17")),
    )  # fmt: skip


def _disputes() -> tuple[Group, ...]:
    entries = chain(3)
    doubled = chain(3, key_of_last="order-1")
    ghost = _resigned(entries[1], amount=Amount(9_000_000_000_000))

    def ask(
        claim: str, disputed: Entry, held: tuple[Entry, ...], head: Entry | None, by: str = "operator"
    ) -> Document:
        args: Document = {
            "claim": claim, "disputed": signed(disputed), "receipts": _listed(*held), "jwks": published_keys(),
            "shown_by": by,
        }  # fmt: skip
        return args if head is None else {**args, "head": _head(head)}

    def say(verdict: str) -> Document:
        return {"verdict": verdict}

    last = entries[-1]
    members = (
        good(ask("issued", entries[1], entries, last), say("UPHELD"), "made-and-there"),
        good(ask("duplicated", entries[1], entries, last), say("UPHELD"), "charged-once"),
        good(ask("duplicated", doubled[2], doubled, doubled[-1]), say("REVERSED"), "charged-twice"),
        good(ask("issued", ghost, entries, last), say("SYSTEM_FAULT"), "signed-and-not-in-the-ledger"),
        good(
            ask("issued", entries[1], (entries[0], entries[2]), last),
            say("INCONCLUSIVE"),
            "a-gap-decides-nothing",
        ),
        good(
            ask("issued", entries[1], entries[:2], last), say("INCONCLUSIVE"), "a-cut-ledger-decides-nothing"
        ),
        good(ask("issued", entries[1], entries, None), say("INCONCLUSIVE"), "no-witnessed-head"),
        good(ask("issued", entries[2], entries, entries[1]), say("INCONCLUSIVE"), "beyond-the-head"),
    )
    return (
        evidence_group("dispute.verdict.truth", "What the ledger shows decides, and what it cannot show does not",
               "settle_dispute", members, why="A valid signature alone settles nothing (T7-N3).",
               clauses=("T7",)),
    )  # fmt: skip

"""Receipts, chains, order and disputes: XA-31 to XA-55.

Source: ``claims.md`` 2.1.
"""

from datetime import UTC, datetime
from itertools import pairwise

from billproof.model.identifiers import Instant
from billproof.model.platform import firestore_rules, storage
from billproof.model.platform.firestore_rules import Caller, Collection, Isolation, Operation
from billproof.model.platform.units import SECOND, ContentNumber, Micros, RowKey, TenantNumber
from billproof.simulations.claims.checks.models import switch_falls
from billproof.simulations.claims.checks.shared import customer_rate, not_both
from billproof.simulations.claims.quantities import MONTH, quantity, seconds
from billproof.simulations.claims.reading import Reader
from billproof.simulations.claims.relations import (
    Check,
    Outcome,
    agree,
    at_least,
    at_most,
    beside,
    equal,
    every,
    joint,
    same,
    true,
)

FIELDS = (
    "previous",
    "payload",
    "amount",
    "timestamp",
    "customer",
    "entitlement",
    "action",
    "receipt_id",
    "currency",
    "balance",
)


def _fields(c: Reader, claim: str, *more: str) -> str:
    return "+".join(c.order(claim, *FIELDS, *more))


def _signed(c: Reader, claim: str) -> str:
    return "+".join(c.order(claim, "RS256(receipt_hash)", "issuer", "aud", "iat", "customer_id", "amount"))


def _paths(c: Reader) -> Outcome:
    said = {
        "LF-04": "billing-ledger/" if c.says("LF-04", "billing-ledger/") else "",
        "T6-A1": "tenants/C/events/" if c.says("T6-A1", "tenants/C/events/") else "",
        "IS-07": "tenants/{id}/events/" if c.says("IS-07", "tenants/{id}/events/") else "",
        "IS-08": "/receipts/" if c.says("IS-08", "/receipts/") else "",
    }
    scopes = {
        claim: "one for each tenant" if "tenants" in path else "one for all"
        for claim, path in said.items()
        if path
    }
    return agree("scope of the ledger's path", scopes)


def _keys_in_seven_years(c: Reader) -> Outcome:
    period = c.period("SE-3")
    keys = c("RE-02") / period
    monthly = c("RE-02") / seconds(MONTH) if c.says("T7-A2", "2026-01") else keys
    return every(
        joint(at_most("keys during the retention, where one is named", keys, 1)),
        same("keys during the retention, by the rotation and by the key's name", keys, monthly),
    )


def _overwritten(c: Reader) -> Outcome:
    """An object is overwritten in a bucket with the documented settings: the storage machine is run."""
    versioning = not c.says("LF-06", "versioning disabled")
    locked = c.says("LF-06", "retention") or c.says("T3-A2", "retention")
    bucket = storage.new_bucket(Micros(10 * SECOND if locked else 0), locked=locked, versioning=versioning)
    name = RowKey(0)
    bucket, _ = storage.put(bucket, name, ContentNumber(1), Instant(0), must_be_new=False)
    bucket, answer = storage.put(bucket, name, ContentNumber(2), Instant(1), must_be_new=False)
    live, older = bucket.live.get(name), bucket.older.get(name)
    gone = live is not None and live.content == 2 and older is None
    return true(
        "receipts are immutable in the archive",
        f"an overwrite is answered {answer.name} and the first content is {'gone' if gone else 'kept'}",
        holds=not gone,
        against="T3-A2",
    )


def _rules_let_tenants_write(c: Reader) -> Outcome:
    """The published rules are asked whether a tenant may change and delete its own ledger."""
    tenant = TenantNumber(1)
    allowed = []
    if c.says("IS-03", "write"):
        for operation in (Operation.UPDATE, Operation.DELETE):
            request = firestore_rules.Request(
                Caller.CLIENT, tenant, Collection.EVENTS, operation, tenant, tenant, exists=True
            )
            if firestore_rules.decide(request, Isolation.BY_PATH):
                allowed.append(operation.name.lower())
    roles = ["delete by an administrator"] if c.says("SE-7", "delete") else []
    changes = [*allowed, *roles]
    return true(
        "nobody changes or deletes an event",
        f"allowed: {', '.join(changes) or 'nothing'}",
        holds=not changes,
        against="CO-15",
    )


def _no_writes(c: Reader) -> Outcome:
    """The condition is evaluated for every write: what is requested, and what is there."""
    needs_no_request = c.says("IS-04", "request.resource == null")
    needs_nothing_there = c.says("IS-04", "and resource == null")
    writes = {
        "create": (True, False),
        "update": (True, True),
        "delete": (False, True),
        "delete of nothing": (False, False),
    }
    allowed = [
        name
        for name, (has_request, is_there) in writes.items()
        if not (needs_no_request and has_request) and not (needs_nothing_there and is_there)
    ]
    useful = [name for name in allowed if name == "create"]
    return true(
        "the rule lets receipts be created and nothing else",
        f"clients may {', '.join(allowed) or 'nothing'}; servers are not judged by rules",
        holds=bool(useful),
        against="IS-04",
    )


def _receipts_after(c: Reader) -> Outcome:
    changed = c.named("T3-P3", r"r([0-9]+)")
    last = c("T3-P3", "of @")
    return beside(
        equal("receipts after the changed one", c("T3-P3", '"@ more'), last - changed),
        [("with the changed one", last - changed + 1)],
    )


def _rewriting_is_cheap(c: Reader) -> Outcome:
    """Given the key, a chain is rewritten faster than it grew: the second factor is one."""
    chain = customer_rate(c) * c("T1-R") * c("A3")
    chance = quantity(1 if chain <= c("T1-R") else 0)
    told = [("signatures", customer_rate(c) * c("T1-R")), ("core-hours", chain / seconds(3600))]
    return beside(at_least("chance to rewrite all, given the key", c("T3-F", "<= # x @"), chance), told)


GAPS: dict[str, tuple[int, ...]] = {
    "truncated": (1, 2, 3),
    "prefix lost": (4, 5, 6),
    "duplicate": (1, 2, 2, 3),
    "all gone": (),
}
"""What is left of the sequence 1 to 6 after four kinds of damage (T6-S1)."""


def _gap_test(c: Reader) -> Outcome:
    """The published gap test is run on four damaged ledgers."""
    step = c("T6-P4", "> @")
    numbered = c.says("T6-P4", "seq[i+1] - seq[i]")
    missed = [
        name
        for name, left in GAPS.items()
        if not numbered or not any(quantity(after - before) > step for before, after in pairwise(left))
    ]
    found = at_most("damaged ledgers that pass the gap test", quantity(len(missed)), 0)
    return joint(beside(found, [(f"passed: {', '.join(missed)};", quantity(len(missed)))]), "T6-F2")


def _sample_date(c: Reader) -> Outcome:
    at = c("LF-09", "timestamp @") / 1000
    day = datetime.fromtimestamp(int(at.value), tz=UTC)
    year, month, date = (
        int(c.named("LF-09", pattern).value)
        for pattern in (
            r"r_([0-9]+)_[0-9]+_[0-9]+",
            r"r_[0-9]+_([0-9]+)_[0-9]+",
            r"r_[0-9]+_[0-9]+_([0-9]+)",
        )
    )
    named = datetime(year, month, date, tzinfo=UTC)
    return true(
        f"the receipt is of {named.date().isoformat()}",
        f"its timestamp is {day.isoformat()}",
        holds=named.date() == day.date(),
        against="LF-09",
    )


def _terms_of_evidence(c: Reader) -> Outcome:
    asked = c.order("T7-D", "who", "when", "what", "authorised")
    answered = c.order("T7-F", "who", "when", "what", "authorised", "timestamp", "hash")
    covers = {"when": "timestamp", "what": "hash"}
    open_ = [item for item in asked if item not in answered and covers.get(item) not in answered]
    return true(
        "every item of the definition is in the formula",
        f"not implied: {', '.join(open_) or 'none'}",
        holds=not open_,
        against="T7-F",
    )


def _human_steps(c: Reader) -> Outcome:
    steps = c.order("T7-O1", "investigate", "third-party audit", "legal")
    claimed = c.says("SC-14", "no human")
    return true(
        "disputes end without people",
        f"people are needed to {', '.join(steps) or 'do nothing'}",
        holds=not (claimed and steps),
        against="SC-14",
    )


def _rates(c: Reader) -> Outcome:
    return every(
        equal("disputes that need a person", c("T7-N4", "< @"), c("T7-N4", '"@')),
        same("disputes that need a person", 1 - c("T7-N1"), 1 - c("T7-N2", "; > @"), c("T7-N4", '"@')),
    )


def _theorem_count(c: Reader) -> Outcome:
    named = {claim[:2] for claim in c.register.claims if claim[0] == "T" and claim[1].isdigit()}
    return joint(equal("theorems", c("PR-06", "@ theorems"), len(named)), "PR-06")


INTEGRITY: dict[str, Check] = {
    "XA-31": lambda c: agree(
        "what is hashed",
        {
            "T3-A1": _fields(c, "T3-A1"),
            "T3-A4": _fields(c, "T3-A4"),
            "LF-06": _fields(c, "LF-06"),
            "T7-A3": _fields(c, "T7-A3"),
            "T6-P5": _fields(c, "T6-P5", "E(i-1)"),
        },
    ),
    "XA-32": lambda c: agree(
        "what is signed", {claim: _signed(c, claim) for claim in ("T3-A1", "T3-A4", "LF-06", "T7-A2")}
    ),
    "XA-33": _paths,
    "XA-34": lambda c: not_both(
        "somebody allocates the sequence",
        c.says("T6-A1", "sequence_num"),
        not (c.says("LF-04", "sequence_num") or c.says("LF-05", "sequence_num")),
        "the lifecycle has no sequence_num",
        "T6-A1",
    ),
    "XA-35": lambda c: agree(
        "where the signing key is",
        {
            "SE-4": "in Secret Manager" if c.says("SE-4", "Secret Manager") else "",
            "T3-A3": "in an HSM" if c.says("T3-A3", "HSM") else "",
        },
    ),
    "XA-36": _keys_in_seven_years,
    "XA-37": lambda c: agree(
        "name of the signature",
        {
            "SE-9": "RSA-256" if c.says("SE-9", "RSA-256") else "",
            "T3-A1": "RS256" if c.says("T3-A1", "RS256") else "",
        },
    ),
    "XA-38": _overwritten,
    "XA-39": _rules_let_tenants_write,
    "XA-40": _no_writes,
    "XA-41": _receipts_after,
    "XA-42": lambda c: switch_falls(
        c,
        "T3",
        "a rewritten chain is found with the key stolen",
        said={"signer_scope": c.says("T3-P3", "stolen key") and not c.says("T3-P4", "witness")},
        against="T3-C",
    ),
    "XA-43": _rewriting_is_cheap,
    "XA-44": lambda c: not_both(
        "order of documents in a collection",
        c.says("T6-P1", "per document"),
        c.says("T6-P1", "in one collection"),
        "what holds per document is said of a collection",
        "T6-P1",
    ),
    "XA-45": lambda c: switch_falls(
        c,
        "T6",
        "an honest ledger has strictly rising timestamps",
        said={"order_by": c.says("T6-F1", "timestamp(i) > timestamp(i-1)") and c.says("AP-1", "timestamp")},
        against="T6-F1",
    ),
    "XA-46": _gap_test,
    "XA-47": lambda c: agree(
        "what the next receipt holds",
        {
            "T6-P5": "hash of the event before" if c.says("T6-P5", "SHA256(E(i-1))") else "",
            "T3-A1": "hash of previous and payload" if c.says("T3-A1", "SHA256(previous + payload)") else "",
        },
    ),
    "XA-48": _sample_date,
    "XA-49": lambda c: every(
        same("balance before", c("LF-09"), c("T7-A4")),
        same("balance after", c("LF-09", "-> @"), c("T7-A4", "-> @")),
    ),
    "XA-50": _terms_of_evidence,
    "XA-51": lambda c: switch_falls(
        c,
        "T7",
        "a receipt proves what the customer wanted",
        said={"authorisation": c.says("T7-A1", "JWS") and not c.says("T7-A1", "customer signature")},
        against="T7-A1",
    ),
    "XA-52": _human_steps,
    "XA-53": _rates,
    "XA-54": lambda c: same(
        "time to resolve a dispute", c("T7-T2"), c("T7-T1"), c("T7-T3"), c("T7-T4", "alert > @")
    ),
    "XA-55": _theorem_count,
}

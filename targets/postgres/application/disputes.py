"""Disputes: what the evidence about one receipt says.

A claim is decided from the receipt itself, the chain that it lies in, and the price plan that it names. What
nobody can decide from these is INCONCLUSIVE and goes to a person.

Source: ``system.md`` section 8.
"""

import json
from typing import Final

from targets.postgres.application.audit import audit_chain, read_jws
from targets.postgres.application.canonical import Json
from targets.postgres.application.database import Database, Transaction
from targets.postgres.application.keys import SigningKeys
from targets.postgres.application.ledger import whole
from targets.postgres.application.requests import RequestError

CLAIMS: Final = ("altered", "duplicated", "issued", "missing")
"""The claims that this system decides; about others it says INCONCLUSIVE."""


def decide(database: Database, keys: SigningKeys, body: dict[str, Json]) -> Json:
    """Decide a claim about a receipt.

    Args:
        database: The store.
        keys: Whose signatures count.
        body: ``claim``, and ``receipt`` as the customer holds it, or ``customer`` and ``seq``.

    Raises:
        RequestError: Neither is given.
    """
    claim = str(body.get("claim", ""))
    presented = body.get("receipt")
    if isinstance(presented, str) and presented:
        code, bytes_ = read_jws(keys, presented)
        if code:
            return _verdict("REVERSED" if code == "SIGNATURE" else "INCONCLUSIVE", f"not our receipt: {code}")
        members = json.loads(bytes_)
        customer, seq = str(members["chain"]), whole(members["seq"])
    elif isinstance(body.get("customer"), str) and isinstance(body.get("seq"), int):
        customer, seq, presented = str(body["customer"]), whole(body["seq"]), None
    else:
        raise RequestError("name a receipt, or a customer and seq")

    def work(tx: Transaction) -> Json:
        return _decide(tx, keys, claim, (customer, seq), presented)

    return database.run(work)


def _decide(
    tx: Transaction, keys: SigningKeys, claim: str, place: tuple[str, int], presented: object
) -> Json:
    row = tx.execute("SELECT jws FROM entries WHERE customer = %s AND seq = %s", place).fetchone()
    if row is None:
        return _verdict(
            "SYSTEM_FAULT", "the ledger lacks an entry that we signed" if presented else "no such entry"
        )
    if presented is not None and row[0] != presented:
        return _verdict("SYSTEM_FAULT", "we signed two entries for one place")
    findings = audit_chain(tx, keys, place[0])
    if findings:
        return _verdict("SYSTEM_FAULT", f"the chain that it lies in is not good: {findings[0].reason}")
    if claim not in CLAIMS:
        return _verdict("INCONCLUSIVE", "nothing kept here decides this claim")
    return _verdict("UPHELD", "the receipt is ours, in its place, and the only one under its key")


def _verdict(verdict: str, reason: str) -> Json:
    return {"reason": reason, "verdict": verdict}

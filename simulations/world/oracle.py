"""The digest oracle of runs: what the core asks of SHA-256, at a fraction of its cost.

Runs are judged under C5: digests are injective and signatures ideal. A short digest over an unambiguous
rendering of every field is as good for that as the canonical receipt, whose rendering takes most of the time
of a charge. The documented preimage leaves fields out and runs others together; that is what is wrong with
it, and runs under it use it as it is. Shrunk stories are replayed with the digests of real receipts.

Source: C5 of ``claims.md``; ``simulation.md`` "Runs".
"""

import hashlib
from collections.abc import Callable

from billproof.model.design import Design
from billproof.model.identifiers import Digest
from billproof.model.receipts import concatenation_digest
from billproof.model.state import Entry
from billproof.model.switches import Preimage

BYTES = 16
"""Length of a digest: no two of the few thousand bodies of a run collide."""


def ideal_digest(entry: Entry) -> Digest:
    """Return a digest over every field of an entry but the digest itself."""
    terms = entry.terms
    body = (
        f"{entry.customer!r},{entry.sequence},{entry.epoch},{entry.previous!r},{entry.kind},{entry.status},"
        f"{entry.key!r},{entry.fingerprint!r},{entry.amount},{entry.currency!r},{entry.entitlement!r},"
        f"{entry.usage!r},{entry.price_plan!r},{entry.event_time},{entry.commit_time},{entry.period},"
        f"{entry.balance_before},{entry.balance_after},{entry.refers_to},{terms.kind},{terms.credit_limit},"
        f"{terms.quota},{terms.limit},{entry.issuer!r},{entry.signing_key!r}"
    )
    return Digest(hashlib.blake2b(body.encode("utf-8", "backslashreplace"), digest_size=BYTES).hexdigest())


def oracle_of(design: Design) -> Callable[[Entry], Digest]:
    """Return the digest function of runs under a design."""
    return concatenation_digest if design.preimage == Preimage.CONCATENATION else ideal_digest

"""Checkpoints: how long the log is, its root, and where every chain ends; signed.

Theory of operation. Entries get their place in the log when a checkpoint is made, in one transaction: those
without one follow those with one, each chain in its own order. A place is never given twice or changed, so
every later log begins with every earlier one.

Source: ``system.md`` section 5; C2SP tlog-checkpoint and signed-note.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from targets.postgres.application import merkle
from targets.postgres.application.canonical import Json, base64url, canonical_bytes
from targets.postgres.application.database import Database, Transaction
from targets.postgres.application.keys import SigningKeys
from targets.postgres.application.ledger import find_account, whole
from targets.postgres.application.reads import read_chain

ORIGIN: Final = "postgres.example/log"
"""The name of the log."""

HEAD_TAG: Final = b"postgres.example/head/v1\n"
"""The domain tag of signed heads."""

_ED25519: Final = b"\x01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A signed note and the heads that it binds."""

    note: str
    heads: Json

    def document(self) -> Json:
        """Return the file form."""
        return {"heads": self.heads, "note": self.note}


def publish(database: Database, keys: SigningKeys) -> Checkpoint:
    """Give every entry its place and sign the whole log."""
    return database.run(lambda tx: _publish(tx, keys))


def export(database: Database, keys: SigningKeys, customer: str) -> Json:
    """Return the chain of a customer as canonical texts, and its head, signed as a witness would keep it."""

    def work(tx: Transaction) -> Json:
        account = find_account(tx, customer)
        if account is None:
            return None
        records: list[Json] = [canonical_bytes(line).decode("utf-8") for line in read_chain(tx, customer)]
        anchor = sign_head(keys, customer, account.head_seq, account.head_digest)
        return {"anchor": anchor, "records": records}

    return database.run(work)


def sign_head(keys: SigningKeys, customer: str, seq: int, digest: str) -> str:
    """Return a head as an anchor: the head in canonical form, and a signature over it."""
    head: Json = [customer, seq, digest]
    signature = keys.checkpoint.sign(HEAD_TAG + canonical_bytes(head))
    return canonical_bytes({"head": head, "signature": base64url(signature)}).decode("utf-8")


def read_anchor(keys: SigningKeys, anchor: str) -> tuple[str, int, str] | None:
    """Return the head that an anchor names, or None where it is not one that this log has signed."""
    try:
        document = json.loads(anchor)
        customer, seq, digest = document["head"]
    except (ValueError, TypeError, KeyError):
        return None
    # Made again rather than taken apart: Ed25519 signs one text in one way.
    is_ours = isinstance(seq, int) and sign_head(keys, str(customer), seq, str(digest)) == anchor
    return (str(customer), seq, str(digest)) if is_ours else None


def prove(database: Database, customer: str, seq: int, old_size: int) -> Json:
    """Return the proof that an entry is in the log, and that the log of ``old_size`` is a prefix of it."""

    def work(tx: Transaction) -> Json:
        row = tx.execute(
            "SELECT log_index FROM entries WHERE customer = %s AND seq = %s AND log_index IS NOT NULL",
            (customer, seq),
        ).fetchone()
        leaves = _leaves(tx)
        if row is None:
            return None
        index = whole(row[0])
        return {
            "consistency": [item.hex() for item in merkle.consistency(leaves, old_size)],
            "inclusion": [item.hex() for item in merkle.inclusion(leaves, index)],
            "index": index,
            "size": len(leaves),
        }

    return database.run(work)


def heads_root(heads: Sequence[tuple[str, int, str]]) -> bytes:
    """Return the root over the heads (customer, seq, digest) in the order of their customers."""
    ordered = sorted(heads, key=lambda head: head[0].encode("utf-8"))
    return merkle.root([merkle.leaf(canonical_bytes(list(head))) for head in ordered])


def note_text(size: int, log_root: bytes, heads: bytes) -> str:
    """Return what a note says."""
    return f"{ORIGIN}\n{size}\n{_base64(log_root)}\nheads {_base64(heads)}\n"


def _publish(tx: Transaction, keys: SigningKeys) -> Checkpoint:
    _number(tx)
    checkpoint, size = _sign(tx, keys)
    tx.execute(
        "INSERT INTO checkpoints (size, note, heads) VALUES (%s, %s, %s) ON CONFLICT (size) DO NOTHING",
        (size, checkpoint.note, canonical_bytes(checkpoint.heads).decode("utf-8")),
    )
    return checkpoint


def _number(tx: Transaction) -> None:
    tx.execute(
        "UPDATE entries SET log_index = numbered.place FROM ("
        " SELECT customer, seq, (SELECT coalesce(max(log_index) + 1, 0) FROM entries)"
        " + row_number() OVER (ORDER BY commit_time, customer, seq) - 1 AS place"
        " FROM entries WHERE log_index IS NULL) AS numbered"
        " WHERE entries.customer = numbered.customer AND entries.seq = numbered.seq"
    )


def _leaves(tx: Transaction) -> list[bytes]:
    rows = tx.execute("SELECT digest FROM entries WHERE log_index IS NOT NULL ORDER BY log_index")
    return [merkle.leaf(bytes.fromhex(str(row[0]))) for row in rows]


def _sign(tx: Transaction, keys: SigningKeys) -> tuple[Checkpoint, int]:
    leaves = _leaves(tx)
    rows = tx.execute("SELECT customer, head_seq, head_digest FROM accounts").fetchall()
    found = sorted(
        ((str(customer), whole(seq), str(head)) for customer, seq, head in rows),
        key=lambda head: head[0].encode("utf-8"),
    )
    heads: list[Json] = [{"customer": customer, "head": head, "seq": seq} for customer, seq, head in found]
    text = note_text(len(leaves), merkle.root(leaves), heads_root(found))
    raw = keys.checkpoint.public_key().public_bytes_raw()
    key_hash = hashlib.sha256(ORIGIN.encode("ascii") + b"\n" + _ED25519 + raw).digest()[:4]
    line = _base64(key_hash + keys.checkpoint.sign(text.encode("utf-8")))
    return Checkpoint(note=f"{text}\n\N{EM DASH} {ORIGIN} {line}\n", heads=heads), len(leaves)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")

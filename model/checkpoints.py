"""Checkpoints: a signed statement of how long the log is, and where every customer's chain ends.

The text is a C2SP tlog-checkpoint: origin, size, root of the log tree, and one extension line that binds
the root of the map customer -> (sequence, head). It is signed as a C2SP signed note with Ed25519. The file
form is JSON: the note and the map, so that one customer's head can be looked up without the log.

Choices: the log's own signature line must stand under the origin as its name, as C2SP asks. Lines of other
names, such as witness co-signatures, are carried and not judged here. A file whose map is not the one that
the note binds has a form; it is false, so it gets a verdict, ``HASH``, and no format error.

Not here: comparing a checkpoint with a log (the audit), witnesses, and inclusion proofs.

Source: ``system.md`` sections 4 and 5; C2SP tlog-checkpoint and signed-note; RFC 6962.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billproof.model.canonical import CanonicalValue, JsonInputError, canonical_bytes, parse_json
from billproof.model.identifiers import CustomerId, Digest, Position, Sequence
from billproof.model.key_sets import CheckpointKey, JsonWebKeySet
from billproof.model.merkle import root_of_leaves
from billproof.model.outcomes import ReceiptCode
from billproof.model.portable import PortableError

DEFAULT_ORIGIN: Final = "billproof.dev/log"
"""The origin of a log that nobody has named."""

HEADS_EXTENSION: Final = "heads"
"""The first word of the extension line."""

SIZE_MAX: Final = 10**15 - 1
"""The largest size of a log and sequence number: 15 digits."""

_ALGORITHM_ED25519: Final = b"\x01"
_DASH: Final = "\N{EM DASH}"
_SIZE = re.compile(r"0|[1-9][0-9]{0,14}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
# Neither blanks nor "+": the origin is also the name in the signature line and in verifier keys.
_ORIGIN = re.compile(r"[!-*,-~]{1,200}")


class CheckpointFormatError(PortableError, ValueError):
    """A text that is no checkpoint; whoever supplied it must mend it.

    Args:
        source: The file, for messages.
        problem: What is wrong.
        remedy: What to supply instead.
    """

    def __init__(self, source: str, problem: str, remedy: str) -> None:
        super().__init__(f"{source}: {problem}; {remedy}")
        self.source = source
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """Where one customer's chain ends."""

    customer: CustomerId
    sequence: Sequence
    """At least 1: a customer without entries has no head."""
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointBody:
    """What a note says."""

    origin: str
    """The name of the log."""
    size: Position
    """The number of receipts in the log."""
    root: bytes
    """The root of the log tree, 32 bytes."""
    heads_root: bytes
    """The root of the map, 32 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointDocument:
    """A checkpoint as a file holds it; what it says is not verified yet."""

    note: str
    """The signed note, to its last newline."""
    body: CheckpointBody
    """What the note says."""
    heads: tuple[ChainHead, ...]
    """In the order of ``heads_root``, each customer once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedCheckpoint:
    """A checkpoint whose signature is good and whose map is the one that it binds."""

    body: CheckpointBody
    heads: tuple[ChainHead, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedCheckpoint:
    """A checkpoint that nobody should rely on."""

    code: ReceiptCode
    """``UNKNOWN_KEY``, ``SIGNATURE`` or ``HASH``."""
    reason: str
    """What was found, for a person."""


def heads_root(heads: Iterable[ChainHead]) -> bytes:
    """Return the root of the map customer -> (sequence, head), whatever the order of ``heads``.

    It is the RFC 6962 root over the canonical lists [customer, sequence, digest], sorted as bytes of the
    customer's UTF-8 text.

    Raises:
        CheckpointFormatError: A customer appears twice; a bug of the caller.
    """
    return root_of_leaves(
        canonical_bytes([head.customer, head.sequence, head.digest]) for head in _sorted(heads, "checkpoint")
    )


def checkpoint_text(body: CheckpointBody) -> str:
    """Return the signed text of a checkpoint: four lines, each with its newline.

    Raises:
        CheckpointFormatError: The origin or the size is not one that a checkpoint can have.
    """
    if _ORIGIN.fullmatch(body.origin) is None:
        raise CheckpointFormatError(
            "checkpoint",
            f"origin {body.origin!r} is no name",
            "use visible ASCII without blanks and plus signs",
        )
    if not 0 <= body.size <= SIZE_MAX:
        raise CheckpointFormatError(
            "checkpoint", f"size {body.size} is outside 0 to {SIZE_MAX}", "count the receipts of the log"
        )
    return f"{body.origin}\n{body.size}\n{_base64(body.root)}\n{HEADS_EXTENSION} {_base64(body.heads_root)}\n"


def note_key_hash(name: str, raw: bytes) -> bytes:
    """Return the four bytes by which a signature line names its key (C2SP signed-note).

    Args:
        name: The name in the signature line.
        raw: The 32 bytes of the Ed25519 public key.
    """
    return hashlib.sha256(name.encode("utf-8") + b"\n" + _ALGORITHM_ED25519 + raw).digest()[:4]


def sign_checkpoint(
    body: CheckpointBody, heads: Iterable[ChainHead], private: Ed25519PrivateKey
) -> CheckpointDocument:
    """Return the signed checkpoint; the same body and key always give the same bytes.

    Args:
        body: What to sign; ``heads_root`` is that of ``heads``.
        heads: The map, in any order.
        private: The key of the log.

    Raises:
        CheckpointFormatError: The body is not one that a checkpoint can have, or does not bind ``heads``; a
            bug of the caller.
    """
    ordered = _sorted(heads, "checkpoint")
    if heads_root(ordered) != body.heads_root:
        raise CheckpointFormatError(
            "checkpoint", "heads_root is not the root of the heads", "compute it from them"
        )
    text = checkpoint_text(body)
    raw = private.public_key().public_bytes_raw()
    line = _base64(note_key_hash(body.origin, raw) + private.sign(text.encode("utf-8")))
    return CheckpointDocument(note=f"{text}\n{_DASH} {body.origin} {line}\n", body=body, heads=ordered)


def verify_checkpoint(
    document: CheckpointDocument, keys: JsonWebKeySet
) -> VerifiedCheckpoint | FailedCheckpoint:
    """Judge the log's signature on a checkpoint, and whether its map is the one that it binds.

    Args:
        document: The checkpoint, parsed.
        keys: The keys that the verifier trusts.

    Returns:
        The checkpoint, or the first of ``UNKNOWN_KEY``, ``SIGNATURE`` and ``HASH`` that applies.

    Raises:
        CheckpointFormatError: The note is no checkpoint; ``parse_checkpoint`` would have said so.
    """
    # Read again: what was signed decides, not what the document says beside it.
    body = verify_note(document.note, keys)
    if isinstance(body, FailedCheckpoint):
        return body
    if heads_root(document.heads) != body.heads_root:
        return FailedCheckpoint(code=ReceiptCode.HASH, reason="the heads are not those that the note binds")
    return VerifiedCheckpoint(body=body, heads=document.heads)


def verify_note(note: str, keys: JsonWebKeySet) -> CheckpointBody | FailedCheckpoint:
    """Judge the log's signature on a note alone, without the map.

    Args:
        note: The signed note.
        keys: The keys that the verifier trusts.

    Raises:
        CheckpointFormatError: The note is no checkpoint.
    """
    body = parse_note(note, "checkpoint")
    text, lines = note_lines(note, "checkpoint")
    known = {note_key_hash(body.origin, key.raw): key for key in keys.checkpoints.values()}
    signatures = [
        (known[data[:4]], data[4:]) for name, data in lines if name == body.origin and data[:4] in known
    ]
    if not signatures:
        reason = f"no signature of {body.origin} under a key of the key set"
        return FailedCheckpoint(code=ReceiptCode.UNKNOWN_KEY, reason=reason)
    for key, signature in signatures:
        if not _is_good(key, signature, text.encode("utf-8")):
            reason = f"the signature does not verify under key {key.key_id}"
            return FailedCheckpoint(code=ReceiptCode.SIGNATURE, reason=reason)
    return body


def render_checkpoint(document: CheckpointDocument) -> str:
    """Return the file form of a checkpoint: canonical JSON."""
    heads: list[CanonicalValue] = [
        {"customer": head.customer, "head": head.digest, "seq": head.sequence} for head in document.heads
    ]
    return canonical_bytes({"heads": heads, "note": document.note}).decode("utf-8")


def parse_checkpoint(text: str | bytes, source: str) -> CheckpointDocument:
    """Read the file form of a checkpoint strictly; nothing is verified.

    Args:
        text: The JSON text.
        source: The file, for messages.

    Raises:
        CheckpointFormatError: Not strict JSON of this form, a note that is no checkpoint, or heads that are
            not sorted or name a customer twice.
    """
    try:
        document = parse_json(text, source)
    except JsonInputError as error:
        raise CheckpointFormatError(source, str(error), _REMEDY) from error
    if not isinstance(document, dict) or set(document) != {"note", "heads"}:
        raise CheckpointFormatError(source, "is no object of exactly note and heads", _REMEDY)
    note, listed = document["note"], document["heads"]
    if not isinstance(note, str) or not isinstance(listed, list):
        raise CheckpointFormatError(source, "note is no string or heads is no list", _REMEDY)
    heads = tuple(_head(head, f"{source}: head {place}") for place, head in enumerate(listed))
    if _sorted(heads, source) != heads:
        raise CheckpointFormatError(source, "the heads are not sorted by customer", _REMEDY)
    return CheckpointDocument(note=note, body=parse_note(note, source), heads=heads)


def parse_note(note: str, source: str) -> CheckpointBody:
    """Read what a note says; its signatures are not verified.

    Args:
        note: The signed note.
        source: The file, for messages.

    Raises:
        CheckpointFormatError: Not a signed note of one checkpoint in its one canonical form.
    """
    text, blank, signatures = note.partition("\n\n")
    lines = text.split("\n")
    if not blank or len(lines) != 4:
        raise CheckpointFormatError(source, "the note has not four lines before a blank one", _REMEDY)
    origin, size, root, extension = lines
    word, _, heads = extension.partition(" ")
    if _ORIGIN.fullmatch(origin) is None or _SIZE.fullmatch(size) is None or word != HEADS_EXTENSION:
        raise CheckpointFormatError(source, "the note is not origin, size, root and heads", _REMEDY)
    _signatures(signatures, source)
    return CheckpointBody(
        origin=origin,
        size=Position(int(size)),
        root=_decoded(root, 32, source),
        heads_root=_decoded(heads, 32, source),
    )


def note_lines(note: str, source: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the signed text of a note, and name and data of each signature line; nothing is verified.

    Raises:
        CheckpointFormatError: Not a signed note.
    """
    text, blank, signatures = note.partition("\n\n")
    if not blank:
        raise CheckpointFormatError(source, "the note has no blank line", _REMEDY)
    return f"{text}\n", _signatures(signatures, source)


def signature_line(name: str, data: bytes) -> str:
    """Return a signature line; ``data`` begin with the four bytes of the key."""
    return f"{_DASH} {name} {_base64(data)}\n"


_REMEDY: Final = "take the checkpoint exactly as it was published"


def _sorted(heads: Iterable[ChainHead], source: str) -> tuple[ChainHead, ...]:
    ordered = tuple(sorted(heads, key=lambda head: head.customer.encode("utf-8")))
    for first, second in pairwise(ordered):
        if first.customer == second.customer:
            raise CheckpointFormatError(
                source, f"customer {first.customer!r} has two heads", "list each once"
            )
    return ordered


def _head(value: CanonicalValue, where: str) -> ChainHead:
    if not isinstance(value, dict) or set(value) != {"customer", "seq", "head"}:
        raise CheckpointFormatError(where, "is no object of exactly customer, seq and head", _REMEDY)
    customer, sequence, digest = value["customer"], value["seq"], value["head"]
    if not isinstance(customer, str) or not isinstance(digest, str) or _DIGEST.fullmatch(digest) is None:
        raise CheckpointFormatError(where, "customer is no string or head no digest", _REMEDY)
    if not isinstance(sequence, int) or isinstance(sequence, bool) or not 1 <= sequence <= SIZE_MAX:
        raise CheckpointFormatError(where, f"seq {sequence!r} is not in 1 to {SIZE_MAX}", _REMEDY)
    return ChainHead(customer=CustomerId(customer), sequence=Sequence(sequence), digest=Digest(digest))


def _signatures(text: str, source: str) -> list[tuple[str, bytes]]:
    """Return name and data of every signature line; the data begin with the four bytes of the key."""
    if not text.endswith("\n") or len(text) > 100_000:
        raise CheckpointFormatError(source, "the note has no signature lines, or too many", _REMEDY)
    found: list[tuple[str, bytes]] = []
    for line in text[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        data = _decoded(encoded, None, source)
        if dash != _DASH or _ORIGIN.fullmatch(name) is None or len(data) <= 4:
            raise CheckpointFormatError(source, f"{line[:60]!r} is no signature line", _REMEDY)
        found.append((name, data))
    return found


def _is_good(key: CheckpointKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.public.verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decoded(text: str, length: int | None, source: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise CheckpointFormatError(source, f"{text[:60]!r} is not base64", _REMEDY) from error
    if _base64(data) != text or (length is not None and len(data) != length):
        raise CheckpointFormatError(source, f"{text[:60]!r} is not canonical base64 of its length", _REMEDY)
    return data

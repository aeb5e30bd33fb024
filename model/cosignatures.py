"""Co-signatures of witnesses on checkpoints, and how many of them a reader asks for.

A co-signature is a line of the signed note: Ed25519 over a header, a time and the text of the checkpoint, by
a key with an algorithm byte of its own, so that no signature of a log can pass for one. A reader holds a
policy: n witnesses, of whom at most f are corrupt, and w who must have signed. Any two heads that are
accepted then share an honest witness if 2w - n > f; a policy for which that is false is refused.

Choices: one witness counts once, under however many lines or names; two names with one key are refused, as
the signed message does not commit to the name. A line under a known key that does not verify is not counted.

Not here: when a witness signs (``witness``).

Source: C2SP tlog-cosignature (cosignature/v1) and signed-note; rule R3.4.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from billproof.model.canonical import JsonInputError, parse_json
from billproof.model.checkpoints import note_lines, signature_line
from billproof.model.identifiers import Count, Instant
from billproof.model.periods import MICROS_PER_SECOND
from billproof.model.portable import PortableError

ALGORITHM_COSIGNATURE: Final = b"\x04"
"""The algorithm byte of Ed25519 co-signatures."""

HEADER: Final = "cosignature/v1"
"""The first line of the signed message."""

WITNESSES_MAX: Final = 100
"""More witnesses than any policy lists."""

_DATA_LENGTH: Final = 4 + 8 + 64
_NAME = re.compile(r"[!-*,-~]{1,200}")
_KEY_ID = re.compile(r"[0-9a-f]{8}")


class WitnessKeyError(PortableError, ValueError):
    """A verifier key or a policy that cannot be used; whoever wrote it must mend it.

    Args:
        source: The file, for messages.
        problem: What is wrong.
        remedy: What to write instead.
    """

    def __init__(self, source: str, problem: str, remedy: str) -> None:
        super().__init__(f"{source}: {problem}; {remedy}")
        self.source = source
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessKey:
    """A witness that a reader knows."""

    name: str
    """The name in its signature lines."""
    raw: bytes
    """The 32 bytes of its Ed25519 public key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessPolicy:
    """Who may co-sign, and how many must."""

    witnesses: tuple[WitnessKey, ...]
    quorum: Count
    """How many distinct witnesses must have signed: w."""
    faulty: Count
    """How many may be corrupt: f."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What the co-signatures on a checkpoint amount to under a policy."""

    signed_by: tuple[str, ...]
    """The names of the witnesses whose line verifies, in the order of the policy."""
    rejected: tuple[str, ...]
    """The names of those who have a line and none that verifies."""
    quorum: Count

    @property
    def is_accepted(self) -> bool:
        """Whether a reader may rely on the checkpoint."""
        return len(self.signed_by) >= self.quorum


def cosignature_key_id(key: WitnessKey) -> bytes:
    """Return the four bytes by which a line names the key of a witness."""
    return sha256(key.name.encode("utf-8") + b"\n" + ALGORITHM_COSIGNATURE + key.raw).digest()[:4]


def cosigned_message(text: str, seconds: int) -> bytes:
    """Return what a witness signs.

    Args:
        text: The text of the checkpoint, with its last newline.
        seconds: Since 1970.
    """
    return f"{HEADER}\ntime {seconds}\n{text}".encode()


def cosign(note: str, name: str, private: Ed25519PrivateKey, now: Instant) -> str:
    """Return the signature line of a witness on a note; whether it may sign was decided before.

    Args:
        note: The signed note.
        name: The name of the witness.
        private: Its key.
        now: When it signs; whole seconds are kept.
    """
    text, _ = note_lines(note, "note")
    seconds = int(now) // MICROS_PER_SECOND
    key = WitnessKey(name=name, raw=private.public_key().public_bytes_raw())
    signature = private.sign(cosigned_message(text, seconds))
    return signature_line(name, cosignature_key_id(key) + seconds.to_bytes(8, "big") + signature)


def judge_cosignatures(note: str, policy: WitnessPolicy) -> Acceptance:
    """Count the witnesses of a policy whose line on a note verifies.

    Raises:
        CheckpointFormatError: The note is no signed note.
    """
    text, lines = note_lines(note, "note")
    signed: list[str] = []
    rejected: list[str] = []
    for witness in policy.witnesses:
        key_id = cosignature_key_id(witness)
        data = [data for name, data in lines if name == witness.name and data[:4] == key_id]
        if any(_is_good(witness, text, item) for item in data):
            signed.append(witness.name)
        elif data:
            rejected.append(witness.name)
    return Acceptance(signed_by=tuple(signed), rejected=tuple(rejected), quorum=policy.quorum)


def check_policy(policy: WitnessPolicy, source: str) -> WitnessPolicy:
    """Accept a policy under which any two accepted heads share an honest witness.

    Raises:
        WitnessKeyError: 2w - n > f is false, a number is out of range, or a name or a key appears twice.
    """
    count = len(policy.witnesses)
    if not 1 <= count <= WITNESSES_MAX:
        raise WitnessKeyError(source, f"lists {count} witnesses", f"list 1 to {WITNESSES_MAX}")
    for what, distinct in (
        ("name", {witness.name for witness in policy.witnesses}),
        ("key", {witness.raw for witness in policy.witnesses}),
    ):
        if len(distinct) != count:
            raise WitnessKeyError(source, f"lists a {what} twice", "list each witness once")
    if not 1 <= policy.quorum <= count or policy.faulty < 0:
        raise WitnessKeyError(
            source,
            f"asks for {policy.quorum} of {count}, {policy.faulty} corrupt",
            "ask for 1 to all of them",
        )
    if 2 * policy.quorum - count <= policy.faulty:
        raise WitnessKeyError(
            source,
            f"{policy.quorum} of {count} with {policy.faulty} corrupt lets two heads share no honest witness",
            "choose w, n and f such that 2w - n > f",
        )
    return policy


def parse_policy(text: str | bytes, source: str) -> WitnessPolicy:
    """Read a policy: ``{"faulty": f, "quorum": w, "witnesses": [verifier keys]}``.

    Raises:
        WitnessKeyError: Not strict JSON of this form, or a policy that ``check_policy`` refuses.
    """
    form = 'write {"faulty": 0, "quorum": 1, "witnesses": ["name+hash+key"]}'
    try:
        document = parse_json(text, source)
    except JsonInputError as error:
        raise WitnessKeyError(source, str(error), form) from error
    if not isinstance(document, dict) or set(document) != {"faulty", "quorum", "witnesses"}:
        raise WitnessKeyError(source, "is no object of exactly faulty, quorum and witnesses", form)
    faulty, quorum, listed = document["faulty"], document["quorum"], document["witnesses"]
    if not isinstance(listed, list) or type(faulty) is not int or type(quorum) is not int:
        raise WitnessKeyError(source, "has a member of another type", form)
    keys = tuple(parse_verifier_key(str(item), source) for item in listed)
    return check_policy(WitnessPolicy(witnesses=keys, quorum=Count(quorum), faulty=Count(faulty)), source)


def parse_verifier_key(text: str, source: str) -> WitnessKey:
    """Read a verifier key ``name+hash+base64(0x04 || key)`` (C2SP signed-note).

    Raises:
        WitnessKeyError: Not one, or its hash is not that of its name and key.
    """
    remedy = "take the verifier key exactly as the witness printed it"
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        data = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise WitnessKeyError(source, f"{text[:60]!r} is no verifier key", remedy) from error
    if _NAME.fullmatch(name) is None or _KEY_ID.fullmatch(key_id) is None or len(data) != 33:
        raise WitnessKeyError(source, f"{text[:60]!r} is no verifier key", remedy)
    if data[:1] != ALGORITHM_COSIGNATURE:
        raise WitnessKeyError(source, f"{name} has a key of algorithm {data[0]}, not 4", remedy)
    key = WitnessKey(name=name, raw=data[1:])
    if render_verifier_key(key) != text:
        raise WitnessKeyError(source, f"the hash of {name} is not that of its name and key", remedy)
    return key


def render_verifier_key(key: WitnessKey) -> str:
    """Return the verifier key of a witness, as others put it into their policy."""
    encoded = base64.b64encode(ALGORITHM_COSIGNATURE + key.raw).decode("ascii")
    return f"{key.name}+{cosignature_key_id(key).hex()}+{encoded}"


def is_witness_name(name: str) -> bool:
    """Tell whether a name can stand in a signature line."""
    return _NAME.fullmatch(name) is not None


def _is_good(witness: WitnessKey, text: str, data: Sequence[int]) -> bool:
    raw = bytes(data)
    if len(raw) != _DATA_LENGTH:
        return False
    seconds = int.from_bytes(raw[4:12], "big")
    if seconds >= 1 << 63:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(witness.raw).verify(raw[12:], cosigned_message(text, seconds))
    except (InvalidSignature, ValueError):
        return False
    return True

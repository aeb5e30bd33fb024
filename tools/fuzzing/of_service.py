"""Targets of the rim: usage files, ledgers as files and databases, audits, traces, plans, signed requests."""

import base64
import contextlib
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from billproof.model.canonical import JsonInputError, canonical_bytes
from billproof.model.checkpoints import CheckpointFormatError
from billproof.model.commands import AdvanceTime, Charge, Command, OpenPeriod
from billproof.model.design import DesignError
from billproof.model.identifiers import (
    AttemptId,
    CurrencyCode,
    CustomerId,
    IdempotencyKey,
    Instant,
    IssuerId,
    Period,
    SigningKeyId,
)
from billproof.model.key_sets import KeyFormatError
from billproof.model.outcomes import ReceiptVerdict, Region
from billproof.model.state import NO_TERMS
from billproof.model.unit_prices import PlanFormatError
from billproof.service.access import CustomerKey, read_public_key
from billproof.service.audit import AuditOptions, audit
from billproof.service.binding import audit_hashes
from billproof.service.errors import RimError
from billproof.service.events import read_events
from billproof.service.focus import read_focus
from billproof.service.handover import read_old_events
from billproof.service.http.problems import ProblemError
from billproof.service.http.signatures import RequestSignatureError, SignedMessage, verify_request
from billproof.service.http.wire import parse_batch, parse_document, parse_event
from billproof.service.http.witness import AddCheckpointError, parse_request
from billproof.service.keystore import KeyStoreError, read_secret
from billproof.service.ordinals import Ordinals
from billproof.service.published_plans import read_published
from billproof.service.reconciling import ReconcileOptions, reconcile
from billproof.service.records import render_command
from billproof.service.request_signatures import requests_in
from billproof.service.trace import read_trace
from billproof.service.usage import Signature, opening_request
from tools.fuzzing.databases import damaged_database
from tools.fuzzing.mutation import Damage
from tools.fuzzing.of_model import PLAN
from tools.fuzzing.seeds import USAGE, Seeds
from tools.fuzzing.target import Target, law, target, with_file
from tools.fuzzing.watching import ROOT

AUDIT_ERRORS: Final = (RimError, CheckpointFormatError, KeyFormatError, JsonInputError, DesignError)
"""What ``audit`` says that it raises."""

_EVENT: Final = (
    '{"amount":"1.5","currency":"USD","entitlement":"api","event_time":"2024-09-25T00:00:00Z",'
    '"idempotency_key":"k"}'
)


def _drained(lines: Iterator[object]) -> None:
    for _ in lines:
        pass


def _usage(read: Callable[[io.BytesIO, str, Ordinals], Iterator[object]]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        _drained(read(io.BytesIO(data), "input", Ordinals()))

    return run


def _batch(data: bytes) -> None:
    media_type = "application/x-ndjson" if b"}\n{" in data else "application/json"
    for document in parse_batch(data, media_type) or (parse_document(data),):
        with contextlib.suppress(ProblemError):
            parse_event(document, CustomerId("acme"), None)


def _signed_base(data: bytes) -> None:
    base, _, body = data.partition(b"\n\n")
    requests_in(base.decode("utf-8", "replace"), body, CustomerId("acme"))


def _signature(keys: dict[str, CustomerKey]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        """Judge a request whose headers are the input, one per line."""
        pairs = [line.partition(": ") for line in data.decode("latin-1").split("\n")]
        headers = {name.lower(): value for name, _, value in pairs}
        message = SignedMessage(method="POST", path="/v1/events", query="", headers=headers, body=b"{}")
        verify_request(message, keys, _SIGNED_AT)

    return run


def _file_targets(directory: Path, seeds: Seeds) -> tuple[Target, ...]:
    plans = f'[{{"unit":"calls","unit_price":"0.15"}},{PLAN}]'
    statement = '{"USD":"120.5","EUR":"-1"}'
    differences = '["[\\"heads\\",\\"acme\\"]"]\n["[\\"heads\\",\\"acme\\"]"]\n'
    secret = directory / "secret"
    secret.touch(0o600)

    def outside(path: Path) -> None:
        reconcile(seeds.database, ReconcileOptions(outside=path))

    def history(path: Path) -> None:
        reconcile(seeds.database, ReconcileOptions(history=path))

    return (
        target(
            "trace",
            with_file(directory, lambda path: _drained(read_trace(path))),
            (RimError,),
            _trace_example(),
            is_json=True,
        ),
        target(
            "old-events",
            with_file(directory, lambda path: _drained(read_old_events(path))),
            (RimError,),
            USAGE,
            is_json=True,
        ),
        target(
            "published-plans",
            with_file(directory, read_published),
            (RimError, JsonInputError, PlanFormatError),
            plans,
            is_json=True,
        ),
        target(
            "payments",
            with_file(directory, outside),
            (RimError, JsonInputError),
            statement,
            is_json=True,
            weight=1,
        ),
        target(
            "reconciliations",
            with_file(directory, history),
            (RimError, JsonInputError),
            differences,
            is_json=True,
            weight=1,
        ),
        target(
            "secret-file",
            with_file(directory, read_secret, "secret"),
            (KeyStoreError,),
            seeds.receipt_pem,
            weight=1,
        ),
    )


def service_targets(seeds: Seeds) -> tuple[Target, ...]:
    """Return the targets of single parsers of the service."""
    sample = (ROOT / "samples" / "focus_synthetic.csv").read_bytes().split(b"\n")
    focus = b"\n".join(sample[:4]) + b"\n"
    request = f"old 0\n\n{seeds.note}"
    proven = "old 3\n" + "8jaVNkalQYD9P9qNISp+3zLkYckQRmZCEN+mFzE4DFU=\n" * 3 + f"\n{seeds.note}"
    private = Ed25519PrivateKey.generate()
    key = read_public_key(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    head = _signed_head(private, key.key_id)
    covered = (
        '"@method": POST',
        '"@path": /v1/events',
        '"idempotency-key": k',
        '"@signature-params": ("@method")',
    )
    base = "\n".join([*covered, "", _EVENT])
    return (
        target("usage-events", _usage(read_events), (RimError,), USAGE, is_json=True, weight=20),
        target(
            "usage-focus", _usage(read_focus), (RimError,), focus, words=(b"NULL", b'""', b'","'), weight=10
        ),
        target(
            "event-batch",
            _batch,
            (ProblemError,),
            _EVENT,
            f"[{_EVENT},{_EVENT}]",
            f"{_EVENT}\n{_EVENT}\n",
            is_json=True,
            weight=20,
        ),
        target(
            "add-checkpoint", lambda data: check(parse_request(data)), (AddCheckpointError,), request, proven
        ),
        target("signed-base", _signed_base, (), base),
        target("request-signature", _signature({key.key_id: key}), (RequestSignatureError,), head, weight=20),
        *_file_targets(seeds.directory, seeds),
    )


def check(value: object) -> None:
    """Take what was returned."""
    law(value is not None, "nothing was returned")


def _audited_lines(keys: Path, checkpoint: Path, whole: bytes) -> Callable[[Path], None]:
    def run(path: Path) -> None:
        report = audit(path, AuditOptions(jwks=keys, checkpoint=checkpoint))
        plain = audit(path, AuditOptions(jwks=keys, checkpoint=checkpoint, is_plain=True))
        law(report.verdict == plain.verdict, "the quick way and the plain way differ")
        if report.verdict == ReceiptVerdict.VALID:
            found = {_compact(line) for line in path.read_bytes().splitlines() if line.strip()}
            law(found == {_compact(line) for line in whole.splitlines()}, "a changed ledger is VALID")
        with contextlib.suppress(*AUDIT_ERRORS):
            audit_hashes(path, AuditOptions(jwks=keys, checkpoint=checkpoint))

    return run


def audit_targets(seeds: Seeds) -> tuple[Target, ...]:
    """Return the targets that are whole audits: of lines, a database, by a damaged checkpoint or key set."""
    directory = seeds.directory
    original = seeds.database.read_bytes()
    whole = directory / "whole.jsonl"
    whole.write_bytes(seeds.lines)
    keys, checkpoint = directory / "seeds.jwks", directory / "seeds.checkpoint"

    def by_checkpoint(path: Path) -> None:
        audit(whole, AuditOptions(jwks=keys, checkpoint=path))

    def by_keys(path: Path) -> None:
        audit(whole, AuditOptions(jwks=path))

    def database(path: Path) -> None:
        for name in ("input.db-wal", "input.db-shm", "input.db-journal"):
            (directory / name).unlink(missing_ok=True)
        audit(path, AuditOptions(jwks=keys))
        with contextlib.suppress(*AUDIT_ERRORS):
            audit_hashes(path, AuditOptions(jwks=keys, checkpoint=checkpoint))

    def made(random: Random) -> bytes:
        return damaged_database(original, directory / "draft.db", random)

    stretch = Damage(examples=(seeds.lines,), is_json=True)
    return (
        Target(
            name="audit-lines",
            run=with_file(directory, _audited_lines(keys, checkpoint, seeds.lines)),
            documented=AUDIT_ERRORS,
            make=stretch.make,
            weight=3,
        ),
        target(
            "audit-checkpoint",
            with_file(directory, by_checkpoint),
            AUDIT_ERRORS,
            seeds.checkpoint,
            is_json=True,
            weight=1,
        ),
        target(
            "audit-key-set", with_file(directory, by_keys), AUDIT_ERRORS, seeds.jwks, is_json=True, weight=1
        ),
        Target(
            name="audit-database",
            run=with_file(directory, database, "input.db"),
            documented=AUDIT_ERRORS,
            make=made,
            weight=4,
        ),
    )


def _compact(line: bytes) -> bytes:
    # Order and spacing of members are no part of what a line says.
    from billproof.model.canonical import parse_json

    return canonical_bytes(parse_json(line, "line"))


_SIGNED_AT: Final = 1_700_000_000


def _trace_example() -> str:
    """Return a trace of commands of several shapes: with a record inside, with numbers, with texts."""
    key = IdempotencyKey("k")
    at, by = Instant(1_726_700_000_000_000), Signature(issuer=IssuerId("i"), signing_key=SigningKeyId("s"))
    request = opening_request(CustomerId("acme"), CurrencyCode("USD"), NO_TERMS, at, by)
    commands: tuple[Command, ...] = (
        AdvanceTime(now=at, period=Period(24_296)),
        OpenPeriod(region=Region.PRIMARY, request=request),
        Charge(region=Region.PRIMARY, attempt=AttemptId("a"), request=replace(request, key=key)),
    )
    steps = [
        {"asked": render_command(it), "status": "ACCEPTED", "position": 0, "receipt": "", "replayed": False}
        for it in commands
    ]
    return json.dumps({"version": 1, "base": 0, "steps": steps}) + "\n"


def _signed_head(private: Ed25519PrivateKey, key_id: str) -> str:
    """Return the headers of a request that is signed as RFC 9421 has it."""
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(b'{}').digest()).decode()}:"
    parameters = f'("@method" "@path" "content-digest");created={_SIGNED_AT};keyid="{key_id}"'
    lines = ['"@method": POST', '"@path": /v1/events', f'"content-digest": {digest}']
    base = "\n".join([*lines, f'"@signature-params": {parameters}'])
    made = base64.b64encode(private.sign(base.encode())).decode()
    return (
        f"Signature-Input: sig1={parameters}\nSignature: sig1=:{made}:\nContent-Digest: {digest}\nHost: e.org"
    )

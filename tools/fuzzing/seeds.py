"""Valid examples of every format: a small ledger is billed, exported and witnessed, once at the start."""

import io
import json
import sqlite3
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from billproof.cli.main import run
from billproof.model.cosignatures import WitnessKey, render_verifier_key
from billproof.model.jws import split_jws
from billproof.service.keystore import key_directory

USAGE = "".join(
    json.dumps(
        {
            "customer": ("acme", "bob", "zo\N{LATIN SMALL LETTER E WITH DIAERESIS}")[number % 3],
            "idempotency_key": f"k{number}", "amount": ("1.5", "0.0000008", "2")[number % 3],
            "currency": ("USD", "EUR", "JPY")[number % 3], "entitlement": ("api", "disk")[number % 2],
            "event_time": f"2024-09-{number + 1:02d}T00:00:00Z", "usage": f"{number} Requests",
        }
    ) + "\n"
    for number in range(12)
)  # fmt: skip
"""Usage as JSON lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """A ledger with everything that belongs to it."""

    directory: Path
    database: Path
    lines: bytes
    """The ledger as JSON lines."""
    jwks: bytes
    checkpoint: bytes
    note: str
    """The signed note of the checkpoint."""
    receipts: tuple[str, ...]
    audit_bodies: tuple[bytes, ...]
    policy: bytes
    verifier_key: str
    receipt_pem: bytes
    checkpoint_pem: bytes
    customer_pems: tuple[bytes, ...]
    tokens: tuple[str, ...]
    """Of a customer and of an operator."""


def told(*arguments: str | Path) -> dict[str, object]:
    """Run a command of billproof in this process, and return its document."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        code = run([*(str(argument) for argument in arguments), "--format", "json"])
    found: dict[str, object] = json.loads(out.getvalue())
    assert code == 0, f"{arguments}: {found}"
    return found


def make_seeds(directory: Path) -> Seeds:
    """Bill, export and witness a small ledger in a directory."""
    database, usage = directory / "seeds.db", directory / "usage.jsonl"
    usage.write_text(USAGE, encoding="utf-8")
    told("ingest", usage, "--db", database)
    customer = told("account", "create", "--db", database, "--customer", "carol", "--plan", "enterprise",
                    "--credit-limit", "100000000")  # fmt: skip
    operator = told("account", "token", "--db", database, "--operator")
    for form in ("jsonl", "jwks", "checkpoint"):
        told("export", database, "--to", form, "--out", directory / f"seeds.{form}")
    lines = (directory / "seeds.jsonl").read_bytes()
    with closing(sqlite3.connect(database)) as connection:
        audit = [row[0] for row in connection.execute("SELECT jws FROM audit_log")]
        connection.execute("PRAGMA journal_mode = DELETE")
    secrets = key_directory(database)
    keys = {path.name: path.read_bytes() for path in secrets.iterdir() if path.suffix == ".pem"}
    edwards, rsa = Ed25519PrivateKey.generate(), generate_private_key(65_537, 2_048)
    witnesses = [
        render_verifier_key(
            WitnessKey(name=name, raw=Ed25519PrivateKey.generate().public_key().public_bytes_raw())
        )
        for name in ("w1.example", "w2.example", "w3.example")
    ]
    return Seeds(
        directory=directory,
        database=database,
        lines=lines,
        jwks=(directory / "seeds.jwks").read_bytes(),
        checkpoint=(directory / "seeds.checkpoint").read_bytes(),
        note=str(json.loads((directory / "seeds.checkpoint").read_bytes())["note"]),
        receipts=tuple(json.loads(line)["jws"] for line in lines.splitlines()),
        audit_bodies=tuple(split_jws(str(jws)).payload for jws in audit),
        policy=json.dumps({"faulty": 1, "quorum": 3, "witnesses": witnesses}).encode(),
        verifier_key=witnesses[0],
        receipt_pem=next(data for name, data in sorted(keys.items()) if "receipt" in name),
        checkpoint_pem=next(data for name, data in sorted(keys.items()) if "checkpoint" in name),
        customer_pems=tuple(
            private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            for private in (edwards, rsa)
        ),
        tokens=(str(customer["token"]), str(operator["token"])),
    )

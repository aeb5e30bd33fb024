"""The documents of the commands around the service are of their published forms, and of no other."""

import json
import signal
from importlib.resources import files
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jsonschema import Draft202012Validator

from billproof.service.http.app import Settings
from tests.cli.test_main import validated
from tests.service.commands import billproof, started
from tests.service.http.conftest import running
from tests.service.http.signing import pem_of

NAMES = (
    "account-create", "account-token", "account-key", "account-entitlement", "serve", "trace",
    "personal-set", "personal-show", "personal-site", "retention", "witness-serve",
    "witness-key", "erase", "erase-legal-hold", "demo", "dispute-study",
)  # fmt: skip


def valid(name: str, *arguments: str | Path) -> dict[str, object]:
    """Run a command, hold its document against the form, and return it."""
    answer = billproof(*arguments, "--format", "json")
    assert answer.code in {0, 2}, answer.err
    validated(answer, name)
    return dict(answer.document)


def test_accounts_tokens_and_keys(tmp_path: Path) -> None:
    where, public = ("--db", tmp_path / "l.db"), tmp_path / "acme.pem"
    public.write_bytes(pem_of(Ed25519PrivateKey.generate()))
    valid("account-create", "account", "create", *where, "--customer", "acme", "--plan", "startup")
    stop = ("--customer", "acme", "--entitlement", "api", "--change", "suspend")
    assert valid("account-entitlement", "account", "entitlement", *where, *stop)["state"] == "suspended"
    for whose in (("--customer", "acme"), ("--operator",), ("--monitor",)):
        valid("account-token", "account", "token", *where, *whose)
    made = valid("account-key", "account", "key", *where, "--customer", "acme", "--public", public)
    valid(
        "account-key", "account", "revoke", *where, "--customer", "acme", "--key-id", str(made["key_id"])
    )  # fmt: skip


def test_personal_data_and_erasure(tmp_path: Path) -> None:
    where = ("--db", tmp_path / "l.db", "--customer", "acme")
    valid("account-create", "account", "create", *where, "--plan", "free")
    valid("personal-set", "personal", "set", *where, "--field", "email", "--value", "a@example.org")
    assert valid("personal-show", "personal", "show", *where)["fields"]
    assert valid("personal-site", "personal", "site", *where[:2])["site"] == "us-central1"
    assert valid("retention", "retention", *where[:2])["expired"] == []
    for legal_hold in ("set", "release"):
        valid("erase-legal-hold", "erase", *where, "--legal-hold", legal_hold)
    for _ in range(2):
        assert valid("erase", "erase", *where)["verdict"] == "ERASED"


def test_serving_and_its_trace(tmp_path: Path) -> None:
    database, trace = tmp_path / "l.db", tmp_path / "trace.jsonl"
    service = started("serve", "--db", database, "--port", "0", "--quiet", "--format", "json")
    try:
        assert service.stdout is not None
        told = json.loads("".join(iter(service.stdout.readline, "}\n")) + "}")
    finally:
        service.send_signal(signal.SIGTERM)
        service.communicate()
    Draft202012Validator(schema("serve")).validate(told)
    with running(Settings(database=database, trace=trace, is_logging=False)):
        pass
    valid("trace", "trace", trace, "--db", database)


def test_key_of_a_witness(tmp_path: Path) -> None:
    valid("witness-key", "witness", "key", "--state", tmp_path / "w.db")


def test_demonstration_and_study() -> None:
    valid("demo", "demo")
    valid("dispute-study", "dispute", "--study", "--count", "2", "--seed", "5")


@pytest.mark.parametrize("name", NAMES)
def test_form_refuses_what_is_missing_or_too_much(name: str) -> None:
    """No form takes the empty document or one more member: each could fail."""
    form = schema(name)
    Draft202012Validator.check_schema(form)
    assert not Draft202012Validator(form).is_valid({})
    assert form["additionalProperties"] is False


def schema(name: str) -> dict[str, object]:
    """Return a published form."""
    made = json.loads(files("billproof.cli.schemas").joinpath(f"{name}.json").read_text("utf-8"))
    assert isinstance(made, dict)
    return made

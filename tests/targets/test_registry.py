"""The registry names programs that are there, in the versions that are installed; amounts survive the way."""

import json
import tomllib

import pytest

from targets.stripe_api import _major, _minor, _refusal
from tests.repo.sources import ROOT

TARGETS = ROOT / "targets"


def test_every_registered_target_is_a_module_that_is_there() -> None:
    registry = tomllib.loads((TARGETS / "targets.toml").read_text(encoding="utf-8"))
    assert set(registry) >= {"postgres", "localstripe", "stripe-stateful-mock", "credit-ledger"}
    for name, table in registry.items():
        words = table["target"].split()
        module = words[words.index("-m") + 1]
        assert (ROOT / (module.replace(".", "/") + ".py")).is_file(), name
        assert table["about"], name


@pytest.mark.parametrize("name", ["localstripe", "credit_ledger"])
def test_the_version_that_is_named_is_the_one_that_is_installed(name: str) -> None:
    pinned = (TARGETS / name / "requirements.txt").read_text(encoding="utf-8")
    adapter = (TARGETS / name / "adapter.py").read_text(encoding="utf-8")
    version = adapter.partition('VERSION: Final = "')[2].partition('"')[0]
    assert f"{name.replace('_', '-')}=={version}\n" in pinned


def test_the_npm_package_is_pinned_in_package_and_lock() -> None:
    folder = TARGETS / "stripe_stateful_mock"
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
    version = package["dependencies"]["stripe-stateful-mock"]
    assert lock["packages"]["node_modules/stripe-stateful-mock"]["version"] == version
    assert f'"{version}"' in (folder / "adapter.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("12.5", "USD", "1250"), ("0.07", "USD", "7"), ("-5", "USD", "-500"), ("5", "JPY", "5")],
)
def test_amounts_go_to_minor_units_and_back(amount: str, currency: str, minor: str) -> None:
    assert _minor(amount, currency) == minor
    assert _major(int(minor), currency) == amount


def test_an_amount_that_is_too_fine_is_sent_as_it_is() -> None:
    assert _minor("0.001", "USD") == "0.001"


def test_an_error_of_the_server_is_unknown_and_never_a_refusal() -> None:
    assert _refusal(500, {"error": {"message": "x"}})["outcome"] == "unknown"
    assert _refusal(404, {"error": {"message": "x"}})["code"] == "NOT_FOUND"
    assert _refusal(400, {"error": {"type": "idempotency_error"}})["code"] == "KEY_REUSED"
    assert _refusal(400, {"error": {"message": "Charge x has already been refunded."}})["code"] == (
        "REFUND_ABOVE_CAPTURE"
    )

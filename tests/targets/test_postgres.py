"""The PostgreSQL target runs a real server, bills once, and loses nothing when it is killed."""

from collections.abc import Iterator

import pytest

from tests.targets.driver import Driver, Message, account, running

pytest.importorskip("psycopg", reason="psycopg is not installed: pip install billproof[postgres]")

from targets.postgres.cluster import find_programs

pytestmark = pytest.mark.skipif(
    find_programs() is None, reason="PostgreSQL is not installed: on Debian, apt-get install postgresql"
)


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    """Return the one system of this module: to start a server takes two seconds."""
    with running("-m", "targets.postgres.adapter") as driver:
        yield driver


def charge(driver: Driver, key: str, amount: str, customer: str = "c1") -> Message:
    """Charge an amount."""
    return driver.op(
        "charge",
        key,
        customer=customer,
        entitlement="api",
        amount=amount,
        currency="USD",
        event_time="2026-03-10T11:00:00Z",
    )


def balance(driver: Driver, customer: str = "c1") -> object:
    """Return a balance."""
    return driver.observe("balance", customer=customer)["balance"]


def test_a_retry_is_answered_by_the_same_bytes_and_charged_once(driver: Driver) -> None:
    driver.reset(account("c1", "100"))
    first = charge(driver, "k1", "12.5")
    assert first["outcome"] == "ok"
    assert charge(driver, "k1", "12.5") == first
    assert balance(driver) == "87.5"


def test_another_request_under_a_used_key_has_no_effect(driver: Driver) -> None:
    driver.reset(account("c1", "100"))
    charge(driver, "k1", "12.5")
    assert charge(driver, "k1", "12.6")["code"] == "KEY_REUSED"
    assert driver.op("top_up", "k1", customer="c1", amount="12.5", currency="USD")["code"] == "KEY_REUSED"
    assert balance(driver) == "87.5"


def test_a_charge_above_the_limit_is_refused_and_the_same_key_stays_refused(driver: Driver) -> None:
    driver.reset(account("c1"))
    assert charge(driver, "k1", "1100")["outcome"] == "ok"
    assert charge(driver, "k2", "0.000000000001")["code"] == "QUOTA_EXCEEDED"
    terms = {"account": "prepaid", "credit_limit": "0", "quota": "2000", "limit": "2000"}
    assert driver.op("change_terms", "k3", customer="c1", **terms)["outcome"] == "ok"
    assert charge(driver, "k2", "0.000000000001")["code"] == "QUOTA_EXCEEDED"
    assert charge(driver, "k4", "1")["outcome"] == "ok"


def test_what_was_acknowledged_survives_a_kill_of_server_and_application(driver: Driver) -> None:
    driver.reset(account("c1", "100"))
    before = driver.observe("health")["boot_id"]
    first = charge(driver, "k1", "10")
    assert driver.call("fault", fault="crash", node="machine")["ok"] is True
    assert charge(driver, "k2", "10")["outcome"] == "unknown"
    assert driver.call("fault", fault="restart", node="machine")["ok"] is True
    assert driver.observe("health")["boot_id"] != before
    assert charge(driver, "k1", "10") == first
    assert balance(driver) == "90"


@pytest.mark.parametrize("what", ["amount", "delete_first", "delete_last", "delete_all"])
def test_an_edit_of_the_store_is_found(driver: Driver, what: str) -> None:
    driver.reset(account("c1", "100"), account("c2", "100"))
    charge(driver, "k1", "10")
    charge(driver, "k1", "10", "c2")
    assert driver.op("audit") == {"outcome": "ok", "value": {"entries": "6"}}
    driver.call("fault", fault="tamper", args={"what": what})
    assert driver.op("audit")["outcome"] == "rejected"

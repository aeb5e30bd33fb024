"""The store is the model: the same commands on tables and in memory come to the same, and last."""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from billproof.model.commands import (
    Adjust,
    AdvanceTime,
    ChangeTier,
    Charge,
    Command,
    GiveCredit,
    OpenAccount,
    Refund,
    TopUp,
)
from billproof.model.containers import FrozenLog, FrozenMap, UndefinedLookupError
from billproof.model.context import Context
from billproof.model.core import step
from billproof.model.design import REPAIRED
from billproof.model.identifiers import (
    NO_PERIOD,
    NO_SEQUENCE,
    Amount,
    AttemptId,
    Count,
    CurrencyCode,
    CustomerId,
    EntitlementId,
    Fingerprint,
    IdempotencyKey,
    Instant,
    IssuerId,
    Period,
    Position,
    PricePlanHash,
    Sequence,
    UsageText,
)
from billproof.model.outcomes import AccountKind, EntryKind, Region
from billproof.model.periods import parse_instant, period_of
from billproof.model.receipts import digest_of
from billproof.model.state import NO_ENTRY, NO_TERMS, Account, KeyName, Request, Terms, initial_state
from billproof.service.errors import StoreBusyError, StoredDesignError, StoreFileError, UnreadableEntryError
from billproof.service.keystore import KeyStoreError, key_directory
from billproof.service.schema import open_for_writing
from billproof.service.signing import SigningPool
from billproof.service.store import Store
from billproof.service.tables import LogTable, TableLog, TableMap
from tests.service.commands import asked
from tests.service.usage_files import many, write_focus

NOW = parse_instant("2025-03-10T00:00:00Z")
TERMS = Terms(kind=AccountKind.CREDIT, credit_limit=Amount(50), quota=Amount(20), limit=Amount(30))
HERE = Region.PRIMARY


def requested(store: Store, customer: str, key: str, amount: int = 0) -> Request:
    """Return a request with everything filled in."""
    event_time = Instant(NOW - 1_000_000)
    return Request(
        customer=CustomerId(customer),
        key=IdempotencyKey(key),
        fingerprint=Fingerprint("ab" * 32),
        amount=Amount(amount),
        currency=CurrencyCode("USD"),
        entitlement=EntitlementId("compute"),
        usage=UsageText("1 h"),
        price_plan=PricePlanHash(""),
        event_time=event_time,
        period=period_of(event_time),
        refers_to=NO_SEQUENCE,
        terms=NO_TERMS,
        issuer=IssuerId("test"),
        signing_key=store.signing_key,
    )


def random_commands(store: Store, seed: int, count: int) -> Iterator[Command]:
    """Yield commands that meet each other: few customers, few keys, small amounts."""
    draw = random.Random(seed)  # noqa: S311 - a seeded sequence is wanted
    for _ in range(count):
        customer = draw.choice(("a", "b", "c"))
        request = replace(
            requested(store, customer, f"k{draw.randrange(40)}", draw.choice((0, 1, 2, 3, 7, 12, -1))),
            entitlement=EntitlementId(draw.choice(("compute", "storage"))),
            currency=CurrencyCode(draw.choice(("USD", "USD", "USD", "EUR"))),
            fingerprint=Fingerprint(draw.choice(("ab", "ab", "cd")) * 32),
            terms=TERMS,
            refers_to=Sequence(draw.randrange(6)),
        )
        opening = replace(request, amount=Amount(0), currency=CurrencyCode("USD"), key=IdempotencyKey("open"))
        choice = draw.randrange(10)
        if choice == 0:
            yield OpenAccount(region=HERE, request=opening)
        elif choice == 1:
            yield ChangeTier(region=HERE, request=replace(request, amount=Amount(0)))
        elif choice == 2:
            yield TopUp(region=HERE, request=request)
        elif choice == 3:
            yield GiveCredit(region=HERE, request=request)
        elif choice == 4:
            yield Adjust(region=HERE, request=request)
        elif choice == 5:
            yield Refund(region=HERE, request=request)
        else:
            yield Charge(region=HERE, attempt=AttemptId("x"), request=request)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_store_and_memory_answer_alike_and_end_alike(tmp_path: Path, seed: int) -> None:
    context = Context(design=REPAIRED, digest=digest_of(REPAIRED))
    memory = step(initial_state(regions=1), AdvanceTime(now=NOW, period=period_of(NOW)), context).state
    answers = []
    with Store.open(tmp_path / "ledger.db", default=REPAIRED) as store:
        commands = list(random_commands(store, seed, 300))
        # Many commands in one transaction and many transactions: where they are cut must not matter.
        for start in range(0, len(commands), 1 + seed * 17):
            with store.transaction(NOW) as transaction:
                for command in commands[start : start + 1 + seed * 17]:
                    outcome = step(memory, command, context)
                    memory = outcome.state
                    stored = transaction.execute(command)
                    answers.append(outcome.status)
                    assert (stored.status, stored.position, stored.receipt, stored.replayed) == (
                        outcome.status,
                        outcome.position,
                        outcome.receipt,
                        outcome.replayed,
                    )
        store.settle_all()
        with store.transaction(NOW) as transaction:
            ledger = memory.primary.ledger
            for place in range(ledger.length):
                assert transaction.entry(Position(place)) == ledger.at(Position(place))
    assert len(set(answers)) >= 8
    assert asked("audit", tmp_path / "ledger.db")["verdict"] == "VALID"


def fail_after_a_command(store: Store) -> None:
    """Execute a command and fail before the transaction ends."""
    with store.transaction(NOW) as transaction:
        transaction.execute(OpenAccount(region=HERE, request=requested(store, "a", "open")))
        raise KeyError("something went wrong")


def test_failing_transaction_leaves_nothing(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    with Store.open(database, default=REPAIRED) as store:
        with pytest.raises(KeyError):
            fail_after_a_command(store)
        with store.transaction(NOW) as transaction:
            assert not transaction.is_known(KeyName(customer=CustomerId("a"), key=IdempotencyKey("open")))
    connection = sqlite3.connect(database)
    assert connection.execute("SELECT COUNT(*) FROM log").fetchone() == (0,)
    connection.close()


def test_committed_and_unsigned_entries_are_read_and_then_signed_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "ledger.db"
    store = Store.open(database, default=REPAIRED)
    with store.transaction(NOW) as transaction:
        transaction.execute(OpenAccount(region=HERE, request=requested(store, "a", "open")))
    with monkeypatch.context() as patch:
        # However busy the machine is, the signer is slower than the next transaction.
        patch.setattr(SigningPool, "finished", lambda _pool: [])
        with store.transaction(NOW) as transaction:
            assert transaction.entry(Position(0)).kind == EntryKind.TIER_CHANGE
    # Closed before anything was settled: what a crash leaves.
    store.close()
    connection = sqlite3.connect(database)
    assert connection.execute("SELECT COUNT(*) FROM receipts").fetchone() == (0,)
    connection.close()
    Store.open(database).close()
    assert asked("audit", database)["entries"] == 1


def test_store_needs_its_own_keys(tmp_path: Path) -> None:
    first, second = tmp_path / "first.db", tmp_path / "second.db"
    for database in (first, second):
        Store.open(database, default=REPAIRED).close()
    shutil.rmtree(key_directory(first))
    with pytest.raises(KeyStoreError):
        Store.open(first)
    shutil.copytree(key_directory(second), key_directory(first))
    with pytest.raises(StoreFileError, match="other keys"):
        Store.open(first)


def test_missing_store_is_made_only_with_a_design(tmp_path: Path) -> None:
    with pytest.raises(StoreFileError, match="no such store"):
        Store.open(tmp_path / "ledger.db")
    assert list(tmp_path.iterdir()) == []
    Store.open(tmp_path / "ledger.db", default=REPAIRED).close()
    with pytest.raises(StoredDesignError):
        Store.open(tmp_path / "ledger.db", wanted=replace(REPAIRED, name="mine"))


def test_writer_that_never_ends_is_a_typed_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billproof.service.schema.BUSY_SECONDS", 0.1)
    database = tmp_path / "ledger.db"
    Store.open(database, default=REPAIRED).close()
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError, match="another process"):
        open_for_writing(database)
    other.execute("ROLLBACK")
    other.close()


def test_damaged_receipt_that_the_core_needs_is_a_typed_error(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    usage = write_focus(tmp_path / "usage.csv", many(2))
    asked("ingest", usage, "--db", database)
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("UPDATE receipts SET jws = 'x'")
    connection.close()
    with (
        Store.open(database) as store,
        store.transaction(NOW) as transaction,
        pytest.raises(UnreadableEntryError, match="audit"),
    ):
        transaction.entry(Position(0))


def test_private_keys_are_not_in_the_database(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    asked("ingest", write_focus(tmp_path / "usage.csv", many(2)), "--db", database)
    assert b"PRIVATE KEY" not in database.read_bytes()
    assert {path.stat().st_mode & 0o777 for path in key_directory(database).iterdir()} == {0o600}


def test_table_of_receipts_has_its_three_columns_and_no_more(tmp_path: Path) -> None:
    Store.open(tmp_path / "ledger.db", default=REPAIRED).close()
    connection = sqlite3.connect(tmp_path / "ledger.db")
    columns = connection.execute("PRAGMA table_info(receipts)").fetchall()
    assert [(name, kind, key) for _, name, kind, _, _, key in columns] == [
        ("customer", "TEXT", 1),
        ("seq", "INTEGER", 2),
        ("jws", "TEXT", 0),
    ]
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_table_map_is_a_value_as_a_frozen_map_is(tmp_path: Path) -> None:
    with Store.open(tmp_path / "ledger.db", default=REPAIRED) as store:
        accounts = store._tables().site.accounts
        assert isinstance(accounts, TableMap)
        mirror: FrozenMap[CustomerId, Account] = FrozenMap()
        name = CustomerId("a")
        account = Account(
            currency=CurrencyCode("USD"),
            balance=Amount(3),
            terms=TERMS,
            first_period=Period(2024 * 12),
            closed_through=NO_PERIOD,
            holds=Count(0),
        )
        assert accounts.put(name, account).get(name) == mirror.put(name, account).get(name)
        assert not accounts.contains(name)
        assert not accounts.put(name, account).without(name).contains(name)
        with pytest.raises(UndefinedLookupError):
            accounts.get(name)
        with pytest.raises(AssertionError):
            accounts.emptied()


def test_table_log_is_a_value_as_a_frozen_log_is() -> None:
    with_entries = FrozenLog((NO_ENTRY, NO_ENTRY))
    log = TableLog(LogTable(Position(2), lambda _: NO_ENTRY), Position(2))
    longer = log.append(NO_ENTRY)
    assert (log.length, longer.length, with_entries.length) == (2, 3, 2)
    assert longer.first(Position(1)).length == 1
    assert longer.first(Position(3)).at(Position(2)) == NO_ENTRY
    assert longer.total(lambda _entry, by: Amount(by), 2) == 6
    with pytest.raises(UndefinedLookupError):
        log.at(Position(2))
    with pytest.raises(UndefinedLookupError):
        log.first(Position(3))

"""The one writer: bounded, definite in what it refuses, and no request dragged down by another."""

import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

from billproof.model.identifiers import (
    NO_SEQUENCE,
    Amount,
    CurrencyCode,
    CustomerId,
    EntitlementId,
    IdempotencyKey,
    Instant,
    IssuerId,
    PricePlanHash,
    UsageText,
)
from billproof.model.outcomes import AccountKind, Status
from billproof.model.tiers import Tier, terms_of
from billproof.service import writer as writing
from billproof.service.accounts import NewAccount, create_account
from billproof.service.usage import Operation, Signature, UsageLine, line_request
from billproof.service.writer import Ask, ClosingError, Job, QueueFullError, Writer

NOW = Instant(1_795_000_000_000_000)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A ledger with the account acme."""
    path = tmp_path / "ledger.db"
    account = NewAccount(
        customer=CustomerId("acme"), plan=Tier.STARTUP, currency=CurrencyCode("USD"),
        terms=terms_of(Tier.STARTUP, AccountKind.CREDIT, Amount(10**18)),
    )  # fmt: skip
    create_account(path, account, NOW)
    return path


@pytest.fixture
def writer(database: Path) -> Iterator[Writer]:
    """A writer on it."""
    made = Writer(database, clock=lambda: NOW)
    made.start()
    yield made
    made.close()


def ask(key: str, amount: int = 1, customer: str = "acme") -> Ask:
    """Return a charge."""
    line = UsageLine(
        line=1, operation=Operation.CHARGE, customer=CustomerId(customer), key=IdempotencyKey(key),
        amount=Amount(amount), currency=CurrencyCode("USD"), entitlement=EntitlementId("api"),
        usage=UsageText(""), price_plan=PricePlanHash(""), event_time=NOW, known_at=NOW,
        refers_to=NO_SEQUENCE,
    )  # fmt: skip
    from billproof.model.identifiers import SigningKeyId

    by = Signature(issuer=IssuerId("test"), signing_key=SigningKeyId("test"))
    return Ask(operation=Operation.CHARGE, request=line_request(line, line.key, by))


def performed(writer: Writer, *asks: Ask) -> Job:
    """Submit one job and wait for it."""
    done: Queue[Job] = Queue()
    writer.submit(Job(asks=asks, done=done.put))
    return done.get(timeout=20)


def test_each_operation_of_a_job_has_its_own_signed_answer(writer: Writer) -> None:
    job = performed(writer, ask("a"), ask("a"), ask("a", 2), ask("b", customer="nobody"), ask("c"))
    said = [(answer.status, answer.replayed, answer.jws != "") for answer in job.answers]
    assert said == [
        (Status.ACCEPTED, False, True),
        (Status.ACCEPTED, True, True),
        (Status.KEY_REUSED, False, False),
        (Status.UNKNOWN_CUSTOMER, False, False),
        (Status.ACCEPTED, False, True),
    ]
    assert job.answers[0].jws == job.answers[1].jws


def test_job_that_waited_too_long_is_refused_and_has_no_effect(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "QUEUE_SECONDS_MAX", -1.0)
    job = performed(writer, ask("late"))
    assert isinstance(job.error, QueueFullError)
    monkeypatch.undo()
    assert performed(writer, ask("late")).answers[0].replayed is False


def test_full_queue_refuses_at_once(database: Path) -> None:
    stuck = Writer(database)
    # A thread that only holds its place: nothing is taken out of the queue.
    release = threading.Event()
    stuck._thread = threading.Thread(target=release.wait)
    stuck._thread.start()
    try:
        for number in range(writing.QUEUE_MAX):
            stuck.submit(Job(asks=(ask(f"k{number}"),), done=lambda _job: None))
        with pytest.raises(QueueFullError):
            stuck.submit(Job(asks=(ask("one-more"),), done=lambda _job: None))
    finally:
        release.set()


def test_closed_writer_has_finished_what_it_took_and_takes_nothing_new(database: Path) -> None:
    writer = Writer(database, clock=lambda: NOW)
    writer.start()
    done: Queue[Job] = Queue()
    for number in range(20):
        writer.submit(Job(asks=(ask(f"k{number}"),), done=done.put))
    writer.close()
    assert [done.get(timeout=1).answers[0].status for _ in range(20)] == [Status.ACCEPTED] * 20
    with pytest.raises(ClosingError):
        writer.submit(Job(asks=(ask("new"),), done=done.put))


def test_failing_commit_is_an_unknown_outcome_for_all_and_stops_nothing(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(writing, "_execute", fail)
    assert isinstance(performed(writer, ask("x")).error, RuntimeError)
    monkeypatch.undo()
    assert performed(writer, ask("x")).answers[0].status == Status.ACCEPTED

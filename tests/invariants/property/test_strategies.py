"""The public strategies give values of the model, and the edges that they promise."""

import inspect

from hypothesis import given, settings

from billproof.invariants.explore.domains import RETRIES
from billproof.invariants.property import strategies
from billproof.invariants.property.strategies import (
    amounts,
    commands,
    currencies,
    designs,
    event_times,
    keys,
    ledgers,
    receipts,
    requests,
    tampered_ledgers,
)
from billproof.invariants.property.worlds import world_of
from billproof.model.commands import Command
from billproof.model.context import Context
from billproof.model.currencies import EXPONENTS
from billproof.model.design import REPAIRED, Design, violated_requirements
from billproof.model.identifiers import Amount, CurrencyCode, IdempotencyKey, Instant
from billproof.model.money import AMOUNT_MAX
from billproof.model.periods import INSTANT_MAX, period_of
from billproof.model.receipts import parse_receipt, receipt_body, receipt_digest
from billproof.model.state import Entry, Head, Presented, Request
from billproof.model.verification import first_finding

FAST = settings(max_examples=40, deadline=None)
CONTEXT = Context(design=REPAIRED, digest=receipt_digest)


def test_public_names_are_sorted_and_documented() -> None:
    assert list(strategies.__all__) == sorted(strategies.__all__)
    assert all(inspect.getdoc(getattr(strategies, name)) for name in strategies.__all__)


@FAST
@given(amounts(), currencies(), keys(), event_times())
def test_values_are_within_their_ranges(
    amount: Amount, currency: CurrencyCode, key: IdempotencyKey, moment: Instant
) -> None:
    assert 0 <= amount <= AMOUNT_MAX
    assert currency in EXPONENTS
    assert key
    assert 0 <= moment <= INSTANT_MAX


@FAST
@given(requests())
def test_a_request_belongs_to_the_period_of_its_event(request: Request) -> None:
    assert request.period == period_of(request.event_time)


@FAST
@given(designs())
def test_designs_are_well_formed(design: Design) -> None:
    assert violated_requirements(design) == ()


@FAST
@given(commands(world_of(RETRIES)))
def test_commands_keep_their_kind(command: Command) -> None:
    assert type(command) in {type(item) for item in RETRIES.commands}


@FAST
@given(receipts())
def test_receipts_survive_their_bytes(entry: Entry) -> None:
    assert parse_receipt(receipt_body(entry)) == entry


@FAST
@given(ledgers())
def test_ledgers_are_without_a_finding(ledger: tuple[Presented, ...]) -> None:
    assert first_finding(ledger, {}, CONTEXT) is None


@FAST
@given(tampered_ledgers())
def test_tampering_is_found_against_the_heads(
    pair: tuple[tuple[Presented, ...], tuple[Presented, ...]],
) -> None:
    honest, tampered = pair
    witnessed = {
        entry.customer: Head(sequence=entry.sequence, digest=entry.digest, commit_time=entry.commit_time)
        for entry in (item.entry for item in honest)
    }
    assert first_finding(honest, witnessed, CONTEXT) is None
    assert first_finding(tampered, witnessed, CONTEXT) is not None

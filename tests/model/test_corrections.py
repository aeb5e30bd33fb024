"""Returns, disputes, holds and closing months, on the running core: each rule at its bound and past it."""

from dataclasses import dataclass, replace

import pytest

from billproof.invariants.explore.cast import (
    A1,
    ALICE,
    CREDIT_TERMS,
    DAY,
    FEBRUARY,
    FIRST,
    JANUARY,
    MARCH,
    WIDE_TERMS,
    opened,
    request,
)
from billproof.invariants.searching import context_of
from billproof.invariants.story import STATUS_WORDS
from billproof.model import commands
from billproof.model.commands import Command
from billproof.model.core import step
from billproof.model.design import REPAIRED
from billproof.model.effects import balance_effect
from billproof.model.identifiers import Instant, Position, Sequence
from billproof.model.outcomes import EntryKind, Status
from billproof.model.posting import standing_of
from billproof.model.state import ChainName, Entry, State, initial_state


@dataclass(frozen=False, slots=True, kw_only=True)
class World:
    """A store that commands are sent to, one after the other."""

    state: State

    def send(self, *given: Command) -> Status:
        """Execute commands and return the status of the last one."""
        status = Status.DONE
        for command in given:
            outcome = step(self.state, command, context_of(REPAIRED))
            self.state, status = outcome.state, outcome.status
        return status

    def last(self) -> Entry:
        """Return the last entry."""
        return self.state.primary.ledger.at(Position(self.state.primary.ledger.length - 1))


@pytest.fixture
def charged() -> World:
    """A store in which receipt 2 is a debit of 100 in January."""
    world = World(state=initial_state(regions=1, period=JANUARY))
    charge = commands.Charge(region=FIRST, attempt=A1, request=request("k1", 100))
    assert world.send(opened(WIDE_TERMS), charge) == Status.ACCEPTED
    return world


@pytest.fixture
def closed() -> World:
    """A store in March whose account has closed January and February."""
    world = World(state=initial_state(regions=1, period=JANUARY))
    close = commands.ClosePeriod(region=FIRST, request=request("close", 0, period=FEBRUARY))
    clock = commands.AdvanceTime(now=Instant(60 * DAY), period=MARCH)
    assert world.send(opened(CREDIT_TERMS), clock, close) == Status.ACCEPTED
    return world


def charge_in(key: str, amount: int, day: int, *, february: bool = True) -> Command:
    body = request(key, amount, period=FEBRUARY if february else JANUARY)
    return commands.Charge(region=FIRST, attempt=A1, request=replace(body, event_time=Instant(day * DAY)))


def test_all_returns_together_stay_within_the_capture(charged: World) -> None:
    first = commands.Refund(region=FIRST, request=request("r1", 40, refers_to=2))
    second = commands.Chargeback(region=FIRST, request=request("b1", 30, refers_to=2))
    third = commands.GiveCredit(region=FIRST, request=request("c1", 30, refers_to=2))
    beyond = commands.Refund(region=FIRST, request=request("r2", 1, refers_to=2))
    assert charged.send(first) == charged.send(second) == charged.send(third) == Status.ACCEPTED
    assert charged.send(beyond) == Status.REFUND_ABOVE_CAPTURE
    account = charged.state.primary.accounts.get(ALICE)
    assert account.balance == 0 == charged.state.primary.ledger.total(balance_effect, ALICE)


def test_a_void_returns_the_whole_or_nothing(charged: World) -> None:
    part = commands.Void(region=FIRST, request=request("v1", 99, refers_to=2))
    whole = commands.Void(region=FIRST, request=request("v2", 100, refers_to=2))
    again = commands.Void(region=FIRST, request=request("v3", 100, refers_to=2))
    assert charged.send(part) == Status.REFUND_ABOVE_CAPTURE
    assert charged.send(whole) == Status.ACCEPTED
    assert charged.send(again) == Status.REFUND_ABOVE_CAPTURE


def test_a_dispute_holds_what_it_is_about_from_all_but_a_chargeback(charged: World) -> None:
    dispute = commands.Hold(region=FIRST, request=request("h1", 70, refers_to=2))
    assert charged.send(dispute) == Status.ACCEPTED
    assert charged.send(commands.Refund(region=FIRST, request=request("r1", 31, refers_to=2))) == (
        Status.RECEIPT_DISPUTED
    )
    assert charged.send(commands.Refund(region=FIRST, request=request("r2", 30, refers_to=2))) == (
        Status.ACCEPTED
    )
    assert charged.send(commands.Chargeback(region=FIRST, request=request("b1", 70, refers_to=2))) == (
        Status.ACCEPTED
    )


def test_after_a_refund_of_all_there_is_nothing_to_dispute(charged: World) -> None:
    refund = commands.Refund(region=FIRST, request=request("r1", 100, refers_to=2))
    dispute = commands.Hold(region=FIRST, request=request("h1", 1, refers_to=2))
    assert charged.send(refund) == Status.ACCEPTED
    assert charged.send(dispute) == Status.REFUND_ABOVE_CAPTURE


def test_a_dispute_that_is_over_frees_what_it_held(charged: World) -> None:
    dispute = commands.Hold(region=FIRST, request=request("h1", 100, refers_to=2))
    too_much = commands.Release(region=FIRST, request=request("l0", 101, refers_to=2))
    over = commands.Release(region=FIRST, request=request("l1", 100, refers_to=2))
    refund = commands.Refund(region=FIRST, request=request("r1", 100, refers_to=2))
    assert charged.send(dispute) == Status.ACCEPTED
    assert charged.send(too_much) == Status.BAD_AMOUNT
    assert charged.send(over, refund) == Status.ACCEPTED


def test_a_charge_waits_until_every_hold_is_ended(charged: World) -> None:
    again = [commands.Charge(region=FIRST, attempt=A1, request=request(f"k{n}", 1)) for n in (2, 3, 4)]
    holds = [commands.Hold(region=FIRST, request=request(f"h{n}", 0)) for n in (1, 2)]
    ends = [commands.Release(region=FIRST, request=request(f"l{n}", 0, refers_to=n + 2)) for n in (1, 2)]
    assert charged.send(*holds, again[0]) == Status.ACCOUNT_HELD
    assert charged.send(ends[0], again[1]) == Status.ACCOUNT_HELD
    assert charged.send(ends[1], again[2]) == Status.ACCEPTED


def test_a_hold_cannot_be_ended_twice(charged: World) -> None:
    holds = [commands.Hold(region=FIRST, request=request(f"h{n}", 0)) for n in (1, 2)]
    end = commands.Release(region=FIRST, request=request("l1", 0, refers_to=3))
    again = commands.Release(region=FIRST, request=request("l2", 0, refers_to=3))
    assert charged.send(*holds, end) == Status.ACCEPTED
    assert charged.send(again) == Status.UNKNOWN_RECEIPT
    assert charged.state.primary.accounts.get(ALICE).holds == 1
    assert standing_of(charged.state.primary, ChainName(customer=ALICE, sequence=Sequence(3))).ended


def test_a_late_event_becomes_an_adjustment_that_names_its_month(closed: World) -> None:
    assert closed.send(charge_in("k1", 60, 32)) == Status.ACCEPTED_LATE
    assert closed.last().kind == EntryKind.ADJUSTMENT
    assert closed.last().period == FEBRUARY


def test_a_late_event_counts_in_the_quota_of_its_month(closed: World) -> None:
    assert closed.send(charge_in("k1", 60, 32)) == Status.ACCEPTED_LATE
    assert closed.send(charge_in("k2", 51, 32)) == Status.QUOTA_EXCEEDED


def test_the_late_window_ends_after_its_last_microsecond(closed: World) -> None:
    assert closed.send(charge_in("k1", 1, 25, february=False)) == Status.ACCEPTED_LATE
    assert closed.send(charge_in("k2", 1, 24, february=False)) == Status.PERIOD_CLOSED
    assert closed.last().kind == EntryKind.REFUSAL


def test_an_event_may_lie_within_the_skew_allowance_in_the_future() -> None:
    world = World(state=initial_state(regions=1, period=JANUARY))
    body = request("k1", 1)
    ahead = replace(body, event_time=Instant(300_000_001))
    allowed = replace(body, event_time=Instant(300_000_000))
    assert world.send(opened(WIDE_TERMS)) == Status.ACCEPTED
    assert world.send(commands.Charge(region=FIRST, attempt=A1, request=ahead)) == Status.BAD_PERIOD
    assert world.send(commands.Charge(region=FIRST, attempt=A1, request=allowed)) == Status.ACCEPTED


@pytest.mark.parametrize("month", [JANUARY, FEBRUARY, MARCH])
def test_no_month_is_closed_twice_or_before_it_is_over(closed: World, month: int) -> None:
    body = request(f"close{month}", 0, period=type(JANUARY)(month))
    assert closed.send(commands.ClosePeriod(region=FIRST, request=body)) == Status.BAD_PERIOD


def test_history_is_opened_by_an_entry_and_only_before_what_is_closed() -> None:
    world = World(state=initial_state(regions=1, period=FEBRUARY))
    early = request("k0", 1, period=JANUARY)
    history = commands.OpenPeriod(region=FIRST, request=request("o1", 0, period=JANUARY))
    clock = commands.AdvanceTime(now=Instant(32 * DAY), period=FEBRUARY)
    assert world.send(clock, opened(WIDE_TERMS, period=FEBRUARY)) == Status.ACCEPTED
    assert world.send(commands.Charge(region=FIRST, attempt=A1, request=early)) == Status.PERIOD_CLOSED
    retry = replace(early, key=request("k1", 1).key)
    assert world.send(history, commands.Charge(region=FIRST, attempt=A1, request=retry)) == Status.ACCEPTED


def test_every_status_has_words() -> None:
    assert set(STATUS_WORDS) == set(Status)

"""The core moves one event as the table of the billing governor says, under each write order.

Every order of look-up, charge, second write, crash and delivery is run on the core; what a state of the core
is to the governor is read off ledger, keys and memory; and each step must lead where the table leads.
"""

from dataclasses import replace
from itertools import permutations

import pytest

from billproof.invariants.explore.cast import A1, FIRST, WIDE_TERMS, attempts, opened, request
from billproof.invariants.searching import context_of
from billproof.model import commands
from billproof.model.commands import Command
from billproof.model.core import step
from billproof.model.design import DOCUMENTED, REPAIRED, Design
from billproof.model.governors.billing import Event
from billproof.model.governors.billing import State as Billing
from billproof.model.governors.machine import compiled
from billproof.model.governors.under import billing_under
from billproof.model.identifiers import Position
from billproof.model.outcomes import AttemptPhase
from billproof.model.screening import key_name
from billproof.model.state import State, initial_state
from billproof.model.switches import WriteOrder

CHARGED = request("k1", 100)
LOOK_UP, CHARGE, COMPLETE = attempts(CHARGED, A1)
CRASH = commands.Crash(region=FIRST)
DELIVER = commands.Deliver(region=FIRST, position=Position(1))
DESIGNS = {
    "ledger_first": DOCUMENTED,
    "state_first": replace(DOCUMENTED, name="state_first", write_order=WriteOrder.STATE_FIRST),
    "repaired": REPAIRED,
}


def seen(state: State) -> Billing:
    """Return what a state of the core is to the governor: which stores have the event, and who remembers."""
    site = state.primary
    in_ledger = any(site.ledger.at(Position(place)).key == CHARGED.key for place in range(site.ledger.length))
    in_state = site.keys.contains(key_name(CHARGED))
    if in_ledger and in_state:
        is_published = state.invoiced.contains(CHARGED.customer)
        return Billing.PUBLISHED if is_published else Billing.COMMITTED
    if in_ledger or in_state:
        is_remembered = (
            site.attempts.contains(A1) and site.attempts.get(A1).phase == AttemptPhase.HALF_WRITTEN
        )
        return Billing.HALF_WRITTEN if is_remembered else Billing.HALF_FORGOTTEN
    return Billing.RECEIVED


def event_of(command: Command, before: Billing) -> Event | None:
    """Return what a command of the core is to the governor; None for what it does not hear of."""
    if command == CRASH:
        return Event.INSTANCE_CRASHED
    if command == CHARGE:
        return Event.FIRST_WRITE_DONE
    if command == COMPLETE:
        return Event.SECOND_WRITE_DONE
    # What is delivered before it is whole is another fault; the governor has no event for it.
    return Event.PUBLISH_DONE if command == DELIVER and before == Billing.COMMITTED else None


def disagreements(design: Design, core_design: Design | None = None) -> tuple[list[str], set[Billing]]:
    """Run every order of commands; return where core and table part, and the states that were seen."""
    (machine,) = billing_under(design)
    table, context = compiled(machine), context_of(core_design or design)
    found, reached = [], set()
    for order in permutations((LOOK_UP, CHARGE, COMPLETE, CRASH, DELIVER)):
        state = step(initial_state(regions=1, period=CHARGED.period), opened(WIDE_TERMS), context).state
        governor = Billing.RECEIVED
        for command in order:
            after = step(state, command, context).state
            if command == DELIVER and governor != Billing.COMMITTED:
                continue
            event = event_of(command, governor)
            if after == state or event is None:
                state = after
                continue
            governor = table[governor][event].after
            state = after
            reached.add(seen(state))
            # Nothing is left of an event that was only in memory, which the core sees as never received.
            told = Billing.RECEIVED if governor == Billing.FORGOTTEN else governor
            if seen(state) != told:
                found.append(f"{event.name} led to {seen(state).name}, the table says {governor.name}")
            if governor in machine.final:
                break
    return found, reached


@pytest.mark.parametrize("name", DESIGNS)
def test_core_goes_where_the_table_goes(name: str) -> None:
    found, reached = disagreements(DESIGNS[name])
    assert found == []
    assert {Billing.COMMITTED, Billing.PUBLISHED} <= reached
    assert (Billing.HALF_FORGOTTEN in reached) == (name != "repaired")


def test_core_of_another_write_order_is_noticed() -> None:
    assert disagreements(REPAIRED, DOCUMENTED)[0]

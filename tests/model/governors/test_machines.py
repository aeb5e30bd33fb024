"""Every table is deterministic and total and says what it never enters; a table that is not is seen."""

import re
from dataclasses import replace
from enum import IntEnum

import pytest

from billproof.model.governors import billing, compliance, dispute, entitlement, lifecycles, region, tenant
from billproof.model.governors.machine import Machine, TableError, compiled, faults, reachable

ALL: tuple[Machine[IntEnum, IntEnum, IntEnum], ...] = (
    *tenant.MACHINES,
    *billing.MACHINES,
    *compliance.MACHINES,
    *entitlement.MACHINES,
    *region.MACHINES,
    *dispute.MACHINES,
    lifecycles.ACCOUNT,
    lifecycles.HOLD,
    lifecycles.INVOICE,
)  # type: ignore[assignment] # a machine over some enumerations is read here as one over any

DOCUMENTED_TRANSITIONS = (
    *(f"EC-0{number}" for number in range(1, 5)),
    *("FM-01", "FM-02", "FM-03", "FM-04", "FM-05"),
    *("LF-02", "LF-03", "LF-04", "LF-07", "LF-08", "QU-01", "QU-03", "QU-08", "QU-09"),
    *("T5-D3", "T5-E1", "T5-E3", "T5-E4", "T2-P1", "T2-P2", "T2-SA", "T2-SB", "T2-SD", "CO-13", "RB-1"),
    *("RS-03", "RS-04", "RS-05", "RS-15", "T4-P2", "T4-R3", "F-05", "F-06", "F-35"),
    *("RE-02", "RE-04", "RE-05", "CP-4", "AU-3", "SE-6", "F-27"),
    *("T7-F", "T7-F2", "T7-O1", "T7-W", "T7-T3", "MG-8"),
    *("XA-01", "XA-12", "XA-26", "XA-62", "XA-70", "XB-04", "XB-05", "XB-06", "XB-09", "XH-04"),
)
"""The claims and contradictions that say how something changes its state."""


@pytest.mark.parametrize("machine", ALL, ids=lambda machine: machine.title)
def test_a_table_is_deterministic_total_and_says_what_it_never_enters(
    machine: Machine[IntEnum, IntEnum, IntEnum],
) -> None:
    assert list(faults(machine)) == []
    table = compiled(machine)
    assert [len(steps) for steps in table] == [len(machine.events)] * len(machine.states)
    assert [member.value for member in machine.states] == list(range(len(machine.states)))
    assert [member.value for member in machine.events] == list(range(len(machine.events)))


@pytest.mark.parametrize("machine", ALL, ids=lambda machine: machine.title)
def test_every_row_has_a_source(machine: Machine[IntEnum, IntEnum, IntEnum]) -> None:
    assert all(line.source and line.states and line.events for line in machine.rows)


@pytest.mark.parametrize("claim", DOCUMENTED_TRANSITIONS)
def test_every_documented_transition_is_in_some_table(claim: str) -> None:
    sources = [re.findall(r"[A-Z0-9]+-[A-Z0-9]+", line.source) for one in ALL for line in one.rows]
    assert any(claim in source for source in sources)


def test_a_missing_row_a_second_row_and_a_wrong_expectation_are_seen() -> None:
    sound = lifecycles.HOLD
    cases = (
        (replace(sound, rows=sound.rows[1:]), "ACTIVE_FOR_PERIOD has no row for MADE_PERMANENT"),
        (replace(sound, rows=(*sound.rows, sound.rows[0])), "has 2 rows for MADE_PERMANENT"),
        (replace(sound, expected_unreachable=frozenset({lifecycles.HoldState.RELEASED})), "is reachable"),
        (replace(sound, final=frozenset({lifecycles.HoldState.EXPIRED})), "RELEASED is never left"),
        (
            replace(sound, final=sound.final | {lifecycles.HoldState.ACTIVE_FOR_PERIOD}),
            "ACTIVE_FOR_PERIOD is left although final",
        ),
        (replace(sound, initial=lifecycles.HoldState.RELEASED), "is unreachable, against what is said"),
    )
    for broken, told in cases:
        assert any(told in fault for fault in faults(broken)), told
        with pytest.raises(TableError, match=r"machine hold \[repaired\]"):
            compiled(broken)


def run(machine: Machine[IntEnum, IntEnum, IntEnum], *events: IntEnum) -> tuple[IntEnum, list[IntEnum]]:
    """Return where events lead and everything that was done."""
    table, state = compiled(machine), machine.initial
    done: list[IntEnum] = []
    for event in events:
        step = table[state][event]
        state = step.after
        done += step.actions
    return state, done


def reading(name: str, of: tuple[object, ...]) -> Machine[IntEnum, IntEnum, IntEnum]:
    """Return the machine of this reading."""
    return next(one for one in ALL if one in of and one.reading == name)


@pytest.mark.parametrize(
    ("name", "state", "last"),
    [
        ("suspend_at_quota", tenant.State.SUSPENDED, tenant.Action.REFUSE_HELD),
        ("suspend_with_warning", tenant.State.SUSPENDED, tenant.Action.ALERT),
        ("warn_and_stay", tenant.State.ACTIVE, tenant.Action.ALERT),
        ("repaired", tenant.State.ACTIVE, tenant.Action.ALERT),
    ],
)
def test_the_worked_example_of_the_quota_theorem_ends_differently_by_reading(
    name: str, state: tenant.State, last: tenant.Action
) -> None:
    """T5-E1: 600, 300 (below), 100 more (at the quota), then 100 within the buffer."""
    below, at, within = (
        tenant.Event.CHARGE_BELOW_QUOTA, tenant.Event.CHARGE_AT_QUOTA, tenant.Event.CHARGE_WITHIN_BUFFER,
    )  # fmt: skip
    after, done = run(reading(name, tenant.MACHINES), below, below, at, within)
    assert (after, done[-1]) == (state, last)


@pytest.mark.parametrize("name", ["suspend_at_quota", "suspend_with_warning", "warn_and_stay"])
def test_the_documented_job_frees_a_customer_on_a_legal_hold(name: str) -> None:
    """XB-09: the job sets everybody to active; the repaired table keeps the hold."""
    events = (tenant.Event.HOLD_PLACED, tenant.Event.PERIOD_TURNS, tenant.Event.CHARGE_BELOW_QUOTA)
    assert run(reading(name, tenant.MACHINES), *events)[1][-1] == tenant.Action.ACCEPT
    assert run(reading("repaired", tenant.MACHINES), *events)[1][-1] == tenant.Action.REFUSE_HELD


def test_an_answered_event_can_be_lost_only_in_the_documented_orders() -> None:
    """EC-02 then T2-SD: 202 from memory, then the instance crashes."""
    events = (billing.Event.FIRST_WRITE_FAILED, billing.Event.INSTANCE_CRASHED)
    for name in ("ledger_first", "state_first"):
        state, done = run(reading(name, billing.MACHINES), *events)
        assert state == billing.State.LOST
        assert billing.Action.ANSWER_PENDING in done
    state, done = run(reading("repaired", billing.MACHINES), *events)
    assert (state, done) == (billing.State.FORGOTTEN, [billing.Action.ANSWER_RETRY])


def test_a_refusal_leaves_a_charge_in_the_ledger_only_when_the_ledger_is_written_first() -> None:
    """XA-12."""
    events = (billing.Event.FIRST_WRITE_DONE, billing.Event.INSUFFICIENT_BALANCE)
    assert run(reading("ledger_first", billing.MACHINES), *events)[0] == billing.State.REJECTED_IN_LEDGER
    refused = run(reading("state_first", billing.MACHINES), billing.Event.INSUFFICIENT_BALANCE)
    assert refused[0] == billing.State.REJECTED


def test_a_valid_signature_on_a_wrong_price_is_upheld_as_documented_and_a_fault_when_repaired() -> None:
    """T7-S1."""
    price = dispute.Event.PRICE_DIFFERS
    assert run(reading("signature_decides", dispute.MACHINES), price)[0] == dispute.State.UPHELD
    assert run(reading("repaired", dispute.MACHINES), price)[0] == dispute.State.SYSTEM_FAULT


def test_an_old_leader_goes_on_writing_unless_it_is_fenced() -> None:
    events = (
        region.Event.PROMOTED, region.Event.PARTITIONED, region.Event.OTHER_PROMOTED, region.Event.FENCED,
    )  # fmt: skip
    for name in ("automatic", "manual"):
        assert run(reading(name, region.MACHINES), *events)[1][-1] == region.Action.GO_ON_WRITING
    state, done = run(reading("repaired", region.MACHINES), *events)
    assert state == region.State.CATCHING_UP
    assert region.Action.STOP_WRITING in done


def test_erasure_breaks_the_chain_only_in_the_documented_readings() -> None:
    broken = {one.reading: compliance.State.CHAIN_BROKEN in reachable(one) for one in compliance.MACHINES}
    assert broken == {"delete_after_90_days": True, "keep_seven_years": True, "repaired": False}


def test_a_suspension_is_not_seen_through_a_cache() -> None:
    events = (entitlement.Event.GRANTED, entitlement.Event.SUSPENDED, entitlement.Event.USED)
    assert run(reading("cached", entitlement.MACHINES), *events)[1][-1] == entitlement.Action.ALLOW
    assert run(reading("repaired", entitlement.MACHINES), *events)[1][-1] == entitlement.Action.REFUSE_HELD

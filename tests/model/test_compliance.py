"""The compliance governor decides on erasure: holds win, requests wait for them, and what is gone is gone."""

from itertools import product

import pytest

from billproof.model.access import ActorId
from billproof.model.audit_log import AuditAction, AuditEntry, AuditRecord
from billproof.model.compliance import (
    ErasureDecision,
    compliance_state,
    decide_on_erasure,
    decide_on_release,
    is_on_hold,
)
from billproof.model.governors.compliance import State
from billproof.model.identifiers import GENESIS_DIGEST, CustomerId, Instant, Sequence

ACME = CustomerId("acme")
SET, RELEASE, ERASE, PERSONAL = (
    AuditAction.LEGAL_HOLD_SET, AuditAction.LEGAL_HOLD_RELEASE, AuditAction.ERASE, AuditAction.PERSONAL_SET,
)  # fmt: skip


def entry(action: AuditAction, resource: str = "acme", result: str = "done") -> AuditEntry:
    """Return an entry of the audit log; its place in the chain does not matter here."""
    record = AuditRecord(
        actor=ActorId("dana"), action=action, resource=resource, before="", after="", result=result,
        at=Instant(0),
    )  # fmt: skip
    return AuditEntry(sequence=Sequence(1), previous=GENESIS_DIGEST, record=record, digest=GENESIS_DIGEST)


def state(*actions: AuditAction, has_data: bool = True) -> State:
    """Return the state after actions on acme."""
    return compliance_state(ACME, [entry(action) for action in actions], has_data=has_data)


@pytest.mark.parametrize(
    ("actions", "has_data", "found"),
    [
        ((), True, State.KEPT),
        ((), False, State.KEPT),
        ((PERSONAL,), True, State.KEPT),
        ((SET,), True, State.ON_LEGAL_HOLD),
        ((SET, RELEASE), True, State.KEPT),
        ((SET, ERASE), True, State.ERASURE_PENDING),
        ((SET, ERASE, RELEASE), True, State.KEPT),
        ((SET, ERASE, RELEASE, ERASE), False, State.ERASED),
        ((ERASE,), False, State.ERASED),
        ((ERASE,), True, State.KEPT),
        ((ERASE, PERSONAL), True, State.KEPT),
        ((ERASE, PERSONAL, SET), True, State.ON_LEGAL_HOLD),
        ((ERASE, SET, PERSONAL), True, State.ON_LEGAL_HOLD),
    ],
)
def test_state_is_the_fold_of_the_audit_log(
    actions: tuple[AuditAction, ...], found: State, *, has_data: bool
) -> None:
    assert state(*actions, has_data=has_data) == found


def test_no_order_of_entries_loses_a_hold_or_calls_kept_data_erased() -> None:
    for actions in product((SET, RELEASE, ERASE, PERSONAL), repeat=5):
        holds = [action for action in actions if action in (SET, RELEASE)]
        is_held = bool(holds) and holds[-1] == SET
        found = state(*actions)
        assert is_on_hold(found) == is_held, actions
        assert found != State.ERASED
        assert (decide_on_erasure(found) == ErasureDecision.LEGAL_HOLD) == is_held


@pytest.mark.parametrize(
    ("found", "erasure", "release"),
    [
        (State.KEPT, "ERASE", "NOTHING_LEFT"),
        (State.ON_LEGAL_HOLD, "LEGAL_HOLD", "NOTHING_LEFT"),
        (State.ERASURE_PENDING, "LEGAL_HOLD", "ERASE"),
        (State.ERASED, "NOTHING_LEFT", "NOTHING_LEFT"),
    ],
)
def test_table_decides(found: State, erasure: str, release: str) -> None:
    assert (decide_on_erasure(found), decide_on_release(found)) == (erasure, release)


def test_others_and_refused_entries_change_nothing() -> None:
    log = [entry(SET, "other"), entry(SET, result="denied"), entry(ERASE, "other")]
    assert compliance_state(ACME, log, has_data=True) == State.KEPT

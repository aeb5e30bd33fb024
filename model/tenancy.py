"""What the tenant governor says: a customer's status, and what becomes of a charge, by the table.

The status is derived from holds and the row of the period, never stored: that is what the repaired reading
repairs. The core decides charges by ``charging.judge_charge``, in a form that can be proved; this module
says the same by the table, and a test compares the two over every case of small numbers.

Not here: the balance, which is another governor's.

Source: ``system.md`` sections 2 and 6; LF-02, LF-03, QU-01; R5.2, R5.5.
"""

from typing import Final

from billproof.model.charging import is_held
from billproof.model.governors.machine import compiled
from billproof.model.governors.tenant import MACHINES, Action, Event, State
from billproof.model.identifiers import Amount
from billproof.model.outcomes import Status
from billproof.model.state import Account, QuotaRow, Terms

_TABLE: Final = compiled(next(machine for machine in MACHINES if machine.reading == "repaired"))

_STATUSES: Final = {
    Action.ACCEPT: Status.ACCEPTED,
    Action.ACCEPT_WITH_WARNING: Status.ACCEPTED_WITH_WARNING,
    Action.REFUSE_QUOTA: Status.QUOTA_EXCEEDED,
    Action.REFUSE_HELD: Status.ACCOUNT_HELD,
}


def tenant_state(account: Account, row: QuotaRow) -> State:
    """Return the status of a customer for an entitlement in a month."""
    is_suspended = is_held(row, account.terms)
    if account.holds > 0:
        return State.SUSPENDED_AND_COMPLYING if is_suspended else State.COMPLYING
    return State.SUSPENDED if is_suspended else State.ACTIVE


def charge_event(terms: Terms, used: Amount, amount: Amount) -> Event:
    """Return what is the case when a charge is asked for; one of nothing is below every quota."""
    usage = used + amount
    if amount == 0 or usage < terms.quota:
        return Event.CHARGE_BELOW_QUOTA
    if usage == terms.quota:
        return Event.CHARGE_AT_QUOTA
    return Event.CHARGE_WITHIN_BUFFER if usage <= terms.limit else Event.CHARGE_ABOVE_LIMIT


def decide_charge(account: Account, row: QuotaRow, amount: Amount) -> Status:
    """Decide on a charge by the table, the balance aside."""
    actions = _TABLE[tenant_state(account, row)][charge_event(account.terms, row.used, amount)].actions
    return _STATUSES[actions[0]]

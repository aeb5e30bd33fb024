"""The lifecycles of an account, a hold and an invoice: one table each, as the repaired design has them.

The documents name the states and few of the ways between them; where a row rests on ``system.md`` or a
repair alone, its source says so.

Source: ``system.md`` sections 6 and 8; QU-08, MG-8, AP-7, XI-14, XB-08, XB-09; R5.1, R5.5, R13, R15, R21.
"""

from enum import IntEnum
from typing import Final

from billproof.model.governors.machine import Machine, row


class AccountState(IntEnum):
    """What an account is."""

    ABSENT = 0
    OPEN = 1
    HELD = 2
    """At least one hold is active; derived, not set."""
    CLOSED = 3


class AccountEvent(IntEnum):
    """What happens to an account."""

    OPENED = 0
    TERMS_CHANGED = 1
    FIRST_HOLD_PLACED = 2
    LAST_HOLD_ENDED = 3
    CHARGED = 4
    CREDITED = 5
    """Top-up, credit, refund or void."""
    CLOSED = 6
    """By an entry, with nothing owed and nothing disputed."""


class AccountAction(IntEnum):
    """What is done."""

    APPEND_ENTRY = 0
    REFUSE_UNKNOWN = 1
    REFUSE_HELD = 2
    REFUSE_EXISTS = 3


_S, _E, _A = AccountState, AccountEvent, AccountAction

ACCOUNT: Final = Machine(
    name="account",
    reading="repaired",
    story="what an account accepts",
    states=AccountState,
    events=AccountEvent,
    initial=_S.ABSENT,
    final=frozenset({_S.CLOSED}),
    expected_unreachable=frozenset(),
    rows=(
        row((_S.ABSENT,), (_E.OPENED,), _S.OPEN, (_A.APPEND_ENTRY,), "system.md section 5"),
        row(
            (_S.ABSENT,), (_E.TERMS_CHANGED, _E.CHARGED, _E.CREDITED, _E.CLOSED), None,
            (_A.REFUSE_UNKNOWN,), "system.md section 4, 404",
        ),
        row((_S.ABSENT,), (_E.FIRST_HOLD_PLACED, _E.LAST_HOLD_ENDED), None, (), "there is nothing to hold"),
        row((_S.OPEN, _S.HELD), (_E.OPENED,), None, (_A.REFUSE_EXISTS,), "system.md section 4"),
        row((_S.OPEN, _S.HELD), (_E.TERMS_CHANGED, _E.CREDITED), None, (_A.APPEND_ENTRY,), "R5.4, R5.5"),
        row((_S.OPEN,), (_E.CHARGED,), None, (_A.APPEND_ENTRY,), "LF-07"),
        row((_S.HELD,), (_E.CHARGED,), None, (_A.REFUSE_HELD,), "T5-D3, R5.5"),
        row((_S.OPEN, _S.HELD), (_E.FIRST_HOLD_PLACED,), _S.HELD, (_A.APPEND_ENTRY,), "R5.5"),
        row((_S.OPEN, _S.HELD), (_E.LAST_HOLD_ENDED,), _S.OPEN, (), "R5.5"),
        row((_S.OPEN, _S.HELD), (_E.CLOSED,), _S.CLOSED, (_A.APPEND_ENTRY,), "system.md section 5"),
        row((_S.CLOSED,), tuple(_E), None, (_A.REFUSE_UNKNOWN,), "system.md section 4, 404"),
    ),
)  # fmt: skip
"""The account."""


class HoldState(IntEnum):
    """What a hold is."""

    ACTIVE_FOR_PERIOD = 0
    """Placed by a refusal above the limit, for the period that was full."""
    ACTIVE_UNTIL_RELEASED = 1
    """Placed by an operator, an authority or a dispute."""
    EXPIRED = 2
    RELEASED = 3


class HoldEvent(IntEnum):
    """What happens to a hold."""

    MADE_PERMANENT = 0
    """An operator takes it over: it no longer ends with its period."""
    PERIOD_ENDED = 1
    RELEASED = 2
    RESET_JOB_RAN = 3
    """The documents' job, which clears whatever it finds."""


class HoldAction(IntEnum):
    """What is done."""

    APPEND_ENTRY = 0


_H, _V, _D = HoldState, HoldEvent, HoldAction

HOLD: Final = Machine(
    name="hold",
    reading="repaired",
    story="how long a hold stops charges",
    states=HoldState,
    events=HoldEvent,
    initial=_H.ACTIVE_FOR_PERIOD,
    final=frozenset({_H.EXPIRED, _H.RELEASED}),
    expected_unreachable=frozenset(),
    rows=(
        row(
            (_H.ACTIVE_FOR_PERIOD,), (_V.MADE_PERMANENT,), _H.ACTIVE_UNTIL_RELEASED, (_D.APPEND_ENTRY,),
            "R5.5",
        ),
        row((_H.ACTIVE_FOR_PERIOD,), (_V.PERIOD_ENDED,), _H.EXPIRED, (), "R5.5, T5-E4"),
        row((_H.ACTIVE_UNTIL_RELEASED,), (_V.MADE_PERMANENT, _V.PERIOD_ENDED), None, (), "R5.5, XB-09"),
        row(
            (_H.ACTIVE_FOR_PERIOD, _H.ACTIVE_UNTIL_RELEASED), (_V.RELEASED,), _H.RELEASED,
            (_D.APPEND_ENTRY,), "R5.5",
        ),
        row(
            (_H.ACTIVE_FOR_PERIOD, _H.ACTIVE_UNTIL_RELEASED), (_V.RESET_JOB_RAN,), None, (),
            "R5.5: no job may",
        ),
        row((_H.EXPIRED, _H.RELEASED), tuple(_V), None, (), "it has ended"),
    ),
)  # fmt: skip
"""The hold."""


class InvoiceState(IntEnum):
    """What an invoice is."""

    PREVIEW = 0
    """A view of an open period at a cut; it has no number."""
    ISSUED = 1
    """Numbered and final; what is wrong with it goes to the next one."""
    PAID = 2
    OVERDUE = 3
    DISPUTED = 4
    """The disputed amount is held, the rest is due."""
    CREDITED = 5
    """Settled by a credit note: another document that names it."""


class InvoiceEvent(IntEnum):
    """What happens to an invoice."""

    LATE_EVENT = 0
    """An event of its period arrives."""
    PERIOD_CLOSED = 1
    """On the 5th, by a committed entry."""
    PAYMENT_RECEIVED = 2
    DUE_DATE_PASSED = 3
    DISPUTE_OPENED = 4
    DISPUTE_UPHELD = 5
    """The charge stands."""
    DISPUTE_REVERSED = 6
    PAYMENT_CHARGED_BACK = 7


class InvoiceAction(IntEnum):
    """What is done."""

    RECOMPUTE = 0
    TAKE_NUMBER = 1
    """The next one: without gaps, in the commit that closes the period."""
    ADJUST_NEXT_INVOICE = 2
    HOLD_AMOUNT = 3
    ISSUE_CREDIT_NOTE = 4
    REMIND = 5


_I, _N, _O = InvoiceState, InvoiceEvent, InvoiceAction
_NUMBERED = (_I.ISSUED, _I.PAID, _I.OVERDUE, _I.DISPUTED)

INVOICE: Final = Machine(
    name="invoice",
    reading="repaired",
    story="from a preview to a document that is never changed",
    states=InvoiceState,
    events=InvoiceEvent,
    initial=_I.PREVIEW,
    final=frozenset({_I.CREDITED}),
    expected_unreachable=frozenset(),
    rows=(
        row((_I.PREVIEW,), (_N.LATE_EVENT,), None, (_O.RECOMPUTE,), "R13, system.md section 6"),
        row((_I.PREVIEW,), (_N.PERIOD_CLOSED,), _I.ISSUED, (_O.TAKE_NUMBER,), "MG-8, R21"),
        row(
            (_I.PREVIEW,),
            (_N.PAYMENT_RECEIVED, _N.DUE_DATE_PASSED, _N.DISPUTE_OPENED, _N.DISPUTE_UPHELD,
             _N.DISPUTE_REVERSED, _N.PAYMENT_CHARGED_BACK),
            None, (), "it is not a document yet",
        ),
        row((*_NUMBERED, _I.CREDITED), (_N.LATE_EVENT,), None, (_O.ADJUST_NEXT_INVOICE,), "R13, R21"),
        row((*_NUMBERED, _I.CREDITED), (_N.PERIOD_CLOSED,), None, (), "R24: closing twice changes nothing"),
        row((_I.ISSUED, _I.OVERDUE), (_N.PAYMENT_RECEIVED,), _I.PAID, (), "system.md section 8"),
        row((_I.PAID, _I.DISPUTED), (_N.PAYMENT_RECEIVED,), None, (), "system.md section 8"),
        row((_I.ISSUED, _I.OVERDUE), (_N.DUE_DATE_PASSED,), _I.OVERDUE, (_O.REMIND,), "system.md section 8"),
        row((_I.PAID, _I.DISPUTED), (_N.DUE_DATE_PASSED,), None, (), "nothing is due, or it is held"),
        row(_NUMBERED, (_N.DISPUTE_OPENED,), _I.DISPUTED, (_O.HOLD_AMOUNT,), "R15"),
        row((_I.DISPUTED,), (_N.DISPUTE_UPHELD,), _I.ISSUED, (), "R7.4, R15"),
        row((_I.DISPUTED,), (_N.DISPUTE_REVERSED,), _I.CREDITED, (_O.ISSUE_CREDIT_NOTE,), "R7.4, R15"),
        row(
            (_I.ISSUED, _I.PAID, _I.OVERDUE), (_N.DISPUTE_UPHELD, _N.DISPUTE_REVERSED), None, (),
            "nothing is disputed",
        ),
        row((_I.PAID,), (_N.PAYMENT_CHARGED_BACK,), _I.DISPUTED, (_O.HOLD_AMOUNT,), "R15"),
        row((_I.ISSUED, _I.OVERDUE, _I.DISPUTED), (_N.PAYMENT_CHARGED_BACK,), None, (), "nothing was paid"),
        row(
            (_I.CREDITED,),
            (_N.PAYMENT_RECEIVED, _N.DUE_DATE_PASSED, _N.DISPUTE_OPENED, _N.DISPUTE_UPHELD,
             _N.DISPUTE_REVERSED, _N.PAYMENT_CHARGED_BACK),
            None, (), "it is settled",
        ),
    ),
)  # fmt: skip
"""The invoice."""

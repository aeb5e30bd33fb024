"""The lifecycle of a dispute: from the claim to a verdict that names its evidence.

In the reading ``signature_decides`` a receipt whose signature verifies closes the dispute against the
customer, unless the customer says that a key was stolen, which is believed (T7-O1, T7-F). In ``repaired``
the evidence is the witnessed log and the recomputed price, there are four verdicts, and the one that
evidence cannot give goes to a person.

Source: T7-F, T7-F2, T7-O1, T7-T1 to T7-T4, T7-W; T7-S1 to T7-S8; R7.1 to R7.5; XA-52, XA-54.
"""

from enum import IntEnum
from typing import Final

from billproof.model.governors.machine import Machine, Row, row


class State(IntEnum):
    """How far a dispute is."""

    OPENED = 0
    WITH_A_PERSON = 1
    UPHELD = 2
    """The charge stands."""
    REVERSED = 3
    SYSTEM_FAULT = 4
    """The charge is returned, and the operator has something to mend."""
    INCONCLUSIVE = 5
    """Ended by contract, not by evidence."""


class Event(IntEnum):
    """What the evidence shows, or who says what."""

    RECEIPT_STANDS = 0
    """Signed, unaltered, in the witnessed log once, the price recomputed, the request signed."""
    PRICE_DIFFERS = 1
    """The signature is valid, the amount is not what the plan gives (G-13)."""
    CHARGED_TWICE = 2
    """Two receipts for one key."""
    NOT_IN_LOG = 3
    """The receipt is signed and no witnessed log has it (T7-S2)."""
    SIGNATURE_INVALID = 4
    NO_RECEIPT = 5
    CUSTOMER_SAYS_STOLEN = 6
    """The receipt stands, and the customer says that another had the key."""
    EVIDENCE_MISSING = 7
    """Something is unreachable, or the request was not signed."""
    PERSON_UPHOLDS = 8
    PERSON_REVERSES = 9
    DEADLINE_PASSED = 10
    """24 h (T7-T3)."""


class Action(IntEnum):
    """What is done."""

    WRITE_VERDICT = 0
    """With the bundle that a person can read."""
    REFUND = 1
    """An entry that names the receipt, bounded by what it captured."""
    RAISE_P1 = 2
    ASK_A_PERSON = 3
    RELEASE_HELD_AMOUNT = 4
    ROTATE_CUSTOMER_KEY = 5


_S, _E, _A = State, Event, Action
_Rows = tuple[Row[State, Event, Action], ...]
_ENDED = (_S.UPHELD, _S.REVERSED, _S.SYSTEM_FAULT, _S.INCONCLUSIVE)
_EVIDENCE = tuple(event for event in Event if event <= Event.EVIDENCE_MISSING)
_CLOSED = (_A.WRITE_VERDICT, _A.RELEASE_HELD_AMOUNT)
_RETURNED = (_A.WRITE_VERDICT, _A.REFUND, _A.RELEASE_HELD_AMOUNT)

_COMMON: _Rows = (
    row((_S.WITH_A_PERSON,), (_E.PERSON_UPHOLDS,), _S.UPHELD, _CLOSED, "T7-O1"),
    row((_S.WITH_A_PERSON,), (_E.PERSON_REVERSES,), _S.REVERSED, _RETURNED, "T7-O1"),
    row((_S.WITH_A_PERSON,), _EVIDENCE, None, (), "it is with a person"),
    row((_S.OPENED,), (_E.PERSON_UPHOLDS, _E.PERSON_REVERSES), None, (), "nobody was asked"),
    row(_ENDED, tuple(Event), None, (), "it has ended"),
)

_SIGNATURE: _Rows = (
    row(
        (_S.OPENED,), (_E.RECEIPT_STANDS, _E.PRICE_DIFFERS, _E.CHARGED_TWICE, _E.NOT_IN_LOG), _S.UPHELD,
        _CLOSED, "T7-F, T7-W; wrong for three of them: T7-S1, T7-S2, T7-S3",
    ),
    row((_S.OPENED,), (_E.SIGNATURE_INVALID,), _S.WITH_A_PERSON, (_A.RAISE_P1, _A.ASK_A_PERSON), "T7-F2"),
    row((_S.OPENED,), (_E.NO_RECEIPT,), _S.REVERSED, _CLOSED, "T7-F2: 'not billed', T7-S4"),
    row(
        (_S.OPENED,), (_E.CUSTOMER_SAYS_STOLEN,), _S.REVERSED, (*_RETURNED, _A.ROTATE_CUSTOMER_KEY), "T7-O1"
    ),
    row((_S.OPENED,), (_E.EVIDENCE_MISSING,), _S.WITH_A_PERSON, (_A.ASK_A_PERSON,), "T7-O1, XA-52"),
    row((_S.OPENED,), (_E.DEADLINE_PASSED,), _S.WITH_A_PERSON, (_A.ASK_A_PERSON,), "T7-T3, XA-54"),
    row((_S.WITH_A_PERSON,), (_E.DEADLINE_PASSED,), None, (_A.RAISE_P1,), "T7-T3"),
)  # fmt: skip

_REPAIRED: _Rows = (
    row((_S.OPENED,), (_E.RECEIPT_STANDS,), _S.UPHELD, _CLOSED, "R7.1"),
    row(
        (_S.OPENED,), (_E.PRICE_DIFFERS, _E.CHARGED_TWICE, _E.NOT_IN_LOG, _E.SIGNATURE_INVALID),
        _S.SYSTEM_FAULT, (*_RETURNED, _A.RAISE_P1), "R7.1, R7.2, R7.5",
    ),
    row((_S.OPENED,), (_E.NO_RECEIPT,), _S.REVERSED, _CLOSED, "R7.1, R7.5: no receipt, no debit"),
    row(
        (_S.OPENED,), (_E.CUSTOMER_SAYS_STOLEN,), _S.WITH_A_PERSON,
        (_A.ASK_A_PERSON, _A.ROTATE_CUSTOMER_KEY), "R7.4: by contract, not by cryptography",
    ),
    row((_S.OPENED,), (_E.EVIDENCE_MISSING,), _S.WITH_A_PERSON, (_A.ASK_A_PERSON,), "R7.4"),
    row((_S.OPENED,), (_E.DEADLINE_PASSED,), _S.WITH_A_PERSON, (_A.ASK_A_PERSON,), "R7.4, T7-T3"),
    row((_S.WITH_A_PERSON,), (_E.DEADLINE_PASSED,), _S.INCONCLUSIVE, _RETURNED, "R7.4, T7-T3"),
)  # fmt: skip


def _machine(reading: str, rows: _Rows, *unreachable: State) -> Machine[State, Event, Action]:
    return Machine(
        name="dispute",
        reading=reading,
        story="from the claim to a verdict that names its evidence",
        states=State,
        events=Event,
        initial=_S.OPENED,
        final=frozenset(_ENDED),
        expected_unreachable=frozenset(unreachable),
        rows=rows + _COMMON,
    )


MACHINES: Final = (
    _machine("signature_decides", _SIGNATURE, _S.SYSTEM_FAULT, _S.INCONCLUSIVE),
    _machine("repaired", _REPAIRED),
)
"""The reading of the documents, and the repaired one."""

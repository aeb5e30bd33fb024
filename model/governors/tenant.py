"""The tenant governor: whether a customer's usage is accepted, and what its status becomes.

The documents say three things about a charge that reaches or passes the quota; each is a reading:

- ``suspend_at_quota``: usage up to the quota, suspended when it is reached (LF-03, QU-01);
- ``suspend_with_warning``: the tier's buffer is granted and the status is "suspended" afterwards all the
  same (QU-03);
- ``warn_and_stay``: the buffer is granted with a warning and the status stays active; beyond it the charge
  is refused and the customer suspended (T5-E1, T5-E3).

In all three a job sets the status of everybody to active once a month, whatever it was (QU-08, XB-09).
``repaired`` has no job: a refusal above the limit places a hold that is scoped to its period, other holds
stay until they are released, and status is derived from the holds.

Source: LF-02, LF-03, QU-01 to QU-08, T5-E1 to T5-E4; XB-01 to XB-09; R5.4, R5.5.
"""

from enum import IntEnum
from typing import Final

from billproof.model.governors.machine import Machine, Row, row


class State(IntEnum):
    """The status of a tenant; the documents know the first three (LF-02)."""

    ACTIVE = 0
    SUSPENDED = 1
    """Because of its usage: in the repaired reading, a hold of this period."""
    COMPLYING = 2
    """Because of anything else: an operator's or a legal hold."""
    SUSPENDED_AND_COMPLYING = 3
    """Both; a status field with one value cannot say so."""
    CLOSED = 4


class Event(IntEnum):
    """What is the case when something is asked."""

    CHARGE_BELOW_QUOTA = 0
    """Usage with this charge is below the quota."""
    CHARGE_AT_QUOTA = 1
    """It equals the quota."""
    CHARGE_WITHIN_BUFFER = 2
    """It is above the quota and not above the limit of the tier."""
    CHARGE_ABOVE_LIMIT = 3
    NO_WORKER = 4
    """No worker was free within 5 s."""
    PERIOD_TURNS = 5
    """The month has changed: by the job at 01:00, or by the calendar."""
    HOLD_PLACED = 6
    """A hold that usage has not caused."""
    HOLD_RELEASED = 7
    """The last of those."""
    CRASHED = 8
    """The governor was restarted; its state is read again."""
    CLOSED = 9


class Action(IntEnum):
    """What the governor does."""

    ACCEPT = 0
    ACCEPT_WITH_WARNING = 1
    REFUSE_QUOTA = 2
    """403 with a receipt."""
    REFUSE_HELD = 3
    REFUSE_CLOSED = 4
    REFUSE_BUSY = 5
    """429 without effect."""
    ALERT = 6
    PLACE_PERIOD_HOLD = 7
    CLEAR_USAGE = 8
    """The job sets usage to zero."""
    OPEN_PERIOD = 9
    """A new row; the old one stays as it is."""


_S, _E, _A = State, Event, Action
_CHARGES = (
    _E.CHARGE_BELOW_QUOTA,
    _E.CHARGE_AT_QUOTA,
    _E.CHARGE_WITHIN_BUFFER,
    _E.CHARGE_ABOVE_LIMIT,
)
_OPEN = (_S.ACTIVE, _S.SUSPENDED, _S.COMPLYING, _S.SUSPENDED_AND_COMPLYING)
_HELD = _OPEN[1:]

_Rows = tuple[Row[State, Event, Action], ...]

_COMMON: _Rows = (
    row(_HELD, _CHARGES, None, (_A.REFUSE_HELD,), "T5-D3"),
    row(_OPEN, (_E.NO_WORKER,), None, (_A.REFUSE_BUSY,), "LF-03, PO-04"),
    row(_OPEN, (_E.CRASHED,), None, (), "IS-01, RS-08"),
    row(_OPEN, (_E.CLOSED,), _S.CLOSED, (), "no document says what follows an end"),
    row((_S.CLOSED,), _CHARGES, None, (_A.REFUSE_CLOSED,), "no document says what follows an end"),
    row(
        (_S.CLOSED,),
        (_E.NO_WORKER, _E.PERIOD_TURNS, _E.HOLD_PLACED, _E.HOLD_RELEASED, _E.CRASHED, _E.CLOSED),
        None, (), "no document says what follows an end",
    ),
)  # fmt: skip

_ONE_STATUS: _Rows = (
    row(_OPEN, (_E.PERIOD_TURNS,), _S.ACTIVE, (_A.CLEAR_USAGE,), "QU-08, T5-E4, XB-09"),
    row(_OPEN, (_E.HOLD_PLACED,), _S.COMPLYING, (), "LF-02"),
    row(_OPEN, (_E.HOLD_RELEASED,), _S.ACTIVE, (), "LF-02"),
)
"""A status field has one value: a hold overwrites a suspension, a release clears it, the job clears both."""

_AT_QUOTA: _Rows = (
    row((_S.ACTIVE,), (_E.CHARGE_BELOW_QUOTA,), None, (_A.ACCEPT,), "LF-03"),
    row((_S.ACTIVE,), (_E.CHARGE_AT_QUOTA,), _S.SUSPENDED, (_A.ACCEPT,), "LF-03, QU-01, XB-06"),
    row(
        (_S.ACTIVE,), (_E.CHARGE_WITHIN_BUFFER, _E.CHARGE_ABOVE_LIMIT), _S.SUSPENDED, (_A.REFUSE_QUOTA,),
        "LF-03, QU-01",
    ),
)  # fmt: skip

_WITH_WARNING: _Rows = (
    row((_S.ACTIVE,), (_E.CHARGE_BELOW_QUOTA, _E.CHARGE_AT_QUOTA), None, (_A.ACCEPT,), "QU-03"),
    row(
        (_S.ACTIVE,), (_E.CHARGE_WITHIN_BUFFER,), _S.SUSPENDED, (_A.ACCEPT_WITH_WARNING, _A.ALERT),
        "QU-03, XB-05",
    ),
    row((_S.ACTIVE,), (_E.CHARGE_ABOVE_LIMIT,), _S.SUSPENDED, (_A.REFUSE_QUOTA,), "QU-03, XB-04"),
)  # fmt: skip

_STAY: _Rows = (
    row((_S.ACTIVE,), (_E.CHARGE_BELOW_QUOTA, _E.CHARGE_AT_QUOTA), None, (_A.ACCEPT,), "T5-E1"),
    row((_S.ACTIVE,), (_E.CHARGE_WITHIN_BUFFER,), None, (_A.ACCEPT_WITH_WARNING, _A.ALERT), "T5-E1"),
    row((_S.ACTIVE,), (_E.CHARGE_ABOVE_LIMIT,), _S.SUSPENDED, (_A.REFUSE_QUOTA,), "T5-E3"),
)

_REPAIRED: _Rows = (
    row((_S.ACTIVE,), (_E.CHARGE_BELOW_QUOTA, _E.CHARGE_AT_QUOTA), None, (_A.ACCEPT,), "R5.2"),
    row((_S.ACTIVE,), (_E.CHARGE_WITHIN_BUFFER,), None, (_A.ACCEPT_WITH_WARNING, _A.ALERT), "R5.2"),
    row(
        (_S.ACTIVE,), (_E.CHARGE_ABOVE_LIMIT,), _S.SUSPENDED, (_A.REFUSE_QUOTA, _A.PLACE_PERIOD_HOLD),
        "R5.5",
    ),
    row((_S.ACTIVE, _S.SUSPENDED), (_E.PERIOD_TURNS,), _S.ACTIVE, (_A.OPEN_PERIOD,), "R5.1, R5.5"),
    row(
        (_S.COMPLYING, _S.SUSPENDED_AND_COMPLYING), (_E.PERIOD_TURNS,), _S.COMPLYING, (_A.OPEN_PERIOD,),
        "R5.5, XB-09",
    ),
    row((_S.ACTIVE, _S.COMPLYING), (_E.HOLD_PLACED,), _S.COMPLYING, (), "R5.5"),
    row(
        (_S.SUSPENDED, _S.SUSPENDED_AND_COMPLYING), (_E.HOLD_PLACED,), _S.SUSPENDED_AND_COMPLYING, (), "R5.5"
    ),
    row((_S.ACTIVE, _S.COMPLYING), (_E.HOLD_RELEASED,), _S.ACTIVE, (), "R5.5"),
    row((_S.SUSPENDED, _S.SUSPENDED_AND_COMPLYING), (_E.HOLD_RELEASED,), _S.SUSPENDED, (), "R5.5"),
)  # fmt: skip


def _machine(reading: str, rows: _Rows, *unreachable: State) -> Machine[State, Event, Action]:
    return Machine(
        name="tenant governor",
        reading=reading,
        story="whether a customer's usage is accepted, and what its status becomes",
        states=State,
        events=Event,
        initial=_S.ACTIVE,
        final=frozenset({_S.CLOSED}),
        expected_unreachable=frozenset(unreachable),
        rows=rows + _COMMON,
    )


MACHINES: Final = (
    _machine("suspend_at_quota", _AT_QUOTA + _ONE_STATUS, _S.SUSPENDED_AND_COMPLYING),
    _machine("suspend_with_warning", _WITH_WARNING + _ONE_STATUS, _S.SUSPENDED_AND_COMPLYING),
    _machine("warn_and_stay", _STAY + _ONE_STATUS, _S.SUSPENDED_AND_COMPLYING),
    _machine("repaired", _REPAIRED),
)
"""The readings of the documents, and the repaired one."""

"""What the entitlement governor says: whether a service may be used by a customer, read in the commit.

The table is that of the repaired design (``governors.entitlement``): nothing is cached, so a suspension
counts for the very next commit. An entitlement that nobody has ever suspended or revoked is granted; whose
it is at all is decided before (``service.access``).

Not here: where states lie, and limits of usage, which are terms of the account.

Source: ``system.md`` section 2, per-tenant governors; LF-02, QU-09; XA-70; R5.4, R5.5.
"""

from enum import StrEnum
from typing import Final

from billproof.model.governors.entitlement import MACHINES, Action, Event, State
from billproof.model.governors.machine import compiled

_TABLE: Final = compiled(next(machine for machine in MACHINES if machine.reading == "repaired"))


class Change(StrEnum):
    """What an operator can do to an entitlement."""

    SUSPEND = "suspend"
    RESUME = "resume"
    REVOKE = "revoke"
    """For good: what was revoked cannot be resumed."""


class Use(StrEnum):
    """What comes of a wish to use a service."""

    ALLOWED = "ALLOWED"
    SUSPENDED = "SUSPENDED"
    """403, and nothing is stored: it may be asked again when the entitlement is resumed."""
    REVOKED = "REVOKED"
    """404, as if there were no such service."""


_EVENTS: Final = {
    Change.SUSPEND: Event.SUSPENDED,
    Change.RESUME: Event.RESUMED,
    Change.REVOKE: Event.REVOKED,
}

_USES: Final = {
    Action.ALLOW: Use.ALLOWED,
    Action.REFUSE_HELD: Use.SUSPENDED,
    Action.REFUSE_UNKNOWN: Use.REVOKED,
}


def change(state: State, wanted: Change) -> State:
    """Return the state after a change.

    Law: ``REVOKED`` is left by none.
    """
    return _TABLE[state][_EVENTS[wanted]].after


def decide_use(state: State) -> Use:
    """Decide whether a service may be used."""
    (action,) = _TABLE[state][Event.USED].actions
    return _USES[action]

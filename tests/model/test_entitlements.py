"""The entitlement governor decides on use: a suspension counts at once, a revocation for good."""

from itertools import product

from billproof.model.entitlements import Change, Use, change, decide_use
from billproof.model.governors.entitlement import State


def after(*changes: Change) -> State:
    """Return the state of a granted entitlement after changes."""
    state = State.GRANTED
    for wanted in changes:
        state = change(state, wanted)
    return state


def test_use_is_refused_while_it_is_suspended_and_for_good_once_it_is_revoked() -> None:
    assert decide_use(after()) == Use.ALLOWED
    assert decide_use(after(Change.SUSPEND)) == Use.SUSPENDED
    assert decide_use(after(Change.SUSPEND, Change.RESUME)) == Use.ALLOWED
    assert decide_use(after(Change.REVOKE)) == Use.REVOKED


def test_no_order_of_changes_uses_what_is_suspended_or_revoked() -> None:
    for changes in product(Change, repeat=4):
        stops = [wanted for wanted in changes if wanted != Change.REVOKE]
        use = decide_use(after(*changes))
        if Change.REVOKE in changes:
            assert use == Use.REVOKED
        else:
            assert (use == Use.SUSPENDED) == (stops[-1] == Change.SUSPEND)

"""What happens to the evidence beside the ledger: signatures of customers, keys of the operator.

None of these commands touches a store, so no clause about a store can depend on them.

Source: rules R3.2, R7.3; schedules T7-S6, T7-S8.
"""

from dataclasses import replace

from billproof.model.commands import RotateSigningKey, SignRequest
from billproof.model.context import Context, Outcome
from billproof.model.exhibits import SignedRequest
from billproof.model.outcomes import Status
from billproof.model.posting import refuse
from billproof.model.state import State


def sign_request(state: State, command: SignRequest, context: Context) -> Outcome:
    """Put the signature of a customer's key over a request on record."""
    del context
    name = SignedRequest(customer_key=command.customer_key, fingerprint=command.fingerprint)
    if state.exhibits.signed.contains(name):
        return refuse(state, Status.NOT_POSSIBLE)
    signed = state.exhibits.signed.put(name, True)
    return Outcome(state=replace(state, exhibits=replace(state.exhibits, signed=signed)), status=Status.DONE)


def rotate_signing_key(state: State, command: RotateSigningKey, context: Context) -> Outcome:
    """Retire the operator's signing key, valid until now, and take another; no key comes back."""
    del context
    exhibits = state.exhibits
    if command.signing_key == exhibits.current_key or exhibits.retired_keys.contains(command.signing_key):
        return refuse(state, Status.NOT_POSSIBLE)
    rotated = replace(
        exhibits,
        current_key=command.signing_key,
        retired_keys=exhibits.retired_keys.put(exhibits.current_key, state.now),
    )
    return Outcome(state=replace(state, exhibits=rotated), status=Status.DONE)

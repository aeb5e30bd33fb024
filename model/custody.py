"""What happens to the evidence beside the ledger: signatures, signing keys, the archive, forged heads.

None of these commands touches a store.

Source: rules R3.2, R3.4, R3.6, R7.3; schedules T3-S1, T3-S6, T7-S6, T7-S8.
"""

from dataclasses import replace

from billproof.model.charging import is_durable
from billproof.model.containers import PartialMap
from billproof.model.context import Context, Outcome
from billproof.model.exhibits import SignedRequest
from billproof.model.identifiers import CustomerId
from billproof.model.outcomes import Status
from billproof.model.outside_commands import (
    Archive,
    ForgeCheckpoint,
    OverwriteArchive,
    RotateSigningKey,
    SignRequest,
)
from billproof.model.posting import refuse, site_of
from billproof.model.state import Checkpoint, Head, Site, State
from billproof.model.switches import ArchiveLock, HeadPublication, SignerScope


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


def archive(state: State, command: Archive, context: Context) -> Outcome:
    """Copy a durable receipt to the archive; what is there already stays."""
    site = site_of(state, command.region)
    position = command.position
    if position < 0 or position >= site.ledger.length or state.exhibits.archive.contains(position):
        return refuse(state, Status.NOT_POSSIBLE)
    if not is_durable(site, position, context):
        return refuse(state, Status.NOT_POSSIBLE)
    kept = state.exhibits.archive.put(position, site.ledger.at(position).digest)
    return Outcome(state=replace(state, exhibits=replace(state.exhibits, archive=kept)), status=Status.DONE)


def overwrite_archive(state: State, command: OverwriteArchive, context: Context) -> Outcome:
    """Replace an archived receipt; locked retention under another administrator refuses (R3.6)."""
    exhibits = state.exhibits
    if context.design.archive_lock == ArchiveLock.LOCKED_RETENTION_OTHER_ADMIN:
        return refuse(state, Status.NOT_POSSIBLE)
    if not exhibits.archive.contains(command.position):
        return refuse(state, Status.NOT_POSSIBLE)
    if exhibits.archive.get(command.position) == command.digest:
        return refuse(state, Status.NOT_POSSIBLE)
    kept = exhibits.archive.put(command.position, command.digest)
    return Outcome(state=replace(state, exhibits=replace(exhibits, archive=kept)), status=Status.DONE)


def forge_checkpoint(state: State, command: ForgeCheckpoint, context: Context) -> Outcome:
    """Publish a map of heads without one customer, signed with stolen permission.

    A witness that holds the map against the fold of the log refuses a false one (R3.4); one that signs
    whatever the service has signed does not.
    """
    design = context.design
    leader = site_of(state, state.leader)
    if design.head_publication == HeadPublication.NONE:
        return refuse(state, Status.NOT_POSSIBLE)
    if not leader.solo and leader.confirmed != leader.ledger.length:
        return refuse(state, Status.NOT_POSSIBLE)
    heads = leader.heads.without(command.customer)
    if design.signer_scope == SignerScope.WITNESSED_AFTER_MAP_EQUALS_FOLD:
        if not is_the_fold(heads, leader, command.customer):
            return refuse(state, Status.NOT_POSSIBLE)
    forged = Checkpoint(published=True, size=leader.ledger.length, heads=heads)
    return Outcome(state=replace(state, checkpoint=forged), status=Status.DONE)


def is_the_fold(heads: PartialMap[CustomerId, Head], site: Site, customer: CustomerId) -> bool:
    """Tell whether a map says of a customer what the log of a site comes to: what a witness checks."""
    if not site.heads.contains(customer):
        return not heads.contains(customer)
    return heads.contains(customer) and heads.get(customer) == site.heads.get(customer)

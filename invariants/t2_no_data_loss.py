"""T2: no data loss.

Documented: "202 implies stored; P(loss) about 10^-9 per year" (T2-F, T2-N1). False: the reply is sent from
memory (T2-S1), asynchronous replication loses what was acknowledged (T2-S2), repair rolls it back (T2-S3).

Repaired: under C1 to C3 and R2.1 to R2.6, every acknowledged event - any definite reply, duplicates and
refusals included - is in every later committed prefix, hence in every balance derived from it.

Not here: overflow of buffers, restores, retention locks; liveness of projections.
"""

from billproof.invariants.chains import is_position
from billproof.invariants.theorem import (
    Money,
    Scope,
    Theorem,
    Transition,
    invariant_clause,
    sometimes_mark,
    step_clause,
)
from billproof.model.commands import Acknowledge, Crash, FailOver, Heal, Reconcile
from billproof.model.containers import FrozenMap
from billproof.model.context import Context
from billproof.model.identifiers import Amount, Position
from billproof.model.outcomes import Region, Status
from billproof.model.posting import other_region, site_of
from billproof.model.screening import key_name
from billproof.model.state import KeyName, State


def acknowledged_is_committed(state: State, context: Context, name: KeyName) -> bool:
    """Every acknowledged key is in the leader's log with the receipt that the client was given."""
    del context
    if not state.acknowledged.contains(name):
        return True
    reply = state.acknowledged.get(name)
    site = site_of(state, state.leader)
    if not site.keys.contains(name):
        return False
    record = site.keys.get(name)
    if not is_position(site, record.position):
        return False
    entry = site.ledger.at(record.position)
    if entry.customer != name.customer or entry.key != name.key:
        return False
    if entry.fingerprint != reply.fingerprint:
        return False
    return entry.digest == reply.digest and entry.status == reply.status


def acknowledged_is_in_the_quorum(state: State, context: Context, name: KeyName) -> bool:
    """Every acknowledged entry is held by every region from which a successor can be promoted."""
    del context
    if not state.acknowledged.contains(name) or not state.joined:
        return True
    other = site_of(state, other_region(state.leader))
    if not other.keys.contains(name):
        return False
    position = other.keys.get(name).position
    if not is_position(other, position):
        return False
    return other.ledger.at(position).digest == state.acknowledged.get(name).digest


def acknowledged_survives_a_crash(transition: Transition, context: Context, name: KeyName) -> bool:
    """Whatever was acknowledged before a crash, promotion or return is in the leader's log after it."""
    if not isinstance(transition.command, (Crash, FailOver, Heal)):
        return True
    if not transition.before.acknowledged.contains(name):
        return True
    return acknowledged_is_committed(transition.after, context, name)


def repair_removes_no_entry(
    transition: Transition, context: Context, region: Region, position: Position
) -> bool:
    """Reconciliation removes and alters no ledger entry."""
    del context
    if not isinstance(transition.command, Reconcile):
        return True
    before, after = site_of(transition.before, region), site_of(transition.after, region)
    if before.ledger.length != after.ledger.length:
        return False
    if not is_position(before, position):
        return True
    return before.ledger.at(position).digest == after.ledger.at(position).digest


def reply_given(transition: Transition, context: Context) -> bool:
    """A client was given a definite reply, and holds it."""
    del context
    command = transition.command
    if not isinstance(command, Acknowledge) or transition.status == Status.NOT_POSSIBLE:
        return False
    return transition.after.acknowledged.contains(key_name(command.request))


def failed_over_after_a_reply(transition: Transition, context: Context) -> bool:
    """A region was promoted after a client had been given a reply."""
    del context
    if not isinstance(transition.command, FailOver) or transition.status != Status.DONE:
        return False
    acknowledged = transition.before.acknowledged
    return isinstance(acknowledged, FrozenMap) and len(acknowledged) > 0


def returned_with_a_tail(transition: Transition, context: Context) -> bool:
    """A region returned with entries that had not been confirmed to it."""
    del context
    if not isinstance(transition.command, Heal) or transition.status != Status.DONE:
        return False
    returning = site_of(transition.before, other_region(transition.before.leader))
    return returning.confirmed < returning.ledger.length


def crashed(transition: Transition, context: Context) -> bool:
    """The memory of a region was lost."""
    del context
    return isinstance(transition.command, Crash)


def reconciled(transition: Transition, context: Context) -> bool:
    """Reconciliation ran."""
    del context
    return isinstance(transition.command, Reconcile) and transition.status == Status.DONE


def money(state: State) -> Money:
    """State loss: owed is what was acknowledged as accepted, billed is what of it the leader holds."""
    site = site_of(state, state.leader)
    owed, billed = 0, 0
    if isinstance(state.acknowledged, FrozenMap):
        for name, reply in state.acknowledged.items():
            if reply.status > Status.ACCEPTED_WITH_WARNING:
                continue
            owed += reply.amount
            held = site.keys.contains(name) and is_position(site, site.keys.get(name).position)
            billed += reply.amount if held else 0
    return Money(owed=Amount(owed), billed=Amount(billed))


THEOREM = Theorem(
    id="T2",
    title="no data loss",
    documented="202 implies stored; loss probability 10^-9 per year",
    repaired=(
        "every acknowledged event (any definite reply, duplicates and refusals included) is in every later "
        "committed prefix, hence in every balance derived from it"
    ),
    assumptions=(
        "C1: a committed transaction survives every fault of the fault set",
        "C2: crashes, message loss, delay and duplication; the loss of one region at a time",
        "C3: a site refuses messages of another epoch, and the arbiter grants each epoch once",
    ),
    clauses=(
        invariant_clause(
            "T2", acknowledged_is_committed, scope=Scope.TWO_REGIONS, sometimes=("reply_given",)
        ),
        invariant_clause(
            "T2", acknowledged_is_in_the_quorum, scope=Scope.TWO_REGIONS, sometimes=("reply_given",)
        ),
        step_clause(
            "T2",
            acknowledged_survives_a_crash,
            scope=Scope.TWO_REGIONS,
            sometimes=("failed_over_after_a_reply", "returned_with_a_tail", "crashed"),
        ),
        step_clause("T2", repair_removes_no_entry, scope=Scope.TWO_REGIONS, sometimes=("reconciled",)),
    ),
    sometimes=tuple(
        sometimes_mark(predicate)
        for predicate in (reply_given, failed_over_after_a_reply, returned_with_a_tail, crashed, reconciled)
    ),
    money=money,
    claims=("T2-D", "T2-F", "T2-N1", "T2-S1", "T2-S2", "T2-S3"),
)

"""The supporting invariants about two regions: who leads, what a standby holds, what an old leader may keep.

Source: rules C3, R1.4, R2.1, R2.3, R4.2, R6.3 of ``claims.md``.
"""

from billproof.invariants.chains import is_position
from billproof.model.context import Context
from billproof.model.effects import balance_effect
from billproof.model.identifiers import CustomerId, Position
from billproof.model.outcomes import Region
from billproof.model.posting import other_region, site_of
from billproof.model.state import ChainName, Entry, KeyName, State


def is_same_entry(first: Entry, second: Entry) -> bool:
    """Tell whether two entries agree in every field."""
    return first == second


def roles_follow_the_arbiter(state: State, context: Context) -> bool:
    """The arbiter's leader leads in the highest epoch; the other follows in it, or lags behind it."""
    del context
    leader = site_of(state, state.leader)
    other = site_of(state, other_region(state.leader))
    if not leader.leading or leader.epoch != state.epoch or other.solo:
        return False
    if state.joined:
        return other.epoch == state.epoch and not other.leading and not leader.solo
    return other.epoch < state.epoch and leader.solo


def confirmed_lies_in_the_log(state: State, context: Context, region: Region) -> bool:
    """A watermark never exceeds the log of its own site, and a site that follows has none."""
    del context
    site = site_of(state, region)
    if not site.leading:
        return site.confirmed == 0
    return site.confirmed >= 0 and site.confirmed <= site.ledger.length


def standby_lies_between(state: State, context: Context) -> bool:
    """While it belongs to the quorum, the standby reaches from the watermark to the leader's end at most."""
    del context
    leader = site_of(state, state.leader)
    other = site_of(state, other_region(state.leader))
    if not state.joined:
        return True
    return leader.confirmed <= other.ledger.length and other.ledger.length <= leader.ledger.length


def standby_is_a_prefix(state: State, context: Context, position: Position) -> bool:
    """While it belongs to the quorum, the standby's log is a prefix of the leader's."""
    del context
    leader = site_of(state, state.leader)
    other = site_of(state, other_region(state.leader))
    if not state.joined or not is_position(other, position):
        return True
    if position >= leader.ledger.length:
        return False
    return is_same_entry(other.ledger.at(position), leader.ledger.at(position))


def standby_has_the_same_balances(state: State, context: Context, customer: CustomerId) -> bool:
    """While it belongs to the quorum, the standby's log comes to what the leader's comes to so far."""
    del context
    leader = site_of(state, state.leader)
    other = site_of(state, other_region(state.leader))
    if not state.joined or other.ledger.length > leader.ledger.length:
        return True
    so_far = leader.ledger.first(other.ledger.length)
    return so_far.total(balance_effect, customer) == other.ledger.total(balance_effect, customer)


def documents_lie_in_a_log(state: State, context: Context) -> bool:
    """The documents rest on a number of entries."""
    del context
    return state.exhibits.projected >= 0


def standby_has_the_same_links(state: State, context: Context, name: ChainName) -> bool:
    """While it belongs to the quorum, the standby has the leader's links, as far as its log reaches."""
    del context
    leader = site_of(state, state.leader)
    other = site_of(state, other_region(state.leader))
    if not state.joined:
        return True
    if not leader.chain.contains(name) or leader.chain.get(name) >= other.ledger.length:
        return not other.chain.contains(name)
    return other.chain.contains(name) and other.chain.get(name) == leader.chain.get(name)


def standby_has_the_same_keys(state: State, context: Context, name: KeyName) -> bool:
    """While it belongs to the quorum, the standby has the leader's key records, as far as its log reaches."""
    del context
    leader = site_of(state, state.leader)
    other = site_of(state, other_region(state.leader))
    if not state.joined:
        return True
    if not leader.keys.contains(name) or leader.keys.get(name).position >= other.ledger.length:
        return not other.keys.contains(name)
    return other.keys.contains(name) and other.keys.get(name) == leader.keys.get(name)


def checkpoint_is_durable(state: State, context: Context) -> bool:
    """What a published checkpoint covers is confirmed to whoever may be promoted next."""
    del context
    leader = site_of(state, state.leader)
    if not state.checkpoint.published:
        return True
    if state.joined:
        return state.checkpoint.size <= leader.confirmed
    return state.checkpoint.size <= leader.ledger.length


def published_head_is_committed(state: State, context: Context, customer: CustomerId) -> bool:
    """Every published head is that of the leader's entry at its place, within the checkpoint's size."""
    del context
    leader = site_of(state, state.leader)
    if not state.checkpoint.published or not state.checkpoint.heads.contains(customer):
        return True
    head = state.checkpoint.heads.get(customer)
    name = ChainName(customer=customer, sequence=head.sequence)
    if head.sequence < 1 or not leader.chain.contains(name):
        return False
    position = leader.chain.get(name)
    if not is_position(leader, position) or position >= state.checkpoint.size:
        return False
    return leader.ledger.at(position).digest == head.digest


def archived_is_durable(state: State, context: Context, position: Position) -> bool:
    """What is archived is confirmed to whoever may be promoted next."""
    del context
    leader = site_of(state, state.leader)
    if not state.exhibits.archive.contains(position):
        return True
    if position < 0:
        return False
    if state.joined:
        return position < leader.confirmed
    return position < leader.ledger.length


def confirmed_lies_in_the_new_log(state: State, context: Context) -> bool:
    """The log of a new leader reaches as far as anything that was confirmed to the old one."""
    del context
    other = site_of(state, other_region(state.leader))
    if state.joined or not other.leading:
        return True
    return other.confirmed <= site_of(state, state.leader).ledger.length


def old_leader_agrees_where_confirmed(state: State, context: Context, position: Position) -> bool:
    """What was confirmed to an old leader is in the log of the new one."""
    del context
    leader = site_of(state, state.leader)
    other = site_of(state, other_region(state.leader))
    if state.joined or not other.leading:
        return True
    if position < 0 or position >= other.confirmed or position >= other.ledger.length:
        return True
    if position >= leader.ledger.length:
        return False
    return is_same_entry(other.ledger.at(position), leader.ledger.at(position))


def old_leader_has_the_same_keys(state: State, context: Context, name: KeyName) -> bool:
    """What was confirmed to an old leader is recorded under the same key by the new one."""
    del context
    leader = site_of(state, state.leader)
    other = site_of(state, other_region(state.leader))
    if state.joined or not other.leading or not other.keys.contains(name):
        return True
    if other.keys.get(name).position >= other.confirmed:
        return True
    return leader.keys.contains(name) and leader.keys.get(name) == other.keys.get(name)

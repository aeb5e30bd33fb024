"""The inductive invariants that the theorems rest on: what one site's tables say about each other.

Each is a statement about one entry, one key, one link or one customer, so that a proof needs few instances
of it. Together they are inductive under the repaired design; under any other the prover says which is not.

Source: rules R1.1, R1.5, R5.1, R6.1 to R6.3 of ``claims.md``; ``verification.md`` "Measured on a prototype".
"""

from billproof.invariants.chains import (
    has_its_own_digest,
    has_its_place,
    head_is_last,
    is_dense,
    is_linked,
    is_position,
    names_an_entry,
)
from billproof.invariants.replicas import (
    archived_is_durable,
    checkpoint_is_durable,
    confirmed_lies_in_the_log,
    confirmed_lies_in_the_new_log,
    documents_lie_in_a_log,
    old_leader_agrees_where_confirmed,
    old_leader_has_the_same_keys,
    published_head_is_committed,
    roles_follow_the_arbiter,
    standby_has_the_same_balances,
    standby_has_the_same_keys,
    standby_has_the_same_links,
    standby_is_a_prefix,
    standby_lies_between,
)
from billproof.invariants.returns import (
    holds_are_the_fold,
)
from billproof.invariants.theorem import Invariant
from billproof.model.context import Context
from billproof.model.effects import balance_effect, dispute_effect, return_effect, usage_effect
from billproof.model.identifiers import AttemptId, CustomerId, Position, Sequence
from billproof.model.outcomes import EntryKind, Region, Status
from billproof.model.posting import returned_of, row_name, row_of, site_of, standing_of
from billproof.model.state import ChainName, KeyName, RowName, State


def entry_is_the_outcome_of_its_key(
    state: State, context: Context, region: Region, position: Position
) -> bool:
    """Every entry is the stored outcome of its key, so no key has two."""
    del context
    site = site_of(state, region)
    if not is_position(site, position):
        return True
    entry = site.ledger.at(position)
    name = KeyName(customer=entry.customer, key=entry.key)
    if not site.keys.contains(name):
        return False
    record = site.keys.get(name)
    if record.position != position or record.digest != entry.digest:
        return False
    return record.status == entry.status and record.fingerprint == entry.fingerprint


def key_names_an_entry(state: State, context: Context, region: Region, name: KeyName) -> bool:
    """Every key record points at an entry of that customer and key."""
    del context
    site = site_of(state, region)
    if not site.keys.contains(name):
        return True
    position = site.keys.get(name).position
    if not is_position(site, position):
        return False
    entry = site.ledger.at(position)
    return entry.customer == name.customer and entry.key == name.key


def entry_has_its_place(state: State, context: Context, region: Region, position: Position) -> bool:
    """Every entry is the one that the chain index names for its customer and sequence."""
    del context
    return has_its_place(site_of(state, region), position)


def link_names_an_entry(state: State, context: Context, region: Region, name: ChainName) -> bool:
    """Every link of the chain index points at an entry of that customer and sequence, within the head."""
    del context
    return names_an_entry(site_of(state, region), name)


def chain_is_dense(state: State, context: Context, region: Region, name: ChainName) -> bool:
    """Every sequence number from 1 to the head has its entry."""
    del context
    return is_dense(site_of(state, region), name)


def head_is_the_last_entry(state: State, context: Context, region: Region, customer: CustomerId) -> bool:
    """The head of a chain carries digest and commit time of its last entry."""
    del context
    return head_is_last(site_of(state, region), customer)


def entry_is_linked(state: State, context: Context, region: Region, position: Position) -> bool:
    """Every entry names the digest of its customer's entry before, or genesis for the first."""
    del context
    return is_linked(site_of(state, region), position)


def digest_is_that_of_the_entry(state: State, context: Context, region: Region, position: Position) -> bool:
    """Every entry carries the digest of its own content."""
    return has_its_own_digest(site_of(state, region), context, position)


def commit_time_never_decreases(state: State, context: Context, region: Region, position: Position) -> bool:
    """No entry has an earlier commit time than its customer's entry before."""
    del context
    site = site_of(state, region)
    if not is_position(site, position):
        return True
    entry = site.ledger.at(position)
    name = ChainName(customer=entry.customer, sequence=Sequence(entry.sequence - 1))
    if not site.chain.contains(name):
        return True
    before = site.chain.get(name)
    if not is_position(site, before):
        return True
    return entry.commit_time >= site.ledger.at(before).commit_time


def account_has_a_chain(state: State, context: Context, region: Region, customer: CustomerId) -> bool:
    """A customer has an account exactly when there is a chain."""
    del context
    site = site_of(state, region)
    return site.accounts.contains(customer) == site.heads.contains(customer)


def balance_is_the_fold(state: State, context: Context, region: Region, customer: CustomerId) -> bool:
    """Every balance is the sum of its customer's entries."""
    del context
    site = site_of(state, region)
    replayed = site.ledger.total(balance_effect, customer)
    if not site.accounts.contains(customer):
        return replayed == 0
    return site.accounts.get(customer).balance == replayed


def balances_follow_the_chain(state: State, context: Context, region: Region, position: Position) -> bool:
    """Every entry starts from the balance that its customer's entry before ended with, and moves it once."""
    del context
    site = site_of(state, region)
    if not is_position(site, position):
        return True
    entry = site.ledger.at(position)
    if entry.balance_after != entry.balance_before + balance_effect(entry, entry.customer):
        return False
    if entry.sequence == 1:
        return entry.balance_before == 0
    name = ChainName(customer=entry.customer, sequence=Sequence(entry.sequence - 1))
    if not site.chain.contains(name):
        return False
    before = site.chain.get(name)
    if not is_position(site, before):
        return False
    return entry.balance_before == site.ledger.at(before).balance_after


def balance_is_that_of_the_last_entry(
    state: State, context: Context, region: Region, customer: CustomerId
) -> bool:
    """Every balance is the one that its customer's last entry ended with."""
    del context
    site = site_of(state, region)
    if not site.accounts.contains(customer) or not site.heads.contains(customer):
        return True
    name = ChainName(customer=customer, sequence=site.heads.get(customer).sequence)
    if not site.chain.contains(name):
        return False
    position = site.chain.get(name)
    if not is_position(site, position):
        return False
    return site.accounts.get(customer).balance == site.ledger.at(position).balance_after


def usage_is_the_fold(state: State, context: Context, region: Region, name: RowName) -> bool:
    """Every quota row is the sum of the debits of its calendar period."""
    site = site_of(state, region)
    row = row_of(site, row_name(name.customer, name.entitlement, name.period, context.design))
    return row.used == site.ledger.total(usage_effect, name)


def returned_is_the_fold(state: State, context: Context, region: Region, name: ChainName) -> bool:
    """What is recorded as returned of a debit is the sum of the entries that return part of it."""
    del context
    site = site_of(state, region)
    return returned_of(site, name) == site.ledger.total(return_effect, name)


def disputed_is_the_fold(state: State, context: Context, region: Region, name: ChainName) -> bool:
    """What is recorded as disputed of a debit is the sum of the holds that name it, less what was freed."""
    del context
    site = site_of(state, region)
    return standing_of(site, name).disputed == site.ledger.total(dispute_effect, name)


def refusal_moves_nothing(state: State, context: Context, region: Region, position: Position) -> bool:
    """An entry that records a refusal is of kind refusal, no other is, and a late event is an adjustment."""
    del context
    site = site_of(state, region)
    if not is_position(site, position):
        return True
    entry = site.ledger.at(position)
    refused = (
        entry.status == Status.PERIOD_CLOSED
        or entry.status == Status.ACCOUNT_HELD
        or entry.status == Status.QUOTA_EXCEEDED
        or entry.status == Status.INSUFFICIENT_BALANCE
    )
    if entry.status == Status.ACCEPTED_LATE and entry.kind != EntryKind.ADJUSTMENT:
        return False
    return refused == (entry.kind == EntryKind.REFUSAL)


def nothing_is_half_written(state: State, context: Context, region: Region, attempt: AttemptId) -> bool:
    """A design that decides inside its commit keeps no attempt in memory."""
    if context.design.reads_before_commit:
        return True
    return not site_of(state, region).attempts.contains(attempt)


SUPPORTING: tuple[Invariant, ...] = tuple(
    Invariant(name=predicate.__name__, statement=str(predicate.__doc__), predicate=predicate)
    for predicate in (
        entry_is_the_outcome_of_its_key,
        key_names_an_entry,
        entry_has_its_place,
        link_names_an_entry,
        chain_is_dense,
        head_is_the_last_entry,
        entry_is_linked,
        digest_is_that_of_the_entry,
        commit_time_never_decreases,
        account_has_a_chain,
        balance_is_the_fold,
        balances_follow_the_chain,
        balance_is_that_of_the_last_entry,
        usage_is_the_fold,
        returned_is_the_fold,
        disputed_is_the_fold,
        holds_are_the_fold,
        refusal_moves_nothing,
        nothing_is_half_written,
        roles_follow_the_arbiter,
        confirmed_lies_in_the_log,
        standby_lies_between,
        standby_is_a_prefix,
        standby_has_the_same_balances,
        documents_lie_in_a_log,
        standby_has_the_same_links,
        standby_has_the_same_keys,
        confirmed_lies_in_the_new_log,
        old_leader_agrees_where_confirmed,
        old_leader_has_the_same_keys,
        archived_is_durable,
        checkpoint_is_durable,
        published_head_is_committed,
    )
)
"""The supporting invariants, in the order in which they build on each other."""

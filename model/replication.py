"""Two regions: shipping, confirming, crashing, promoting, returning; and the consumers of the outbox.

Theory of operation. An arbiter (a small replicated register outside both regions) grants epochs and knows
whether the standby belongs to the leader's quorum. Every other decision is taken on local knowledge: a
leader knows what was confirmed to it, a receiver knows its own epoch. An old leader that nobody told may go
on writing to its own store; what it writes reaches nobody and it can acknowledge nothing that is not
already held by its successor.

Choices. A guard that read the other region's log would prove an unsafe protocol (``verification.md``,
pitfall 1); ``confirmed`` is therefore a watermark that only ``Confirm`` moves.

Source: ``system.md`` sections 4 and 7; rules C3, R1.4, R1.7, R2.1, R2.3, R2.5, R6.3.
"""

from dataclasses import replace

from billproof.model.charging import is_durable
from billproof.model.commands import Confirm, Crash, Deliver, FailOver, Heal, PublishCheckpoint, Replicate
from billproof.model.context import Context, Outcome
from billproof.model.effects import invoice_effect
from billproof.model.identifiers import Amount, Epoch, Position
from billproof.model.outcomes import Status
from billproof.model.posting import apply_entry, other_region, refuse, site_of, with_site
from billproof.model.state import ChainName, Checkpoint, Site, State
from billproof.model.switches import (
    ConsumerDedupe,
    FailoverFencing,
    HeadPublication,
    HealMerge,
    Promotion,
)


def is_accepted(sender: Site, receiver: Site, context: Context) -> bool:
    """Tell whether a receiver takes a message of this sender: it follows, in the same epoch (C3)."""
    if not sender.leading:
        return False
    if context.design.failover_fencing == FailoverFencing.NONE:
        return True
    return not receiver.leading and sender.epoch == receiver.epoch


def replicate(state: State, command: Replicate, context: Context) -> Outcome:
    """Ship the entry that follows the last one of the receiver."""
    sender = site_of(state, command.source)
    receiver = site_of(state, other_region(command.source))
    if not is_accepted(sender, receiver, context) or receiver.ledger.length >= sender.ledger.length:
        return refuse(state, Status.NOT_POSSIBLE)
    entry = sender.ledger.at(receiver.ledger.length)
    return Outcome(
        state=with_site(state, other_region(command.source), apply_entry(receiver, entry, context)),
        status=Status.DONE,
    )


def confirm(state: State, command: Confirm, context: Context) -> Outcome:
    """Move the sender's watermark to what the receiver holds."""
    sender = site_of(state, command.source)
    receiver = site_of(state, other_region(command.source))
    if not is_accepted(sender, receiver, context) or receiver.ledger.length <= sender.confirmed:
        return refuse(state, Status.NOT_POSSIBLE)
    if receiver.ledger.length > sender.ledger.length:
        return refuse(state, Status.NOT_POSSIBLE)
    return Outcome(
        state=with_site(state, command.source, replace(sender, confirmed=receiver.ledger.length)),
        status=Status.DONE,
    )


def crash(state: State, command: Crash, context: Context) -> Outcome:
    """Lose what instances hold in memory; the store keeps every commit."""
    del context
    site = site_of(state, command.region)
    return Outcome(
        state=with_site(state, command.region, replace(site, attempts=site.attempts.emptied())),
        status=Status.DONE,
    )


def fail_over(state: State, command: FailOver, context: Context) -> Outcome:
    """Promote the other region under a new epoch; the old leader is not told."""
    del command
    if context.design.promotion == Promotion.COMPLETE_PREFIX and not state.joined:
        return refuse(state, Status.NOT_POSSIBLE)
    region = other_region(state.leader)
    site = site_of(state, region)
    epoch = Epoch(state.epoch + 1)
    promoted = replace(
        site, leading=True, solo=True, epoch=epoch, confirmed=Position(0), attempts=site.attempts.emptied()
    )
    return Outcome(
        state=replace(with_site(state, region, promoted), epoch=epoch, leader=region, joined=False),
        status=Status.DONE,
    )


def heal(state: State, command: Heal, context: Context) -> Outcome:
    """Bring the other region back as standby, with or without a merge of its own tail."""
    del command
    if state.joined:
        return refuse(state, Status.NOT_POSSIBLE)
    leader = site_of(state, state.leader)
    returning = site_of(state, other_region(state.leader))
    if context.design.heal_merge == HealMerge.BY_RECEIPT_ID:
        if returning.confirmed < returning.ledger.length:
            return _merge_one(state, leader, returning, context)
    return _rejoin(state, leader)


def deliver(state: State, command: Deliver, context: Context) -> Outcome:
    """Deliver one outbox message to the invoice consumer, which keeps its total and its own marks."""
    site = site_of(state, command.region)
    if command.position < 0 or command.position >= site.ledger.length:
        return refuse(state, Status.NOT_POSSIBLE)
    if not is_durable(site, command.position, context):
        return refuse(state, Status.NOT_POSSIBLE)
    entry = site.ledger.at(command.position)
    name = ChainName(customer=entry.customer, sequence=entry.sequence)
    if context.design.consumer_dedupe == ConsumerDedupe.PER_RECEIPT_IN_TRANSACTION:
        if state.applied.contains(name):
            return refuse(state, Status.DONE)
    before = state.invoiced.get_or(entry.customer, Amount(0))
    return Outcome(
        state=replace(
            state,
            invoiced=state.invoiced.put(entry.customer, Amount(before + invoice_effect(entry))),
            applied=state.applied.put(name, True),
        ),
        status=Status.DONE,
    )


def publish_checkpoint(state: State, command: PublishCheckpoint, context: Context) -> Outcome:
    """Publish size and heads, once every entry under them is durable."""
    site = site_of(state, command.region)
    if context.design.head_publication == HeadPublication.NONE or not site.leading:
        return refuse(state, Status.NOT_POSSIBLE)
    if not site.solo and site.confirmed != site.ledger.length:
        return refuse(state, Status.NOT_POSSIBLE)
    return Outcome(
        state=replace(
            state, checkpoint=Checkpoint(published=True, size=site.ledger.length, heads=site.heads)
        ),
        status=Status.DONE,
    )


def _merge_one(state: State, leader: Site, returning: Site, context: Context) -> Outcome:
    # By receipt id: the returning region's unconfirmed entries have receipts that the leader has never
    # seen, so each is taken in as if it were new (T1-S2).
    entry = returning.ledger.at(returning.confirmed)
    merged = with_site(state, state.leader, apply_entry(leader, entry, context))
    noted = replace(returning, confirmed=Position(returning.confirmed + 1))
    return Outcome(state=with_site(merged, other_region(state.leader), noted), status=Status.DONE)


def _rejoin(state: State, leader: Site) -> Outcome:
    # The tail that the returning region alone holds was never acknowledged; it is dropped, not merged.
    follower = replace(
        leader, leading=False, solo=False, confirmed=Position(0), attempts=leader.attempts.emptied()
    )
    led = replace(leader, solo=False, confirmed=leader.ledger.length)
    healed = with_site(with_site(state, state.leader, led), other_region(state.leader), follower)
    return Outcome(state=replace(healed, joined=True), status=Status.DONE)

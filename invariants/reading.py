"""A reader at work: one receipt after another, of any ledger that anybody may show.

``read`` runs the check that the model runs on every receipt (``verification.check_item``) and keeps what was
accepted as chains of its own, so that it can be said what a reader that found nothing has seen. Nothing is
assumed of the receipts: each is whatever the adversary likes. The explorer reads what it has edited with the
same function that is executed symbolically for the proofs.

Source: ``theorems.md`` T3 and T6; rules R3.4, R6.4, R6.5.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps

from billproof.invariants.chains import (
    has_its_own_digest,
    has_its_place,
    head_is_last,
    is_dense,
    is_linked,
    is_position,
    names_an_entry,
)
from billproof.model.containers import FrozenLog, PartialMap
from billproof.model.context import Context
from billproof.model.identifiers import CustomerId, Epoch, Position, Sequence
from billproof.model.outcomes import Status
from billproof.model.posting import apply_to_ledger, site_of
from billproof.model.state import ChainName, Head, Presented, Site, State, initial_site
from billproof.model.switches import HeadPublication
from billproof.model.verification import check_end, check_item, head_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How far a reader has come."""

    state: State
    """What was committed and published; a reader knows only the checkpoint of it."""
    rebuilt: Site
    """What the reader has accepted, as chains; its other tables stay empty."""
    rejected: bool
    """Whether something was wrong; then the reader stops."""
    honest: bool
    """Whether everything shown so far is what was committed, in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The next receipt is shown; the only command, and any receipt will do."""

    item: Presented


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOutcome:
    """What came of it."""

    state: Reading
    status: Status


def begin(state: State) -> Reading:
    """Return a reader that has seen nothing."""
    nothing = initial_site(epoch=Epoch(0), leading=False, solo=False)
    return Reading(state=state, rebuilt=nothing, rejected=False, honest=True)


def read(reading: Reading, command: Read, context: Context) -> ReadOutcome:
    """Check the next receipt, and keep it if nothing is wrong with it."""
    if reading.rejected:
        return ReadOutcome(state=reading, status=Status.NOT_POSSIBLE)
    honest = reading.honest and is_next_committed(reading, command.item)
    finding = check_item(reading.rebuilt.heads, command.item, witnessed(reading.state), context)
    if finding is None:
        kept = apply_to_ledger(reading.rebuilt, command.item.entry)
        return ReadOutcome(state=replace(reading, rebuilt=kept, honest=honest), status=Status.DONE)
    return ReadOutcome(state=replace(reading, rejected=True, honest=honest), status=Status.DONE)


def read_presented(state: State, context: Context) -> Reading:
    """Return the reader that has read what is presented, to its end or to the first thing wrong."""
    reading = begin(state)
    presented = state.presented
    assert isinstance(presented, FrozenLog)
    for item in presented:
        reading = read(reading, Read(item=item), context).state
    return reading


def committed(reading: Reading) -> Site:
    """Return the site that holds what was committed."""
    return site_of(reading.state, reading.state.leader)


def witnessed(state: State) -> PartialMap[CustomerId, Head]:
    """Return the heads that a reader knows; none before a checkpoint is published."""
    if state.checkpoint.published:
        return state.checkpoint.heads
    return state.checkpoint.heads.emptied()


def is_next_committed(reading: Reading, item: Presented) -> bool:
    """Tell whether a receipt is the one that was committed next, signed as it was handed out."""
    position = reading.rebuilt.ledger.length
    ledger = committed(reading).ledger
    if position >= ledger.length:
        return False
    entry = ledger.at(position)
    return item.entry == entry and item.signed == entry.digest


def claimed_size(reading: Reading, context: Context, customer: CustomerId) -> Sequence:
    """Return up to which sequence number a design claims to detect a change.

    A design that publishes heads claims it up to the witnessed head. The documents publish none and claim it
    for the whole ledger (T3-D), so that is what they are judged by.
    """
    if context.design.head_publication == HeadPublication.WITNESSED_CHECKPOINT:
        return head_in(witnessed(reading.state), customer).sequence
    return head_in(committed(reading).heads, customer).sequence


def accepts(reading: Reading, customer: CustomerId) -> bool:
    """Tell whether a reader that is shown no more finds nothing wrong with a customer's chain."""
    if reading.rejected:
        return False
    shown = head_in(reading.rebuilt.heads, customer)
    return check_end(customer, shown, head_in(witnessed(reading.state), customer)) is None


def shows_the_committed_entry(reading: Reading, name: ChainName) -> bool:
    """Tell whether the reader holds at a place of a chain the entry that was committed there."""
    log = committed(reading)
    if not reading.rebuilt.chain.contains(name) or not log.chain.contains(name):
        return False
    here, there = reading.rebuilt.chain.get(name), log.chain.get(name)
    if not is_position(reading.rebuilt, here) or not is_position(log, there):
        return False
    return reading.rebuilt.ledger.at(here) == log.ledger.at(there)


# --- what is inductive about a reader ---------------------------------------------------------------------


def reader_keeps_places(reading: Reading, context: Context, position: Position) -> bool:
    """Every entry that a reader has accepted has a place of its own."""
    del context
    return has_its_place(reading.rebuilt, position)


def reader_keeps_links(reading: Reading, context: Context, name: ChainName) -> bool:
    """Every link that a reader keeps points at an accepted entry."""
    del context
    return names_an_entry(reading.rebuilt, name)


def reader_accepts_no_gap(reading: Reading, context: Context, name: ChainName) -> bool:
    """What a reader has accepted of a chain has no gap."""
    del context
    return is_dense(reading.rebuilt, name)


def reader_knows_the_head(reading: Reading, context: Context, customer: CustomerId) -> bool:
    """The head that a reader keeps is that of the last entry that it accepted."""
    del context
    return head_is_last(reading.rebuilt, customer)


def reader_follows_links(reading: Reading, context: Context, position: Position) -> bool:
    """Every accepted entry names the digest of the accepted entry before it."""
    del context
    return is_linked(reading.rebuilt, position)


def reader_checks_digests(reading: Reading, context: Context, position: Position) -> bool:
    """Every accepted entry carries the digest of its own content."""
    return has_its_own_digest(reading.rebuilt, context, position)


def reader_is_anchored(reading: Reading, context: Context, customer: CustomerId) -> bool:
    """A chain that has reached its witnessed head has the witnessed digest there."""
    del context
    heads = witnessed(reading.state)
    if not heads.contains(customer) or not reading.rebuilt.heads.contains(customer):
        return True
    named = heads.get(customer)
    if reading.rebuilt.heads.get(customer).sequence < named.sequence:
        return True
    name = ChainName(customer=customer, sequence=named.sequence)
    if not reading.rebuilt.chain.contains(name):
        return False
    position = reading.rebuilt.chain.get(name)
    if not is_position(reading.rebuilt, position):
        return False
    return reading.rebuilt.ledger.at(position).digest == named.digest


def honest_reading_is_a_prefix(reading: Reading, context: Context, position: Position) -> bool:
    """Shown nothing but what was committed, a reader holds a prefix of it."""
    del context
    log = committed(reading)
    if not reading.honest or reading.rejected:
        return True
    if reading.rebuilt.ledger.length > log.ledger.length:
        return False
    if not is_position(reading.rebuilt, position):
        return True
    return reading.rebuilt.ledger.at(position) == log.ledger.at(position)


def honest_reading_has_the_links(reading: Reading, context: Context, name: ChainName) -> bool:
    """Shown nothing but what was committed, a reader keeps the committed links, as far as it has read."""
    del context
    log = committed(reading)
    if not reading.honest or reading.rejected:
        return True
    if not log.chain.contains(name) or log.chain.get(name) >= reading.rebuilt.ledger.length:
        return not reading.rebuilt.chain.contains(name)
    return reading.rebuilt.chain.contains(name) and reading.rebuilt.chain.get(name) == log.chain.get(name)


READER_INVARIANTS = (
    reader_keeps_places,
    reader_keeps_links,
    reader_accepts_no_gap,
    reader_knows_the_head,
    reader_follows_links,
    reader_checks_digests,
    reader_is_anchored,
    honest_reading_is_a_prefix,
    honest_reading_has_the_links,
)
"""What is true of every reader at every moment, whatever it is shown."""


# --- what the theorems say ----------------------------------------------------------------------------------


def accepted_presentation_is_the_log(reading: Reading, context: Context, name: ChainName) -> bool:
    """Where a reader finds nothing wrong, it was shown every committed entry, as far as is claimed."""
    if name.sequence < 1 or name.sequence > claimed_size(reading, context, name.customer):
        return True
    if not accepts(reading, name.customer):
        return True
    return shows_the_committed_entry(reading, name)


def accepted_chain_is_the_committed_one(
    reading: Reading, context: Context, name: ChainName, position: Position
) -> bool:
    """What a reader accepts against the head (n, h) is exactly the committed sequence 1..n, each once."""
    if not has_its_place(reading.rebuilt, position):
        return False
    return accepted_presentation_is_the_log(reading, context, name)


def honest_presentation_is_accepted(reading: Reading, context: Context, customer: CustomerId) -> bool:
    """A ledger that is shown whole, as it was committed, is accepted."""
    del context
    if not reading.honest:
        return True
    if reading.rejected:
        return False
    if reading.rebuilt.ledger.length < committed(reading).ledger.length:
        return True
    return accepts(reading, customer)


def next_name(name: ChainName) -> ChainName:
    """Return the place after a place of a chain."""
    return ChainName(customer=name.customer, sequence=Sequence(name.sequence + 1))


def by_descent(predicate: Callable[..., bool]) -> Callable[..., bool]:
    """Return a predicate about a place in a chain, weakened by what it says of the next place.

    Wherever the next place is still claimed, the result holds if the predicate fails there; from the last
    claimed place on it is the predicate itself. If the result holds at every place, so does the predicate:
    by induction on the distance to the last claimed place, which is a natural number.

    Args:
        predicate: ``predicate(reading, context, name, *free)`` with ``name`` a ``ChainName``.
    """

    @wraps(predicate)
    def weakened(reading: Reading, context: Context, name: ChainName, *free: object) -> bool:
        if name.sequence < claimed_size(reading, context, name.customer):
            if not predicate(reading, context, next_name(name), *free):
                return True
        return predicate(reading, context, name, *free)

    return weakened

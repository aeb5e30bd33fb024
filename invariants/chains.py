"""What makes a log a set of hash chains: statements about one site, whoever keeps it.

A region keeps its ledger so, and a reader rebuilds the chains that it is shown in the same form; the same
statements are invariants of both.

Source: rules R6.1 to R6.4 of ``claims.md``; ``system.md`` section 5.
"""

from billproof.model.context import Context
from billproof.model.identifiers import GENESIS_DIGEST, CustomerId, Position, Sequence
from billproof.model.state import ChainName, Site


def is_position(site: Site, position: Position) -> bool:
    """Tell whether a position lies in the log of a site."""
    return position >= 0 and position < site.ledger.length


def has_its_place(site: Site, position: Position) -> bool:
    """Tell whether an entry is the one that the chain index names for its customer and sequence."""
    if not is_position(site, position):
        return True
    entry = site.ledger.at(position)
    name = ChainName(customer=entry.customer, sequence=entry.sequence)
    return site.chain.contains(name) and site.chain.get(name) == position


def names_an_entry(site: Site, name: ChainName) -> bool:
    """Tell whether a link points at an entry of that customer and sequence, within the head."""
    if not site.chain.contains(name):
        return True
    position = site.chain.get(name)
    if not is_position(site, position) or not site.heads.contains(name.customer):
        return False
    entry = site.ledger.at(position)
    if entry.customer != name.customer or entry.sequence != name.sequence:
        return False
    return name.sequence >= 1 and name.sequence <= site.heads.get(name.customer).sequence


def is_dense(site: Site, name: ChainName) -> bool:
    """Tell whether a sequence number between 1 and the head has its entry."""
    if not site.heads.contains(name.customer):
        return True
    if name.sequence < 1 or name.sequence > site.heads.get(name.customer).sequence:
        return True
    return site.chain.contains(name)


def head_is_last(site: Site, customer: CustomerId) -> bool:
    """Tell whether the head of a chain carries digest and commit time of its last entry."""
    if not site.heads.contains(customer):
        return True
    head = site.heads.get(customer)
    if head.sequence < 1:
        return False
    name = ChainName(customer=customer, sequence=head.sequence)
    if not site.chain.contains(name):
        return False
    position = site.chain.get(name)
    if not is_position(site, position):
        return False
    entry = site.ledger.at(position)
    return entry.digest == head.digest and entry.commit_time == head.commit_time


def is_linked(site: Site, position: Position) -> bool:
    """Tell whether an entry names the digest of its customer's entry before, or genesis for the first."""
    if not is_position(site, position):
        return True
    entry = site.ledger.at(position)
    if entry.sequence < 1:
        return False
    if entry.sequence == 1:
        return entry.previous == GENESIS_DIGEST
    name = ChainName(customer=entry.customer, sequence=Sequence(entry.sequence - 1))
    if not site.chain.contains(name):
        return False
    before = site.chain.get(name)
    if not is_position(site, before) or before >= position:
        return False
    return entry.previous == site.ledger.at(before).digest


def has_its_own_digest(site: Site, context: Context, position: Position) -> bool:
    """Tell whether an entry carries the digest of its own content."""
    if not is_position(site, position):
        return True
    entry = site.ledger.at(position)
    return entry.digest == context.digest(entry)

"""Operations that move no money: what they may state and name.

Source: rules R1.5, R7.3; ``system.md`` sections 4 and 8.
"""

from billproof.invariants.theorem import Transition
from billproof.model.commands import ClosePeriod, Erase, OpenPeriod, RegisterKey
from billproof.model.identifiers import NO_SEQUENCE
from billproof.model.outcomes import EntryKind
from billproof.model.state import ChainName, Site

UNPRICED = (RegisterKey, Erase, OpenPeriod, ClosePeriod)
"""The operations on an account that state no amount."""


def refers_rightly(transition: Transition, site: Site) -> bool:
    """Tell whether what moves no money names only what it may: a revocation names a registration.

    Args:
        transition: What was accepted.
        site: The site before it.
    """
    command = transition.command
    if isinstance(command, Erase):
        return command.request.refers_to == NO_SEQUENCE
    if not isinstance(command, RegisterKey) or command.request.refers_to == NO_SEQUENCE:
        return True
    name = ChainName(customer=command.request.customer, sequence=command.request.refers_to)
    if not site.chain.contains(name):
        return False
    return site.ledger.at(site.chain.get(name)).kind == EntryKind.KEY_REGISTRATION

"""One judgement of one history: every rule on every world, the search for orders, what was put to the test.

The same function judges a live run, a replay, and a file from elsewhere.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from billproof.conformance.documents import MemberError
from billproof.conformance.errors import AdapterError, Fault
from billproof.conformance.history import History
from billproof.conformance.judging.answers import find_in_answers
from billproof.conformance.judging.balances import find_in_balances
from billproof.conformance.judging.copies import find_in_copies
from billproof.conformance.judging.evidence import find_in_audits, find_in_disputes, find_in_edited_stores
from billproof.conformance.judging.facts import Finding, World
from billproof.conformance.judging.ledgers import find_in_ledgers
from billproof.conformance.judging.limits import find_in_limits
from billproof.conformance.judging.orders import order_world
from billproof.conformance.judging.witnesses import count_witnesses
from billproof.conformance.linearize import Order
from billproof.conformance.messages import Declaration
from billproof.model.money import UnknownCurrencyError
from billproof.model.periods import InstantFormatError, InstantRangeError

RULES: Final[tuple[Callable[[World], Iterator[Finding]], ...]] = (
    find_in_answers,
    find_in_ledgers,
    find_in_balances,
    find_in_limits,
    find_in_copies,
    find_in_audits,
    find_in_edited_stores,
    find_in_disputes,
)
"""Every rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a history shows."""

    findings: tuple[Finding, ...] = ()
    witnesses: Counter[str] = field(default_factory=Counter)
    unsettled: tuple[str, ...] = ()
    """What could not be decided, in words: it makes no verdict, but it takes one away."""
    orders: Counter[str] = field(default_factory=Counter)
    """How many customers' histories were ordered, illegal or undecided."""


def judge(history: History, declaration: Declaration) -> Judgement:
    """Judge a history.

    Raises:
        AdapterError: A message or a reply in it is not as the protocol has it.
    """
    try:
        return _judged(history, declaration)
    except (MemberError, InstantFormatError, InstantRangeError, UnknownCurrencyError) as error:
        raise AdapterError(
            Fault.SCHEMA, f"the history cannot be judged: {error}", "see the protocol page for its messages"
        ) from error


def _judged(history: History, declaration: Declaration) -> Judgement:
    findings: list[Finding] = []
    witnesses: Counter[str] = Counter()
    unsettled: list[str] = []
    orders: Counter[str] = Counter()
    for calls in history.worlds():
        world = World(calls, declaration)
        found = [finding for rule in RULES for finding in rule(world)]
        accused = frozenset(finding.customer for finding in found)
        orderings = tuple(order_world(world, accused))
        for ordering in orderings:
            orders[ordering.answer.order.value] += 1
            if ordering.finding is not None:
                found.append(ordering.finding)
            elif ordering.answer.order == Order.ILLEGAL:
                unsettled.append(f"the replies to {ordering.customer} have no order, and no rule says why")
            elif ordering.answer.order == Order.UNKNOWN:
                unsettled.append(f"no order was found for {ordering.customer} within the budget")
        findings.extend(found)
        witnesses.update(count_witnesses(world, orderings))
    return Judgement(findings=tuple(findings), witnesses=witnesses, unsettled=tuple(unsettled), orders=orders)

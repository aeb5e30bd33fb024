"""What readers are shown beside a run: whole ledgers, edited or not, and the disputes that follow.

Theory of operation. A reader reads once what is presented; then each clause about readers is asked. Clauses
about disputes say something of every receipt and every other one; of a ledger that is long for that, the
receipts are taken that somebody would dispute: charged under one key twice, priced by a published plan,
signed by a key of the customer, shown otherwise than they were committed, the first and the last.

Choices. Of a place in a chain and a position, which one clause speaks of together, each is asked with one of
the other: it asks the reader about the first and about the second.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from typing import Final

from billproof.invariants.explore.domain import free_variables
from billproof.invariants.presentation import committed_entries, presented_items
from billproof.invariants.price_list import published_rate
from billproof.invariants.reading import Reading, read_presented
from billproof.invariants.t7_dispute_resolution import (
    decided,
    definite_verdicts_are_correct,
    evidence_about,
    fault_found,
    honest_evidence_decides,
    is_correct,
    is_decidable,
    left_to_a_person,
    reversed_for_the_customer,
)
from billproof.invariants.theorem import Clause, Transition
from billproof.model.containers import UndefinedLookupError
from billproof.model.context import Context
from billproof.model.customer_keys import customer_key_of
from billproof.model.disputes import Claim, Resolution, resolve
from billproof.model.effects import is_charge_bearing
from billproof.model.identifiers import NO_SEQUENCE, Position
from billproof.model.outcomes import EntryKind
from billproof.model.state import ChainName, Entry, Presented, State
from billproof.simulations.judging.touched import everything_in

DISPUTED_MAX: Final = 7
"""How many receipts of one ledger are disputed, each with every claim."""

DISPUTES_JUDGED: Final = 3
"""Of how many ledgers as they are, and of how many edited ones, disputes are judged in one run."""

MARK_OF: Final = {
    Resolution.UPHELD: decided.__name__,
    Resolution.REVERSED: reversed_for_the_customer.__name__,
    Resolution.SYSTEM_FAULT: fault_found.__name__,
    Resolution.INCONCLUSIVE: left_to_a_person.__name__,
}
"""The sometimes mark that each resolution meets."""

OF_DISPUTES: Final = frozenset(MARK_OF.values())


class Aside:
    """Judges what readers are shown in one run."""

    __slots__ = ("_about_disputes", "_about_readers", "_context", "_judged", "resolved")

    def __init__(self, context: Context, clauses: tuple[Clause, ...]) -> None:
        """Judge some clauses about what is presented."""
        self._context = context
        sorted_by = [(clause, tuple(sort for _, sort in _free(clause))) for clause in clauses]
        self._about_readers = [item for item in sorted_by if item[1] != (Claim,)]
        self._about_disputes = [item[0] for item in sorted_by if item[1] == (Claim,)]
        self._judged = [0, 0]
        self.resolved: set[str] = set()
        """The marks of the resolutions that were met."""

    def begin(self, *, is_edited: bool) -> bool:
        """Tell whether disputes of the next ledger are judged, if somebody wants that."""
        self._judged[is_edited] += 1
        return self._judged[is_edited] <= DISPUTES_JUDGED

    def violated(self, transition: Transition, *, is_disputed: bool) -> Iterator[Clause]:
        """Iterate over the clauses that what is shown violates; each is found once."""
        state = transition.after
        if not state.presenting:
            return
        reading = read_presented(state, self._context)
        every = everything_in(state)
        for item in tuple(self._about_readers):
            clause, sorts = item
            together = sorts == (ChainName, Position)
            rows = _covering(every.chains, every.positions) if together else every.rows(sorts)
            if not _holds(clause, reading, self._context, rows):
                self._about_readers.remove(item)
                yield clause
        if is_disputed:
            yield from self._disputes(state)

    def _disputes(self, state: State) -> Iterator[Clause]:
        disputed = tuple(disputable_in(state))
        honest = tuple(item.entry for item in presented_items(state)) == committed_entries(state)
        broken: set[str] = set()
        for item in disputed:
            evidence = evidence_about(state, item)
            for claim in Claim:
                given = resolve(claim, evidence, self._context)
                self.resolved.add(MARK_OF[given])
                if not is_correct(given, claim, item.entry, state):
                    broken.add(definite_verdicts_are_correct.__name__)
                if honest and given == Resolution.INCONCLUSIVE and is_decidable(claim, item, state):
                    broken.add(honest_evidence_decides.__name__)
        for clause in tuple(self._about_disputes):
            if clause.name in broken:
                self._about_disputes.remove(clause)
                yield clause


def disputable_in(state: State) -> Iterable[Presented]:
    """Return the receipts of a state that somebody would dispute, at most so many; none twice."""
    committed, shown = committed_entries(state), presented_items(state)
    charged = Counter((entry.customer, entry.key) for entry in committed if is_charge_bearing(entry))
    reported = {
        entry.customer: entry.sequence
        for entry in committed
        if entry.kind == EntryKind.KEY_REGISTRATION and entry.refers_to != NO_SEQUENCE
    }
    wanted: tuple[Callable[[Entry], bool], ...] = (
        lambda entry: charged[entry.customer, entry.key] > 1,
        lambda entry: published_rate(entry) not in (None, entry.amount),
        lambda entry: entry.sequence > reported.get(entry.customer, entry.sequence) and _is_signed(entry),
        lambda entry: published_rate(entry) == entry.amount,
        _is_signed,
    )
    found: dict[Presented, None] = {}
    for is_wanted in wanted:
        first = next((entry for entry in committed if is_wanted(entry)), None)
        if first is not None:
            found[Presented(entry=first, signed=first.digest)] = None
    known = {id(entry) for entry in committed}
    edited = (item for item in shown if id(item.entry) not in known or item.signed != item.entry.digest)
    found.update(dict.fromkeys(item for item, _ in zip(edited, range(2), strict=False)))
    if committed:
        found[Presented(entry=committed[-1], signed=committed[-1].digest)] = None
    return tuple(found)[:DISPUTED_MAX]


def _is_signed(entry: Entry) -> bool:
    return is_charge_bearing(entry) and customer_key_of(entry.issuer) is not None


def _free(clause: Clause) -> tuple[tuple[str, object], ...]:
    assert clause.invariant is not None, f"{clause.name} is about what is presented, which is a state"
    return free_variables(clause.invariant.predicate)


def _covering(
    chains: tuple[ChainName, ...], positions: tuple[Position, ...]
) -> Iterator[tuple[ChainName, Position]]:
    """Return pairs in which each value of both occurs."""
    if not chains or not positions:
        return
    for chain, position in zip_longest(chains, positions):
        yield chain or chains[0], positions[0] if position is None else position


def _holds(clause: Clause, reading: Reading, context: Context, rows: Iterable[tuple[object, ...]]) -> bool:
    assert clause.reader is not None, f"{clause.name} is about what is presented and has no reader"
    try:
        return all(clause.reader(reading, context, *row) for row in rows)
    except UndefinedLookupError:
        return False

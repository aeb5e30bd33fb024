"""Asking: can a clause be violated, or a mark be met, by the first k choices?

A question is a condition on the choices. The solver gets text, as in a proof, and its model is only read
for the choices: they are commands, which whoever asked executes. Digests are an oracle. Where the design
hashes every field canonically, it is taken as injective (premise C5), said by its inverse functions; where it
does not, two bodies may well have one digest, nothing is said, and the execution decides.
"""

from collections.abc import Iterable, Iterator, Sequence

from billproof.invariants.prove.finding import Finder
from billproof.invariants.prove.instances import facts_of
from billproof.invariants.prove.oracles import oracle_symbol
from billproof.invariants.prove.records import places
from billproof.invariants.prove.shapes import shape_of
from billproof.invariants.prove.smtlib import render_named
from billproof.invariants.prove.solvers import Answer
from billproof.invariants.prove.symbols import Role, Symbol, symbol
from billproof.invariants.prove.terms import Op, Term, apply, equal, literal, negate
from billproof.invariants.prove.traversal import post_order
from billproof.invariants.prove.validation import constant, leaves_of
from billproof.model.containers import FrozenLog
from billproof.model.identifiers import GENESIS_DIGEST, NO_DIGEST, Digest
from billproof.model.state import Entry, State


def entries_of(state: State) -> Iterator[Entry]:
    """Iterate over every entry that a concrete state holds in a log."""
    for _, _, value in places(state):
        if isinstance(value, FrozenLog):
            yield from (item for item in value if isinstance(item, Entry))


class Digests:
    """What is known of the digest oracle: its values at the start, and its inverses where it is injective."""

    def __init__(self, name: str, omit: Sequence[str], start: State, *, injective: bool) -> None:
        """Take what is known.

        Args:
            name: The name of the oracle.
            omit: Leaves of an entry that it does not read.
            start: The state in which a world begins; its digests were computed.
            injective: Whether no two bodies have one digest.
        """
        shape = shape_of(Entry)
        self.function, self._read = oracle_symbol(name, Entry, Digest, omit)
        self._injective = injective
        self._leaves = [leaf.domain for leaf in shape.leaves]
        self._start = [(leaves_of(shape, entry), str(entry.digest)) for entry in entries_of(start)]

    def facts(self, terms: Iterable[Term]) -> list[Term]:
        """Return what is known of the digests below terms."""
        sort = self.function.result.sort
        asked = {term for term in post_order(terms) if term.op == Op.APPLY and term.datum is self.function}
        found: list[Term] = []
        for leaves, digest in self._start:
            values = tuple(constant(leaves[index], self._leaves[index].sort) for index in self._read)
            made = apply(self.function, values)
            found.append(equal(made, literal(sort, digest)))
            asked.add(made)
        for term in sorted(asked, key=lambda term: term.order):
            found += [negate(equal(term, literal(sort, text))) for text in (GENESIS_DIGEST, NO_DIGEST)]
            if self._injective:
                found += [
                    equal(apply(self._inverse(place), (term,)), arg) for place, arg in enumerate(term.args)
                ]
        return found

    def _inverse(self, place: int) -> Symbol:
        name = f"{self.function.name} read back {place}"
        return symbol(
            name, (self.function.result,), self._leaves[self._read[place]], role=Role.ORACLE, place=name
        )


class Asked:
    """Conditions on choices under what every execution obeys, put to the solver as one text."""

    def __init__(
        self, laws: Sequence[Term], questions: Sequence[Term], digests: Digests, milliseconds: int
    ) -> None:
        """Parse.

        Args:
            laws: What holds of every execution.
            questions: Conditions of which any may be asked for.
            digests: What is known of digests.
            milliseconds: The limit of one question.
        """
        known = [*laws, *digests.facts([*laws, *questions])]
        sums, ranges = facts_of([*known, *questions])
        held = [*known, *sums, *ranges]
        text = render_named(held, questions)
        self._finder = Finder(text, len(held), len(questions), milliseconds)

    def ask(self, question: int, choices: Sequence[Term]) -> tuple[Answer, tuple[int, ...]]:
        """Return whether a question can hold, and then the choices."""
        found = self._finder.ask((question,))
        if found.answer is not Answer.SAT:
            return found.answer, ()
        values = self._finder.values(choices)
        return found.answer, tuple(int(values[choice]) for choice in choices)

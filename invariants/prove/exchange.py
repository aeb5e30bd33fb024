"""Exchange: a goal about one region that says of the other what has been decided is not decided again.

Most commands are made of one region or of the other, and say the same of both. *Exchanging* the regions in a
formula means to write the name of either site for that of the other, and ``low + high - x`` for every value
``x`` of the enumeration of regions, where one is read and where one is an argument. From any interpretation
of the symbols one gets another by giving each function of one site to the other site, with the regions among
its arguments and values exchanged; a formula holds in the first exactly if the exchanged formula holds in
the second. So an exchanged obligation is unsatisfiable exactly if the obligation is. This is a fact about
formulas: nothing is assumed of the core, and where it treats the regions differently the goals are not
exchanged ones of each other, and are decided by themselves.

What is compared is the *normal form*: the operands of conjunctions and disjunctions in the order of their
content, and ``x = high`` written as ``not x = low``, which is the same for every value in its range. Goals
that are not found in this way only cost time.

The hypotheses of an exchanged obligation are exchanged instances of invariants. They may be used because
each invariant that was needed has an exchanged one among the invariants, by the same comparison, and
substitution commutes with exchange. It is that one which the goal then rests on.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import permutations

from billproof.invariants.prove.discharge import EMPTY_SUM, RANGE, UNFOLDED_SUM, Settled
from billproof.invariants.prove.evidence import Obligation
from billproof.invariants.prove.execution import Run
from billproof.invariants.prove.formulas import Formula
from billproof.invariants.prove.goals import Goal, Kind
from billproof.invariants.prove.merging import Cases
from billproof.invariants.prove.symbols import Domain, Symbol, symbol
from billproof.invariants.prove.terms import (
    Op,
    Term,
    apply,
    equal,
    integer,
    linear,
    negate,
    numbers_of,
    symbol_of,
)
from billproof.invariants.prove.traversal import rebuild, unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Two parts of a state, and the enumeration with two members that tells which is meant."""

    first: str
    """The name of one part, as it stands in the names of symbols between dots and spaces."""
    second: str
    kind: type[IntEnum]

    @property
    def total(self) -> int:
        """The sum of the two members: what a member is subtracted from to get the other."""
        first, second = self.kind
        return int(first) + int(second)

    def name(self, text: str) -> str:
        """Return a name with the two parts exchanged; twice is nothing."""
        other = {self.first: self.second, self.second: self.first}
        pattern = rf"(?<![^\s.])({re.escape(self.first)}|{re.escape(self.second)})(?![^\s.#?])"
        return re.sub(pattern, lambda found: other[found[1]], text)

    def is_own(self, domain: Domain) -> bool:
        """Tell whether values of a domain say which part is meant."""
        return domain.kind is self.kind


def exchanged_label(label: str, names: Mapping[str, str]) -> str:
    """Return the label of a command made of the other region, for example ``Charge[region=STANDBY]``."""
    command, bracket, fields = label.partition("[")
    chosen = re.sub(r"(?<==)\w+", lambda found: names.get(found[0], found[0]), fields)
    return f"{command}{bracket}{chosen}"


def in_two(
    runs: Sequence[tuple[Run, Cases]], exchange: Exchange
) -> tuple[tuple[tuple[Run, Cases], ...], tuple[tuple[Run, Cases], ...]]:
    """Return the runs in two parts: those of the second may be exchanged ones of those of the first."""
    names = {str(member.name): str(other.name) for member, other in permutations(exchange.kind)}
    parts: tuple[list[tuple[Run, Cases]], list[tuple[Run, Cases]]] = ([], [])
    seen: set[str] = set()
    for run, cases in runs:
        parts[exchanged_label(run.label, names) in seen].append((run, cases))
        seen.add(run.label)
    return tuple(parts[0]), tuple(parts[1])


class Exchanger:
    """Exchanged formulas and normal forms for one set of invariants; remembers what it has computed."""

    def __init__(self, exchange: Exchange, invariants: Sequence[Formula]) -> None:
        """Start.

        Args:
            exchange: What is exchanged.
            invariants: What obligations rest on.
        """
        self.exchange = exchange
        self._exchanged: dict[Term, Term] = {}
        self._normal: dict[Term, Term] = {}
        self._symbols: dict[Symbol, Symbol] = {}
        known = {self.normal(formula.term): formula.title for formula in invariants}
        self.labels = {label: label for label in (RANGE, EMPTY_SUM, UNFOLDED_SUM)}
        """The label of the hypotheses that are exchanged ones of those with a label, where there are any."""
        for formula in invariants:
            title = known.get(self.exchanged(formula.term))
            if title is not None:
                self.labels[formula.title] = title
        self._known: dict[Term, tuple[Settled, int]] = {}

    def normal(self, term: Term) -> Term:
        """Return the normal form of a term."""
        for each in unknown((term,), self._normal):
            args = tuple(self._normal[arg] for arg in each.args)
            self._normal[each] = self._ordered(each, args)
        return self._normal[term]

    def exchanged(self, term: Term) -> Term:
        """Return the normal form of a term with the parts exchanged."""
        own = self.exchange.is_own
        for each in unknown((term,), self._exchanged):
            args = tuple(self._exchanged[arg] for arg in each.args)
            if each.op != Op.APPLY:
                self._exchanged[each] = self._ordered(each, args)
                continue
            name = symbol_of(each)
            args = tuple(
                self._other(arg) if own(domain) else arg
                for arg, domain in zip(args, name.parameters, strict=True)
            )
            found = apply(self._symbol(name), args)
            self._exchanged[each] = self._other(found) if own(name.result) else found
        return self._exchanged[term]

    def _other(self, value: Term) -> Term:
        return linear((1, integer(self.exchange.total)), (-1, value))

    def _symbol(self, name: Symbol) -> Symbol:
        found = self._symbols.get(name)
        if found is None:
            renamed = self.exchange.name
            found = symbol(
                renamed(name.name),
                name.parameters,
                name.result,
                role=name.role,
                place=renamed(name.place),
                detail=name.detail,
            )
            self._symbols[name] = found
        return found

    def _ordered(self, term: Term, args: tuple[Term, ...]) -> Term:
        if term.op == Op.AND or term.op == Op.OR:
            return rebuild(term, tuple(sorted(args, key=lambda arg: arg.order)))
        found = rebuild(term, args)
        if found.op == Op.EQUAL_INT and len(found.args) == 1 and found.args[0].op == Op.APPLY:
            target, factor = numbers_of(found)
            atom = found.args[0]
            if (
                self.exchange.is_own(symbol_of(atom).result)
                and factor == 1
                and target == max(self.exchange.kind)
            ):
                return negate(equal(atom, integer(min(self.exchange.kind))))
        return found

    def note(self, settled: Settled) -> None:
        """Remember what was settled, if all that it rests on can be exchanged."""
        if all(label in self.labels for label in settled.obligation.rests_on):
            for index, goal in enumerate(settled.goals):
                if goal.kind is not Kind.INITIATION:
                    self._known[self.exchanged(goal.refuted_by)] = settled, index

    def settled(self, goals: Iterable[Goal]) -> tuple[tuple[Settled, ...], tuple[Goal, ...]]:
        """Return obligations for the goals that are exchanged ones of settled goals, and the other goals."""
        found: dict[int, tuple[Settled, list[tuple[int, Goal]]]] = {}
        others: list[Goal] = []
        for goal in goals:
            known = self._known.get(self.normal(goal.refuted_by))
            if known is None:
                others.append(goal)
            else:
                found.setdefault(id(known[0]), (known[0], []))[1].append((known[1], goal))
        return tuple(self._obligation(source, own) for source, own in found.values()), tuple(others)

    def _obligation(self, source: Settled, goals: Sequence[tuple[int, Goal]]) -> Settled:
        listed = tuple(goal.listed for _, goal in goals)
        return Settled(
            obligation=Obligation(
                name=f"{source.obligation.name} exchanged for {listed[0].where}",
                goals=listed,
                rests_on=tuple(self.labels[label] for label in source.obligation.rests_on),
                text=source.obligation.text,
                exchanged=source.obligation.name,
            ),
            goals=tuple(goal for _, goal in goals),
            hypotheses=source.hypotheses,
            decided_as=tuple(source.goals[index] for index, _ in goals),
        )

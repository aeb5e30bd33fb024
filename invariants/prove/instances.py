"""Instances: which values the quantified hypotheses are used at.

An invariant holds for every value of its free variables; a solver is given finitely many instances, without
quantifiers. Any choice is sound: fewer hypotheses only make a proof harder. The choice is by matching: a
formula that reads ``keys`` at (customer, key) is of use wherever the obligation reads ``keys``, with those
arguments. Instances read new places, which are matched in the next round.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from billproof.invariants.prove.formulas import Formula
from billproof.invariants.prove.symbols import Role, Symbol
from billproof.invariants.prove.terms import (
    TRUE,
    Op,
    Term,
    apply,
    at_most,
    equal,
    implies,
    integer,
    linear,
    numbers_of,
    symbol_of,
)
from billproof.invariants.prove.traversal import post_order
from billproof.invariants.prove.unfolding import Total, totals_in

Read = tuple[str, tuple[Term, ...]]
"""A container and the arguments at which it is read."""

Bindings = dict[Symbol, Term]

ROUNDS = 3
"""How often the places that instances read are matched again."""

PER_FORMULA_MAX = 400
"""Instances of one formula in one obligation; what is beyond is left out and noted."""

_READING = (Role.PRESENT, Role.FIELD, Role.ITEM, Role.TOTAL)


def container_of(function: Symbol) -> str | None:
    """Return what a function reads: a container, for a total with its effect; ``None`` for other symbols."""
    if function.role not in _READING:
        return None
    return function.name if function.role is Role.TOTAL else function.place


def reads_in(terms: Iterable[Term], seen: set[Term] | None = None) -> dict[Read, None]:
    """Return the reads below ``terms``, in order, without those below ``seen``, which is extended."""
    found: dict[Read, None] = {}
    for term in post_order(terms, seen):
        if term.op == Op.APPLY and term.args:
            container = container_of(symbol_of(term))
            if container is not None:
                found[container, term.args] = None
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A read inside a formula, and the free variables that a match with it fixes."""

    container: str
    args: tuple[Term, ...]
    fixes: frozenset[Symbol]


def _fixed_by(arg: Term, free: frozenset[Symbol]) -> Symbol | None:
    """Return the free variable that is fixed where ``arg`` must equal a given term."""
    if arg.op == Op.APPLY and arg.datum in free:
        return symbol_of(arg)
    if arg.op == Op.SUM and len(arg.args) == 1 and numbers_of(arg)[1] == 1 and arg.args[0].datum in free:
        return symbol_of(arg.args[0])
    return None


def patterns_of(formula: Formula) -> tuple[Pattern, ...]:
    """Return the reads of a formula that fix some of its free variables."""
    free = frozenset(formula.free)
    found: list[Pattern] = []
    for container, args in reads_in((formula.term,)):
        fixes = frozenset(name for arg in args if (name := _fixed_by(arg, free)) is not None)
        if fixes:
            found.append(Pattern(container=container, args=args, fixes=fixes))
    return tuple(found)


def triggers_of(formula: Formula) -> tuple[tuple[Pattern, ...], ...]:
    """Return the smallest sets of patterns that fix every free variable which patterns can fix."""
    patterns = patterns_of(formula)
    reachable = frozenset().union(*[pattern.fixes for pattern in patterns])
    for size in range(1, len(formula.free) + 1):
        found = tuple(
            group
            for group in combinations(patterns, size)
            if frozenset().union(*[pattern.fixes for pattern in group]) == reachable
        )
        if found and reachable:
            return found
    return ()


def _match(pattern: Pattern, args: tuple[Term, ...], bindings: Bindings) -> Bindings | None:
    result = bindings
    for arg, value in zip(pattern.args, args, strict=True):
        name = _fixed_by(arg, pattern.fixes)
        if name is None:
            # An argument without a free variable of its own is not compared: the solvers know what is equal.
            continue
        if arg.op == Op.SUM:
            value = linear((1, value), (-1, arg), (1, apply(name)))
        known = result.get(name)
        if known is None:
            result = {**result, name: value}
        elif known is not value:
            return None
    return result


class Instantiation:
    """The hypotheses of one obligation, growing by rounds.

    ``instances`` maps each hypothesis to the title of its formula.
    """

    def __init__(self, formulas: Sequence[Formula], cache: "InstanceCache") -> None:
        self.formulas = formulas
        self.cache = cache
        self.instances: dict[Term, str] = {}
        self.capped: dict[str, None] = {}
        self._seen: set[Term] = set()
        self._reads: dict[str, list[tuple[Term, ...]]] = {}
        self._counts: dict[str, int] = {}

    def grow(self, roots: Iterable[Term], rounds: int = ROUNDS) -> None:
        """Add the instances that match what is read below ``roots`` and, in turn, below the instances."""
        pending = list(roots)
        for _ in range(rounds):
            fresh = reads_in(pending, self._seen)
            new: dict[str, list[tuple[Term, ...]]] = {}
            for container, args in fresh:
                known = self._reads.setdefault(container, [])
                if args not in known:
                    known.append(args)
                    new.setdefault(container, []).append(args)
            pending = []
            for formula in self.formulas:
                pending += self._match_formula(formula, new)
            if not pending:
                return

    def _match_formula(self, formula: Formula, new: dict[str, list[tuple[Term, ...]]]) -> list[Term]:
        triggers = self.cache.triggers(formula)
        if not formula.free:
            return self._add(formula, {})
        found: list[Term] = []
        for group in triggers:
            for index, pattern in enumerate(group):
                # Semi-naive: one pattern of the group matches a new read, those before it only old ones.
                if pattern.container not in new:
                    continue
                bindings: list[Bindings] = [{}]
                for position, other in enumerate(group):
                    pool = (
                        new[pattern.container] if position == index else self._reads.get(other.container, [])
                    )
                    bindings = [
                        matched
                        for binding in bindings
                        for args in pool
                        if (matched := _match(other, args, binding)) is not None
                    ]
                for binding in bindings:
                    found += self._add(formula, binding)
        return found

    def _add(self, formula: Formula, bindings: Bindings) -> list[Term]:
        count = self._counts.get(formula.title, 0)
        if count >= PER_FORMULA_MAX:
            self.capped[formula.title] = None
            return []
        term = self.cache.instance(formula, bindings)
        if term is TRUE or term in self.instances:
            return []
        self._counts[formula.title] = count + 1
        self.instances[term] = formula.title
        return [term]


class InstanceCache:
    """Triggers and instances, shared by all obligations about the same state before."""

    def __init__(self) -> None:
        self._triggers: dict[Formula, tuple[tuple[Pattern, ...], ...]] = {}
        self._instances: dict[tuple[Formula, tuple[Term, ...]], Term] = {}
        self._reads: dict[Term, frozenset[Read]] = {}
        self._facts: dict[Term, tuple[dict[Term, None], dict[Term, None]]] = {}
        self._totals: dict[Term, tuple[Total, ...]] = {}

    def reads(self, instance: Term) -> frozenset[Read]:
        """Return what an instance reads."""
        found = self._reads.get(instance)
        if found is None:
            found = frozenset(reads_in((instance,)))
            self._reads[instance] = found
        return found

    def facts(self, instance: Term) -> tuple[dict[Term, None], dict[Term, None]]:
        """Return the empty sums and the ranges that go with an instance."""
        found = self._facts.get(instance)
        if found is None:
            found = facts_of((instance,))
            self._facts[instance] = found
        return found

    def totals(self, instance: Term) -> tuple[Total, ...]:
        """Return the totals of which an instance speaks."""
        found = self._totals.get(instance)
        if found is None:
            found = totals_in(post_order((instance,)))
            self._totals[instance] = found
        return found

    def triggers(self, formula: Formula) -> tuple[tuple[Pattern, ...], ...]:
        """Return the triggers of a formula."""
        found = self._triggers.get(formula)
        if found is None:
            found = triggers_of(formula)
            self._triggers[formula] = found
        return found

    def instance(self, formula: Formula, bindings: Bindings) -> Term:
        """Return an instance; a variable that nothing fixes stays the unknown that all goals share."""
        key = (formula, tuple(bindings.get(name) or apply(name) for name in formula.free))
        found = self._instances.get(key)
        if found is None:
            found = formula.at(bindings)
            self._instances[key] = found
        return found


def facts_of(terms: Iterable[Term]) -> tuple[dict[Term, None], dict[Term, None]]:
    """Return what holds of the values below ``terms`` by their types.

    Returns:
        That each total over no items is 0; and that each value of an enumeration, and each length, lies in
        its range.
    """
    sums: dict[Term, None] = {}
    ranges: dict[Term, None] = {}
    zero = integer(0)
    for term in post_order(terms):
        if term.op != Op.APPLY:
            continue
        name = symbol_of(term)
        if name.role is Role.TOTAL:
            sums[implies(equal(term.args[-1], zero), equal(term, zero))] = None
        if name.result.low is not None:
            ranges[at_most(integer(name.result.low), term)] = None
        if name.result.high is not None:
            ranges[at_most(term, integer(name.result.high))] = None
    return sums, ranges

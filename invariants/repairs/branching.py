"""Under which designs a trace violates its clause: a decision tree over switches, made by running the trace.

Theory of operation. Every step of the trace is executed under a design that notes which switches it is asked
for; then again with the last of them turned, and so on, until every combination that the step can tell apart
has been run. What the step came to stands at the leaves; a switch both of whose branches came to the same is
no branch. The trace goes on from each leaf. What is left tells for every design whether the trace violates
the clause there; a leaf that there was no room to look at counts as one where it does not.

A design that holds must lie on a path to a leaf without a violation, hence has some literal of each such
path. One literal chosen of every path makes a constraint; a few of the choices are made.

Source: execution trees of concolic testing; reduction as in binary decision diagrams.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeAlias

from billproof.invariants.counterexample import violates
from billproof.invariants.repairs.lattice import Constraint, Lattice, Literal
from billproof.invariants.repairs.recording import recording, switches_in_order
from billproof.invariants.repairs.traces import Trace, fails_at, tried
from billproof.invariants.theorem import Transition
from billproof.model.commands import Charge, Command, Complete, LookUp
from billproof.model.containers import UndefinedLookupError
from billproof.model.context import Context
from billproof.model.core import step
from billproof.model.design import Design
from billproof.model.identifiers import Digest
from billproof.model.outcomes import Status
from billproof.model.receipts import digest_of
from billproof.model.state import Entry, State, initial_state

RUNS_MAX: Final = 6_000
"""How many steps are executed for one trace."""

CONSTRAINTS_MAX: Final = 8
"""How many constraints are made of one trace."""

TRIES_MAX: Final = 2_000
"""How many choices of literals are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A switch that matters, and what it comes to at either value."""

    name: str
    repaired: "Tree"
    not_repaired: "Tree"


Leaf: TypeAlias = "State | bool"
"""The state that the trace goes on from, or whether it ended with a violation."""

Tree: TypeAlias = "Branch | Leaf"

Choices: TypeAlias = Mapping[str, bool]
"""Switches, and whether they are repaired."""


@dataclass(frozen=False, slots=True, kw_only=True)
class _Runner:
    """Runs one trace under all designs at once; mutable: it counts what it executes."""

    trace: Trace
    design: Design
    """The design that the trace is known to be a counterexample of."""
    lattice: Lattice
    varying: frozenset[str]
    runs: int = 0
    commands: tuple[Command, ...] = field(default=())

    def tree(self) -> Tree:
        """Return whether the trace violates its clause, by switch."""
        domain = self.trace.domain
        self.commands = (*domain.setup, *self.trace.commands)
        return self._from(0, initial_state(regions=domain.regions, period=min(domain.periods)), {}, 0)

    def _from(self, index: int, state: State, chosen: Choices, taken: int) -> Tree:
        if index == len(self.commands):
            # A clause that the set-up itself violates has no step of its own.
            if self.trace.commands:
                return False
            return self._branches(lambda context: fails_at(self.trace, state, context), chosen)
        if self.runs > RUNS_MAX:
            return False
        came_to = self._branches(lambda context: self._step(index, state, context, taken), chosen)
        return self._grafted(came_to, index, state, chosen, taken)

    def _grafted(self, tree: Tree, index: int, before: State, chosen: Choices, taken: int) -> Tree:
        """Go on from every leaf that is a state."""
        if isinstance(tree, Branch):
            name, parts = tree.name, {True: tree.repaired, False: tree.not_repaired}
            # The design's own way first: it ends in a violation, and room may run out on the others.
            own = self.lattice.is_repaired(self.design, name)
            came_to = {
                way: self._grafted(parts[way], index, before, {**chosen, name: way}, taken)
                for way in (own, not own)
            }
            return _joined(name, came_to[True], came_to[False])
        if isinstance(tree, bool):
            return tree
        moved = index >= len(self.trace.domain.setup) and tree is not before
        return self._from(index + 1, tree, chosen, taken + moved)

    def _step(self, index: int, state: State, context: Context, taken: int) -> Leaf:
        """Execute one command; a set-up that does not succeed shows nothing, as in a search."""
        domain, command = self.trace.domain, self.commands[index]
        is_setup = index < len(domain.setup)
        try:
            outcome = step(state, command, context)
        except UndefinedLookupError:
            return False
        if is_setup:
            is_lost = outcome.status == Status.NOT_POSSIBLE and not isinstance(command, (LookUp, Complete))
            return False if is_lost else outcome.state
        if outcome.status == Status.NOT_POSSIBLE or not domain.is_within(outcome.state):
            return state
        if violates(
            self.trace.clause, domain, Transition(before=state, command=command, outcome=outcome), context
        ):
            return taken < domain.moves_max
        return outcome.state

    def _branches(self, run: Callable[[Context], Leaf], chosen: Choices) -> Tree:
        """Run under every combination of switches that can be told apart."""
        if self.runs > RUNS_MAX:
            return False
        self.runs += 1
        made = recording(self.design, {name: self._value((name, it)) for name, it in chosen.items()})
        tree: Tree = run(Context(design=made, digest=lambda entry: _digest(made, entry)))
        asked = [n for n in switches_in_order(made) if n in self.varying and n not in chosen]
        is_repaired = {name: self.lattice.is_repaired(self.design, name) for name in asked}
        for index in range(len(asked) - 1, -1, -1):
            name = asked[index]
            before = {other: is_repaired[other] for other in asked[:index]}
            other_way = self._branches(run, {**chosen, **before, name: not is_repaired[name]})
            tree = _joined(name, *((tree, other_way) if is_repaired[name] else (other_way, tree)))
        return tree

    def _value(self, literal: Literal) -> object:
        name, is_repaired = literal
        if is_repaired == self.lattice.is_repaired(self.design, name):
            return getattr(self.design, name)
        return getattr(self.lattice.end if is_repaired else self.lattice.start, name)


def _joined(name: str, repaired: Tree, not_repaired: Tree) -> Tree:
    if repaired == not_repaired:
        return repaired
    return Branch(name=name, repaired=repaired, not_repaired=not_repaired)


@lru_cache(maxsize=200_000)
def _remembered(function: Callable[[Entry], Digest], entry: Entry) -> Digest:
    return function(entry)


def _digest(design: Design, entry: Entry) -> Digest:
    # Which digest it is depends on a switch, which is read only where a digest is asked for.
    return _remembered(digest_of(design), entry)


def constraints_of(trace: Trace, design: Design, lattice: Lattice) -> tuple[Constraint, ...]:
    """Return what a design must differ in from a refuted one, as far as this trace goes.

    Law: a well-formed design that does not satisfy one of them is refuted by the trace.

    Args:
        trace: What violates its clause under ``design``.
        design: The refuted design, of the lattice.
        lattice: The designs.
    """
    found: dict[Constraint, None] = {}
    at_design = {name: lattice.is_repaired(design, name) for name in lattice.switches}
    for shown in (padded(trace), trace):
        runner = _Runner(
            trace=shown,
            design=shown.domain.design(design),
            lattice=lattice,
            varying=frozenset(lattice.switches),
        )
        tree = runner.tree()
        if _value_at(tree, at_design):
            made = _constraints(list(_paths(tree, lattice.requirements())), at_design)
            found |= dict.fromkeys(made)
            break
    if not found:
        # There was no room to follow it to its end. Whoever agrees on all that it reads is refuted too.
        trial = tried(trace, design)
        assert trial.commands is not None, "a constraint is made of a trace that violates its clause"
        read = [name for name in lattice.switches if name in trial.read]
        found[frozenset((name, not at_design[name]) for name in read)] = None
    return tuple(found)


def padded(trace: Trace) -> Trace:
    """Return the trace with what other designs need to execute it: look-ups before, second writes after.

    Where a design has no use for them they are not possible, hence left out.
    """
    known = set(trace.domain.commands)
    commands: list[Command] = []
    for command in trace.commands:
        if not isinstance(command, Charge):
            commands.append(command)
            continue
        before = LookUp(region=command.region, attempt=command.attempt, request=command.request)
        after = Complete(region=command.region, attempt=command.attempt)
        commands += [item for item in (before, command, after) if item is command or item in known]
    return Trace(clause=trace.clause, domain=trace.domain, commands=tuple(commands))


def _value_at(tree: Tree, choices: Choices) -> bool:
    while isinstance(tree, Branch):
        tree = tree.repaired if choices[tree.name] else tree.not_repaired
    return tree is True


def _paths(
    tree: Tree, rules: Sequence[Constraint], chosen: frozenset[Literal] = frozenset()
) -> Iterator[frozenset[Literal]]:
    """Yield every path to a leaf without a violation that some well-formed design lies on."""
    if any(all((name, not wanted) in chosen for name, wanted in rule) for rule in rules):
        return
    if isinstance(tree, Branch):
        yield from _paths(tree.repaired, rules, chosen | {(tree.name, True)})
        yield from _paths(tree.not_repaired, rules, chosen | {(tree.name, False)})
    elif tree is not True:
        yield chosen


def _constraints(paths: list[frozenset[Literal]], at_design: Choices) -> list[Constraint]:
    """Return minimal sets that have a literal of every path, none of them true of the refuted design."""
    turned = {frozenset(item for item in path if at_design[item[0]] != item[1]) for path in paths}
    needed = [path for path in turned if not any(other < path for other in turned)]
    needed.sort(key=lambda path: (len(path), sorted(path)))
    found: list[Constraint] = []
    tries = 0
    stack: list[Constraint] = [frozenset()]
    while stack and len(found) < CONSTRAINTS_MAX and tries < TRIES_MAX:
        tries += 1
        chosen = stack.pop()
        missed = next((path for path in needed if not path & chosen), None)
        if missed is None:
            if not any(other <= chosen for other in found):
                found.append(chosen)
            continue
        # Repairs before their opposites: what demands a repair rules out more of what is left.
        stack += [chosen | {item} for item in sorted(missed, key=lambda item: (item[1], item[0]))]
    if not found:
        found.append(frozenset(item for path in needed for item in path))
    return found

"""Proof that a model does not care about a relabelling that its author declares as a symmetry.

For every action and the action at the relabelled argument: one is enabled in a state exactly if the other is
in the relabelled state, and what they lead to are relabellings of each other; every invariant says the same
of both. Both sides are the model's own functions, executed symbolically. Where they do not come out as the
same terms, Z3 and cvc5 must both decide that they are equal.

Source: C. N. Ip, D. L. Dill, "Better verification through symmetry" (1996), where a scalarset's syntax
guarantees what is proved here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

from billproof.invariants.explore.compiled.extraction import (
    Failure,
    Place,
    Split,
    Tree,
    holds_term,
    places_of,
    state_at,
    tree_of,
)
from billproof.invariants.explore.findings import Limits, Stopped
from billproof.invariants.explore.models.model import Action, Model, Relabelling, S
from billproof.invariants.explore.symmetry import FalseSymmetryError, image_of, independent_generators
from billproof.invariants.prove.smtlib import render
from billproof.invariants.prove.solvers import BOTH, Answer, replies
from billproof.invariants.prove.terms import (
    FALSE,
    TRUE,
    Term,
    apply,
    at_most,
    conjunction,
    disjunction,
    equal,
    integer,
    ite,
    negate,
)
from billproof.invariants.prove.traversal import symbols_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivariance:
    """How it was shown that the declared relabellings change nothing."""

    relabellings: int
    compared: int
    """Pairs of terms: of each action and each invariant under each relabelling."""
    decided: int
    """Pairs that were not the same terms and that both solvers found equal."""

    def __str__(self) -> str:
        """Say it in one line."""
        return (
            f"{self.relabellings} relabellings, {self.compared:,} pairs of terms: "
            f"{self.compared - self.decided:,} the same, {self.decided:,} equal by z3 and cvc5"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Before(Generic[S]):
    """A state of unknown numbers, and its relabelling."""

    places: tuple[Place, ...]
    state: S
    relabelled: S


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _After:
    """What an action comes to."""

    enabled: Term
    fails: Term
    contents: tuple[Term, ...]


def prove_equivariance(model: Model[S], limits: Limits) -> Equivariance:
    """Prove that the declared symmetry of a model is one.

    Raises:
        FalseSymmetryError: It is not; the message names the action.
        Stopped: A solver did not decide it, or a limit is reached; nothing is known then.
        SymbolicError: A function of the model does what cannot be followed.
    """
    if model.symmetry is None:
        raise FalseSymmetryError(model.name, "it declares nothing as interchangeable")
    places = places_of(model)
    numbers = [place.term for place in places]
    state = state_at(model, places, numbers)
    trees = {id(action): _after(model, places, action, state, numbers) for action in model.actions}
    compared = decided = 0
    generators = independent_generators(model)
    for relabelling in generators:
        moved = relabelled(model, relabelling, numbers)
        before = _Before(places=places, state=state, relabelled=state_at(model, places, moved))
        pairs = [
            *_action_pairs(model, relabelling, before, trees, moved),
            *_invariant_pairs(model, relabelling, before),
        ]
        compared += len(pairs)
        open_pairs: dict[str, list[tuple[Term, Term]]] = {}
        for name, left, right in pairs:
            if left is not right:
                open_pairs.setdefault(name, []).append((left, right))
        for name, different in open_pairs.items():
            decided += len(different)
            limits.check()
            _decide(model, name, different)
    return Equivariance(relabellings=len(generators), compared=compared, decided=decided)


def relabelled(model: Model[S], relabelling: Relabelling, numbers: Sequence[Term]) -> tuple[Term, ...]:
    """Return the numbers of the relabelled record."""
    image = image_of(model, relabelling)
    return tuple(
        numbers[source] if names is None else _named(numbers[source], names) for source, names in image
    )


def _named(number: Term, names: Sequence[int]) -> Term:
    result = integer(names[-1])
    for old in range(len(names) - 2, -1, -1):
        result = ite(equal(number, integer(old)), integer(names[old]), result)
    return result


def _action_pairs(
    model: Model[S],
    relabelling: Relabelling,
    before: _Before[S],
    known: dict[int, _After],
    moved: Sequence[Term],
) -> list[tuple[str, Term, Term]]:
    pairs: list[tuple[str, Term, Term]] = []
    by_name = {(action.name, action.argument): action for action in model.actions}
    for action in model.actions:
        number = _renumbered(relabelling, action.kind, action.argument)
        other = by_name.get((action.name, number))
        if other is None:
            raise FalseSymmetryError(model.name, f"there is no {action.name} at argument {number}")
        plain = known[id(action)]
        turned = _after(model, before.places, other, before.relabelled, moved)
        expected = relabelled(model, relabelling, plain.contents)
        pairs.append((action.label, plain.enabled, turned.enabled))
        pairs.append((action.label, plain.fails, turned.fails))
        pairs.extend(
            (action.label, _where(plain.enabled, left), _where(plain.enabled, right))
            for left, right in zip(expected, turned.contents, strict=True)
        )
    return pairs


def _where(condition: Term, content: Term) -> Term:
    """Return the content where the action is enabled, and something that both sides share elsewhere."""
    return (
        conjunction((condition, content))
        if content.sort == TRUE.sort
        else ite(condition, content, integer(0))
    )


def _invariant_pairs(
    model: Model[S], relabelling: Relabelling, before: _Before[S]
) -> list[tuple[str, Term, Term]]:
    return [
        (
            invariant.name,
            holds_term(invariant, before.state, argument),
            holds_term(invariant, before.relabelled, _renumbered(relabelling, invariant.kind, argument)),
        )
        for invariant in model.invariants
        for argument in invariant.arguments
    ]


def _renumbered(relabelling: Relabelling, kind: str, argument: int) -> int:
    return relabelling[kind][argument] if kind in relabelling else argument


def _after(
    model: Model[S], places: Sequence[Place], action: Action[S], state: S, numbers: Sequence[Term]
) -> _After:
    return _folded(tree_of(model, places, action, state, numbers), tuple(numbers))


def _folded(tree: Tree, numbers: tuple[Term, ...]) -> _After:
    match tree:
        case None:
            return _After(enabled=FALSE, fails=FALSE, contents=numbers)
        case Failure():
            return _After(enabled=FALSE, fails=TRUE, contents=numbers)
        case Split():
            yes, no = _folded(tree.yes, numbers), _folded(tree.no, numbers)
            return _After(
                enabled=ite(tree.condition, yes.enabled, no.enabled),
                fails=ite(tree.condition, yes.fails, no.fails),
                contents=tuple(
                    ite(tree.condition, one, other)
                    for one, other in zip(yes.contents, no.contents, strict=True)
                ),
            )
        case _:
            contents = list(numbers)
            for number, content in tree.changes:
                contents[number] = content
            return _After(enabled=TRUE, fails=FALSE, contents=tuple(contents))


def _decide(model: Model[S], name: str, pairs: Sequence[tuple[Term, Term]]) -> None:
    differ = disjunction(negate(equal(left, right)) for left, right in pairs)
    if differ is FALSE:
        return
    text = render([*_ranges(differ), differ], notes=[f"goal {name}"])
    answers = {reply.solver: reply.answer for reply in replies(text, BOTH)}
    if set(answers.values()) != {Answer.UNSAT}:
        told = ", ".join(f"{solver} says {answer.value}" for solver, answer in answers.items())
        if Answer.UNSAT in answers.values() or set(answers.values()) == {Answer.UNKNOWN}:
            raise Stopped(f"the symmetry of {name} is not decided ({told})")
        raise FalseSymmetryError(model.name, f"{name} tells a relabelled state from the other ({told})")


def _ranges(term: Term) -> list[Term]:
    found: list[Term] = []
    for name in symbols_in((term,)):
        if name.result.high is not None:
            value = apply(name)
            found += [at_most(integer(0), value), at_most(value, integer(name.result.high))]
    return found

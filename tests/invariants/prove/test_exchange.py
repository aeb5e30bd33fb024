"""What is settled of one region settles its exchanged goal, and nothing else."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum

import pytest

from billproof.invariants.prove.clauses import SITES, problem_of
from billproof.invariants.prove.engine import prove
from billproof.invariants.prove.exchange import Exchange, Exchanger, exchanged_label
from billproof.invariants.prove.formulas import Formula, formulas_of
from billproof.invariants.prove.problem import ProofProblem, ProofResult, StateClause, Status
from billproof.invariants.prove.records import symbolic_record
from billproof.invariants.prove.symbols import BOOL, INT, Domain, Symbol
from billproof.invariants.prove.traversal import Evaluator, Value
from billproof.model.design import REPAIRED
from billproof.model.identifiers import Amount
from billproof.model.state import State


class Side(IntEnum):
    """The sides of a scale."""

    LEFT = 0
    RIGHT = 1


class Verdict(IntEnum):
    """What became of a command."""

    DONE = 0
    REFUSED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pan:
    """What lies on one side."""

    weight: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Two pans, and which one is locked."""

    left: Pan
    right: Pan
    locked: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Lay a weight on a side that is not locked."""

    side: Side
    weight: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a command came to."""

    state: Scale
    status: Verdict


def step(state: Scale, command: Put, context: object) -> Result:
    """Lay the weight."""
    del context
    return put(state, command, sound=frozenset(Side))


def put(state: Scale, command: Put, *, sound: frozenset[Side]) -> Result:
    """Lay a weight that is not negative, on the sides that are sound; on the others any."""
    if command.side == state.locked or (command.side in sound and command.weight < 0):
        return Result(state=state, status=Verdict.REFUSED)
    if command.side == Side.LEFT:
        pan = Pan(weight=Amount(state.left.weight + command.weight))
        return Result(state=replace(state, left=pan), status=Verdict.DONE)
    pan = Pan(weight=Amount(state.right.weight + command.weight))
    return Result(state=replace(state, right=pan), status=Verdict.DONE)


def broken_at(side: Side) -> Callable[[Scale, Put, object], Result]:
    """Return a step function that takes negative weights on one side."""
    sound = frozenset(Side) - {side}

    def broken(state: Scale, command: Put, context: object) -> Result:
        del context
        return put(state, command, sound=sound)

    return broken


def nothing_is_negative(state: Scale, context: object, side: Side) -> bool:
    """No pan has a negative weight."""
    del context
    return (state.left if side == Side.LEFT else state.right).weight >= 0


EMPTY = Scale(left=Pan(weight=Amount(0)), right=Pan(weight=Amount(0)), locked=Side.LEFT)

PANS = Exchange(first="left", second="right", kind=Side)


def scale(
    step_function: Callable[[Scale, Put, object], Result] = step, exchange: Exchange | None = PANS
) -> ProofProblem:
    """Return the problem of the scale."""
    return ProofProblem(
        step=step_function,
        state=Scale,
        initial=(("empty", EMPTY),),
        commands=(Put,),
        context=None,
        supporting=(StateClause(name="nothing_is_negative", predicate=nothing_is_negative),),
        exchange=exchange,
    )


def exchanged_goals(result: ProofResult) -> list[str]:
    """Return where goals were settled by exchange."""
    return [goal.where for it in result.decided if it.obligation.exchanged for goal in it.obligation.goals]


def test_the_other_side_is_not_decided_again() -> None:
    """The goals of one side have the text, and the answers, of those of the other."""
    result = prove(scale())
    assert result.clause("nothing_is_negative").status is Status.PROVED
    assert exchanged_goals(result) == ["Put[side=RIGHT] -> DONE"]
    assert len({it.obligation.text for it in result.decided}) < len(result.decided)


def test_exchange_changes_no_result() -> None:
    """With and without it the same goals are decided and the same cases happen."""
    one, other = prove(scale()), prove(scale(exchange=None))
    assert (one.goals, one.identical, one.witnesses) == (other.goals, other.identical, other.witnesses)
    assert [clause.status for clause in one.clauses] == [clause.status for clause in other.clauses]


@pytest.mark.parametrize("side", Side)
def test_what_differs_between_the_sides_is_found(side: Side) -> None:
    """A check that is missing on either side alone breaks the proof there."""
    result = prove(scale(broken_at(side)))
    clause = result.clause("nothing_is_negative")
    assert clause.status is Status.NOT_PROVED
    assert clause.failure is not None
    assert clause.failure.goal.where == f"Put[side={side.name}] -> DONE"
    assert exchanged_goals(result) == []


def test_an_exchanged_goal_rests_on_the_exchanged_invariant() -> None:
    """What the right side needs is said of the right side."""
    found = [it.obligation for it in prove(scale()).decided if it.obligation.exchanged]
    assert [it.rests_on for it in found] == [("nothing_is_negative[side=RIGHT]",)]


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("primary.ledger#", "standby.ledger#"),
        ("there outcome.state.standby.chain?", "there outcome.state.primary.chain?"),
        ("primary", "standby"),
        ("primary_key", "primary_key"),
        ("backup.epoch", "backup.epoch"),
    ],
)
def test_names_are_exchanged_as_whole_words(name: str, other: str) -> None:
    """A part of a state is renamed and what is only spelled alike is not; twice is nothing."""
    assert SITES.name(name) == other
    assert SITES.name(other) == name


def test_a_label_names_the_command_of_the_other_region() -> None:
    """Only the fields are read, and only whole names."""
    names = {"PRIMARY": "STANDBY", "STANDBY": "PRIMARY"}
    assert exchanged_label("Reconcile[region=PRIMARY, roll_back=False]", names) == (
        "Reconcile[region=STANDBY, roll_back=False]"
    )
    assert exchanged_label("AdvanceTime", names) == "AdvanceTime"


# --- what exchange means, on the invariants of the model ---------------------------------------------------


def invariants() -> list[Formula]:
    """Return the supporting invariants as formulas."""
    problem = problem_of(REPAIRED, ())
    state = symbolic_record(State)
    return [
        formula
        for clause in problem.supporting
        for formula in formulas_of(clause.name, clause.predicate, state, problem.context)
    ]


def drawn(seed: int, name: Symbol, args: tuple[Value, ...]) -> Value:
    """Return a value of a symbol in its range, the same for the same seed, symbol and arguments."""
    digest = hashlib.sha256(f"{seed} {name.name} {args}".encode()).digest()
    return in_range(name.result, digest[0])


def in_range(domain: Domain, number: int) -> Value:
    """Return a value of a domain, few of them, so that things are equal now and then."""
    if domain.sort == BOOL:
        return number % 2 == 0
    if domain.sort != INT:
        return f"{domain.sort}{number % 2}"
    low = 0 if domain.low is None else domain.low
    high = low + 2 if domain.high is None else domain.high
    return low + number % (high - low + 1)


def other_region(domain: Domain, value: Value) -> Value:
    """Return the other region for a region, and anything else as it is."""
    return SITES.total - int(value) if SITES.is_own(domain) else value


def exchanged_interpretation(seed: int) -> Callable[[Symbol, tuple[Value, ...]], Value]:
    """Return the interpretation in which each site has what the other one has in that of a seed."""

    def interpret(name: Symbol, args: tuple[Value, ...]) -> Value:
        there = tuple(other_region(domain, arg) for domain, arg in zip(name.parameters, args, strict=True))
        value = drawn(seed, replace(name, name=SITES.name(name.name)), there)
        return other_region(name.result, value)

    return interpret


@pytest.mark.parametrize("seed", range(4))
def test_a_formula_and_its_exchanged_one_hold_in_exchanged_interpretations(seed: int) -> None:
    """That is what the soundness of an exchanged obligation rests on."""
    formulas = invariants()
    exchanger = Exchanger(SITES, formulas)
    here = Evaluator(lambda name, args: drawn(seed, name, args))
    there = Evaluator(exchanged_interpretation(seed))
    for formula in formulas:
        value = here.value(formula.term)
        assert there.value(exchanger.exchanged(formula.term)) == value
        assert here.value(exchanger.normal(formula.term)) == value


def test_every_invariant_of_the_model_has_an_exchanged_one() -> None:
    """So every obligation of one region can be one of the other."""
    formulas = invariants()
    labels = Exchanger(SITES, formulas).labels
    assert {formula.title for formula in formulas} <= labels.keys()
    assert labels["key_names_an_entry[region=PRIMARY]"] == "key_names_an_entry[region=STANDBY]"

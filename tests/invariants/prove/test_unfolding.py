"""What is told about sums is true of every log, is told only where it is asked for, and proves no more."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from billproof.invariants.prove.engine import prove
from billproof.invariants.prove.formulas import Formula, formulas_of
from billproof.invariants.prove.problem import StateClause, Status
from billproof.invariants.prove.records import symbolic_record
from billproof.invariants.prove.sampling import Sampler
from billproof.invariants.prove.traversal import post_order
from billproof.invariants.prove.unfolding import totals_in, unfoldings
from billproof.invariants.prove.validation import evaluator_of
from billproof.model.identifiers import Amount, Position

from .toy import Owner, Setting, World, is_position, problem, setting, used_effect


def sum_is_carried_on(world: World, setting: Setting, owner: Owner, position: Position) -> bool:
    """One item more adds what it adds."""
    del setting
    if not is_position(world, position):
        return True
    before, more = sums(world, owner, position, 1)
    return more == before + used_effect(world.log.at(position), owner)


def every_item_is_its_amount(world: World, setting: Setting, owner: Owner, position: Position) -> bool:
    """False: one item more adds its amount, whoever's it is."""
    del setting
    if not is_position(world, position):
        return True
    before, more = sums(world, owner, position, 1)
    return more == before + world.log.at(position).amount


def two_more_add_nothing(world: World, setting: Setting, owner: Owner, position: Position) -> bool:
    """False: two items more add nothing."""
    del setting
    if not is_position(world, position) or position + 2 > world.log.length:
        return True
    before, more = sums(world, owner, position, 2)
    return more == before


def sums(world: World, owner: Owner, position: Position, more: int) -> tuple[Amount, Amount]:
    """Return the sums up to a position and over some items more."""
    longer = world.log.first(Position(position + more))
    return world.log.first(position).total(used_effect, owner), longer.total(used_effect, owner)


def formula_of(predicate: Callable[[World, Setting, Owner, Position], bool]) -> Formula:
    """Return the formula of a predicate about the toy core."""
    (found,) = formulas_of("asked", predicate, symbolic_record(World), setting())
    return found


def test_what_is_told_is_true_of_random_logs() -> None:
    """Run against ``Log.total`` itself; the sum without what the item adds would have been noticed."""
    formula = formula_of(every_item_is_its_amount)
    (fact,) = unfoldings(totals_in(post_order((formula.term,))))
    sampler, said = Sampler(7), Counter[bool]()
    for _ in range(300):
        world = sampler.value(World)
        evaluator = evaluator_of(world, None, {}, {name: sampler.leaf(name.result) for name in formula.free})
        assert evaluator.value(fact)
        said[bool(evaluator.value(formula.term))] += 1
    assert said[False] > 10


def test_nothing_is_told_between_sums_that_lie_further_apart() -> None:
    """Two items more are no neighbours."""
    formula = formula_of(two_more_add_nothing)
    assert len(totals_in(post_order((formula.term,)))) == 2
    assert unfoldings(totals_in(post_order((formula.term,)))) == {}


def test_it_proves_what_a_sum_is_and_nothing_false() -> None:
    """By both solvers; the two false statements have counterexamples to induction."""
    stated = (sum_is_carried_on, every_item_is_its_amount, two_more_add_nothing)
    clauses = tuple(StateClause(name=it.__name__, predicate=it) for it in stated)
    result = prove(replace(problem(), clauses=clauses))
    assert [result.clause(it.name).status for it in clauses] == [
        Status.PROVED,
        Status.NOT_PROVED,
        Status.NOT_PROVED,
    ]

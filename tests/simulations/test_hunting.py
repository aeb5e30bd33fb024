"""Hunting: the swarm catches known-bad variants by their own clause, and tells which it does not catch."""

import json
from concurrent.futures import Executor
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from billproof.cli.hunting import document_of, lines_of
from billproof.invariants.kills import clause_of
from billproof.invariants.theorem import Scope
from billproof.simulations.campaign import Inline
from billproof.simulations.hunting import HuntTask, Kill, hunt, hunt_all, hunted

EASY = ("consumer_trusts_attribute", "reply_before_quorum", "repair_rolls_back", "ships_the_newest")
"""A few of the table that few seeds catch: consumers, acknowledgement, operations, replication."""


@pytest.mark.parametrize("variant", EASY)
def test_a_variant_of_the_table_is_caught_by_its_own_clause(variant: str) -> None:
    kill = hunt(HuntTask(variant=variant, first_seed=0, seeds=5))
    assert kill.is_killed
    assert kill.clause == clause_of(next(item for item in hunted() if item.name == variant)).name


def test_the_same_hunt_ends_at_the_same_command() -> None:
    task = HuntTask(variant=EASY[0], first_seed=3, seeds=5)
    assert hunt(task) == hunt(task)


def test_a_hunt_without_enough_seeds_says_that_the_variant_is_alive() -> None:
    # An old request has to come again after ninety days, which the first drawn run does not do.
    kill = hunt(HuntTask(variant="key_purged", first_seed=0, seeds=1))
    assert not kill.is_killed
    document, code = document_of((kill,), first_seed=0, seeds=1)
    assert (document["unkilled"], code) == (["key_purged"], 2)
    assert ">1" in lines_of((kill,))[1]


def test_the_table_has_every_variant_of_two_regions() -> None:
    assert {clause_of(item).scope for item in hunted()} >= {Scope.TWO_REGIONS, Scope.ONE_STORE}
    assert len({item.name for item in hunted()}) == len(hunted()) > 40


def test_kills_come_in_the_order_of_the_tasks() -> None:
    executor: Executor = Inline()
    told: list[str] = []
    tasks = [HuntTask(variant=name, first_seed=0, seeds=5) for name in EASY[:2]]
    kills = hunt_all(tasks, executor=executor, progress=told.append)
    assert [kill.variant for kill in kills] == list(EASY[:2])
    assert told[0].endswith("seeds")


def test_a_table_of_caught_variants_exits_with_0() -> None:
    kill = Kill(variant="v", theorem="T1", clause="c", seeds=3, steps=40)
    document, code = document_of((kill,), first_seed=0, seeds=9)
    assert code == document["exit_code"] == 0
    schema = json.loads(files("billproof.cli.schemas").joinpath("simulate-variants.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(document)
    assert document["variants"] == {"v": {"theorem": "T1", "clause": "c", "seeds_to_kill": 3, "steps": 40}}


def test_a_backlog_is_asked_about_with_charges_of_somebody_who_is_there() -> None:
    """As slow as the arrivals is too slow; with arrivals that nobody can send, nothing would be noticed."""
    kill = hunt(HuntTask(variant="ships_and_waits", first_seed=70, seeds=1))
    assert (kill.is_killed, kill.clause) == (True, "backlog_clears_in_time")

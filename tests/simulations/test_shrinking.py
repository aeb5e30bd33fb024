"""Shrinking: what is left shows the same clause, is short, and is told and replayed from a file."""

from dataclasses import replace

import pytest

from billproof.invariants.failures import parse_failure, render_failure, replay_failure
from billproof.model.core import step
from billproof.model.design import DOCUMENTED, REPAIRED
from billproof.simulations.judging.judge import Found
from billproof.simulations.shrinking import clause_of, shrink
from billproof.simulations.world.faults import Fault
from billproof.simulations.world.options import draw_options
from billproof.simulations.world.runs import Run, context_of, run_once

PARTED = Fault(kind="regions_parted", at=1_000, lasts=1_900_000, place=0, choice=0)

STEPS_MAX = 12
"""A story that a person reads."""


@pytest.fixture(scope="module")
def broken() -> Run:
    """Return a run in which much is violated."""
    return run_once(replace(draw_options(4), intents=5), DOCUMENTED)


@pytest.mark.parametrize(
    "clause", ["one_charge_per_key", "acknowledged_survives_a_crash", "sequence_is_unique"]
)
def test_a_violation_shrinks_to_a_short_story_that_replays_from_its_file(broken: Run, clause: str) -> None:
    found = next(item for item in broken.found if item.clause == clause)
    context = context_of(broken.options, DOCUMENTED)
    story = shrink(found, broken.trace, clause_of(found), step=step, context=context)
    assert story is not None
    assert len(story.commands) <= min(STEPS_MAX, found.steps)
    text = render_failure(story, DOCUMENTED)
    again = replay_failure(parse_failure(text, source="test"), step=step)
    assert again is not None
    assert again.steps == story.steps
    assert (again.owed, again.billed) == (story.owed, story.billed)


def test_a_shrunk_story_can_lose_no_command(broken: Run) -> None:
    found = next(item for item in broken.found if item.clause == "one_charge_per_key")
    context = context_of(broken.options, DOCUMENTED)
    story = shrink(found, broken.trace, clause_of(found), step=step, context=context)
    assert story is not None
    for left_out in range(len(story.commands)):
        rest = (*story.commands[:left_out], *story.commands[left_out + 1 :])
        whole = Found(theorem="T1", clause="one_charge_per_key", steps=len(rest))
        assert shrink(whole, rest, clause_of(whole), step=step, context=context) is None


def test_a_violation_beside_the_run_shrinks_with_what_was_shown(broken: Run) -> None:
    found = next(item for item in broken.found if item.aside)
    context = context_of(broken.options, DOCUMENTED)
    story = shrink(found, broken.trace, clause_of(found), step=step, context=context)
    assert story is not None
    assert len(story.commands) <= STEPS_MAX


def test_a_trace_that_shows_no_violation_is_not_shrunk(broken: Run) -> None:
    claimed = Found(theorem="T1", clause="one_charge_per_key", steps=len(broken.trace))
    sound = run_once(replace(draw_options(4), intents=2), REPAIRED)
    context = context_of(sound.options, REPAIRED)
    assert shrink(claimed, sound.trace, clause_of(claimed), step=step, context=context) is None


def test_a_bound_is_lowered_like_an_amount() -> None:
    """A backlog of K entries is told with a small K, which is a parameter of the run."""
    options = replace(draw_options(4), intents=8, lag_entries_max=16, faults=(PARTED,))
    run = run_once(options, DOCUMENTED)
    found = next(item for item in run.found if item.clause == "backlog_is_bounded")
    story = shrink(found, run.trace, clause_of(found), step=step, context=context_of(options, DOCUMENTED))
    assert story is not None
    assert len(story.commands) <= STEPS_MAX
    assert story.domain.endswith("lag=2")

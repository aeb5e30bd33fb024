"""Trace validation: a run is a trace of commands of the core, and an altered one is found out."""

from dataclasses import replace

import pytest

from billproof.model import commands
from billproof.model.design import REPAIRED
from billproof.model.identifiers import Amount, AttemptId, CustomerId
from billproof.model.state import initial_state
from billproof.simulations.traces import state_digest, validate
from billproof.simulations.world.options import draw_options
from billproof.simulations.world.runs import Run, context_of, run_once


@pytest.fixture(scope="module")
def run() -> Run:
    """Return a run."""
    return run_once(draw_options(2), REPAIRED)


def test_a_run_is_what_the_core_does(run: Run) -> None:
    assert validate(run.trace, run.state, context_of(run.options, REPAIRED)) is None


def test_a_left_out_command_is_found(run: Run) -> None:
    place = next(i for i, command in enumerate(run.trace) if isinstance(command, commands.Charge))
    altered = (*run.trace[:place], *run.trace[place + 1 :])
    assert validate(altered, run.state, context_of(run.options, REPAIRED)) is not None


def test_an_altered_amount_is_found(run: Run) -> None:
    place = next(i for i, command in enumerate(run.trace) if isinstance(command, commands.Charge))
    charge = run.trace[place]
    assert isinstance(charge, commands.Charge)
    more = replace(charge, request=replace(charge.request, amount=Amount(charge.request.amount + 1)))
    altered = (*run.trace[:place], more, *run.trace[place + 1 :])
    assert validate(altered, run.state, context_of(run.options, REPAIRED)) is not None


def test_a_state_that_somebody_touched_is_found(run: Run) -> None:
    name = next(
        iter({command.request.customer for command in run.trace if isinstance(command, commands.Charge)})
    )
    touched = replace(run.state, invoiced=run.state.invoiced.put(name, Amount(7)))
    divergence = validate(run.trace, touched, context_of(run.options, REPAIRED))
    assert divergence is not None
    assert "comes to state" in divergence.problem


def test_a_command_that_is_not_possible_is_found(run: Run) -> None:
    impossible = commands.Complete(region=run.state.leader, attempt=AttemptId("nobody"))
    divergence = validate((*run.trace, impossible), run.state, context_of(run.options, REPAIRED))
    assert divergence is not None
    assert divergence.steps == len(run.trace)


def test_the_digest_of_a_state_does_not_depend_on_the_order_of_its_tables() -> None:
    start = initial_state(regions=2)
    one, two = (CustomerId(name) for name in ("a", "b"))
    forth = replace(start, invoiced=start.invoiced.put(one, Amount(1)).put(two, Amount(2)))
    back = replace(start, invoiced=start.invoiced.put(two, Amount(2)).put(one, Amount(1)))
    assert state_digest(forth) == state_digest(back) != state_digest(start)

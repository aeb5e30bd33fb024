"""Draining: what was found of one core, or where nobody could be charged, is not believed of another."""

from dataclasses import replace
from functools import reduce

from billproof.invariants.drain import backlog_of, clears_from
from billproof.invariants.explore.cast import opened, request
from billproof.invariants.kills import variant_named
from billproof.invariants.variants.variant import installed
from billproof.model.commands import Command, Confirm, Replicate
from billproof.model.context import Context
from billproof.model.core import step
from billproof.model.design import REPAIRED
from billproof.model.identifiers import Position
from billproof.model.outcomes import Region
from billproof.model.receipts import digest_of
from billproof.model.state import NO_TERMS, State, initial_state

BODY = request("drain", 1)
WAITS = variant_named("ships_and_waits")
"""Ships as slowly as charges arrive, so that a backlog never clears."""

ROOMY = replace(REPAIRED, lag_entries_max=Position(9))
EMPTY = initial_state(regions=2)


def own_context() -> Context:
    return Context(design=ROOMY, digest=digest_of(ROOMY))


def drained_with_an_account(context: Context) -> State:
    """Return a state with one customer and nothing on its way."""
    commands: tuple[Command, ...] = (
        opened(NO_TERMS),
        Replicate(source=Region.PRIMARY),
        Confirm(source=Region.PRIMARY),
    )
    return reduce(lambda state, command: step(state, command, context).state, commands, EMPTY)


def test_what_one_core_does_is_not_believed_of_a_broken_one() -> None:
    context = own_context()
    state = drained_with_an_account(context)
    assert backlog_of(state) == 0
    assert clears_from(state, context, BODY)
    with installed(WAITS):
        assert not clears_from(state, own_context(), BODY)
    assert clears_from(state, own_context(), BODY)


def test_where_nobody_can_be_charged_nothing_is_learnt() -> None:
    with installed(WAITS):
        context = own_context()
        assert clears_from(EMPTY, context, BODY)
        assert not clears_from(drained_with_an_account(context), context, BODY)

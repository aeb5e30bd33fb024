"""What is recorded is what happened: the same outcome, and every read of what was there before."""

import pytest

from billproof.invariants.explain.recording import Place, changes, reads_of, recorded_step
from billproof.invariants.explore.cast import A1, ALICE, FIRST, attempts, request
from billproof.invariants.explore.search import start_of
from billproof.invariants.registry import registry
from billproof.invariants.searching import context_of, domain_named
from billproof.model.core import step
from billproof.model.design import DOCUMENTED, REPAIRED, readings
from billproof.model.identifiers import Position
from billproof.model.outcomes import Status
from billproof.model.state import KeyName, State

DESIGNS = [*readings(DOCUMENTED), REPAIRED]


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_a_recorded_step_is_the_step(design: object) -> None:
    """In every domain, three commands deep, the recorded outcome equals the plain one."""
    chosen = next(item for item in DESIGNS if item is design)
    for domain in registry().domains:
        context = context_of(domain.design(chosen))
        frontier = [start_of(domain, step, context)]
        for _ in range(2):
            following: list[State] = []
            for state in frontier[:12]:
                for command in domain.commands:
                    plain = step(state, command, context)
                    assert recorded_step(step, state, command, context).outcome == plain
                    if plain.status != Status.NOT_POSSIBLE:
                        following.append(plain.state)
            frontier = following


def test_a_look_up_reads_the_key_that_is_not_there() -> None:
    """An absent key is read too: its place has the value None."""
    domain = domain_named("retries")
    context = context_of(domain.design(readings(DOCUMENTED)[0]))
    look_up = attempts(request("k1", 100), A1)[0]
    access = recorded_step(step, start_of(domain, step, context), look_up, context)
    name = KeyName(customer=ALICE, key=request("k1", 100).key)
    assert access.reads[Place(site="primary", part="keys", key=name)] is None
    assert [(it.place.part, it.place.key) for it in access.writes] == [("attempts", A1)]


def test_reads_of_fields_are_noted_and_copies_are_not() -> None:
    """Replacing a field copies the others; only what the function asks for counts as read."""
    domain = domain_named("retries")
    state = start_of(domain, step, context_of(domain.design(REPAIRED)))
    assert [it.part for it in reads_of(lambda shown: shown.primary.leading, state)] == ["leading"]
    assert Place(site="", part="now") not in reads_of(lambda shown: shown.primary.ledger.length, state)


def test_what_a_step_wrote_itself_is_no_read() -> None:
    """An entry that a function appends and looks at again was never read from the state before."""
    domain = domain_named("retries")
    state = start_of(domain, step, context_of(domain.design(REPAIRED)))

    def look(shown: State) -> object:
        log = shown.primary.ledger
        return (
            log.append(log.at(log.length))
            if log.length == 0
            else log.append(log.at(Position(0))).at(log.length)
        )

    read = reads_of(look, state)
    assert Place(site="primary", part="ledger", key=0) in read
    assert Place(site="primary", part="ledger", key=1) not in read


def test_changes_name_every_place_that_differs() -> None:
    """A charge in one commit changes ledger, chain, head, account, usage and key, and nothing else."""
    domain = domain_named("retries")
    context = context_of(domain.design(REPAIRED))
    state = start_of(domain, step, context)
    after = step(state, attempts(request("k1", 100), A1)[1], context).state
    parts = {item.place.part for item in changes(state, after)}
    assert parts == {"ledger", "ledger.length", "chain", "heads", "accounts", "rows", "keys"}
    assert {item.place.site for item in changes(state, after)} == {"primary"}
    assert FIRST == 0

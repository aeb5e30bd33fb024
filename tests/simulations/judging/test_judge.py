"""The judge asks only of what a step touches, and finds what a judge finds that asks everything."""

from dataclasses import replace

import pytest

from billproof.invariants.explore.domain import assignments
from billproof.invariants.explore.search import holds_on
from billproof.invariants.recorded import START, recorded_domain, recorded_name
from billproof.invariants.theorem import Clause, Scope, Tag, Transition
from billproof.invariants.theorems import all_clauses
from billproof.model.commands import Charge, Command
from billproof.model.context import Context, Outcome
from billproof.model.core import step
from billproof.model.design import DOCUMENTED, REPAIRED, Design, with_switch
from billproof.model.identifiers import Amount, CustomerId
from billproof.model.outcomes import Status
from billproof.model.state import State, initial_state
from billproof.simulations.judging.judge import Judge
from billproof.simulations.world.faults import Fault
from billproof.simulations.world.options import Options
from billproof.simulations.world.runs import context_of, run_once

SHORT = Options(
    seed=4,
    customers=2,
    clients=2,
    intents=1,
    office=0,
    safety=110_000,
    liveness=0,
    tight_terms=True,
    lag_entries_max=4,
    faults=(
        Fault(kind="burst", at=20_000, lasts=1, place=0, choice=0),
        Fault(kind="planned_failover", at=60_000, lasts=1, place=0, choice=0),
        Fault(kind="refunds", at=100_000, lasts=1, place=0, choice=0),
    ),
)
"""A run that is short enough to ask everything at every step."""


def is_asked_in_full(clause: Clause) -> bool:
    """Leave out what is judged beside the run or now and then, and what has too many values to ask all."""
    wide = ("others_keep_account_and_usage", "others_keep_keys_and_chain", "others_keep_replies_and_invoice")
    return clause.scope != Scope.PRESENTED and clause.tag != Tag.TIMED and clause.name not in wide


def first_violations(design: Design) -> dict[str, int]:
    """Return the step of the first violation of each clause, asking every value of every free variable."""
    run = run_once(SHORT, design)
    context = context_of(SHORT, design)
    domain = recorded_domain(recorded_name(regions=2, lag_entries_max=4), run.trace)
    assert domain is not None
    small = [clause for clause in all_clauses() if is_asked_in_full(clause)]
    state, found = initial_state(regions=2, period=START), dict[str, int]()
    for number, command in enumerate(run.trace, start=1):
        outcome = step(state, command, context)
        transition = Transition(before=state, command=command, outcome=outcome)
        state = outcome.state
        longest = max(state.primary.ledger.length, state.standby.ledger.length)
        for clause in [clause for clause in small if clause.name not in found]:
            predicate = clause.invariant.predicate if clause.invariant is not None else clause.step
            bounded = replace(domain, ledger_max=longest)
            if not all(holds_on(clause, transition, context, row) for row in assignments(bounded, predicate)):
                found[clause.name] = number
    return found


@pytest.mark.parametrize(
    "design",
    [
        DOCUMENTED,
        with_switch(REPAIRED, "key_check", "lookup_then_commit"),
        with_switch(REPAIRED, "failover_fencing", "none"),
    ],
    ids=["documented", "look-up", "no fencing"],
)
def test_it_finds_what_a_judge_finds_that_asks_everything(design: Design) -> None:
    compared = {clause.name for clause in all_clauses() if is_asked_in_full(clause)}
    found = run_once(SHORT, design).found
    judged = {item.clause: item.steps for item in found if item.clause in compared}
    assert judged == first_violations(design)


def test_an_operation_that_touches_another_customer_is_found() -> None:
    def leaky(state: State, command: Command, context: Context) -> Outcome:
        outcome = step(state, command, context)
        if not isinstance(command, Charge) or outcome.replayed or outcome.status > Status.ACCEPTED:
            return outcome
        site = outcome.state.primary
        other = next(
            name for name in (CustomerId("c0"), CustomerId("c1")) if name != command.request.customer
        )
        account = site.accounts.get(other)
        less = replace(account, balance=Amount(account.balance - 1))
        touched = replace(site, accounts=site.accounts.put(other, less))
        return replace(outcome, state=replace(outcome.state, primary=touched))

    options = replace(SHORT, tight_terms=False, faults=())
    found = {item.clause for item in run_once(options, REPAIRED, step=leaky).found}
    assert "others_keep_account_and_usage" in found


def test_a_sampled_judge_asks_everything_at_the_end() -> None:
    sampled = run_once(SHORT, DOCUMENTED, judge_every=1_000_000)
    assert "one_charge_per_key" in {item.clause for item in sampled.found}


def test_a_violated_clause_is_found_once() -> None:
    clauses = [item.clause for item in run_once(SHORT, DOCUMENTED).found]
    assert len(clauses) == len(set(clauses))


def test_only_the_clauses_that_were_asked_for_are_judged() -> None:
    wanted = tuple(clause for clause in all_clauses() if clause.name == "one_charge_per_key")
    run = run_once(SHORT, DOCUMENTED)
    context = context_of(SHORT, DOCUMENTED)
    judge, state = Judge(context, clauses=wanted, marks=False), initial_state(regions=2, period=START)
    for number, command in enumerate(run.trace, start=1):
        outcome = step(state, command, context)
        judge.look(Transition(before=state, command=command, outcome=outcome), number)
        state = outcome.state
    assert list(judge.found) == ["one_charge_per_key"]
    assert judge.met == set()

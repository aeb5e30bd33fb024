"""A counterexample made as plain as it can be: the smallest difference in money, the reasons, the remedy."""

from collections.abc import Callable
from dataclasses import replace

from billproof.invariants.counterexample import Counterexample
from billproof.invariants.explain.amounts import with_smallest_difference
from billproof.invariants.explain.reasons import explain
from billproof.invariants.explain.trace import traced
from billproof.invariants.explore.domain import Domain
from billproof.invariants.explore.search import StepFunction
from billproof.invariants.repairs.removing import smallest_removal
from billproof.invariants.repairs.traces import Trace
from billproof.invariants.theorem import Clause, Money
from billproof.model.context import Context
from billproof.model.design import REPAIRED
from billproof.model.state import State


def explained(
    found: Counterexample,
    clause: Clause,
    domain: Domain,
    *,
    step: StepFunction,
    context: Context,
    money: Callable[[State], Money],
    smallest: bool = True,
) -> Counterexample:
    """Return a counterexample with its reasons, what takes it away, and the smallest difference in money.

    Args:
        found: A replayed counterexample.
        clause: The clause that it violates.
        domain: Where it starts.
        step: The model under test.
        context: Design with the domain's parameters, and digest oracle.
        money: How the theorem states a violated state as owed and billed.
        smallest: Whether to vary the amounts.
    """
    if smallest:
        found = with_smallest_difference(found, clause, domain, step=step, context=context, money=money)
    attempt = Trace(clause=clause, domain=domain, commands=found.commands)
    found = replace(found, removed_by=smallest_removal(attempt, context.design, REPAIRED))
    trace = traced(clause, domain, found.commands, step=step, context=context, money=money)
    return found if trace is None else replace(found, reasons=explain(trace, step).reasons)

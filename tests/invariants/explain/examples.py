"""Counterexamples to explain: searched, never written down."""

from billproof.invariants.explain.trace import Trace, traced
from billproof.invariants.explore.domain import Domain
from billproof.invariants.explore.search import Limits, search
from billproof.invariants.searching import context_of, domain_named
from billproof.invariants.theorem import Clause, Theorem
from billproof.invariants.theorems import BY_ID
from billproof.model.commands import Command
from billproof.model.context import Context
from billproof.model.core import step
from billproof.model.design import DOCUMENTED, Design, readings


class Example:
    """A clause, a shortest trace that violates it, and where."""

    theorem: Theorem
    clause: Clause
    domain: Domain
    context: Context
    commands: tuple[Command, ...]

    def __init__(self, theorem: str, clause: str, domain: str, reading: int = 0) -> None:
        self.theorem = BY_ID[theorem]
        self.clause = next(item for item in self.theorem.clauses if item.name == clause)
        self.domain = domain_named(domain)
        self.design: Design = readings(DOCUMENTED)[reading]
        self.context = context_of(self.domain.design(self.design))
        limits = Limits(states_max=6_000)
        found = search(self.domain, (self.clause,), (), step=step, context=self.context, limits=limits)
        self.commands = found.violations[clause].commands

    def trace(self, commands: tuple[Command, ...] | None = None) -> Trace:
        """Return the trace, or that of other commands."""
        found = traced(
            self.clause,
            self.domain,
            commands or self.commands,
            step=step,
            context=self.context,
            money=self.theorem.money,
        )
        assert found is not None
        return found

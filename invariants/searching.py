"""One search as a task that can be sent to another process: a domain under a design, with limits.

Source: ``verification.md`` "Engines".
"""

import time
from dataclasses import dataclass
from functools import lru_cache

from billproof.invariants.explore.domain import Domain
from billproof.invariants.explore.search import Limits, SearchResult, UndefinedStepError, search
from billproof.invariants.registry import registry
from billproof.model.context import Context
from billproof.model.core import step
from billproof.model.design import Design
from billproof.model.receipts import digest_of

STATES_MAX = 6_000
"""States per domain; a search that would need more is INCONCLUSIVE for what it has not refuted."""

STATES_REFUTED = 400
"""States per domain where a search has refuted all that it was asked about: it then looks only a little
further, for the shortest counterexamples of the other clauses."""

STATES_MAX_DEEP = 20_000
"""States per domain for a theorem that ``STATES_MAX`` leaves open: neither refuted nor searched whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTask:
    """One domain to be searched under one design; small enough to be sent to another process."""

    design: Design
    domain: str
    theorems: tuple[str, ...]
    seconds: float
    states_max: int = STATES_MAX
    deadline: float = float("inf")
    """On the clock of ``time.monotonic``, which processes share: a task that had to wait has less time."""


def run_search(task: SearchTask) -> SearchResult | str:
    """Search one domain; return what was undefined, as text, where the model failed."""
    domain = domain_named(task.domain)
    design = domain.design(task.design)
    theorems = [registry().by_id[name] for name in task.theorems]
    marks = {mark.name: mark for theorem in theorems for mark in theorem.sometimes}
    deadline = min(task.deadline, time.monotonic() + task.seconds)
    try:
        return search(
            domain,
            tuple(clause for theorem in theorems for clause in theorem.clauses),
            tuple(marks.values()),
            step=step,
            context=context_of(design),
            limits=Limits(states_max=task.states_max, states_refuted=STATES_REFUTED, deadline=deadline),
        )
    except UndefinedStepError as error:
        return str(error)


def domain_named(name: str) -> Domain:
    """Return the domain of that name; ``KeyError`` is a bug of the caller."""
    return {domain.name: domain for domain in registry().domains}[name]


def context_of(design: Design) -> Context:
    """Return the context that runs a design, its digests remembered."""
    return Context(design=design, digest=lru_cache(maxsize=100_000)(digest_of(design)))

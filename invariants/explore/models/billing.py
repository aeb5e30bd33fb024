"""The billing core itself as a named model: a domain of so many customers, keys and amounts.

Nothing of the system is described here. The domain chooses values; behaviour is ``model.core.step``, and
what is judged are the clauses of the theorems.
"""

import time
from dataclasses import dataclass, field

from billproof.invariants.explore.cast import (
    A1,
    A2,
    API,
    FIRST,
    JANUARY,
    WIDE_TERMS,
    attempts,
    opened,
    replies,
    request,
)
from billproof.invariants.explore.domain import Domain
from billproof.invariants.explore.findings import Breach, Limits, Progress, SearchCounts, Step, Stopped
from billproof.invariants.explore.relabelling import orbit_of, quotient_of
from billproof.invariants.explore.search import Limits as SearchLimits
from billproof.invariants.explore.search import search
from billproof.invariants.searching import context_of
from billproof.invariants.theorems import all_clauses
from billproof.model import commands, core
from billproof.model.commands import Command
from billproof.model.design import Design
from billproof.model.identifiers import CustomerId, IdempotencyKey
from billproof.model.outcomes import Region
from billproof.model.state import Request, State


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingSetting:
    """The size of the world and the rules of the system."""

    design: Design
    customers: int = 1
    keys: int = 1
    """Idempotency keys of each customer."""
    amounts: int = 1
    """Different bodies that may be sent under one key."""
    regions: int = 1
    """With 2, either may lead at first, and there are fail-overs."""
    failovers: int = 1
    """How many, where there are two regions."""


def billing_domain(setting: BillingSetting) -> Domain:
    """Return a domain in which every customer charges under every key, from two attempts, with crashes.

    With two regions every charge may be sent to either, and shipping, confirming, replying, fail-over and
    return happen in any order.
    """
    customers = tuple(CustomerId(f"customer{number}") for number in range(1, setting.customers + 1))
    keys = tuple(f"k{number}" for number in range(1, setting.keys + 1))
    bodies = [
        request(key, 100 * number, customer=customer)
        for customer in customers
        for key in keys
        for number in range(1, setting.amounts + 1)
    ]
    regions = tuple(Region)[: setting.regions]
    shipping: tuple[Command, ...] = (commands.Replicate(source=FIRST), commands.Confirm(source=FIRST))
    opening = [
        (opened(WIDE_TERMS, customer=customer), *shipping[: 2 * setting.regions - 2])
        for customer in customers
    ]
    return Domain(
        name="billing",
        story=f"{len(customers)} customers charge under {len(keys)} keys each, by two attempts, with crashes",
        theorems=(),
        regions=setting.regions,
        setup=tuple(command for part in opening for command in part),
        commands=(
            *(
                command
                for region in regions
                for body in bodies
                for command in attempts(body, A1, A2, region=region)
            ),
            *(
                command
                for region in regions
                for command in _of_region(region, customers, bodies, len(regions))
            ),
            *((commands.FailOver(), commands.Heal()) if len(regions) > 1 else ()),
        ),
        customers=customers,
        keys=tuple(IdempotencyKey(key) for key in keys),
        entitlements=(API,),
        periods=(JANUARY,),
        # One entry more than keys: room for the second charge of a key, which is what may not happen.
        ledger_max=len(customers) * (1 + len(keys)) + 1,
        epoch_max=1 + (setting.failovers if len(regions) > 1 else 0),
    )


def _of_region(
    region: Region, customers: tuple[CustomerId, ...], bodies: list[Request], regions: int
) -> tuple[Command, ...]:
    alone: tuple[Command, ...] = (
        commands.Crash(region=region),
        *(commands.Reconcile(region=region, customer=name, roll_back=False) for name in customers),
    )
    if regions == 1:
        return alone
    return (
        *alone,
        *(command for name in (A1, A2) for command in replies(region, *bodies, attempt=name)),
        commands.Replicate(source=region),
        commands.Confirm(source=region),
    )


def search_billing(
    setting: BillingSetting, limits: Limits, progress: Progress, *, symmetry: bool = False
) -> SearchCounts:
    """Search the core over a domain, all clauses of all theorems judged.

    Args:
        setting: The size of the world.
        limits: When to give up.
        progress: Told now and then how far it is.
        symmetry: Whether to search one state of each orbit only, and count what it stands for.

    Raises:
        FalseSymmetryError: Some identity is not interchangeable.
    """
    domain = billing_domain(setting)
    watch = _Watch(limits=limits, progress=progress)
    context = context_of(domain.design(setting.design))
    quotient = quotient_of(domain, core.step, context, attempts=(A1, A2))

    # Accounts may have been opened in any order, and either region may lead: the search starts from all of
    # these states, so that what is interchangeable is so from the beginning.
    begun: list[State] = []

    def starts(state: State) -> tuple[State, ...]:
        begun.extend(orbit_of(quotient, state))
        return tuple(begun)

    found = search(
        domain,
        all_clauses(),
        (),
        step=core.step,
        context=quotient.context,
        limits=SearchLimits(states_max=10**12, deadline=limits.deadline, watch=watch.look),
        quotient=quotient if symmetry else None,
        starts=starts,
    )
    shortest = min(found.violations.values(), key=lambda item: len(item.commands), default=None)
    return SearchCounts(
        distinct=found.states,
        generated=found.transitions + len(begun),
        depth=found.depth + 1,
        breach=None
        if shortest is None
        else Breach(
            invariant=shortest.clause,
            steps=tuple(Step(action=type(item).__name__, changes=_told(item)) for item in shortest.commands),
        ),
        stopped="" if found.complete else watch.stopped or "the budget of time is spent",
        canonical=found.canonical,
        symmetry=f"{len(quotient.group)} relabellings, compared at {quotient.sampled:,} states of a sample"
        if symmetry
        else "",
    )


@dataclass(frozen=False, slots=True, kw_only=True)
class _Watch:
    """Looks at the limits while a search of the core goes on."""

    limits: Limits
    progress: Progress
    stopped: str = ""
    looked: float = field(default=0.0)

    def look(self, states: int, transitions: int) -> bool:
        """Tell whether to go on; a tenth of a second passes between two looks."""
        now = time.monotonic()
        if now - self.looked < 0.1:
            return True
        self.looked = now
        self.progress(f"{states:,} distinct, {transitions + 1:,} generated")
        try:
            self.limits.check()
        except Stopped as reason:
            self.stopped = reason.reason
        return not self.stopped


def _told(command: commands.Command) -> tuple[str, ...]:
    body = getattr(command, "request", None)
    words = [f"attempt {command.attempt}"] if isinstance(command, commands.Charge | commands.LookUp) else []
    if body is not None:
        words.append(f"{body.customer} {body.key} {body.amount // 10**12} {body.currency}")
    return (", ".join(words),) if words else ()

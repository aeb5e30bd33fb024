"""The sequential specification: the core itself, for one customer, as the search for an order calls it.

``apply`` runs the same ``step`` that serves, is explored and is proved, on a state with this customer's
account alone, and says which replies are allowed and what the state is afterwards. Where an
implementation has declared that it does something else that is permitted, the state after a refusal is
adapted to that, and to nothing else.

Source: ``conformance.md`` section 7; ``verification.md``, "The central idea".
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from billproof.conformance.documents import MemberError
from billproof.conformance.judging.facts import Operation, Terms, World
from billproof.conformance.messages import OutcomeKind
from billproof.conformance.reference.requests import MAKERS, instant_of, request_of, terms_of
from billproof.model import commands
from billproof.model.containers import FrozenMap
from billproof.model.context import Context, Outcome
from billproof.model.core import step
from billproof.model.design import REPAIRED
from billproof.model.identifiers import (
    Amount,
    AttemptId,
    CurrencyCode,
    CustomerId,
    Digest,
    EntitlementId,
    Fingerprint,
    IdempotencyKey,
    Instant,
    Sequence,
)
from billproof.model.outcomes import STORED_REFUSALS, AccountKind, Region, Status
from billproof.model.periods import parse_period, period_of
from billproof.model.posting import row_name, row_of
from billproof.model.state import ChainName, Entry, KeyName, Request, State, initial_state
from billproof.model.state import Terms as CoreTerms

HOME: Final = Region.PRIMARY

TAKEN: Final = frozenset({Status.ACCEPTED, Status.ACCEPTED_LATE, Status.ACCEPTED_WITH_WARNING})
"""The statuses of what took effect."""

STORED_CODES: Final = frozenset({"QUOTA_EXCEEDED", "ACCOUNT_HELD", "INSUFFICIENT_BALANCE", "PERIOD_CLOSED"})
"""Refusals that depend on state."""

PASSING_CODES: Final = frozenset(
    {"BUSY", "OTHER", "MALFORMED", "DUPLICATE", "KEY_REUSED", "BAD_PERIOD", "PERIOD_CLOSED"}
)
"""Refusals that may come at any time and mean that nothing happened."""

_BOUNDLESS: Final = Amount(10**40)


def _digest(entry: Entry) -> Digest:
    # No digest is compared here, and hashing each candidate order would be most of the work.
    return Digest(f"{entry.customer}:{entry.sequence}:{entry.key}")


CONTEXT: Final = Context(design=REPAIRED, digest=_digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """What the search lets pass."""

    refusals: bool = False
    """Any refusal, whether the state justifies it or not."""
    limits: bool = False
    """Any charge, whatever quota and balance say."""
    reads: bool = False
    """Any reading."""


class Specification:
    """The core for one customer of one world."""

    def __init__(self, world: World, customer: str, relaxed: Relaxed) -> None:
        self._world = world
        self._customer = CustomerId(customer)
        self._relaxed = relaxed
        self._keys = {op.id: op.key for op in world.of(customer) if op.id and op.is_ok}
        self._is_bounded = world.capabilities.quota == "hard" and not relaxed.limits
        self._has_floor = world.capabilities.balance == "floor" and not relaxed.limits

    def initial(self) -> State:
        """Return the state of the world at its beginning: one open account with its balance."""
        terms = self._world.accounts[self._customer]
        now = instant_of(self._world.calls[0].message, "now")
        state = initial_state(regions=1, now=now, period=period_of(now))
        opening = self._neutral(terms, now, "spec-open")
        state = step(state, commands.OpenAccount(region=HOME, request=opening), CONTEXT).state
        if terms.balance > 0:
            paid = replace(self._neutral(terms, now, "spec-pay"), amount=Amount(terms.balance))
            state = step(state, commands.TopUp(region=HOME, request=paid), CONTEXT).state
        return state

    def _neutral(self, terms: Terms, now: Instant, key: str) -> Request:
        site = initial_state(regions=1).primary
        request = request_of("open", {"customer": self._customer}, key, site=site, now=now, signer="spec")
        made = CoreTerms(
            kind=AccountKind.CREDIT if terms.floor < 0 or not self._has_floor else AccountKind.PREPAID,
            credit_limit=Amount(-terms.floor) if self._has_floor else _BOUNDLESS,
            quota=Amount(terms.quota) if self._is_bounded else _BOUNDLESS,
            limit=Amount(terms.limit) if self._is_bounded else _BOUNDLESS,
        )
        return replace(request, currency=CurrencyCode(terms.currency), terms=made)

    def apply(self, state: State, operation: Operation) -> State | None:
        """Return the state after an operation with the reply that it had, or None where it had another.

        One that is in doubt takes effect as the core would have it.
        """
        reply = operation.reply
        is_ok = reply is not None and reply.outcome == OutcomeKind.OK
        outcome = self._run(state, operation)
        is_taken = outcome is not None and outcome.status in TAKEN
        if operation.is_doubtful:
            return outcome.state if outcome is not None else state
        if is_ok:
            return outcome.state if outcome is not None and is_taken else None
        if is_taken and not (self._relaxed.refusals and outcome is not None and not outcome.replayed):
            return None
        return state if is_taken or outcome is None else self._after_refusal(state, outcome, operation)

    def _after_refusal(self, before: State, outcome: Outcome, operation: Operation) -> State:
        if operation.code not in STORED_CODES or outcome.status not in STORED_REFUSALS:
            return before
        after = outcome.state
        site = after.primary
        if self._world.choices.refusals == "retryable":
            site = replace(before.primary, rows=site.rows)
        if self._world.choices.quota_hold == "none":
            site = replace(site, rows=before.primary.rows)
        return replace(after, primary=site)

    def _run(self, state: State, operation: Operation) -> Outcome | None:
        """Run the command of an operation; None where the core could not even read it."""
        try:
            request = self._request(state, operation)
        except (MemberError, ValueError):
            return None
        now = max(state.now, request.event_time)
        timed = replace(state, now=now, period=period_of(now))
        if operation.name == "charge":
            command = commands.Charge(region=HOME, attempt=AttemptId("spec"), request=request)
            return step(timed, command, CONTEXT)
        maker = MAKERS.get(operation.name)
        return None if maker is None else step(timed, maker(HOME, request), CONTEXT)

    def _request(self, state: State, operation: Operation) -> Request:
        args = {name: value for name, value in operation.args.items() if name not in ("charge", "hold")}
        site = state.primary
        name = "plain" if operation.name in ("void", "change_terms") else operation.name
        request = request_of(name, args, operation.key, site=site, now=state.now, signer="spec")
        named = operation.args.get("charge", operation.args.get("hold"))
        if isinstance(named, str):
            sequence = self._sequence(state, named)
            request = replace(request, refers_to=sequence)
            if operation.name == "void":
                request = replace(request, amount=_amount_at(state, self._customer, sequence))
        if operation.name == "change_terms":
            request = replace(request, terms=self._terms(operation))
        fingerprint = repr(operation.request)
        return replace(request, fingerprint=Fingerprint(fingerprint))

    def _terms(self, operation: Operation) -> CoreTerms:
        terms = terms_of(operation.args)
        if not self._is_bounded and terms.limit >= terms.quota >= 0:
            terms = replace(terms, quota=_BOUNDLESS, limit=_BOUNDLESS)
        if not self._has_floor and terms.credit_limit >= 0:
            terms = replace(terms, kind=AccountKind.CREDIT, credit_limit=_BOUNDLESS)
        return terms

    def _sequence(self, state: State, named: str) -> Sequence:
        key = KeyName(customer=self._customer, key=IdempotencyKey(self._keys.get(named, "")))
        if not state.primary.keys.contains(key):
            return Sequence(10**12)
        return state.primary.ledger.at(state.primary.keys.get(key).position).sequence

    def is_told(self, state: State, what: str, args: Mapping[str, str], told: int) -> bool:
        """Tell whether a reading is what the state shows."""
        if self._relaxed.reads:
            return True
        site = state.primary
        if what == "balance":
            return int(site.accounts.get(self._customer).balance) == told
        name = row_name(
            self._customer, EntitlementId(args["entitlement"]), parse_period(args["period"]), REPAIRED
        )
        return int(row_of(site, name).used) == told


def _amount_at(state: State, customer: CustomerId, sequence: Sequence) -> Amount:
    name = ChainName(customer=customer, sequence=sequence)
    if not state.primary.chain.contains(name):
        return Amount(1)
    return state.primary.ledger.at(state.primary.chain.get(name)).amount


def essence(state: State) -> tuple[int, ...]:
    """Return what decides about everything that can still happen, hashed part by part."""
    site = state.primary
    parts = (site.accounts, site.rows, site.keys, site.standings)
    return tuple(hash(part) if isinstance(part, FrozenMap) else 0 for part in parts)

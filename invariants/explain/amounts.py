"""The smallest money difference that a trace can show: its amounts varied, its order kept.

Every request of the trace, wherever it is sent again, gets one new amount and with it a new fingerprint; so
do the adversary's edits. A variation counts only if every step of its replay has the status that it had, and
the last one violates the clause. Amounts are multiples of the currency's minor unit, which is what an invoice
can show.

Source: issue item "Explanations"; ``theorems.md`` on refutations.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, TypeAlias

from billproof.invariants.counterexample import Counterexample, replay, transitions_of, violates
from billproof.invariants.explore.domain import Domain
from billproof.invariants.explore.search import StepFunction, UndefinedStepError
from billproof.invariants.theorem import Clause, Money
from billproof.model.commands import (
    AlterPresented,
    Command,
    ForkPresented,
    ResignPresented,
)
from billproof.model.containers import UndefinedLookupError
from billproof.model.context import Context
from billproof.model.identifiers import Amount, Fingerprint
from billproof.model.money import render_amount
from billproof.model.outcomes import Status
from billproof.model.outside_commands import SignRequest
from billproof.model.state import Request, State

MINOR: Final = 10**10
"""One cent in units of 10^-12; the domains bill in a currency with two decimals."""

PASSES: Final = 2
"""How often every amount is tried; a second time, for one may have left room for another."""

EDITS: Final = (AlterPresented, ForkPresented, ResignPresented)
"""The adversary's commands with an amount."""

Score: TypeAlias = tuple[int, int]
"""(the difference without its sign, the sum of the amounts): less is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """What a variation is executed and judged by."""

    clause: Clause
    domain: Domain
    step: StepFunction
    context: Context
    money: Callable[[State], Money]

    def run(self, commands: tuple[Command, ...]) -> tuple[tuple[Status, ...], Money] | None:
        """Return all statuses and the money after the last command, ``None`` where it violates nothing."""
        try:
            transitions = transitions_of(self.domain, commands, self.step, self.context)
            if not violates(self.clause, self.domain, transitions[-1], self.context):
                return None
            return tuple(item.status for item in transitions), self.money(transitions[-1].after)
        except (UndefinedLookupError, UndefinedStepError):
            return None


def with_smallest_difference(
    found: Counterexample,
    clause: Clause,
    domain: Domain,
    *,
    step: StepFunction,
    context: Context,
    money: Callable[[State], Money],
) -> Counterexample:
    """Return the counterexample with amounts that make its difference smallest; itself where none do."""
    search = _Search(clause=clause, domain=domain, step=step, context=context, money=money)
    commands = found.commands
    original = search.run(commands) if commands else None
    best = _score(original, commands)
    if original is None or best is None:
        return found
    for _ in range(PASSES):
        for vary in _variations(commands):
            for amount in _candidates(domain, commands):
                tried = vary(commands, amount)
                reached = None if _is_ambiguous(tried) else search.run(tried)
                score = _score(reached, tried)
                if reached is not None and reached[0] == original[0] and score is not None and score < best:
                    commands, best = tried, score
                    break
    if commands == found.commands:
        return found
    smaller = replay(clause, domain, commands, step=step, context=context, money=money)
    return found if smaller is None else replace(smaller, engine=found.engine)


def _score(reached: tuple[tuple[Status, ...], Money] | None, commands: tuple[Command, ...]) -> Score | None:
    """Return how good a variation is, ``None`` where no money differs."""
    if reached is None or reached[1].billed == reached[1].owed:
        return None
    return abs(reached[1].billed - reached[1].owed), sum(abs(it) for it in _amounts(commands))


Variation: TypeAlias = Callable[[tuple[Command, ...], int], tuple[Command, ...]]


def _variations(commands: Sequence[Command]) -> Iterator[Variation]:
    """Iterate over what can be varied: each request, everywhere at once, and each edit of the adversary."""
    places: dict[Request, list[int]] = {}
    for index, command in enumerate(commands):
        body = _request_of(command)
        if body is not None and body.amount > 0:
            places.setdefault(body, []).append(index)
        if isinstance(command, EDITS):
            yield _vary_edit(index)
    for indices in places.values():
        yield _vary_request(indices)


def _vary_edit(index: int) -> Variation:
    def vary(commands: tuple[Command, ...], amount: int) -> tuple[Command, ...]:
        command = commands[index]
        assert isinstance(command, EDITS), "places of a trace keep their kind"
        edited = replace(command, amount=Amount(amount))
        return (*commands[:index], edited, *commands[index + 1 :])

    return vary


def _vary_request(indices: Sequence[int]) -> Variation:
    def vary(commands: tuple[Command, ...], amount: int) -> tuple[Command, ...]:
        body = _request_of(commands[indices[0]])
        assert body is not None, "places of a trace keep their kind"
        origin = body.fingerprint.split("@")[0]
        name = Fingerprint(f"{origin}@{render_amount(Amount(amount))}")
        varied = replace(body, amount=Amount(amount), fingerprint=name)
        return tuple(_with_request(command, body, varied) for command in commands)

    return vary


def _with_request(command: Command, body: Request, varied: Request) -> Command:
    if isinstance(command, SignRequest) and command.fingerprint == body.fingerprint:
        return replace(command, fingerprint=varied.fingerprint)
    if _request_of(command) != body:
        return command
    return replace(command, request=varied)  # type: ignore[arg-type]  # only kinds with a request come here


def _request_of(command: Command) -> Request | None:
    body = getattr(command, "request", None)
    return body if isinstance(body, Request) else None


def _amounts(commands: Sequence[Command]) -> Iterator[int]:
    for command in commands:
        body = _request_of(command)
        if body is not None:
            yield body.amount
        if isinstance(command, EDITS):
            yield command.amount


def _candidates(domain: Domain, commands: Sequence[Command]) -> list[int]:
    """Return amounts worth trying, the smallest first: at, above and below everything that is compared."""
    known = set(_amounts([*domain.setup, *commands]))
    for command in (*domain.setup, *commands):
        body = _request_of(command)
        if body is not None:
            known |= {getattr(body.terms, item.name) for item in fields(body.terms) if item.name != "kind"}
    known |= {limit - amount for limit in known for amount in known if limit > amount}
    near = {amount + offset for amount in known for offset in (-MINOR, 0, MINOR)}
    return sorted(amount for amount in near | {MINOR} if amount > 0)


def _is_ambiguous(commands: Sequence[Command]) -> bool:
    """Tell whether two requests differ in nothing but their fingerprints, which no request can."""
    bodies = {body for body in map(_request_of, commands) if body is not None}
    return len({replace(body, fingerprint=Fingerprint("")) for body in bodies}) < len(bodies)

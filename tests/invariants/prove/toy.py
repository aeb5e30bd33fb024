"""A toy core for the proof engine: counters with a quota, idempotency keys, a log, and a way to break each.

It uses every construct that the engine must follow - maps, a log, a total, records in records, enumerations,
an oracle, partial lookups - and is small enough to be proved in a fraction of a second.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import NewType

from billproof.invariants.prove.goals import StepClause
from billproof.invariants.prove.oracles import oracle
from billproof.invariants.prove.problem import ProofProblem, StateClause
from billproof.model.containers import FrozenLog, FrozenMap, Log, PartialMap
from billproof.model.identifiers import Amount, Position

Owner = NewType("Owner", str)
Token = NewType("Token", str)
Mark = NewType("Mark", str)

NO_MARK = Mark("")


class Kind(IntEnum):
    """What an item did."""

    USE = 0
    RETURN = 1
    NOTE = 2


class Verdict(IntEnum):
    """What became of a command."""

    DONE = 0
    STORED = 1
    REFUSED = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an owner may do."""

    quota: Amount
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """How much an owner has used."""

    used: Amount
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenName:
    """One token of one owner."""

    owner: Owner
    token: Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of the log."""

    owner: Owner
    token: Token
    kind: Kind
    amount: Amount
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The state."""

    counters: PartialMap[Owner, Counter]
    tokens: PartialMap[TokenName, Position]
    log: Log[Item]
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Open an owner with terms."""

    owner: Owner
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Use an amount under a token; nothing happens twice."""

    owner: Owner
    token: Token
    amount: Amount
    note: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Toggle:
    """Pause or go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Close an owner's counter; only a broken rule lets it happen while there is use."""

    owner: Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Which rules are broken, and the oracle."""

    broken: frozenset[str]
    mark: Callable[[Item], Mark]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a command came to."""

    state: World
    status: Verdict
    mark: Mark = NO_MARK


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A transition."""

    before: World
    command: object
    result: Result


def used_effect(item: Item, owner: Owner) -> Amount:
    """What an item adds to the use of an owner."""
    if item.owner != owner or item.kind == Kind.NOTE:
        return Amount(0)
    return item.amount


def step(world: World, command: object, setting: Setting) -> Result:
    """Execute one command."""
    match command:
        case Open():
            if world.counters.contains(command.owner) or command.terms.quota < 0:
                return Result(state=world, status=Verdict.REFUSED)
            counter = Counter(used=Amount(0), terms=command.terms)
            return Result(
                state=replace(world, counters=world.counters.put(command.owner, counter)), status=Verdict.DONE
            )
        case Use():
            return use(world, command, setting)
        case Toggle():
            return Result(state=replace(world, paused=not world.paused), status=Verdict.DONE)
        case Forget():
            return forget(world, command, setting)
        case _:
            raise AssertionError(f"no command: {command!r}")


def use(world: World, command: Use, setting: Setting) -> Result:
    """Count an amount once under its token."""
    name = TokenName(owner=command.owner, token=command.token)
    if world.paused:
        return Result(state=world, status=Verdict.REFUSED)
    if world.tokens.contains(name) and "token check" not in setting.broken:
        return Result(state=world, status=Verdict.STORED, mark=world.log.at(world.tokens.get(name)).mark)
    if "owner check" not in setting.broken and not world.counters.contains(command.owner):
        return Result(state=world, status=Verdict.UNKNOWN)
    counter = world.counters.get(command.owner)
    if not counter.terms.open or command.amount < 0:
        return Result(state=world, status=Verdict.REFUSED)
    limit = counter.terms.quota + (1 if "quota" in setting.broken else 0)
    if not command.note and counter.used + command.amount > limit:
        return Result(state=world, status=Verdict.REFUSED)
    body = Item(
        owner=command.owner,
        token=command.token,
        kind=Kind.NOTE if command.note else Kind.USE,
        amount=command.amount,
        mark=NO_MARK,
    )
    item = replace(body, mark=setting.mark(body))
    counters = world.counters
    if not command.note and "counting" not in setting.broken:
        counters = counters.put(command.owner, replace(counter, used=Amount(counter.used + command.amount)))
    after = replace(
        world,
        counters=counters,
        tokens=world.tokens.put(name, world.log.length),
        log=world.log.append(item),
    )
    return Result(state=after, status=Verdict.DONE, mark=item.mark)


def forget(world: World, command: Forget, setting: Setting) -> Result:
    """Close a counter that nothing was counted on."""
    if not world.counters.contains(command.owner):
        return Result(state=world, status=Verdict.UNKNOWN)
    if world.counters.get(command.owner).used != 0 and "forgetting" not in setting.broken:
        return Result(state=world, status=Verdict.REFUSED)
    return Result(state=replace(world, counters=world.counters.without(command.owner)), status=Verdict.DONE)


def is_position(world: World, position: Position) -> bool:
    """Tell whether there is an item."""
    return 0 <= position < world.log.length


def used_is_the_sum(world: World, setting: Setting, owner: Owner) -> bool:
    """Every counter is the sum of its owner's items, and without a counter there is none."""
    del setting
    total = world.log.total(used_effect, owner)
    if not world.counters.contains(owner):
        return total == 0
    return world.counters.get(owner).used == total


def used_is_in_the_quota(world: World, setting: Setting, owner: Owner) -> bool:
    """No counter is below zero or above its quota."""
    del setting
    if not world.counters.contains(owner):
        return True
    counter = world.counters.get(owner)
    return counter.used >= 0 and counter.used <= counter.terms.quota


def item_has_its_token(world: World, setting: Setting, position: Position) -> bool:
    """Every item is the one that its token names."""
    del setting
    if not is_position(world, position):
        return True
    item = world.log.at(position)
    name = TokenName(owner=item.owner, token=item.token)
    return world.tokens.contains(name) and world.tokens.get(name) == position


def token_names_an_item(world: World, setting: Setting, name: TokenName) -> bool:
    """Every token names an item."""
    del setting
    return not world.tokens.contains(name) or is_position(world, world.tokens.get(name))


def token_is_used_once(world: World, setting: Setting, first: Position, second: Position) -> bool:
    """No two items have the same owner and token."""
    del setting
    if not is_position(world, first) or not is_position(world, second) or first == second:
        return True
    one, other = world.log.at(first), world.log.at(second)
    return one.owner != other.owner or one.token != other.token


def kinds_of_items(world: World, setting: Setting, kind: Kind, position: Position) -> bool:
    """No item is a return; an enumerated free variable."""
    del setting
    if not is_position(world, position) or kind != Kind.RETURN:
        return True
    return world.log.at(position).kind != kind


def done_use_appends(change: Change, setting: Setting) -> bool:
    """A use that is done appends one item with its amount."""
    del setting
    command = change.command
    if not isinstance(command, Use) or change.result.status != Verdict.DONE:
        return True
    log = change.before.log
    after = change.result.state.log
    return after.length == log.length + 1 and after.at(log.length).amount == command.amount


def refused_changes_nothing(change: Change, setting: Setting, owner: Owner) -> bool:
    """A command that is not done leaves every counter as it was."""
    del setting
    if change.result.status == Verdict.DONE:
        return True
    before, after = change.before.counters, change.result.state.counters
    if not before.contains(owner):
        return not after.contains(owner)
    return after.contains(owner) and after.get(owner) == before.get(owner)


EMPTY = World(counters=FrozenMap(), tokens=FrozenMap(), log=FrozenLog(), paused=False)

SUPPORTING = (used_is_the_sum, used_is_in_the_quota, item_has_its_token, token_names_an_item)
CLAUSES = (token_is_used_once, kinds_of_items, used_is_in_the_quota)
STEPS = (done_use_appends, refused_changes_nothing)
COMMANDS = (Open, Use, Toggle, Forget)


def setting(*broken: str) -> Setting:
    """Return a setting for proofs, with some rules broken."""
    return Setting(broken=frozenset(broken), mark=oracle("mark", Item, Mark, omit=("mark",)))


def problem(*broken: str, commands: tuple[type, ...] = COMMANDS) -> ProofProblem:
    """Return the problem of the toy core with some rules broken."""
    return ProofProblem(
        step=step,
        state=World,
        initial=(("empty", EMPTY),),
        commands=commands,
        context=setting(*broken),
        supporting=tuple(StateClause(name=it.__name__, predicate=it) for it in SUPPORTING),
        clauses=tuple(StateClause(name=it.__name__, predicate=it) for it in CLAUSES),
        steps=tuple(StepClause(name=it.__name__, predicate=it) for it in STEPS),
        transition=change,
    )


def change(before: object, command: object, result: object) -> Change:
    """Make a transition of the toy core."""
    assert isinstance(before, World)
    assert isinstance(result, Result)
    return Change(before=before, command=command, result=result)

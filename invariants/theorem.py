"""The vocabulary of theorems: invariants, clauses, sometimes marks, theorems.

A predicate is an ordinary Python function over the state and *free variables*; its annotations say over
what they range. The explorer calls it with every value of a small domain, the prover executes it once on
symbolic values: one definition, both engines. A predicate must therefore keep to what the core keeps to:
comparisons, ``if``, ``and``, ``or``, ``not``, early ``return``; no loops, no ``in``, no ``is``.

Source: ``theorems.md``; house style rules 15 to 18.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from billproof.model.commands import Command
from billproof.model.context import Context, Outcome
from billproof.model.identifiers import Amount
from billproof.model.outcomes import Status
from billproof.model.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One step: what was, what happened, what came of it."""

    before: State
    command: Command
    outcome: Outcome
    """What it came to; ``outcome.state`` is the state after."""

    @property
    def after(self) -> State:
        """The state after the step."""
        return self.outcome.state

    @property
    def status(self) -> Status:
        """The status of the command."""
        return self.outcome.status


class Tag(StrEnum):
    """What kind of promise a clause makes."""

    SAFETY = "safety"
    TIMED = "timed"
    LIVENESS = "liveness"
    STATISTICAL = "statistical"


class Scope(StrEnum):
    """Which part of the system a clause speaks about, hence which commands can break it."""

    ONE_STORE = "one_store"
    """Every command that one site can execute; the other region is absent."""
    TWO_REGIONS = "two_regions"
    """One store and a standby: replication, failover and return included."""
    PRESENTED = "presented"
    """A ledger in the hands of an adversary and a reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """A property of every reachable state.

    ``predicate(state, context, *free)``: the free variables are the parameters after the first two; their
    annotations (a ``NewType``, an ``IntEnum``, or a record such as ``KeyName``) are their sorts. It must
    hold for every value of them.
    """

    name: str
    statement: str
    predicate: Callable[..., bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sometimes:
    """A situation that a run must meet, or its clauses were not tested.

    ``predicate(transition, context)`` tells whether one transition shows the situation.
    """

    name: str
    statement: str
    predicate: Callable[[Transition, Context], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One part of a theorem that can be judged by itself.

    Exactly one of ``invariant`` and ``step`` is given. ``step(transition, context, *free)`` speaks about
    one transition, ``invariant`` about every state.
    """

    name: str
    theorem: str
    """``T1`` to ``T7``."""
    statement: str
    scope: Scope
    tag: Tag = Tag.SAFETY
    invariant: Invariant | None = None
    step: Callable[..., bool] | None = None
    sometimes: tuple[str, ...] = ()
    """Names of the ``Sometimes`` marks without which this clause was not exercised."""
    provable: bool = True
    """Whether the prover is asked."""
    reader: Callable[..., bool] | None = None
    """For a clause about presented ledgers: what it says of every reader (``reading.Reading``), whatever the
    reader is shown. ``invariant`` is then the same of the reader of what is presented in a state."""
    descends: bool = False
    """Whether ``reader`` is proved by descent from the last claimed place of a chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What should have been charged and what was, in units of 10^-12 of the major unit."""

    owed: Amount
    billed: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Theorem:
    """One of the seven theorems."""

    id: str
    title: str
    documented: str
    """What the design documents state."""
    repaired: str
    """What must be proved instead."""
    assumptions: tuple[str, ...]
    clauses: tuple[Clause, ...]
    sometimes: tuple[Sometimes, ...]
    money: Callable[[State], Money]
    """States a violated state as owed and billed."""
    claims: tuple[str, ...]
    """Claims and schedules that it settles."""


def invariant_clause(
    theorem: str,
    predicate: Callable[..., bool],
    *,
    scope: Scope = Scope.ONE_STORE,
    sometimes: tuple[str, ...] = (),
    provable: bool = True,
) -> Clause:
    """Make a clause that speaks about every state; name and statement come from the predicate."""
    name, statement = predicate.__name__, _first_line(predicate)
    return Clause(
        name=name,
        theorem=theorem,
        statement=statement,
        scope=scope,
        invariant=Invariant(name=name, statement=statement, predicate=predicate),
        sometimes=sometimes,
        provable=provable,
    )


def step_clause(
    theorem: str,
    predicate: Callable[..., bool],
    *,
    scope: Scope = Scope.ONE_STORE,
    sometimes: tuple[str, ...] = (),
    provable: bool = True,
) -> Clause:
    """Make a clause that speaks about every transition; name and statement come from the predicate."""
    return Clause(
        name=predicate.__name__,
        theorem=theorem,
        statement=_first_line(predicate),
        scope=scope,
        step=predicate,
        sometimes=sometimes,
        provable=provable,
    )


def sometimes_mark(predicate: Callable[[Transition, Context], bool]) -> Sometimes:
    """Make a sometimes mark; name and statement come from the predicate."""
    return Sometimes(name=predicate.__name__, statement=_first_line(predicate), predicate=predicate)


def _first_line(predicate: Callable[..., bool]) -> str:
    text = predicate.__doc__
    if not text:
        raise ValueError(f"the predicate {predicate.__name__} has no docstring, hence no statement")
    return text.strip().splitlines()[0]

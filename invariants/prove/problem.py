"""Problems and results of the proof engine: what is asked, and what is answered."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from enum import StrEnum

from billproof.invariants.prove.discharge import Axioms, Limits
from billproof.invariants.prove.evidence import Decided, Failure, Witness
from billproof.invariants.prove.exchange import Exchange
from billproof.invariants.prove.goals import StepClause
from billproof.invariants.prove.induction import render_counterexample
from billproof.invariants.prove.solvers import BOTH, Answer, Solver
from billproof.invariants.prove.terms import Term


@dataclass(frozen=True, slots=True, kw_only=True)
class StateClause:
    """A statement about every reachable state: ``predicate(state, context, *free)``."""

    name: str
    predicate: Callable[..., bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofProblem:
    """A step function, where it starts, and what is to be proved of it."""

    step: Callable[..., object]
    """``step(state, command, context)``; its outcome has a ``state`` and a ``status``."""
    state: type
    initial: tuple[tuple[str, object], ...]
    """Named initial states, with frozen containers; scalars may be symbolic."""
    commands: tuple[type, ...]
    """The commands that can happen: the scope of the proof."""
    context: object
    """Handed to the step function and to every predicate."""
    supporting: tuple[StateClause, ...]
    """The invariants that are to be inductive together."""
    clauses: tuple[StateClause, ...] = ()
    """What is proved from the supporting invariants if it follows, by induction with them if not."""
    steps: tuple[StepClause, ...] = ()
    given: tuple[StateClause, ...] = ()
    """Hypotheses about every state that another problem proves; nothing is proved if that one is not."""
    transition: Callable[[object, object, object], object] | None = None
    """``transition(before, command, outcome)``: what step clauses get; needed where there are any."""
    axioms: tuple[Axioms, ...] = ()
    exchange: Exchange | None = None
    """Two parts of the state of which most commands say the same."""
    assumptions: Callable[[object], Sequence[Term]] = lambda _: ()
    """What may be assumed of a command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofOptions:
    """How a problem is put to the solvers."""

    limits: Limits = field(default_factory=Limits)
    solvers: tuple[Solver, ...] = BOTH
    solvers_needed: int = 2
    """How many must say unsat; with fewer solvers nothing is proved."""
    deadline: float | None = None
    """On the clock of ``time.monotonic``; what is not decided by then is unknown."""
    executor: Executor | None = None
    """Where obligations are decided; in this process if ``None``."""
    witnesses: bool = True
    """Whether to look for a state in which each case of each command happens."""
    stop_at: frozenset[str] = frozenset()
    """If not empty: only look whether the proof of one of these breaks, for known-bad variants; then nothing
    is proved."""
    first_break: bool = False
    """Only look for the first goal that does not follow, whatever it is about, and have nothing decided."""


class Status(StrEnum):
    """What can be said of a clause."""

    PROVED = "proved"
    NOT_PROVED = "not proved"
    """A goal does not follow. This is a counterexample to induction and not a refutation."""
    UNKNOWN = "unknown"
    """A solver gave up, the solvers disagree, or time ran out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseResult:
    """What became of one invariant or clause."""

    name: str
    status: Status
    reason: str
    """Why it is not proved; empty where it is."""
    derived: bool
    """Whether it follows from the supporting invariants, without an induction of its own."""
    goals: int
    """Goals that were put to the solvers."""
    identical: int
    """Goals that hold by identity."""
    obligations: tuple[str, ...]
    """Names of the obligations with its goals."""
    rests_on: tuple[str, ...]
    """Labels of everything that its proof uses, in the end: invariants, axioms, ranges."""
    seconds: tuple[tuple[str, float], ...]
    """Seconds of each solver over its obligations; an obligation shared with others counts in full."""
    failure: Failure | None
    """The first goal that does not follow; ``None`` where there is none."""
    cases: tuple[str, ...]
    """The cases of commands in which it had goals: where it could have been broken."""

    @property
    def counterexample(self) -> str:
        """The first counterexample to induction as text; empty where there is none."""
        return "" if self.failure is None else render_counterexample(self.failure)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofResult:
    """The answer to a problem."""

    clauses: tuple[ClauseResult, ...]
    decided: tuple[Decided, ...]
    witnesses: tuple[Witness, ...]
    paths: tuple[tuple[str, int], ...]
    """The number of paths of each command."""
    goals: int
    identical: int
    capped: tuple[str, ...]
    """Formulas of which instances were left out somewhere."""
    seconds: float

    def clause(self, name: str) -> ClauseResult:
        """Return the result of a clause; ``KeyError`` where there is none is a bug of the caller."""
        return {result.name: result for result in self.clauses}[name]

    @property
    def unreachable(self) -> tuple[Witness, ...]:
        """The cases that no state of the invariants permits."""
        return tuple(witness for witness in self.witnesses if witness.answer is Answer.UNSAT)

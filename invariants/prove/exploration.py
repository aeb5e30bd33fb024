"""Exploration: run a function once for every way its symbolic conditions can come out.

Theory of operation. An ``Execution`` holds the decisions taken so far. A condition that the facts of the
path fix is answered at once; any other is first answered True, and recorded. When the run ends, the last
True becomes False and the function runs again, replaying the decisions before it: a depth-first search of
the decision tree, true branch first. The function must be deterministic, which replay checks.

``explore_paths`` gives all leaves of that tree. ``summarise`` folds them back into one term, which is how a
predicate with ``if`` and ``and`` becomes a formula.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Generic, TypeVar

from billproof.invariants.prove.facts import Facts, assuming
from billproof.invariants.prove.symbols import SymbolicError
from billproof.invariants.prove.terms import FALSE, TRUE, Term, conjunction, implies, ite, negate
from billproof.invariants.prove.values import decider_stack

T = TypeVar("T")

PATHS_MAX = 4096
"""More paths than this are taken for a loop or a missing case distinction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A partial operation: ``condition`` must hold whenever ``premise`` does."""

    premise: Term
    condition: Term
    description: str

    @property
    def obligation(self) -> Term:
        """The formula to be proved."""
        return implies(self.premise, self.condition)


@dataclass(frozen=True, slots=True, kw_only=True)
class Path(Generic[T]):
    """One way through a function."""

    name: str
    """The decisions, ``T`` and ``F``; unique within one exploration."""
    decisions: tuple[tuple[Term, bool], ...]
    needs: tuple[Need, ...]
    result: T | None
    """What was returned; ``None`` where the path raised."""
    error: Exception | None

    @property
    def condition(self) -> Term:
        """The path condition."""
        return conjunction(taken(decision) for decision in self.decisions)


def taken(decision: tuple[Term, bool]) -> Term:
    """Return the condition of a decision as it came out."""
    term, value = decision
    return term if value else negate(term)


class Execution:
    """One run of a function on symbolic values."""

    __slots__ = ("decisions", "facts", "needs", "replay")

    def __init__(self, assumptions: Iterable[Term], replay: Sequence[tuple[Term, bool]]) -> None:
        self.facts = Facts(assumptions)
        self.replay = replay
        self.decisions: list[tuple[Term, bool]] = []
        self.needs: dict[tuple[int, Term], str] = {}

    def decide(self, condition: Term) -> bool:
        """Answer a condition and remember the answer."""
        known = self.facts.decide(condition)
        if known is not None:
            return known
        depth = len(self.decisions)
        value = True
        if depth < len(self.replay):
            expected, value = self.replay[depth]
            if expected is not condition:
                raise SymbolicError(
                    "a function that differs from run to run", "the core must be deterministic"
                )
        self.decisions.append((condition, value))
        self.facts.assume(condition, holds=value)
        return value

    def require(self, condition: Term, description: str) -> None:
        """Record that a partial operation needs ``condition`` here, unless the path implies it."""
        if self.facts.decide(condition) is not True:
            self.needs.setdefault((len(self.decisions), condition), description)

    def collected_needs(self) -> tuple[Need, ...]:
        """Return the recorded needs with what was decided before each as premise."""
        return tuple(
            Need(
                premise=conjunction(taken(decision) for decision in self.decisions[:depth]),
                condition=condition,
                description=description,
            )
            for (depth, condition), description in self.needs.items()
        )


_EXECUTIONS: list[Execution] = []


def require(condition: Term, description: str) -> None:
    """Record a definedness obligation with the execution under way.

    Raises:
        SymbolicError: No execution is under way and the condition is not simply true.
    """
    if condition is TRUE:
        return
    if not _EXECUTIONS:
        raise SymbolicError(f"{description} outside an exploration", "call explore_paths or summarise")
    _EXECUTIONS[-1].require(condition, description)


def _run(function: Callable[[], T], execution: Execution) -> Path[T]:
    stack = decider_stack()
    stack.append(execution.decide)
    _EXECUTIONS.append(execution)
    result: T | None = None
    error: Exception | None = None
    try:
        with assuming(execution.facts):
            result = function()
    except SymbolicError:
        raise
    except (TypeError, AttributeError, NameError) as raised:
        # Python itself gives up on a symbolic value like this; as a path it would be a puzzle to read.
        raise SymbolicError(
            f"{type(raised).__name__}: {raised}", "keep to what values and containers offer"
        ) from raised
    except Exception as raised:  # noqa: BLE001 - an exception of the core is a path to be proved unreachable
        error = raised
    finally:
        stack.pop()
        _EXECUTIONS.pop()
    return Path(
        name="".join("T" if value else "F" for _, value in execution.decisions),
        decisions=tuple(execution.decisions),
        needs=execution.collected_needs(),
        result=result,
        error=error,
    )


def explore_paths(
    function: Callable[[], T],
    *,
    assumptions: Sequence[Term] = (),
    paths_max: int = PATHS_MAX,
) -> tuple[Path[T], ...]:
    """Return every path through ``function``, true branches first.

    Path conditions are pairwise exclusive and together cover the assumptions. A path may be unreachable:
    only conditions that its own decisions fix are left out.

    Args:
        function: Deterministic; may decide symbolic conditions. Its exceptions are results.
        assumptions: Conditions that hold from the start.
        paths_max: The number of paths at which to give up.

    Raises:
        SymbolicError: ``function`` cannot be followed, differs from run to run, or has too many paths.
    """
    paths: list[Path[T]] = []
    replay: list[tuple[Term, bool]] = []
    while True:
        path = _run(function, Execution(assumptions, replay))
        paths.append(path)
        replay = list(path.decisions)
        while replay and not replay[-1][1]:
            replay.pop()
        if not replay:
            return tuple(paths)
        if len(paths) >= paths_max:
            raise SymbolicError(f"more than {paths_max} paths", "decide less, or loop over nothing symbolic")
        replay[-1] = (replay[-1][0], False)


def fold(paths: Sequence[Path[T]], leaf: Callable[[Path[T]], Term], depth: int = 0) -> Term:
    """Return the decision tree of ``paths`` as one term with ``leaf`` of each path at its end."""
    if len(paths) == 1 and len(paths[0].decisions) == depth:
        return leaf(paths[0])
    condition = paths[0].decisions[depth][0]
    split = next((index for index, path in enumerate(paths) if not path.decisions[depth][1]), len(paths))
    return ite(condition, fold(paths[:split], leaf, depth + 1), fold(paths[split:], leaf, depth + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A function as one term."""

    term: Term
    needs: tuple[Need, ...]
    """The definedness obligations of the partial operations inside, without repetitions."""


def summarise(
    function: Callable[[], object],
    to_term: Callable[[object], Term],
    *,
    assumptions: Sequence[Term] = (),
) -> Summary:
    """Return a function of symbolic values as one term.

    Args:
        function: Deterministic; may decide symbolic conditions.
        to_term: Turns what it returns into a term.
        assumptions: Conditions that hold from the start.

    Raises:
        SymbolicError: ``function`` did what cannot be followed, or raised on some path.
    """
    paths = explore_paths(function, assumptions=assumptions)
    for path in paths:
        if path.error is not None:
            raise SymbolicError(
                f"{type(path.error).__name__} in a predicate: {path.error}",
                "a predicate must return on every path",
            ) from path.error
    needs: dict[tuple[Term, Term], Need] = {}
    for path in paths:
        for need in path.needs:
            needs.setdefault((need.premise, need.condition), need)
    # The terms of results are made under the facts of their path, so that they come out small.
    terms = {path.name: _under(path, to_term, assumptions) for path in paths}
    return Summary(term=fold(paths, lambda path: terms[path.name]), needs=tuple(needs.values()))


def _under(path: Path[object], to_term: Callable[[object], Term], assumptions: Sequence[Term]) -> Term:
    facts = Facts(assumptions)
    for term, value in path.decisions:
        facts.assume(term, holds=value)
    with assuming(facts) if path.decisions else nullcontext():
        result = to_term(path.result)
    verdict = facts.decide(result) if result.sort == "Bool" else None
    if verdict is None:
        return result
    return TRUE if verdict else FALSE

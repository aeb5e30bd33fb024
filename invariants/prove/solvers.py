"""Solvers: the only place where Z3 and cvc5 decide. Both get the same SMT-LIB text, and only that.

Each answers SAT, UNSAT or UNKNOWN with the seconds it took; a time limit that passes is UNKNOWN. Answers of
a solver that permits it may come from the memory of an earlier run (``memory`` says what that rests on).
"""

# pyright: reportAttributeAccessIssue=false
# cvc5 is a compiled module without stubs.

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import cvc5
import z3

from billproof.invariants.prove.memory import Memory, digest_of

MILLISECONDS = 20_000
"""The time limit of one query."""


class Answer(StrEnum):
    """What a solver says of a set of assertions."""

    SAT = "sat"
    UNSAT = "unsat"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer of one solver."""

    solver: str
    answer: Answer
    seconds: float
    remembered: bool = False
    """Whether it was given to the same text in an earlier run."""


class Solver(Protocol):
    """What decides an SMT-LIB text."""

    @property
    def name(self) -> str:
        """The name under which answers are listed."""
        ...

    @property
    def version(self) -> str:
        """Version and options: what an answer depends on besides the text."""
        ...

    @property
    def is_remembered(self) -> bool:
        """Whether an answer of an earlier run may stand for one of this run."""
        ...

    def decide(self, text: str, milliseconds: int) -> Answer:
        """Return whether the assertions of ``text`` can hold together."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Z3Solver:
    """Z3 by its Python interface."""

    name: str = "z3"
    is_remembered: bool = False
    """Never: so that no verdict rests on what was remembered alone."""

    @property
    def version(self) -> str:
        """The version of the library."""
        return str(z3.get_version_string())

    def decide(self, text: str, milliseconds: int) -> Answer:
        """Return what Z3 says of ``text``."""
        solver = z3.SimpleSolver(ctx=z3.Context())
        solver.set("timeout", milliseconds)
        solver.from_string(text)
        return Answer(str(solver.check()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cvc5Solver:
    """cvc5 by its Python interface."""

    name: str = "cvc5"
    is_remembered: bool = True

    @property
    def version(self) -> str:
        """The version of the library, and the option that is set."""
        return f"{cvc5.__version__} decision=justification"

    def decide(self, text: str, milliseconds: int) -> Answer:
        """Return what cvc5 says of ``text``."""
        manager = cvc5.TermManager()
        solver = cvc5.Solver(manager)
        solver.setOption("tlimit-per", str(milliseconds))
        # Few of the hypotheses matter at a time; deciding only those halves the time.
        solver.setOption("decision", "justification")
        parser = cvc5.InputParser(solver)
        parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "obligation")
        symbols = parser.getSymbolManager()
        answer = ""
        while True:
            command = parser.nextCommand()
            if command.isNull():
                break
            answer = str(command.invoke(solver, symbols)).strip() or answer
        return Answer(answer) if answer in set(Answer) else Answer.UNKNOWN


def ask(solver: Solver, text: str, milliseconds: int = MILLISECONDS, memory: Memory | None = None) -> Reply:
    """Return the answer of a solver with its seconds, remembered or not."""
    if memory is None or not solver.is_remembered:
        return _answer(solver, text, milliseconds)
    key = digest_of([solver.name, solver.version, text])
    known = memory.recall(key)
    if isinstance(known, dict) and known.get("answer") in (Answer.SAT.value, Answer.UNSAT.value):
        answer = Answer(str(known["answer"]))
        return Reply(solver=solver.name, answer=answer, seconds=0.0, remembered=True)
    reply = _answer(solver, text, milliseconds)
    if reply.answer is not Answer.UNKNOWN:
        # UNKNOWN is a matter of time; there may be more of it in the next run.
        memory.keep(key, {"answer": reply.answer.value})
    return reply


def _answer(solver: Solver, text: str, milliseconds: int) -> Reply:
    start = time.perf_counter()
    answer = solver.decide(text, milliseconds)
    return Reply(solver=solver.name, answer=answer, seconds=time.perf_counter() - start)


BOTH: tuple[Solver, ...] = (Z3Solver(), Cvc5Solver())
"""The two solvers that a proof needs."""


def replies(
    text: str, solvers: Sequence[Solver], milliseconds: int = MILLISECONDS, memory: Memory | None = None
) -> tuple[Reply, ...]:
    """Return the answers of all solvers to the same text."""
    return tuple(ask(solver, text, milliseconds, memory) for solver in solvers)

"""Solvers: the only place where Z3 and cvc5 are called. Both get the same SMT-LIB text, and only that.

Each answers SAT, UNSAT or UNKNOWN with the seconds it took; a time limit that passes is UNKNOWN.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import cvc5
import z3

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


class Solver(Protocol):
    """What decides an SMT-LIB text."""

    @property
    def name(self) -> str:
        """The name under which answers are listed."""

    def decide(self, text: str, milliseconds: int) -> Answer:
        """Return whether the assertions of ``text`` can hold together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Z3Solver:
    """Z3 by its Python interface."""

    name: str = "z3"

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


def ask(solver: Solver, text: str, milliseconds: int = MILLISECONDS) -> Reply:
    """Return the answer of a solver with its seconds."""
    start = time.perf_counter()
    answer = solver.decide(text, milliseconds)
    return Reply(solver=solver.name, answer=answer, seconds=time.perf_counter() - start)


BOTH: tuple[Solver, ...] = (Z3Solver(), Cvc5Solver())
"""The two solvers that a proof needs."""


def replies(text: str, solvers: Sequence[Solver], milliseconds: int = MILLISECONDS) -> tuple[Reply, ...]:
    """Return the answers of all solvers to the same text."""
    return tuple(ask(solver, text, milliseconds) for solver in solvers)

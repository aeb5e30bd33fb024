"""Looking for a broken proof after a small change of the core, without proving the rest again.

Source: issue text "Deleting any guard of the core by hand flips at least one clause from PROVED".
"""

from collections.abc import Sequence
from dataclasses import replace

from billproof.invariants.prove.clauses import problem_of, reading_problem
from billproof.invariants.prove.engine import prove_share
from billproof.invariants.prove.problem import ProofOptions
from billproof.invariants.prove.sharing import WHOLE
from billproof.invariants.prove.symbols import SymbolicError
from billproof.invariants.theorem import Clause
from billproof.model.design import Design


def first_break(
    design: Design, clauses: tuple[Clause, ...], commands: Sequence[type], deadline: float
) -> str:
    """Return the first goal that does not follow, looking at some commands and at readers; empty if all do.

    For a core of which a guard is gone: what other commands do has not changed. A goal that Z3 gives up on
    counts too, for then nothing is proved.

    Args:
        design: Under which design.
        clauses: What is asked.
        commands: Command classes that may do something else than before.
        deadline: On the clock of ``time.monotonic``; running out of it counts as a goal that does not follow.
    """
    options = ProofOptions(deadline=deadline, witnesses=False, first_break=True)
    problems = [replace(problem_of(design, clauses), commands=tuple(commands))]
    shown = tuple(clause for clause in clauses if clause.reader is not None)
    if shown and not commands:
        problems = [reading_problem(design, shown)]
    for problem in problems:
        try:
            ledger = prove_share(problem, options, WHOLE, frozenset()).ledger
        except SymbolicError as error:
            return str(error)
        if ledger.broken is not None:
            return ledger.broken.goal.name
        if ledger.out_of_time:
            return f"out of time at {ledger.out_of_time}"
        for failures in ledger.failures.values():
            return failures[0].goal.name
    return ""

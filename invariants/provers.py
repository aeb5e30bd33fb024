"""What judging needs to know of the proof engine: how a proof is begun, and how its findings are had."""

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Protocol, TypeAlias

from billproof.invariants.theorem import Clause
from billproof.invariants.verdicts import EngineFinding, Verdict
from billproof.model.design import Design


class Proof(Protocol):
    """A proof that is under way."""

    def result(self) -> dict[str, EngineFinding]:
        """Wait for it, and return what it says of each clause, by name."""
        ...


ProofStart: TypeAlias = Callable[[Design, tuple[Clause, ...], float, Executor], Proof]
"""``start(design, clauses, deadline, executor)``: begin a proof, over the processes of ``executor``."""


def begun(
    start: ProofStart | None,
    prover: Callable[[Design, tuple[Clause, ...], float], dict[str, EngineFinding]],
    executor: Executor,
    asked: tuple[Design, tuple[Clause, ...], float],
) -> Proof:
    """Begin a proof: over several processes where ``start`` is given, else in one.

    Args:
        start: Begins a proof that several processes make.
        prover: Makes one in the process that calls it.
        executor: The processes.
        asked: Design, clauses, deadline.
    """
    if start is not None:
        return start(*asked, executor)
    return executor.submit(prover, *asked)


def not_proved(clause: Clause) -> EngineFinding:
    """Return the finding of a clause that the proof engine was not asked about."""
    why = "not run: not asked for, or the theorem is refuted already"
    if not clause.provable:
        why = "clauses about a presented ledger are searched, not proved"
    return EngineFinding(engine="prove", verdict=Verdict.INCONCLUSIVE, seconds=0.0, skipped=why)

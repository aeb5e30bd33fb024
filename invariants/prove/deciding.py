"""Deciding: the answers of the solvers to obligations, each text once."""

import time
from concurrent.futures import Future

from billproof.invariants.prove.discharge import Limits, Settled, split
from billproof.invariants.prove.evidence import Decided
from billproof.invariants.prove.problem import ProofOptions
from billproof.invariants.prove.solvers import Answer, Reply, replies


class Deciding:
    """Puts texts to all solvers, in this process or elsewhere, and remembers what they said."""

    def __init__(self, options: ProofOptions, limits: Limits) -> None:
        """Start.

        Args:
            options: Which solvers, where, until when.
            limits: How long one question may take, and what earlier runs have found.
        """
        self.options = options
        self.limits = limits
        self._waiting: dict[str, Future[tuple[Reply, ...]]] = {}
        self._answered: dict[str, tuple[Reply, ...]] = {}

    def submit(self, item: Settled) -> None:
        """Let an obligation be decided elsewhere, if there is an executor."""
        text = item.obligation.text
        if self.options.executor is not None and text not in self._waiting:
            self._waiting[text] = self.options.executor.submit(
                replies, text, self.options.solvers, self.limits.question(), self.limits.memory
            )

    def decide(self, item: Settled) -> list[Decided]:
        """Return the answers to an obligation; split where the solvers do not both say unsat."""
        whole = Decided(obligation=item.obligation, replies=self._ask(item))
        if whole.answer is Answer.UNSAT or len(item.goals) == 1 or self._late():
            return [whole]
        return [Decided(obligation=part.obligation, replies=self._ask(part)) for part in split(item)]

    def _late(self) -> bool:
        return self.options.deadline is not None and time.monotonic() > self.options.deadline

    def _ask(self, item: Settled) -> tuple[Reply, ...]:
        text = item.obligation.text
        if text not in self._answered:
            waiting = self._waiting.get(text)
            if waiting is None and self._late():
                return ()
            self._answered[text] = (
                replies(text, self.options.solvers, self.limits.question(), self.limits.memory)
                if waiting is None
                else waiting.result()
            )
        return self._answered[text]

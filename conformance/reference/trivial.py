"""Systems that are no good in the plainest ways. They must be given credit for nothing."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from billproof.conformance.adapter import ok, rejected
from billproof.conformance.documents import Document
from billproof.conformance.reference.model_adapter import ReferenceAdapter
from billproof.conformance.vectors.ops import OPERATIONS
from billproof.invariants.trivial import TRIVIAL

TRIVIAL_NAMES: Final = tuple(system.name for system in TRIVIAL)
"""``accept-all``, ``reject-all``, ``echo`` and ``amnesiac``."""

_STEPS: Final = {system.name: system.step for system in TRIVIAL}


class TrivialAdapter(ReferenceAdapter):
    """The reference on another step function: it opens its accounts and then does nothing rightly."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = f"billproof-{name}"
        self._own_step = _STEPS[name]
        self._real_step = self._step
        self._kind = name

    def reset(self, message: Document) -> Document:
        """Open the accounts by the real step, so that there is something to be wrong about."""
        with self._really():
            return super().reset(message)

    def fault(self, message: Document) -> Document:
        """Let faults happen by the real step: they are the world's doing, and not the system's."""
        with self._really():
            return super().fault(message)

    def clock(self, message: Document) -> Document:
        """Let time pass by the real step."""
        with self._really():
            return super().clock(message)

    @contextmanager
    def _really(self) -> Generator[None, None, None]:
        self._step = self._real_step
        try:
            yield
        finally:
            self._step = self._own_step

    def op(self, message: Document) -> Document:
        """Answer audits, disputes and vectors as the system answers everything else."""
        if message.get("op") in ("audit", "dispute", "reconcile", *OPERATIONS):
            if self._kind == "reject-all":
                return rejected("OTHER")
            return ok({"entries": "0", "verdict": "INCONCLUSIVE"})
        return super().op(message)


def make_trivial(name: str) -> TrivialAdapter:
    """Return the adapter of a trivial system."""
    return TrivialAdapter(name)

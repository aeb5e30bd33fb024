"""A fault that does nothing, a clock that stands still, an old world: each ends before any verdict."""

import pytest

from billproof.conformance.adapter import ok
from billproof.conformance.documents import Document
from billproof.conformance.errors import AdapterError, Fault
from billproof.conformance.probes import probe
from billproof.conformance.reference.model_adapter import ReferenceAdapter
from billproof.conformance.session import Session
from billproof.conformance.transports.in_process import InProcess


class Unhurt(ReferenceAdapter):
    """Says of every fault that it was caused, and causes none."""

    def fault(self, message: Document) -> Document:
        """Do nothing."""
        del message
        return {"ok": True, "evidence": {}}


class UnhurtAndSilent(Unhurt):
    """The same, and tells nothing of its health."""

    def hello(self, message: Document) -> Document:
        """Declare all but health."""
        made = super().hello(message)
        capabilities = made["capabilities"]
        assert isinstance(capabilities, dict)
        capabilities["observations"] = ["balance", "ledger"]
        capabilities["faults"] = ["crash", "restart"]
        return made


class Unwound(ReferenceAdapter):
    """Has a clock that stands still."""

    def clock(self, message: Document) -> Document:
        """Do nothing."""
        del message
        return {"ok": True, "now": "2026-01-01T00:00:00Z"}


class Eager(ReferenceAdapter):
    """Says yes to operations that do not exist."""

    def op(self, message: Document) -> Document:
        """Say yes."""
        del message
        return ok({"id": "yes"})


class Unclean(ReferenceAdapter):
    """Begins every ledger with a debit of somebody else."""

    def observe(self, message: Document) -> Document:
        """Show a debit that nobody asked for."""
        if message.get("what") != "ledger":
            return super().observe(message)
        return ok({"entries": [{"id": "x", "kind": "debit", "amount": "1", "currency": "USD"}]})


@pytest.mark.parametrize(
    ("adapter", "word"),
    [
        (Unhurt, "after a crash nothing is different"),
        (UnhurtAndSilent, "after a crash nothing is different"),
        (Unwound, "clock"),
        (Eager, "not unsupported"),
        (Unclean, "another world"),
    ],
)
def test_what_a_probe_cannot_show_is_an_adapter_error(adapter: type[ReferenceAdapter], word: str) -> None:
    with pytest.raises(AdapterError, match=word) as caught:
        probe(Session(InProcess(adapter()), "0", 1))
    assert caught.value.fault == Fault.UNTESTABLE


def test_the_reference_passes_every_probe() -> None:
    names = [item.name for item in probe(Session(InProcess(ReferenceAdapter()), "0", 1))]
    assert names == [
        "unknown operation", "write and read", "worlds are apart", "clock", "crash and restart", "failover",
        "skew",
    ]  # fmt: skip

"""What this system says of itself in reply to ``hello``."""

from typing import Final, TypedDict


class CapabilitySet(TypedDict):
    """What can be asked of it."""

    operations: list[str]
    observations: list[str]
    vectors: list[str]
    clock: str
    concurrent: bool
    faults: list[str]
    nodes: list[str]
    receipts: str
    quota: str
    balance: str


class Hello(TypedDict):
    """The reply."""

    protocol: int
    implementation: dict[str, str]
    capabilities: CapabilitySet
    choices: dict[str, str]
    limits: dict[str, int]


HELLO: Final[Hello] = {
    "protocol": 1,
    "implementation": {"name": "postgres-target", "version": "1", "language": "Python and SQL"},
    "capabilities": {
        "operations": [
            "charge", "refund", "void", "chargeback", "credit", "top_up", "adjustment", "change_terms",
            "hold", "release", "close_period", "reconcile", "dispute", "audit",
        ],
        "observations": [
            "balance", "ledger", "receipts", "export", "quota", "invoice", "checkpoint", "health",
        ],
        "vectors": [],
        "clock": "controllable",
        "concurrent": True,
        "faults": ["crash", "restart", "pause", "resume", "tamper", "diverge"],
        "nodes": ["machine"],
        "receipts": "billproof/v1",
        "quota": "hard",
        "balance": "floor",
    },
    "choices": {"duplicate": "replay", "key_scope": "customer", "refusals": "stored", "quota_hold": "period"},
    "limits": {"max_line": 1_048_576, "max_in_flight": 16, "money_scale": 12},
}  # fmt: skip
"""The declaration."""

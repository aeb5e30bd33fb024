"""Receipts, keys and disputes: F-24 to F-27, F-34, G-09, G-13.

The choices of ``tampering``: bits 4 and up name the edit - 0 alter, 1 delete, 2 truncate, 3 reorder, 4 fork,
5 re-sign - and the lower ones the place.
"""

from typing import Final

from billproof.simulations.scenarios.scenario import Scenario, Strike

ALTER: Final = tuple(range(16))
DELETE: Final = tuple(range(16, 32))
TRUNCATE: Final = tuple(range(32, 48))
FORK: Final = tuple(range(64, 80))
RESIGN: Final = tuple(range(80, 96))

EVIDENCE: Final = (
    Scenario(
        id="F-24", title="receipt tampered", promise="detected in 5 min, restored, P1", source="T3-P1, T3-P6",
        strikes=tuple(Strike(kind="tampering", at=at, choices=ALTER) for at in (200, 500, 900)),
    ),
    Scenario(
        id="F-25", title="signing key stolen", promise="a downstream rewrite is needed", source="T3-P3",
        strikes=tuple(Strike(kind="tampering", at=at, choices=RESIGN) for at in (200, 500, 900)),
    ),
    Scenario(
        id="F-26", title="event deleted", promise="gap or orphan alert, P1", source="T6-P2, T6-P3",
        strikes=tuple(Strike(kind="tampering", at=at, choices=DELETE) for at in (200, 500, 900)),
    ),
    Scenario(
        id="F-27", title="data theft", promise="RTO 24 h, RPO 24 h, restore from archive", source="RT-05",
        rto_s=86_400, rpo="24 h",
        strikes=(Strike(kind="credentials_stolen", at=200), Strike(kind="archive_edited", at=1_100)),
    ),
    Scenario(
        id="F-34", title="customer dispute", promise="evidence report", source="T7-W, T7-O1",
        strikes=(
            Strike(kind="burst", at=100), Strike(kind="tampering", at=200),
            Strike(kind="dispute_races", at=500),
        ),
    ),
    Scenario(
        id="G-09", title="tail truncation, fork, signing misuse", source="T3-D",
        strikes=(
            *(Strike(kind="tampering", at=at, choices=TRUNCATE + FORK + RESIGN) for at in (200, 500, 900)),
            Strike(kind="archive_edited", at=1_000), Strike(kind="head_forged", at=1_100),
        ),
    ),
    Scenario(
        id="G-13", title="wrong price or quantity with a valid signature", source="T7-F",
        strikes=(Strike(kind="wrong_price", at=50),),
    ),
)  # fmt: skip

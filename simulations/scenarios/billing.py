"""Money and calendar: F-19 to F-21, F-29, G-03, G-05, G-08."""

from typing import Final

from billproof.simulations.scenarios.scenario import Scenario, Strike

BILLING: Final = (
    Scenario(
        id="F-19", title="duplicate key or receipt id", promise="cached receipt; void and refund",
        source="RB-1, CO-13", strikes=(Strike(kind="late_duplicate"), Strike(kind="burst", at=700)),
    ),
    Scenario(
        id="F-20", title="insufficient balance", promise="reject or queue, 402", source="EC-01",
        tight_terms=True, strikes=(Strike(kind="burst", choices=(1, 4)),),
    ),
    Scenario(
        id="F-21", title="quota exceeded", promise="warn, reject, suspend", source="QU-01, QU-03, T5-E3",
        tight_terms=True, strikes=(Strike(kind="burst", choices=(0, 3)),),
    ),
    Scenario(
        id="F-29", title="reset job runs twice", promise="no-op", source="T5-E4", tight_terms=True,
        strikes=(Strike(kind="month_end"), Strike(kind="reset_again", at=900), Strike(kind="burst", at=950)),
    ),
    Scenario(
        id="G-03", title="retry after key expiry", source="T1-R",
        strikes=(Strike(kind="retention", lasts=500),),
    ),
    Scenario(
        id="G-05", title="same key with another payload", source="T1-A1",
        strikes=(Strike(kind="key_reused"), Strike(kind="key_reused", at=800)),
    ),
    Scenario(
        id="G-08", title="refund, negative amount, other currency, tier change", source="T5-F1",
        strikes=(
            Strike(kind="refunds"), Strike(kind="odd_amounts", at=500), Strike(kind="terms_changed", at=700),
            Strike(kind="refunds", at=1_000),
        ),
    ),
)  # fmt: skip

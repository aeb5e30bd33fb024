"""Regions, partitions and the network: F-05 to F-07, F-35, G-02, G-07."""

from typing import Final

from billproof.simulations.kernel.network import Weather
from billproof.simulations.scenarios.scenario import Scenario, Strike

REGIONS: Final = (
    Scenario(
        id="F-05", title="region down", promise="routing and manual promotion, RTO 2 min, RPO 30 s",
        source="RS-03, RS-05, RT-03, T4-R3, T2-SC", rto_s=120, rpo="30 s",
        strikes=(Strike(kind="region_loss"),),
    ),
    Scenario(
        id="F-06", title="network partition",
        promise="locality routing within 1 min, or manual failover within 2 min",
        source="FM-05, RS-15", rto_s=60,
        strikes=(Strike(kind="regions_parted", lasts=300), Strike(kind="one_way", at=900, lasts=300)),
    ),
    Scenario(
        id="F-07", title="lost reply, client retry", promise="the cached receipt", source="T1-P3, T1-P4",
        strikes=(Strike(kind="replies_lost"),),
    ),
    Scenario(
        id="F-35", title="primary returns", promise="six-step recovery, or automatic catch-up",
        source="RS-04, T4-P2", strikes=(Strike(kind="region_loss", lasts=400),),
    ),
    Scenario(
        id="G-02", title="two writers after a partition without fencing", source="RS-03",
        strikes=(Strike(kind="region_isolated", lasts=900),),
    ),
    Scenario(
        id="G-07", title="clock skew, ties, late events, month boundary", source="T6-F1, T5-A2",
        strikes=(
            Strike(kind="clock_jump", lasts=200),
            Strike(kind="month_end", at=600),
            Strike(kind="clock_back", at=900, lasts=400),
            Strike(kind="late_events", at=1_300),
        ),
        weather=Weather(lost=0, doubled=20_000, late=100_000, lateness=4),
    ),
)  # fmt: skip

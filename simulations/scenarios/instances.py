"""Instances, zones, load and deployments: F-01 to F-04, F-14, F-22, F-28, F-30 to F-32, G-01, G-04, G-10."""

from typing import Final

from billproof.simulations.scenarios.scenario import Scenario, Strike

FOR_GOOD: Final = 10_000
"""Milliseconds that end after the safety phase: what was killed is there again only when all is mended."""

INSTANCES: Final = (
    Scenario(
        id="F-01", title="instance crash",
        promise="restart within 30 s, nothing lost (or up to 1,000 events)",
        source="FM-01, RS-08, RT-01, DL-02, T2-SA", rto_s=30, rpo="0",
        strikes=(Strike(kind="instance_crash"), Strike(kind="instance_crash", at=700)),
    ),
    Scenario(
        id="F-02", title="instance out of memory", promise="restart within 30 s", source="RS-14", rto_s=30,
        strikes=(Strike(kind="burst"), Strike(kind="instance_crash", at=310)), pool=32,
    ),
    Scenario(
        id="F-03", title="all primary instances crash", promise="buffers lost, clients may retry",
        source="T2-SD", strikes=(Strike(kind="region_crash"),),
    ),
    Scenario(
        id="F-04", title="zone down", promise="other zones serve, RTO 1 min, RPO 1 min",
        source="RS-07, RT-02", rto_s=60, rpo="1 min", affinity=True,
        strikes=(Strike(kind="zone_loss", lasts=900),),
    ),
    Scenario(
        id="F-14", title="pool exhausted", promise="raise the limit, 5 min", source="RS-13",
        strikes=(Strike(kind="burst"), Strike(kind="burst", at=600)), pool=2,
    ),
    Scenario(
        id="F-22", title="rate limit or full queue", promise="429", source="PO-04, RB-2",
        strikes=(Strike(kind="burst"),), pool=2,
    ),
    Scenario(
        id="F-28", title="complete outage", promise="RTO 4 h, RPO 1 h", source="RT-06",
        rto_s=14_400, rpo="1 h",
        strikes=(Strike(kind="region_crash"), Strike(kind="region_crash", place=1)),
    ),
    Scenario(
        id="F-30", title="load spike to 100,000 requests per second", promise="autoscale 15 to 80 instances",
        source="BF-1, BF-2, BF-3", strikes=(Strike(kind="load_spike", at=200, lasts=900),), pool=2,
    ),
    Scenario(
        id="F-31", title="hot partitions", promise="alert only", source="MS-04, BF-2",
        strikes=(Strike(kind="burst", choices=(0,)), Strike(kind="burst", at=500, choices=(0,))),
    ),
    Scenario(
        id="F-32", title="bad deployment", promise="stop in 1 min, roll back, verify in 5 min", source="TF-6",
        strikes=(Strike(kind="rolling_upgrade", at=100), Strike(kind="bad_version", at=500)),
    ),
    Scenario(
        id="G-01", title="concurrent attempts with one key on two instances", source="T1-A2",
        strikes=(Strike(kind="burst"), Strike(kind="burst", at=800)), pool=32,
    ),
    Scenario(
        id="G-04", title="crash between the two stores with the process gone for good",
        source="LF-04, LF-05", strikes=(Strike(kind="instance_crash", lasts=FOR_GOOD),),
    ),
    Scenario(
        id="G-10", title="scale-in or restart with a non-empty buffer", source="EC-02, AS-02",
        strikes=(Strike(kind="burst"), Strike(kind="scale_in", at=320, lasts=FOR_GOOD)), pool=32,
    ),
)  # fmt: skip

"""The kinds of faults: what each is, which of the twelve families it belongs to, and what it is to theorems.

Each kind is tagged for each theorem: ``tolerated`` (the theorem must hold), ``detected`` (the fault must be
reported) or ``outside`` (not judged, and said so). Assumption C2 is the boundary: crashes, loss, delay and
duplication of messages, and the loss of one region at a time are within it.

What a kind does to the world is in ``world.acts``; this table only says what there is.

Source: ``simulation.md`` "Faults"; ``claims.md`` C2, 1.13.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

FAMILIES: Final = {
    1: "late duplicates",
    2: "reply lost after commit",
    3: "reordering and long delays",
    4: "partitions",
    5: "crash between any two writes",
    6: "loss of a region",
    7: "corruption of what is stored or shown",
    8: "clocks",
    9: "errors of upstream services",
    10: "operations",
    11: "billing calendar",
    12: "load",
}
"""The twelve families of ``simulation.md``."""


class Effect(StrEnum):
    """What a fault is to a theorem."""

    TOLERATED = "tolerated"
    DETECTED = "detected"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """One kind of fault."""

    name: str
    family: int
    statement: str
    exceptions: dict[str, Effect] = field(default_factory=dict)
    """For the theorems that do not merely tolerate it."""

    def effect_on(self, theorem: str) -> Effect:
        """Return what it is to a theorem."""
        return self.exceptions.get(theorem, Effect.TOLERATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of a run."""

    kind: str
    at: int
    """Microseconds after the start of the run."""
    lasts: int
    """Microseconds; kinds that happen at an instant pass over it."""
    place: int
    """The region that it strikes, 0 or 1, where that matters."""
    choice: int
    """Decides among the ways in which the kind can happen."""


KINDS: Final[tuple[FaultKind, ...]] = (
    FaultKind(
        name="late_duplicate", family=1,
        statement="requests that were sent long ago are delivered once more",
    ),
    FaultKind(
        name="replies_lost", family=2, statement="most messages are lost for a while, replies among them",
    ),
    FaultKind(name="storm", family=3, statement="messages are late by many times what the link allows"),
    FaultKind(
        name="regions_parted", family=4, statement="the regions do not reach each other; clients reach both",
    ),
    FaultKind(
        name="region_isolated", family=4,
        statement="one region is reached by nobody but the clients inside it",
    ),
    FaultKind(name="one_way", family=4, statement="one region hears the other and cannot answer"),
    FaultKind(
        name="flapping", family=4, statement="the link between the regions comes and goes",
    ),
    FaultKind(
        name="instance_crash", family=5, statement="an instance dies between two of its writes",
    ),
    FaultKind(
        name="region_crash", family=5, statement="every instance of a region dies and comes back empty",
    ),
    FaultKind(
        name="region_loss", family=6, statement="a region is gone; the other is promoted; it comes back",
    ),
    FaultKind(
        name="tampering", family=7,
        statement="the ledger that a reader is shown was edited, with or without the permission to sign",
        exceptions={"T3": Effect.DETECTED, "T6": Effect.DETECTED, "T7": Effect.DETECTED},
    ),
    FaultKind(name="clock_jump", family=8, statement="the clock of the leader jumps forward and comes back"),
    FaultKind(name="clock_back", family=8, statement="the clock of the leader goes back"),
    FaultKind(
        name="store_busy", family=9,
        statement="the store aborts what it is asked and the instance tells the client to come back",
    ),
    FaultKind(
        name="scale_in", family=10, statement="an instance with work in its memory is taken away",
    ),
    FaultKind(
        name="planned_failover", family=10, statement="the operator promotes the other region for no reason",
    ),
    FaultKind(
        name="batch_again", family=10, statement="the outbox is published again from its beginning",
    ),
    FaultKind(
        name="month_end", family=11, statement="a month ends while charges are under way, and its jobs run",
    ),
    FaultKind(
        name="retention", family=11,
        statement="ninety days pass, old keys are purged where they are, and an old request comes again",
    ),
    FaultKind(
        name="terms_changed", family=11, statement="a tier changes while charges are under way",
    ),
    FaultKind(name="refunds", family=11, statement="refunds and credits race with charges"),
    FaultKind(
        name="key_reused", family=11, statement="a key that was used comes with another amount",
    ),
    FaultKind(
        name="odd_amounts", family=11, statement="charges come with a negative amount or a foreign currency",
    ),
    FaultKind(
        name="wrong_price", family=11, statement="a charge is rated otherwise than its published plan says",
        exceptions={"T7": Effect.DETECTED},
    ),
    FaultKind(
        name="reset_again", family=10, statement="the job that resets usage runs once more within a month",
    ),
    FaultKind(name="zone_loss", family=6, statement="a zone of a region is gone, with the instances in it"),
    FaultKind(name="replica_rebuilt", family=6, statement="the other region is rebuilt from nothing"),
    FaultKind(
        name="pause", family=8, statement="the processes of a region stand still and go on: a zombie leader",
    ),
    FaultKind(name="leap_second", family=8, statement="the last second of a day is shown twice"),
    FaultKind(
        name="summer_time", family=8, statement="customers stamp events an hour ahead, and an hour late",
    ),
    FaultKind(
        name="disk_damaged", family=7,
        statement="a standby's disk loses un-synced writes, tears or misdirects one, or flips a bit",
    ),
    FaultKind(
        name="document_corrupted", family=7, statement="the balance in a ledger document is changed",
        exceptions={"T4": Effect.DETECTED},
    ),
    FaultKind(
        name="old_restore", family=7, statement="the leader is restored from an old backup",
    ),
    FaultKind(
        name="archive_edited", family=7, statement="an administrator overwrites an archived receipt",
    ),
    FaultKind(
        name="head_forged", family=7,
        statement="somebody who may sign publishes heads that leave a customer out",
        exceptions={"T3": Effect.DETECTED},
    ),
    FaultKind(name="documents_down", family=9, statement="the document store is unavailable"),
    FaultKind(name="documents_quota", family=9, statement="the quota of document writes is exceeded"),
    FaultKind(name="stores_down", family=9, statement="both stores are down in every region"),
    FaultKind(name="signer_down", family=9, statement="the signing service is unavailable"),
    FaultKind(name="certificate_expired", family=10, statement="the certificate of a region has expired"),
    FaultKind(name="key_rotation", family=10, statement="the signing key is rotated while charges are made"),
    FaultKind(
        name="rolling_upgrade", family=10, statement="one instance after another restarts in a new version",
    ),
    FaultKind(
        name="bad_version", family=10, statement="a version that rates usage wrong is deployed",
        exceptions={"T7": Effect.DETECTED},
    ),
    FaultKind(
        name="wrong_configuration", family=10, statement="terms are configured with a limit below the quota",
    ),
    FaultKind(
        name="migration", family=10, statement="an old system's events are imported, one twice, one wrong",
        exceptions={"T7": Effect.DETECTED},
    ),
    FaultKind(
        name="late_events", family=11, statement="a month is closed; events come late, and too early",
    ),
    FaultKind(
        name="dispute_races", family=11,
        statement="a dispute races a refund, a chargeback, an erasure and the close of its month",
    ),
    FaultKind(
        name="account_stopped", family=11, statement="an account is stopped and started during charges",
    ),
    FaultKind(
        name="credentials_stolen", family=11,
        statement="a customer's key is used by somebody else, before and after the theft is reported",
        exceptions={"T7": Effect.OUTSIDE},
    ),
    FaultKind(name="load_spike", family=12, statement="the load grows fast, and the autoscaler acts"),
    FaultKind(
        name="burst", family=12, statement="one customer sends everything at once, and then again",
    ),
)  # fmt: skip
"""Every kind, in the order in which they are drawn."""

BY_NAME: Final = {kind.name: kind for kind in KINDS}
"""The kinds by name."""

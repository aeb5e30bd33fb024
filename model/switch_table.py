"""The table of switches: what each comes from and bears on, and which values need one another.

Source: ``system.md`` section 1, the table of switches; the claim ids stand beside each switch.
"""

from dataclasses import dataclass
from enum import StrEnum

from billproof.model.switches import (
    AckPoint,
    AmountEvidence,
    AmountRule,
    ArchiveLock,
    Authorisation,
    BalanceRule,
    ChainHead,
    ConsumerDedupe,
    CustomerKeys,
    DisputeEvidence,
    FailoverFencing,
    HeadAudit,
    HeadPublication,
    HealMerge,
    HoldRule,
    KeyBinding,
    KeyCheck,
    KeyHistory,
    KeyRetention,
    LagControl,
    OrderBy,
    Overflow,
    PeriodAccounting,
    PeriodOf,
    Preimage,
    Promotion,
    QuotaCheck,
    QuotaLimit,
    ReconcileCut,
    RepairDirection,
    ReplicaReads,
    Replication,
    Restore,
    SignerScope,
    WriteOrder,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What is known of one switch."""

    name: str
    values: type[StrEnum]
    claims: tuple[str, ...]
    """Claims, contradictions and schedules that it comes from."""
    bears_on: tuple[str, ...]
    """The starting list of theorems; the tool computes the true one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One value needs another."""

    switch: str
    value: StrEnum
    needs_switch: str
    needs_value: StrEnum
    because: str


SWITCHES: tuple[Switch, ...] = (
    Switch(name="ack_point", values=AckPoint, claims=("XA-05", "T2-S1"), bears_on=("T2", "T4")),
    Switch(name="key_check", values=KeyCheck, claims=("T1-S1", "XA-02"), bears_on=("T1",)),
    Switch(name="key_binding", values=KeyBinding, claims=("T1-S7",), bears_on=("T1", "T7")),
    Switch(name="key_retention", values=KeyRetention, claims=("T1-S3",), bears_on=("T1",)),
    Switch(
        name="write_order",
        values=WriteOrder,
        claims=("XA-01", "XA-02", "T1-S4", "T2-S3"),
        bears_on=("T1", "T2", "T6", "T7"),
    ),
    Switch(name="replication", values=Replication, claims=("XA-24", "T2-S2"), bears_on=("T1", "T2", "T4")),
    Switch(name="failover_fencing", values=FailoverFencing, claims=("T6-S3",), bears_on=("T1", "T2", "T6")),
    Switch(name="promotion", values=Promotion, claims=("T1-S2", "T5-S4"), bears_on=("T1", "T2", "T5", "T6")),
    Switch(name="heal_merge", values=HealMerge, claims=("T1-S2",), bears_on=("T1",)),
    Switch(name="repair_direction", values=RepairDirection, claims=("T1-S4", "T2-S3"), bears_on=("T1", "T2")),
    Switch(name="preimage", values=Preimage, claims=("XA-31", "T3-S4", "T3-S5"), bears_on=("T3",)),
    Switch(
        name="head_publication",
        values=HeadPublication,
        claims=("T3-S1", "T3-S2", "T3-S3", "T6-S1"),
        bears_on=("T3", "T6"),
    ),
    Switch(name="dispute_evidence", values=DisputeEvidence, claims=("T7-S3", "T7-S4"), bears_on=("T7",)),
    Switch(name="amount_evidence", values=AmountEvidence, claims=("T7-S1", "T7-D"), bears_on=("T7",)),
    Switch(name="authorisation", values=Authorisation, claims=("T7-S2", "T7-S6"), bears_on=("T7",)),
    Switch(name="customer_keys", values=CustomerKeys, claims=("T7-S2",), bears_on=("T7",)),
    Switch(name="key_history", values=KeyHistory, claims=("T7-S8", "T7-A2"), bears_on=("T7", "T3")),
    Switch(name="restore", values=Restore, claims=("T2-S7", "T3-S7"), bears_on=("T2", "T3")),
    Switch(name="archive_lock", values=ArchiveLock, claims=("T3-S6", "T2-S8"), bears_on=("T3",)),
    Switch(name="head_audit", values=HeadAudit, claims=("T3-S8", "XA-28"), bears_on=("T3",)),
    Switch(name="signer_scope", values=SignerScope, claims=("T3-S1",), bears_on=("T3", "T6")),
    Switch(name="replica_reads", values=ReplicaReads, claims=("T4-S6", "XA-19"), bears_on=("T4",)),
    Switch(name="reconcile_cut", values=ReconcileCut, claims=("T4-S4",), bears_on=("T4",)),
    Switch(name="order_by", values=OrderBy, claims=("XA-45", "T6-S4", "T6-S5"), bears_on=("T6",)),
    Switch(name="chain_head", values=ChainHead, claims=("T6-S2",), bears_on=("T6",)),
    Switch(name="period_accounting", values=PeriodAccounting, claims=("T5-S2", "XB-07"), bears_on=("T5",)),
    Switch(name="period_of", values=PeriodOf, claims=("T5-S3",), bears_on=("T5",)),
    Switch(name="quota_limit", values=QuotaLimit, claims=("XB-01", "XB-02"), bears_on=("T5",)),
    Switch(name="hold_rule", values=HoldRule, claims=("T5-S5", "XB-09"), bears_on=("T5",)),
    Switch(name="quota_check", values=QuotaCheck, claims=("T5-S1",), bears_on=("T5",)),
    Switch(name="amount_rule", values=AmountRule, claims=("T5-S6", "T5-S8"), bears_on=("T5", "T1")),
    Switch(name="balance_rule", values=BalanceRule, claims=("T5-S9", "XB-10"), bears_on=("T5",)),
    Switch(name="lag_control", values=LagControl, claims=("T4-S1",), bears_on=("T4",)),
    Switch(name="overflow", values=Overflow, claims=("T2-S5",), bears_on=("T2",)),
    Switch(name="consumer_dedupe", values=ConsumerDedupe, claims=("T1-S6",), bears_on=("T1",)),
)
"""Every switch of this core, in the order of the record."""

_ONE_COMMIT = "its check only means something inside the commit that it guards"

REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        switch="ack_point",
        value=AckPoint.QUORUM_COMMIT,
        needs_switch="replication",
        needs_value=Replication.SYNC_QUORUM,
        because="a quorum commit cannot be acknowledged from one region alone",
    ),
    Requirement(
        switch="key_check",
        value=KeyCheck.INSERT_IN_COMMIT,
        needs_switch="write_order",
        needs_value=WriteOrder.ONE_COMMIT_WITH_OUTBOX,
        because=_ONE_COMMIT,
    ),
    Requirement(
        switch="quota_check",
        value=QuotaCheck.IN_COMMIT,
        needs_switch="write_order",
        needs_value=WriteOrder.ONE_COMMIT_WITH_OUTBOX,
        because=_ONE_COMMIT,
    ),
    Requirement(
        switch="chain_head",
        value=ChainHead.IN_COMMIT,
        needs_switch="write_order",
        needs_value=WriteOrder.ONE_COMMIT_WITH_OUTBOX,
        because=_ONE_COMMIT,
    ),
    Requirement(
        switch="repair_direction",
        value=RepairDirection.LOG_TO_PROJECTION,
        needs_switch="write_order",
        needs_value=WriteOrder.ONE_COMMIT_WITH_OUTBOX,
        because="a log that a crash can leave behind its projection cannot repair it",
    ),
    Requirement(
        switch="heal_merge",
        value=HealMerge.NONE_NEEDED,
        needs_switch="promotion",
        needs_value=Promotion.COMPLETE_PREFIX,
        because="a returning region may drop its tail only if the promoted one held every reply given",
    ),
    Requirement(
        switch="heal_merge",
        value=HealMerge.NONE_NEEDED,
        needs_switch="failover_fencing",
        needs_value=FailoverFencing.EPOCH,
        because="two writers leave no single log to return to",
    ),
    Requirement(
        switch="dispute_evidence",
        value=DisputeEvidence.WITNESSED_LOG,
        needs_switch="head_publication",
        needs_value=HeadPublication.WITNESSED_CHECKPOINT,
        because="without a published head there is no witnessed log to decide on",
    ),
    Requirement(
        switch="amount_evidence",
        value=AmountEvidence.RECOMPUTED_FROM_PRICE_PLAN,
        needs_switch="dispute_evidence",
        needs_value=DisputeEvidence.WITNESSED_LOG,
        because="the usage and plan to recompute from are those of the receipt in the witnessed log",
    ),
    Requirement(
        switch="authorisation",
        value=Authorisation.CUSTOMER_SIGNED_REQUEST,
        needs_switch="dispute_evidence",
        needs_value=DisputeEvidence.WITNESSED_LOG,
        because="which keys were registered at commit order is read from the witnessed log",
    ),
    Requirement(
        switch="signer_scope",
        value=SignerScope.WITNESSED_AFTER_MAP_EQUALS_FOLD,
        needs_switch="head_publication",
        needs_value=HeadPublication.WITNESSED_CHECKPOINT,
        because="a witness can hold a map against the log only where there is a witness",
    ),
    Requirement(
        switch="head_audit",
        value=HeadAudit.EVERY_HEAD_HASHES_AND_FOLD,
        needs_switch="head_publication",
        needs_value=HeadPublication.WITNESSED_CHECKPOINT,
        because="without published heads there is none to audit",
    ),
    Requirement(
        switch="restore",
        value=Restore.REPLAY_TO_WITNESSED_HEAD,
        needs_switch="write_order",
        needs_value=WriteOrder.ONE_COMMIT_WITH_OUTBOX,
        because="a log that a crash can leave behind the state does not replay to it",
    ),
)
"""What a value needs elsewhere in the design."""

"""Designs: the switches, the two shipped designs, and the rules that a design must satisfy.

A design is a frozen record of named switches. ``DOCUMENTED`` says what the design documents say, where
they say two things through named readings; ``REPAIRED`` is the weakest change that makes each theorem true
under its assumptions. Anybody's own design is a TOML file that starts from one of the two.

Source: ``system.md`` section 1; the claim ids stand beside each switch in ``SWITCHES``.
"""

from dataclasses import dataclass, fields, replace

from billproof.model.identifiers import Count, Instant, Position
from billproof.model.portable import PortableError
from billproof.model.switch_table import REQUIREMENTS, SWITCHES, Requirement
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


class DesignError(PortableError, ValueError):
    """A design file or a combination of switches that cannot be used; the user's to mend.

    Args:
        name: The design or file.
        problem: What is wrong, with the offending name and value.
        remedy: What to write instead.
    """

    def __init__(self, name: str, problem: str, remedy: str) -> None:
        super().__init__(f"design {name}: {problem}; {remedy}")
        self.name = name
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """One value for every switch, and the parameters."""

    name: str
    ack_point: AckPoint
    key_check: KeyCheck
    key_binding: KeyBinding
    key_retention: KeyRetention
    write_order: WriteOrder
    replication: Replication
    failover_fencing: FailoverFencing
    promotion: Promotion
    heal_merge: HealMerge
    repair_direction: RepairDirection
    preimage: Preimage
    head_publication: HeadPublication
    dispute_evidence: DisputeEvidence
    amount_evidence: AmountEvidence
    authorisation: Authorisation
    customer_keys: CustomerKeys
    key_history: KeyHistory
    restore: Restore
    archive_lock: ArchiveLock
    head_audit: HeadAudit
    signer_scope: SignerScope
    replica_reads: ReplicaReads
    reconcile_cut: ReconcileCut
    order_by: OrderBy
    chain_head: ChainHead
    period_accounting: PeriodAccounting
    period_of: PeriodOf
    quota_limit: QuotaLimit
    hold_rule: HoldRule
    quota_check: QuotaCheck
    amount_rule: AmountRule
    balance_rule: BalanceRule
    lag_control: LagControl
    overflow: Overflow
    consumer_dedupe: ConsumerDedupe
    key_retention_days: Count
    """Days after which the purge job may delete a key; unused where keys are kept for ever."""
    lag_entries_max: Position
    """K: entries that the replica may be behind before writes are refused; unused without admission."""
    late_window_days: Count
    """Days after an event in which it can still be billed once its month is closed, as an adjustment."""
    skew_seconds: Count
    """How far an event may lie in the future of its commit, in seconds."""

    @property
    def reads_before_commit(self) -> bool:
        """Whether a charge decides on something read outside its commit."""
        return (
            self.key_check == KeyCheck.LOOKUP_THEN_COMMIT
            or self.quota_check == QuotaCheck.READ_THEN_WRITE
            or self.chain_head == ChainHead.READ_THEN_WRITE
            or self.write_order != WriteOrder.ONE_COMMIT_WITH_OUTBOX
            or self.ack_point == AckPoint.MEMORY_BUFFER
        )

    @property
    def key_retention_micros(self) -> Instant:
        """The retention of key records in microseconds."""
        return Instant(self.key_retention_days * 86_400_000_000)

    @property
    def late_window_micros(self) -> Instant:
        """The late window in microseconds."""
        return Instant(self.late_window_days * 86_400_000_000)

    @property
    def skew_micros(self) -> Instant:
        """The skew allowance in microseconds."""
        return Instant(self.skew_seconds * 1_000_000)


DOCUMENTED = Design(
    name="documented",
    ack_point=AckPoint.MEMORY_BUFFER,
    key_check=KeyCheck.LOOKUP_THEN_COMMIT,
    key_binding=KeyBinding.NONE,
    key_retention=KeyRetention.DAYS,
    write_order=WriteOrder.LEDGER_FIRST,
    replication=Replication.ASYNC,
    failover_fencing=FailoverFencing.NONE,
    promotion=Promotion.ANY_REACHABLE,
    heal_merge=HealMerge.BY_RECEIPT_ID,
    repair_direction=RepairDirection.EITHER,
    preimage=Preimage.CONCATENATION,
    head_publication=HeadPublication.NONE,
    dispute_evidence=DisputeEvidence.SIGNATURE_ONLY,
    amount_evidence=AmountEvidence.SIGNATURE_ONLY,
    authorisation=Authorisation.BEARER_TOKEN,
    customer_keys=CustomerKeys.OPERATOR_ENROLS,
    key_history=KeyHistory.CURRENT_KEYS_ONLY,
    restore=Restore.REPLACE,
    archive_lock=ArchiveLock.ADMIN_MUTABLE,
    head_audit=HeadAudit.HOURLY_BALANCE_ONLY,
    signer_scope=SignerScope.SERVICE_IDENTITY,
    replica_reads=ReplicaReads.UNLABELLED,
    reconcile_cut=ReconcileCut.WALL_CLOCK,
    order_by=OrderBy.WALL_CLOCK_TIMESTAMP,
    chain_head=ChainHead.READ_THEN_WRITE,
    period_accounting=PeriodAccounting.RESET_JOB,
    period_of=PeriodOf.PROCESSING_TIME,
    quota_limit=QuotaLimit.GLOBAL_1_1X,
    hold_rule=HoldRule.STATUS_FLAG_CLEARED_BY_JOB,
    quota_check=QuotaCheck.READ_THEN_WRITE,
    amount_rule=AmountRule.ANY_SIGN_ANY_CURRENCY,
    balance_rule=BalanceRule.EXAMPLE_ALLOWS_NEGATIVE,
    lag_control=LagControl.NONE,
    overflow=Overflow.DROP_OR_BUFFER,
    consumer_dedupe=ConsumerDedupe.ATTRIBUTE_ONLY,
    key_retention_days=Count(90),
    lag_entries_max=Position(5000),
    late_window_days=Count(35),
    skew_seconds=Count(300),
)
"""What the documents say, in the reading in which the ledger is written first."""

REPAIRED = Design(
    name="repaired",
    ack_point=AckPoint.QUORUM_COMMIT,
    key_check=KeyCheck.INSERT_IN_COMMIT,
    key_binding=KeyBinding.REQUEST_FINGERPRINT,
    key_retention=KeyRetention.FOREVER,
    write_order=WriteOrder.ONE_COMMIT_WITH_OUTBOX,
    replication=Replication.SYNC_QUORUM,
    failover_fencing=FailoverFencing.EPOCH,
    promotion=Promotion.COMPLETE_PREFIX,
    heal_merge=HealMerge.NONE_NEEDED,
    repair_direction=RepairDirection.LOG_TO_PROJECTION,
    preimage=Preimage.CANONICAL_ALL_FIELDS,
    head_publication=HeadPublication.WITNESSED_CHECKPOINT,
    dispute_evidence=DisputeEvidence.WITNESSED_LOG,
    amount_evidence=AmountEvidence.RECOMPUTED_FROM_PRICE_PLAN,
    authorisation=Authorisation.CUSTOMER_SIGNED_REQUEST,
    customer_keys=CustomerKeys.ENROLMENT_BY_PREVIOUS_KEY_OR_EXTERNAL_EVIDENCE,
    key_history=KeyHistory.LOGGED_VALIDITY_INTERVALS,
    restore=Restore.REPLAY_TO_WITNESSED_HEAD,
    archive_lock=ArchiveLock.LOCKED_RETENTION_OTHER_ADMIN,
    head_audit=HeadAudit.EVERY_HEAD_HASHES_AND_FOLD,
    signer_scope=SignerScope.WITNESSED_AFTER_MAP_EQUALS_FOLD,
    replica_reads=ReplicaReads.INDEX_AND_AGE,
    reconcile_cut=ReconcileCut.SEQUENCE_INDEX,
    order_by=OrderBy.SEQUENCE,
    chain_head=ChainHead.IN_COMMIT,
    period_accounting=PeriodAccounting.ROW_PER_PERIOD,
    period_of=PeriodOf.EVENT_TIME_WHILE_OPEN,
    quota_limit=QuotaLimit.TIER_TABLE,
    hold_rule=HoldRule.DERIVED_FROM_PERIOD_SCOPED_HOLDS,
    quota_check=QuotaCheck.IN_COMMIT,
    amount_rule=AmountRule.TYPED_NON_NEGATIVE_OWN_CURRENCY,
    balance_rule=BalanceRule.PER_ACCOUNT_TYPE,
    lag_control=LagControl.ADMISSION_AT_K,
    overflow=Overflow.REFUSE,
    consumer_dedupe=ConsumerDedupe.PER_RECEIPT_IN_TRANSACTION,
    key_retention_days=Count(90),
    lag_entries_max=Position(5000),
    late_window_days=Count(35),
    skew_seconds=Count(300),
)
"""The weakest change that makes each theorem true under its assumptions."""

SHIPPED: dict[str, Design] = {"documented": DOCUMENTED, "repaired": REPAIRED}
"""The designs that come with billproof, by name."""

PARAMETERS = ("key_retention_days", "lag_entries_max", "late_window_days", "skew_seconds")
"""The numeric members of a design."""


def readings(design: Design) -> tuple[Design, ...]:
    """Return the readings under which a design is judged.

    The documents write the ledger first in one place and the derived state first in another (XA-01); the
    documented design is refuted where some reading is, and the trace names it. Any other design has one
    reading, itself.
    """
    if design != DOCUMENTED:
        return (design,)
    second = replace(design, name="documented[write_order=state_first]", write_order=WriteOrder.STATE_FIRST)
    return (design, second)


def violated_requirements(design: Design) -> tuple[Requirement, ...]:
    """Return the requirements that a design does not meet; empty for a usable design."""
    return tuple(
        rule
        for rule in REQUIREMENTS
        if getattr(design, rule.switch) == rule.value
        and getattr(design, rule.needs_switch) != rule.needs_value
    )


def check_design(design: Design) -> Design:
    """Return the design unchanged if its switches go together.

    Raises:
        DesignError: A value lacks what it requires; the message names both.
    """
    for rule in violated_requirements(design):
        raise DesignError(
            design.name,
            f"{rule.switch} = {rule.value.value!r} requires "
            f"{rule.needs_switch} = {rule.needs_value.value!r}, "
            f"not {getattr(design, rule.needs_switch).value!r}, because {rule.because}",
            f"set {rule.needs_switch} = {rule.needs_value.value!r} or choose another value of {rule.switch}",
        )
    return design


def with_switch(design: Design, name: str, value: str) -> Design:
    """Return the design with one switch set; the result is not checked.

    Raises:
        DesignError: There is no such switch or value.
    """
    for switch in SWITCHES:
        if switch.name == name:
            allowed = [member.value for member in switch.values]
            if value not in allowed:
                raise DesignError(
                    design.name, f"{name} has no value {value!r}", f"use one of {', '.join(allowed)}"
                )
            # The switch's own enumeration made the value, which the type checker cannot see.
            return replace(design, **{name: switch.values(value)})  # type: ignore[arg-type]
    names = ", ".join(switch.name for switch in SWITCHES)
    raise DesignError(design.name, f"there is no switch {name!r}", f"the switches are {names}")


def difference(first: Design, second: Design) -> tuple[tuple[str, str, str], ...]:
    """Return ``(member, value in first, value in second)`` wherever two designs differ, names aside."""
    names = [field.name for field in fields(Design) if field.name != "name"]
    return tuple(
        (name, str(getattr(first, name)), str(getattr(second, name)))
        for name in names
        if getattr(first, name) != getattr(second, name)
    )

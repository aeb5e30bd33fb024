"""The values that each switch of a design can take.

Source: ``system.md`` section 1; each class is one row of its table.
"""

from enum import StrEnum


class AckPoint(StrEnum):
    """When a client gets its definite reply."""

    MEMORY_BUFFER = "memory_buffer"
    QUORUM_COMMIT = "quorum_commit"


class KeyCheck(StrEnum):
    """Where an idempotency key is checked."""

    LOOKUP_THEN_COMMIT = "lookup_then_commit"
    INSERT_IN_COMMIT = "insert_in_commit"


class KeyBinding(StrEnum):
    """What a key is bound to."""

    NONE = "none"
    REQUEST_FINGERPRINT = "request_fingerprint"


class KeyRetention(StrEnum):
    """Whether a job deletes key records after ``key_retention_days``."""

    DAYS = "days"
    FOREVER = "forever"


class WriteOrder(StrEnum):
    """How ledger and derived state are written."""

    LEDGER_FIRST = "ledger_first"
    STATE_FIRST = "state_first"
    ONE_COMMIT_WITH_OUTBOX = "one_commit_with_outbox"


class Replication(StrEnum):
    """Whether a reply waits for the other region."""

    ASYNC = "async"
    SYNC_QUORUM = "sync_quorum"


class FailoverFencing(StrEnum):
    """Whether a site refuses what a lower epoch sends."""

    NONE = "none"
    EPOCH = "epoch"


class Promotion(StrEnum):
    """Which region may be promoted."""

    ANY_REACHABLE = "any_reachable"
    COMPLETE_PREFIX = "complete_prefix"


class HealMerge(StrEnum):
    """What happens to the diverged tail of a region that returns."""

    BY_RECEIPT_ID = "by_receipt_id"
    NONE_NEEDED = "none_needed"


class RepairDirection(StrEnum):
    """What reconciliation may do."""

    EITHER = "either"
    LOG_TO_PROJECTION = "log_to_projection"


class Preimage(StrEnum):
    """What a digest covers."""

    CONCATENATION = "concatenation"
    CANONICAL_ALL_FIELDS = "canonical_all_fields"


class HeadPublication(StrEnum):
    """Whether heads leave the operator's control."""

    NONE = "none"
    WITNESSED_CHECKPOINT = "witnessed_checkpoint"


class DisputeEvidence(StrEnum):
    """What a dispute is decided on."""

    SIGNATURE_ONLY = "signature_only"
    WITNESSED_LOG = "witnessed_log"


class OrderBy(StrEnum):
    """What orders entries, and whether a commit time may go back."""

    WALL_CLOCK_TIMESTAMP = "wall_clock_timestamp"
    SEQUENCE = "sequence"


class ChainHead(StrEnum):
    """Where the chain head is read."""

    READ_THEN_WRITE = "read_then_write"
    IN_COMMIT = "in_commit"


class PeriodAccounting(StrEnum):
    """How usage of a period is kept."""

    RESET_JOB = "reset_job"
    ROW_PER_PERIOD = "row_per_period"


class PeriodOf(StrEnum):
    """Which period an event belongs to."""

    PROCESSING_TIME = "processing_time"
    EVENT_TIME_WHILE_OPEN = "event_time_while_open"


class QuotaCheck(StrEnum):
    """Where usage is read for the quota check."""

    READ_THEN_WRITE = "read_then_write"
    IN_COMMIT = "in_commit"


class AmountRule(StrEnum):
    """Which amounts a charge takes."""

    ANY_SIGN_ANY_CURRENCY = "any_sign_any_currency"
    TYPED_NON_NEGATIVE_OWN_CURRENCY = "typed_non_negative_own_currency"


class BalanceRule(StrEnum):
    """Whether a balance has a floor."""

    EXAMPLE_ALLOWS_NEGATIVE = "example_allows_negative"
    PER_ACCOUNT_TYPE = "per_account_type"


class LagControl(StrEnum):
    """Whether writes are refused while the replica is too far behind."""

    NONE = "none"
    ADMISSION_AT_K = "admission_at_K"


class ConsumerDedupe(StrEnum):
    """How the invoice consumer treats a message that it gets twice."""

    ATTRIBUTE_ONLY = "attribute_only"
    PER_RECEIPT_IN_TRANSACTION = "per_receipt_in_transaction"


class AmountEvidence(StrEnum):
    """What shows that an amount is right."""

    SIGNATURE_ONLY = "signature_only"
    RECOMPUTED_FROM_PRICE_PLAN = "recomputed_from_price_plan"


class Authorisation(StrEnum):
    """What shows that the customer asked for a charge."""

    BEARER_TOKEN = "bearer_token"  # noqa: S105 - the name of a switch's value
    CUSTOMER_SIGNED_REQUEST = "customer_signed_request"


class CustomerKeys(StrEnum):
    """Who may enrol a key of a customer, so that it counts."""

    OPERATOR_ENROLS = "operator_enrols"
    ENROLMENT_BY_PREVIOUS_KEY_OR_EXTERNAL_EVIDENCE = "enrolment_by_previous_key_or_external_evidence"


class KeyHistory(StrEnum):
    """Which of the operator's signing keys a verifier knows."""

    CURRENT_KEYS_ONLY = "current_keys_only"
    LOGGED_VALIDITY_INTERVALS = "logged_validity_intervals"


class Restore(StrEnum):
    """What a restore from a backup does."""

    REPLACE = "replace"
    REPLAY_TO_WITNESSED_HEAD = "replay_to_witnessed_head"


class ArchiveLock(StrEnum):
    """Who may overwrite an archived receipt."""

    ADMIN_MUTABLE = "admin_mutable"
    LOCKED_RETENTION_OTHER_ADMIN = "locked_retention_other_admin"


class HeadAudit(StrEnum):
    """What the operator's auditor checks, and when."""

    HOURLY_BALANCE_ONLY = "hourly_balance_only"
    EVERY_HEAD_HASHES_AND_FOLD = "every_head_hashes_and_fold"


class SignerScope(StrEnum):
    """What a permission to sign heads is good for."""

    SERVICE_IDENTITY = "service_identity"
    WITNESSED_AFTER_MAP_EQUALS_FOLD = "witnessed_after_map_equals_fold"


class ReplicaReads(StrEnum):
    """Whether an answer says of which index and time it is."""

    UNLABELLED = "unlabelled"
    INDEX_AND_AGE = "index_and_age"


class ReconcileCut(StrEnum):
    """At which cut reconciliation compares."""

    WALL_CLOCK = "wall_clock"
    SEQUENCE_INDEX = "sequence_index"


class QuotaLimit(StrEnum):
    """Up to where usage above a quota is accepted."""

    GLOBAL_1_1X = "global_1_1x"
    """1.1 times the quota, whatever the tier grants (XB-01, XB-02)."""
    TIER_TABLE = "tier_table"


class HoldRule(StrEnum):
    """How a hold on an account ends."""

    STATUS_FLAG_CLEARED_BY_JOB = "status_flag_cleared_by_job"
    """The job that turns the month sets everybody to active, whatever the reason was (XB-09)."""
    DERIVED_FROM_PERIOD_SCOPED_HOLDS = "derived_from_period_scoped_holds"


class Overflow(StrEnum):
    """What becomes of an event that comes while too much is unconfirmed."""

    DROP_OR_BUFFER = "drop_or_buffer"
    """It is answered as accepted and kept nowhere that lasts (T2-S5)."""
    REFUSE = "refuse"

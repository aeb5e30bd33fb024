"""The known-bad variants, theorem by theorem.

Source: the ids beginning with B are rows of ``known-bugs.md``, real incidents of billing projects; the
``Tn-Sk`` are schedules of ``claims.md`` part 3.
"""

from billproof.invariants.variants.variant import Edit, Variant


def _turned(name: str, clause: str, breaks: str, source: str, **switches: str) -> Variant:
    return Variant(
        name=name,
        theorem=clause.split(".")[0],
        clause=clause.split(".")[1],
        breaks=breaks,
        source=source,
        switches=tuple(switches.items()),
    )


def _edited(name: str, clause: str, breaks: str, source: str, *edits: Edit, **switches: str) -> Variant:
    return Variant(
        name=name,
        theorem=clause.split(".")[0],
        clause=clause.split(".")[1],
        breaks=breaks,
        source=source,
        switches=tuple(switches.items()),
        edits=edits,
    )


def _edit(place: str, old: str, new: str) -> Edit:
    module, function = place.split(".")
    return Edit(module=module, function=function, old=old, new=new)


NO_DOUBLE_BILLING = (
    _turned(
        "lookup_then_commit",
        "T1.one_charge_per_key",
        "the key is looked up first and trusted at the commit",
        "T1-S1, B19",
        key_check="lookup_then_commit",
    ),
    _turned(
        "key_purged",
        "T1.one_charge_per_key",
        "key records are deleted after 90 days",
        "T1-S3, B24",
        key_retention="days",
    ),
    _edited(
        "no_key",
        "T1.one_charge_per_key",
        "the commit writes no key record",
        "B04",
        _edit("posting.apply_to_state", "keys=site.keys.put(", "keys=(lambda name, record: site.keys)("),
    ),
    _edited(
        "ledger_without_balance",
        "T1.balance_is_the_fold",
        "the entry is written and the balance is not moved",
        "B37",
        _edit(
            "posting._moved_account", "balance=Amount(account.balance + effect)", "balance=account.balance"
        ),
    ),
    _edited(
        "lost_update",
        "T1.balance_is_the_fold",
        "a top-up sets the balance instead of adding to it",
        "B38",
        _edit("posting._moved_account", "balance=Amount(account.balance + effect)", "balance=effect"),
    ),
    _edited(
        "correction_without_key",
        "T1.entry_is_the_outcome_of_its_key",
        "a payment is recorded again when it is sent again",
        "B38, B40",
        _edit("corrections.top_up", "if is_stopped(screened):", "if screened.status == Status.KEY_REUSED:"),
    ),
    _edited(
        "opened_twice",
        "T1.balances_follow_the_chain",
        "an account is opened again under another key, from a balance of nothing",
        "B73",
        _edit(
            "corrections.open_account",
            "accounts.contains(request.customer)",
            "accounts.contains(request.key)",
        ),
    ),
    _edited(
        "usage_not_counted",
        "T1.usage_is_the_fold",
        "a debit does not raise the usage of its row",
        "B30",
        _edit("posting._with_row", "used=Amount(row.used + entry.amount)", "used=row.used"),
    ),
    _edited(
        "return_not_recorded",
        "T1.returned_is_the_fold",
        "a refund does not count towards what was returned",
        "B118",
        _edit(
            "posting._with_return",
            "Amount(returned_of(site, name) + entry.amount)",
            "returned_of(site, name)",
        ),
    ),
    _edited(
        "answer_without_receipt",
        "T1.retry_gets_the_stored_outcome",
        "a retry is answered, but not with the stored receipt",
        "XA-09",
        _edit("screening.stored_outcome", "receipt=record.digest", "receipt=request.fingerprint"),
    ),
    _turned(
        "key_bound_to_nothing",
        "T1.another_request_under_a_key_has_no_effect",
        "another request under a key gets the old answer",
        "T1-S7, B15",
        key_binding="none",
    ),
    _edited(
        "charged_twice_in_one_commit",
        "T1.accepted_charge_takes_effect_once",
        "one commit posts the entry twice",
        "B52",
        _edit(
            "charging._write",
            "apply_entry(replace(site, attempts=site.attempts.without(command.attempt)), entry, context)",
            "apply_entry(apply_entry(site, entry, context), entry, context)",
        ),
    ),
    _edited(
        "rejected_then_charged",
        "T1.refusal_leaves_no_debit",
        "a refused charge leaves its debit in the ledger",
        "T1-S4",
        _edit(
            "charging.charge",
            "EntryKind.DEBIT if status <= Status.ACCEPTED_WITH_WARNING else EntryKind.REFUSAL",
            "EntryKind.DEBIT",
        ),
    ),
    _turned(
        "consumer_trusts_attribute",
        "T1.invoice_counts_a_receipt_once",
        "the invoice adds a message every time it is delivered",
        "T1-S6, B19",
        consumer_dedupe="attribute_only",
    ),
    _edited(
        "marked_and_not_applied",
        "T1.invoice_counts_a_receipt_once",
        "the consumer marks a receipt as seen and forgets its amount",
        "B17",
        _edit("replication.deliver", "Amount(before + invoice_effect(entry))", "before"),
    ),
    _edited(
        "reconciled_at_another_cut",
        "T1.reconciliation_makes_no_debit",
        "reconciliation compares a balance with a ledger of another moment and debits the difference",
        "T4-S4",
        _edit(
            "maintenance.reconcile",
            "site.ledger.total(balance_effect, command.customer)",
            "site.ledger.total(balance_effect, command.customer) - 1",
        ),
    ),
    _edited(
        "replica_without_keys",
        "T1.one_charge_per_key_across_failover",
        "the replica applies entries and not their keys",
        "T1-S2, B11",
        _edit(
            "replication.replicate",
            "apply_entry(receiver, entry, context))",
            "replace(apply_entry(receiver, entry, context), keys=receiver.keys))",
        ),
    ),
)
"""Variants that must break T1."""

NO_DATA_LOSS = (
    _turned(
        "reply_from_memory",
        "T2.acknowledged_is_committed",
        "the client is told before anything is stored",
        "T2-S1, B17",
        ack_point="memory_buffer",
    ),
    _turned(
        "reply_before_quorum",
        "T2.acknowledged_is_in_the_quorum",
        "the client is told when one region has committed",
        "T2-S2",
        replication="async",
    ),
    _edited(
        "confirmed_when_sent",
        "T2.acknowledged_is_in_the_quorum",
        "the leader counts what it has as what was confirmed",
        "B110",
        _edit("replication.confirm", "confirmed=receiver.ledger.length", "confirmed=sender.ledger.length"),
    ),
    _turned(
        "promote_anyone",
        "T2.acknowledged_survives_a_crash",
        "a region is promoted whether or not it holds the committed prefix",
        "T2-S2, T5-S4",
        promotion="any_reachable",
    ),
    _edited(
        "repair_rolls_back",
        "T2.repair_removes_no_entry",
        "reconciliation may remove the last entry",
        "T2-S3, B53",
        _edit("maintenance.reconcile", "if account.balance == replayed:", "if not command.roll_back:"),
        repair_direction="either",
    ),
)
"""Variants that must break T2."""

CORRUPTION_DETECTION = (
    _edited(
        "verifier_noop",
        "T3.accepted_presentation_is_the_log",
        "the checker does not check the chain",
        "B103",
        _edit(
            "verification.check_link",
            "if entry.sequence <= head.sequence:",
            "if True:\n        return None\n    if entry.sequence <= head.sequence:",
        ),
    ),
    _edited(
        "tail_truncation",
        "T3.accepted_presentation_is_the_log",
        "a chain that ends before its witnessed head is accepted",
        "T3-S2, B105",
        _edit("verification.check_end", "head.sequence < witnessed.sequence", "head.sequence < 0"),
    ),
    _edited(
        "resigned_suffix_accepted",
        "T3.accepted_presentation_is_the_log",
        "the digest at the witnessed head is not compared",
        "T3-S1",
        _edit("verification.check_anchor", "entry.digest != witnessed.digest", "False"),
    ),
    _turned(
        "concatenated_preimage",
        "T3.accepted_presentation_is_the_log",
        "the digest covers amount and time as one string of digits",
        "T3-S4, T3-S5",
        preimage="concatenation",
    ),
    _edited(
        "signature_not_checked",
        "T3.accepted_presentation_is_the_log",
        "an entry that nobody signed is accepted",
        "B103",
        _edit("verification.check_signature", "context.digest(presented.entry) == presented.signed", "True"),
        preimage="concatenation",
    ),
    _edited(
        "hash_of_another_precision",
        "T3.honest_presentation_is_accepted",
        "an honest chain never verifies",
        "B94",
        _edit(
            "verification.check_link", "entry.previous != head.digest", "entry.previous != head.digest[:32]"
        ),
    ),
)
"""Variants that must break T3."""

CONSISTENCY_BOUND = (
    _turned(
        "no_admission",
        "T4.backlog_is_bounded",
        "writes go on however far the replica is behind",
        "T4-S1",
        lag_control="none",
    ),
    _edited(
        "admission_off_by_one",
        "T4.backlog_is_bounded",
        "one entry more than K is admitted",
        "T4-S1",
        _edit("screening.is_admitted", "< context.design", "<= context.design"),
    ),
    _edited(
        "alone_and_refusing",
        "T4.backlog_refusals_are_justified",
        "a region that leads alone counts the lag of a replica that it does not have",
        "T2-S5",
        _edit("screening.is_admitted", " or site.solo", ""),
    ),
    _edited(
        "ships_the_newest",
        "T4.replica_is_a_prefix",
        "the newest entry is shipped instead of the next one",
        "B90",
        _edit(
            "replication.replicate",
            "sender.ledger.at(receiver.ledger.length)",
            "sender.ledger.at(sender.ledger.length - 1)",
        ),
    ),
    _edited(
        "returns_with_its_own_tail",
        "T4.replica_is_a_prefix",
        "a returning region keeps the log that it had",
        "T4-S2, B97",
        _edit(
            "replication._rejoin",
            "leader, leading=False, solo=False,",
            "site_of(state, other_region(state.leader)), leading=False, solo=False,",
        ),
    ),
    _edited(
        "false_alarm",
        "T4.reconciliation_is_silent_when_healthy",
        "reconciliation moves balances that are right",
        "T4-S4, B43",
        _edit(
            "maintenance.reconcile",
            "site.ledger.total(balance_effect, command.customer)",
            "site.ledger.total(balance_effect, command.customer) + 1",
        ),
    ),
)
"""Variants that must break T4."""

QUOTA = (
    _turned(
        "check_then_deduct",
        "T5.usage_stays_within_the_limit",
        "usage is read before the commit that raises it",
        "T5-S1, B27, B28",
        quota_check="read_then_write",
    ),
    _edited(
        "charge_after_work",
        "T5.usage_stays_within_the_limit",
        "usage is compared with the limit without the charge itself",
        "B29",
        _edit("charging.judge_charge", "used + amount > account.terms.limit", "used > account.terms.limit"),
    ),
    _turned(
        "reset_job",
        "T5.usage_stays_within_the_limit",
        "one row for all months, zeroed by a job",
        "T5-S2, B48",
        period_accounting="reset_job",
    ),
    _turned(
        "now_instead_of_event_time",
        "T5.usage_counts_every_debit",
        "an event counts in the month in which it is processed",
        "T5-S3, B47",
        period_of="processing_time",
    ),
    _turned(
        "overdrawn_example",
        "T5.balance_respects_its_floor",
        "the balance is not checked",
        "T5-S9",
        balance_rule="example_allows_negative",
    ),
    _edited(
        "adjustment_overdraws",
        "T5.balance_respects_its_floor",
        "a positive adjustment takes the balance below its floor",
        "B39",
        _edit("corrections.adjust", "request.amount > 0 and", "False and"),
    ),
    _edited(
        "hold_ignored",
        "T5.no_debit_under_a_hold",
        "a charge is accepted while its row is held",
        "T5-S5",
        _edit("charging.is_held", "row.held and terms.limit <= row.held_at_limit", "False"),
    ),
    _edited(
        "hold_never_placed",
        "T5.passing_the_limit_places_a_hold",
        "passing the limit has no consequence",
        "XB-04",
        _edit("posting._with_row", "held=True", "held=False"),
    ),
    _turned(
        "any_sign_any_currency",
        "T5.operations_are_typed",
        "negative amounts and foreign currencies are charged",
        "T5-S6, T5-S8, B51",
        amount_rule="any_sign_any_currency",
    ),
    _edited(
        "terms_not_checked",
        "T5.terms_are_sound",
        "a limit below the quota is taken",
        "XB-02",
        _edit("corrections.is_sound", "terms.limit >= terms.quota", "True"),
    ),
    _edited(
        "zero_refused",
        "T5.refusals_are_justified",
        "a charge of nothing is refused for want of quota",
        "B80",
        _edit("charging.judge_charge", "if amount == 0:", "if False:"),
    ),
    _edited(
        "serial_overrefund",
        "T5.refunds_stay_within_the_capture",
        "refunds of one debit are not added up",
        "B31, B32, B34",
        _edit("corrections.refund", "returned_of(site, name) + request.amount", "request.amount"),
    ),
    _edited(
        "refund_posted_as_debit",
        "T5.refunds_never_lower_usage",
        "a refund is posted as a debit",
        "B81",
        _edit("corrections.refund", "kind=EntryKind.REFUND", "kind=EntryKind.DEBIT"),
    ),
)
"""Variants that must break T5."""

ORDERING = (
    _turned(
        "fork_two_writers",
        "T6.sequence_is_unique",
        "two commits use a chain head that both read before",
        "T6-S2, B94",
        chain_head="read_then_write",
    ),
    _turned(
        "wall_clock",
        "T6.commit_time_never_decreases",
        "commit time is whatever the clock says",
        "T6-S5, B97",
        order_by="wall_clock_timestamp",
    ),
    _edited(
        "links_to_genesis",
        "T6.entry_is_linked",
        "every entry names genesis as the one before",
        "T6-F1",
        _edit("posting.draft", "previous=head.digest", "previous=NO_HEAD.digest"),
    ),
    _edited(
        "head_left_behind",
        "T6.head_is_the_last_entry",
        "the head keeps the digest of the entry before",
        "T6-S2",
        _edit("posting.apply_to_ledger", "digest=entry.digest", "digest=entry.previous"),
    ),
    _edited(
        "sequence_skips",
        "T6.chain_is_dense",
        "sequence numbers leave gaps",
        "B112",
        _edit("posting.draft", "Sequence(head.sequence + 1)", "Sequence(head.sequence + 2)"),
    ),
    _edited(
        "previous_names_the_request",
        "T6.sequence_follows_the_log",
        "an entry names its own fingerprint instead of the entry before",
        "B89",
        _edit("posting.draft", "previous=head.digest", "previous=request.fingerprint"),
    ),
    _edited(
        "gap_accepted",
        "T6.accepted_chain_is_the_committed_one",
        "a reader accepts a chain with entries missing in the middle",
        "B105",
        _edit("verification.check_link", "if entry.sequence != head.sequence + 1:", "if False:"),
        _edit("verification.check_anchor", "entry.digest != witnessed.digest", "False"),
    ),
)
"""Variants that must break T6."""

DISPUTES = (
    _turned(
        "signature_settles",
        "T7.definite_verdicts_are_correct",
        "a valid signature settles every dispute against the customer",
        "T7-S2, T7-S3",
        dispute_evidence="signature_only",
    ),
    _edited(
        "unwitnessed_evidence",
        "T7.definite_verdicts_are_correct",
        "a ledger in which something is wrong still decides",
        "T7-S5",
        _edit(
            "disputes.resolve",
            "is not None:\n        return Resolution.INCONCLUSIVE\n    chain",
            "is not None:\n        return Resolution.UPHELD\n    chain",
        ),
    ),
    _edited(
        "everything_to_a_person",
        "T7.honest_evidence_decides",
        "no dispute is ever decided",
        "T7-N1",
        _edit("disputes.resolve", "entry.sequence > head.sequence", "entry.sequence > 0"),
    ),
)
"""Variants that must break T7."""

VARIANTS: tuple[Variant, ...] = (
    *NO_DOUBLE_BILLING,
    *NO_DATA_LOSS,
    *CORRUPTION_DETECTION,
    *CONSISTENCY_BOUND,
    *QUOTA,
    *ORDERING,
    *DISPUTES,
)
"""Every known-bad variant."""

"""Known-bad variants of T1 to T4.

Source: the ids beginning with B are rows of ``known-bugs.md``, real incidents of billing projects; the
``Tn-Sk`` are schedules of ``claims.md`` part 3.
"""

from billproof.invariants.variants.making import edit, edited, turned

NO_DOUBLE_BILLING = (
    turned(
        "lookup_then_commit",
        "T1.one_charge_per_key",
        "the key is looked up first and trusted at the commit",
        "T1-S1, B19",
        key_check="lookup_then_commit",
    ),
    turned(
        "key_purged",
        "T1.one_charge_per_key",
        "key records are deleted after 90 days",
        "T1-S3, B24",
        key_retention="days",
    ),
    edited(
        "no_key",
        "T1.one_charge_per_key",
        "the commit writes no key record",
        "B04",
        edit("posting.apply_to_state", "keys=site.keys.put(", "keys=(lambda name, record: site.keys)("),
    ),
    edited(
        "ledger_without_balance",
        "T1.balance_is_the_fold",
        "the entry is written and the balance is not moved",
        "B37",
        edit("posting._moved_account", "balance=Amount(account.balance + effect)", "balance=account.balance"),
    ),
    edited(
        "lost_update",
        "T1.balance_is_the_fold",
        "a top-up sets the balance instead of adding to it",
        "B38",
        edit("posting._moved_account", "balance=Amount(account.balance + effect)", "balance=effect"),
    ),
    edited(
        "correction_without_key",
        "T1.entry_is_the_outcome_of_its_key",
        "a payment is recorded again when it is sent again",
        "B38, B40",
        edit("corrections.top_up", "if is_stopped(screened):", "if screened.status == Status.KEY_REUSED:"),
    ),
    edited(
        "opened_twice",
        "T1.balances_follow_the_chain",
        "an account is opened again under another key, from a balance of nothing",
        "B73",
        edit(
            "corrections.open_account",
            "accounts.contains(request.customer)",
            "accounts.contains(request.key)",
        ),
    ),
    edited(
        "usage_not_counted",
        "T1.usage_is_the_fold",
        "a debit does not raise the usage of its row",
        "B30",
        edit("posting._with_row", "used=Amount(row.used + entry.amount)", "used=row.used"),
    ),
    edited(
        "return_not_recorded",
        "T1.returned_is_the_fold",
        "a refund does not count towards what was returned",
        "B118",
        edit(
            "posting._with_standing",
            "Amount(before.returned + return_effect(entry, name))",
            "before.returned",
        ),
    ),
    edited(
        "answer_without_receipt",
        "T1.retry_gets_the_stored_outcome",
        "a retry is answered, but not with the stored receipt",
        "XA-09",
        edit("screening.stored_outcome", "receipt=record.digest", "receipt=request.fingerprint"),
    ),
    turned(
        "key_bound_to_nothing",
        "T1.another_request_under_a_key_has_no_effect",
        "another request under a key gets the old answer",
        "T1-S7, B15",
        key_binding="none",
    ),
    edited(
        "charged_twice_in_one_commit",
        "T1.accepted_charge_takes_effect_once",
        "one commit posts the entry twice",
        "B52",
        edit(
            "charging._write",
            "apply_entry(replace(site, attempts=site.attempts.without(command.attempt)), entry, context)",
            "apply_entry(apply_entry(site, entry, context), entry, context)",
        ),
    ),
    edited(
        "rejected_then_charged",
        "T1.refusal_leaves_no_debit",
        "a refused charge leaves its debit in the ledger",
        "T1-S4",
        edit(
            "charging.charge",
            "EntryKind.DEBIT if status <= Status.ACCEPTED_WITH_WARNING else EntryKind.REFUSAL",
            "EntryKind.DEBIT",
        ),
    ),
    turned(
        "consumer_trusts_attribute",
        "T1.invoice_counts_a_receipt_once",
        "the invoice adds a message every time it is delivered",
        "T1-S6, B19",
        consumer_dedupe="attribute_only",
    ),
    edited(
        "marked_and_not_applied",
        "T1.invoice_counts_a_receipt_once",
        "the consumer marks a receipt as seen and forgets its amount",
        "B17",
        edit("replication.deliver", "Amount(before + invoice_effect(entry))", "before"),
    ),
    edited(
        "reconciled_at_another_cut",
        "T1.reconciliation_makes_no_debit",
        "reconciliation compares a balance with a ledger of another moment and debits the difference",
        "T4-S4",
        edit(
            "maintenance.reconcile",
            "site.ledger.total(balance_effect, command.customer)",
            "site.ledger.total(balance_effect, command.customer) - 1",
        ),
    ),
    edited(
        "replica_without_keys",
        "T1.one_charge_per_key_across_failover",
        "the replica applies entries and not their keys",
        "T1-S2, B11",
        edit(
            "replication.replicate",
            "apply_entry(receiver, entry, context))",
            "replace(apply_entry(receiver, entry, context), keys=receiver.keys))",
        ),
    ),
)
"""Variants that must break T1."""

NO_DATA_LOSS = (
    turned(
        "reply_from_memory",
        "T2.acknowledged_is_committed",
        "the client is told before anything is stored",
        "T2-S1, B17",
        ack_point="memory_buffer",
    ),
    turned(
        "reply_before_quorum",
        "T2.acknowledged_is_in_the_quorum",
        "the client is told when one region has committed",
        "T2-S2",
        replication="async",
    ),
    edited(
        "confirmed_when_sent",
        "T2.acknowledged_is_in_the_quorum",
        "the leader counts what it has as what was confirmed",
        "B110",
        edit("replication.confirm", "confirmed=receiver.ledger.length", "confirmed=sender.ledger.length"),
    ),
    turned(
        "promote_anyone",
        "T2.acknowledged_survives_a_crash",
        "a region is promoted whether or not it holds the committed prefix",
        "T2-S2, T5-S4",
        promotion="any_reachable",
    ),
    edited(
        "repair_rolls_back",
        "T2.repair_removes_no_entry",
        "reconciliation may remove the last entry",
        "T2-S3, B53",
        edit("maintenance.reconcile", "if account.balance == replayed:", "if not command.roll_back:"),
        repair_direction="either",
    ),
)
"""Variants that must break T2."""

CORRUPTION_DETECTION = (
    edited(
        "verifier_noop",
        "T3.accepted_presentation_is_the_log",
        "the checker does not check the chain",
        "B103",
        edit(
            "verification.check_link",
            "if entry.sequence != head.sequence + 1:",
            "if True:\n        return None\n    if entry.sequence != head.sequence + 1:",
        ),
    ),
    edited(
        "tail_truncation",
        "T3.accepted_presentation_is_the_log",
        "a chain that ends before its witnessed head is accepted",
        "T3-S2, B105",
        edit("verification.check_end", "head.sequence < witnessed.sequence", "head.sequence < 0"),
    ),
    edited(
        "resigned_suffix_accepted",
        "T3.accepted_presentation_is_the_log",
        "the digest at the witnessed head is not compared",
        "T3-S1",
        edit("verification.check_anchor", "entry.digest != witnessed.digest", "False"),
    ),
    turned(
        "concatenated_preimage",
        "T3.accepted_presentation_is_the_log",
        "the digest covers amount and time as one string of digits",
        "T3-S4, T3-S5",
        preimage="concatenation",
    ),
    edited(
        "signature_not_checked",
        "T3.accepted_presentation_is_the_log",
        "an entry that nobody signed is accepted",
        "B103",
        edit("verification.check_signature", "context.digest(presented.entry) == presented.signed and ", ""),
        preimage="concatenation",
    ),
    edited(
        "hash_of_another_precision",
        "T3.honest_presentation_is_accepted",
        "an honest chain never verifies",
        "B94",
        edit(
            "verification.check_link", "entry.previous != head.digest", "entry.previous != head.digest[:32]"
        ),
    ),
)
"""Variants that must break T3."""

CONSISTENCY_BOUND = (
    turned(
        "no_admission",
        "T4.backlog_is_bounded",
        "writes go on however far the replica is behind",
        "T4-S1",
        lag_control="none",
    ),
    edited(
        "admission_off_by_one",
        "T4.backlog_is_bounded",
        "one entry more than K is admitted",
        "T4-S1",
        edit("screening.is_admitted", "< context.design", "<= context.design"),
    ),
    edited(
        "alone_and_refusing",
        "T4.backlog_refusals_are_justified",
        "a region that leads alone counts the lag of a replica that it does not have",
        "T2-S5",
        edit("screening.is_admitted", " or site.solo", ""),
    ),
    edited(
        "ships_the_newest",
        "T4.replica_is_a_prefix",
        "the newest entry is shipped instead of the next one",
        "B90",
        edit(
            "replication.replicate",
            "sender.ledger.at(receiver.ledger.length)",
            "sender.ledger.at(sender.ledger.length - 1)",
        ),
    ),
    edited(
        "returns_with_its_own_tail",
        "T4.replica_is_a_prefix",
        "a returning region keeps the log that it had",
        "T4-S2, B97",
        edit(
            "replication._rejoin",
            "leader, leading=False, solo=False,",
            "site_of(state, other_region(state.leader)), leading=False, solo=False,",
        ),
    ),
    edited(
        "false_alarm",
        "T4.reconciliation_is_silent_when_healthy",
        "reconciliation moves balances that are right",
        "T4-S4, B43",
        edit(
            "maintenance.reconcile",
            "site.ledger.total(balance_effect, command.customer)",
            "site.ledger.total(balance_effect, command.customer) + 1",
        ),
    ),
)
"""Variants that must break T4."""

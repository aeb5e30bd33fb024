"""Known-bad variants that give every clause a second one: mostly incidents that broke it in other ways.

Source: the ids beginning with B are rows of ``known-bugs.md``, real incidents of billing projects; the
``Tn-Sk`` are schedules of ``claims.md`` part 3.
"""

from billproof.invariants.variants.making import edit, edited, turned

CHARGES = (
    edited(
        "dedupe_in_memory",
        "T1.entry_is_the_outcome_of_its_key",
        "the key records live in memory, and a restart empties them",
        "B11, B13",
        edit(
            "replication.crash",
            "attempts=site.attempts.emptied()",
            "attempts=site.attempts.emptied(), keys=site.keys.emptied()",
        ),
    ),
    edited(
        "balance_from_nothing",
        "T1.balances_follow_the_chain",
        "an entry records a balance of nothing as the one that it started from",
        "B38, B74",
        edit("posting.draft", "balance_before=account.balance", "balance_before=Amount(0)"),
    ),
    edited(
        "refund_frees_quota",
        "T1.usage_is_the_fold",
        "a refund lowers the usage of the period",
        "T5-S6, B39",
        edit(
            "posting.apply_to_state",
            "return _with_standing(moved, entry)",
            "return _with_row(_with_standing(moved, entry), "
            "replace(entry, kind=EntryKind.DEBIT, amount=Amount(-entry.amount)), context.design)",
        ),
    ),
    edited(
        "refund_recorded_elsewhere",
        "T1.returned_is_the_fold",
        "a refund is noted under its own number instead of that of its debit",
        "B13, B120",
        edit("posting._with_standing", "sequence=entry.refers_to", "sequence=entry.sequence"),
    ),
    edited(
        "refusal_replayed_as_success",
        "T1.retry_gets_the_stored_outcome",
        "the retry of a refused charge is told that it was accepted",
        "B07, B91",
        edit("screening.stored_outcome", "status=record.status", "status=Status.ACCEPTED"),
    ),
    edited(
        "key_sticks_to_client",
        "T1.another_request_under_a_key_has_no_effect",
        "a key that was accepted once answers for any request that comes under it",
        "B02",
        edit(
            "screening.is_bound",
            "return record.fingerprint == request.fingerprint",
            "return record.status == Status.ACCEPTED or record.fingerprint == request.fingerprint",
        ),
    ),
    edited(
        "jpy_x100",
        "T1.accepted_charge_takes_effect_once",
        "an amount without minor units is multiplied by a hundred",
        "B78, B79",
        edit("posting.draft", "amount=request.amount", "amount=Amount(request.amount * 100)"),
    ),
    edited(
        "refusal_lowers_balance",
        "T1.refusal_leaves_no_debit",
        "a refused charge lowers the balance all the same",
        "T1-S4, B39",
        edit(
            "effects.balance_effect",
            "entry.kind == EntryKind.ADJUSTMENT:",
            "entry.kind == EntryKind.ADJUSTMENT or entry.kind == EntryKind.REFUSAL:",
        ),
    ),
    edited(
        "replayed_twice",
        "T1.reconciliation_makes_no_debit",
        "reconciliation replays the ledger and its archive, which hold the same entries",
        "B123, B52",
        edit(
            "maintenance.reconcile",
            "site.ledger.total(balance_effect, command.customer)",
            "2 * site.ledger.total(balance_effect, command.customer)",
        ),
    ),
    turned(
        "merged_by_receipt_id",
        "T1.one_charge_per_key_across_failover",
        "a returning region's entries are taken in by receipt id, whatever their keys",
        "T1-S2, B97",
        heal_merge="by_receipt_id",
    ),
    edited(
        "reply_without_receipt",
        "T2.acknowledged_is_committed",
        "the client is told that the charge was made, and gets no receipt of it",
        "B118",
        edit("charging.acknowledge", "record.status, record.digest", "record.status, NO_DIGEST"),
    ),
    edited(
        "amnesia_replica",
        "T2.acknowledged_survives_a_crash",
        "a region that is promoted has forgotten which keys it knew",
        "B110, B11",
        edit(
            "replication.fail_over",
            "attempts=site.attempts.emptied()",
            "attempts=site.attempts.emptied(), keys=site.keys.emptied()",
        ),
    ),
    edited(
        "cleaner_drops_the_tail",
        "T2.repair_removes_no_entry",
        "reconciliation cleans away entries that the standby has not confirmed",
        "B22, B102",
        edit(
            "maintenance.reconcile",
            "return refuse(state, Status.DONE)",
            "return Outcome(state=with_site(state, command.region, replace(site, "
            "ledger=site.ledger.first(site.confirmed))), status=Status.DONE)",
        ),
    ),
)
"""Variants that must break T1 and T2."""

READERS_AND_REPLICAS = (
    edited(
        "whole_chain_called_truncated",
        "T3.honest_presentation_is_accepted",
        "a chain that ends at its witnessed head is reported as cut",
        "B105, B96",
        edit(
            "verification.check_end",
            "head.sequence < witnessed.sequence",
            "head.sequence <= witnessed.sequence",
        ),
    ),
    edited(
        "admission_too_early",
        "T4.backlog_refusals_are_justified",
        "writes are refused one entry before the replica is K behind",
        "T2-S5",
        edit(
            "screening.is_admitted",
            "< context.design.lag_entries_max",
            "< context.design.lag_entries_max - 1",
        ),
    ),
    edited(
        "snapshot_at_another_cut",
        "T4.reconciliation_is_silent_when_healthy",
        "reconciliation compares a balance with the ledger as far as the standby has confirmed it",
        "T4-S4, B43",
        edit("maintenance.reconcile", "site.ledger.total(", "site.ledger.first(site.confirmed).total("),
    ),
)
"""Variants that must break T3 and T4."""

LIMITS = (
    edited(
        "month_off_by_one",
        "T5.usage_counts_every_debit",
        "an event at the start of a month counts in the next one",
        "B59, B65",
        edit(
            "posting.draft",
            "period=billing_period(state, request, context.design)",
            "period=Period(billing_period(state, request, context.design) + 1)",
        ),
    ),
    edited(
        "nothing_passes_a_hold",
        "T5.no_debit_under_a_hold",
        "a charge of nothing is accepted while its row is held",
        "T5-S5",
        edit(
            "charging.judge_charge",
            "if account.holds > 0 or is_held(row, account.terms):",
            "if amount != 0 and is_held(row, account.terms):",
        ),
    ),
    edited(
        "hold_over_at_once",
        "T5.passing_the_limit_places_a_hold",
        "a hold is placed at another limit than the one that was passed, so it is over at once",
        "T5-S5, B45",
        edit(
            "posting._with_row",
            "held_at_limit=entry.terms.limit",
            "held_at_limit=Amount(entry.terms.limit - 1)",
        ),
    ),
    edited(
        "negative_top_up",
        "T5.operations_are_typed",
        "a payment of less than nothing is recorded",
        "B81",
        edit("corrections.top_up", "if request.amount <= 0:", "if request.amount == 0:"),
    ),
    edited(
        "negative_credit_limit",
        "T5.terms_are_sound",
        "a credit limit below nothing is taken",
        "B81, XB-02",
        edit("corrections.is_sound", "terms.credit_limit >= 0 and ", ""),
    ),
    edited(
        "last_unit_refused",
        "T5.refusals_are_justified",
        "a charge of exactly what is left is refused for want of balance",
        "B80, B45",
        edit(
            "charging.judge_charge",
            "account.balance - amount < floor_of(account.terms)",
            "account.balance - amount <= floor_of(account.terms)",
        ),
    ),
    edited(
        "refund_of_a_payment",
        "T5.refunds_stay_within_the_capture",
        "a refund may name an entry that captured nothing",
        "B39, B114",
        edit("refunds.judge_return", "not is_charge_bearing(captured)", "captured.kind == EntryKind.REFUSAL"),
    ),
    edited(
        "adjustment_posted_as_debit",
        "T5.refunds_never_lower_usage",
        "an adjustment is posted as usage",
        "B83",
        edit("corrections.adjust", "kind=EntryKind.ADJUSTMENT", "kind=EntryKind.DEBIT"),
    ),
)
"""Variants that must break T5."""

CHAINS = (
    edited(
        "import_renumbers",
        "T6.sequence_is_unique",
        "numbers begin anew with every entry",
        "B112",
        edit("posting.draft", "Sequence(head.sequence + 1)", "Sequence(1)"),
    ),
    edited(
        "previous_left_empty",
        "T6.sequence_follows_the_log",
        "an entry names nothing as the one before",
        "B96",
        edit("posting.draft", "previous=head.digest", "previous=NO_DIGEST"),
    ),
    edited(
        "one_counter_for_all",
        "T6.chain_is_dense",
        "one counter numbers the entries of all customers, so each chain has gaps",
        "B93",
        edit(
            "posting.draft",
            "Sequence(head.sequence + 1)",
            "Sequence(site_of(state, region).ledger.length + 1)",
        ),
    ),
    edited(
        "head_without_digest",
        "T6.entry_is_linked",
        "the head keeps no digest, so the next entry names none",
        "T6-S2, B94",
        edit("posting.apply_to_ledger", "digest=entry.digest", "digest=NO_DIGEST"),
    ),
    edited(
        "head_takes_event_time",
        "T6.head_is_the_last_entry",
        "the head keeps the client's time instead of that of the commit",
        "B47",
        edit("posting.apply_to_ledger", "commit_time=entry.commit_time", "commit_time=entry.event_time"),
    ),
    edited(
        "ties_alone_are_mended",
        "T6.commit_time_never_decreases",
        "a clock that went back is minded only where it shows the very time of the head",
        "T6-S4, T6-S5, B87",
        edit("posting.commit_time", "state.now < head.commit_time", "state.now == head.commit_time"),
    ),
    edited(
        "time_of_the_first_entry",
        "T6.commit_time_is_that_of_the_clock",
        "every entry has the time of the one before, however late it is",
        "T6-S5, B57",
        edit("posting.commit_time", " and state.now < head.commit_time", ""),
    ),
    edited(
        "time_of_the_event",
        "T6.commit_time_is_that_of_the_clock",
        "an entry is stamped with the time that the client names",
        "T6-S5, B24",
        edit(
            "posting.draft",
            "commit_time=commit_time(state, head, context.design)",
            "commit_time=request.event_time",
        ),
    ),
    edited(
        "second_fork_accepted",
        "T6.accepted_chain_is_the_committed_one",
        "a reader takes a second entry with a number that is taken",
        "B96, B97",
        edit(
            "verification.check_link",
            "if entry.sequence != head.sequence + 1:\n"
            "        return _out_of_sequence(head, entry)\n"
            "    if entry.previous != head.digest:",
            "if entry.sequence > head.sequence + 1:\n"
            "        return _out_of_sequence(head, entry)\n"
            "    if entry.sequence == head.sequence + 1 and entry.previous != head.digest:",
        ),
    ),
)
"""Variants that must break T6."""

INCIDENTS = (*CHARGES, *READERS_AND_REPLICAS, *LIMITS, *CHAINS)
"""Every variant of this file."""

"""Known-bad variants of T5 to T7.

Source: the ids beginning with B are rows of ``known-bugs.md``, real incidents of billing projects; the
``Tn-Sk`` are schedules of ``claims.md`` part 3.
"""

from billproof.invariants.variants.making import edit, edited, turned

QUOTA = (
    turned(
        "check_then_deduct",
        "T5.usage_stays_within_the_limit",
        "usage is read before the commit that raises it",
        "T5-S1, B27, B28",
        quota_check="read_then_write",
    ),
    edited(
        "charge_after_work",
        "T5.usage_stays_within_the_limit",
        "usage is compared with the limit without the charge itself",
        "B29",
        edit("charging.judge_charge", "used + amount > account.terms.limit", "used > account.terms.limit"),
    ),
    turned(
        "reset_job",
        "T5.usage_stays_within_the_limit",
        "one row for all months, zeroed by a job",
        "T5-S2, B48",
        period_accounting="reset_job",
    ),
    turned(
        "now_instead_of_event_time",
        "T5.usage_counts_every_debit",
        "an event counts in the month in which it is processed",
        "T5-S3, B47",
        period_of="processing_time",
    ),
    turned(
        "overdrawn_example",
        "T5.balance_respects_its_floor",
        "the balance is not checked",
        "T5-S9",
        balance_rule="example_allows_negative",
    ),
    edited(
        "adjustment_overdraws",
        "T5.balance_respects_its_floor",
        "a positive adjustment takes the balance below its floor",
        "B39",
        edit("corrections.adjust", "request.amount > 0 and", "False and"),
    ),
    edited(
        "hold_ignored",
        "T5.no_debit_under_a_hold",
        "a charge is accepted while its row is held",
        "T5-S5",
        edit("charging.is_held", "row.held and terms.limit <= row.held_at_limit", "False"),
    ),
    edited(
        "hold_never_placed",
        "T5.passing_the_limit_places_a_hold",
        "passing the limit has no consequence",
        "XB-04",
        edit("posting._with_row", "held=True", "held=False"),
    ),
    turned(
        "any_sign_any_currency",
        "T5.operations_are_typed",
        "negative amounts and foreign currencies are charged",
        "T5-S6, T5-S8, B51",
        amount_rule="any_sign_any_currency",
    ),
    edited(
        "terms_not_checked",
        "T5.terms_are_sound",
        "a limit below the quota is taken",
        "XB-02",
        edit("corrections.is_sound", "terms.limit >= terms.quota", "True"),
    ),
    edited(
        "zero_refused",
        "T5.refusals_are_justified",
        "a charge of nothing is refused for want of quota",
        "B80",
        edit("charging.judge_charge", "if amount == 0:", "if False:"),
    ),
    edited(
        "serial_overrefund",
        "T5.refunds_stay_within_the_capture",
        "refunds of one debit are not added up",
        "B31, B32, B34",
        edit("refunds.judge_return", "standing.returned + request.amount >", "request.amount >"),
    ),
    edited(
        "refund_posted_as_debit",
        "T5.refunds_never_lower_usage",
        "a refund is posted as a debit",
        "B81",
        edit("refunds.refund", "kind=EntryKind.REFUND", "kind=EntryKind.DEBIT"),
    ),
)
"""Variants that must break T5."""

ORDERING = (
    turned(
        "fork_two_writers",
        "T6.sequence_is_unique",
        "two commits use a chain head that both read before",
        "T6-S2, B94",
        chain_head="read_then_write",
    ),
    turned(
        "wall_clock",
        "T6.commit_time_never_decreases",
        "commit time is whatever the clock says",
        "T6-S5, B97",
        order_by="wall_clock_timestamp",
    ),
    edited(
        "links_to_genesis",
        "T6.entry_is_linked",
        "every entry names genesis as the one before",
        "T6-F1",
        edit("posting.draft", "previous=head.digest", "previous=NO_HEAD.digest"),
    ),
    edited(
        "head_left_behind",
        "T6.head_is_the_last_entry",
        "the head keeps the digest of the entry before",
        "T6-S2",
        edit("posting.apply_to_ledger", "digest=entry.digest", "digest=entry.previous"),
    ),
    edited(
        "sequence_skips",
        "T6.chain_is_dense",
        "sequence numbers leave gaps",
        "B112",
        edit("posting.draft", "Sequence(head.sequence + 1)", "Sequence(head.sequence + 2)"),
    ),
    edited(
        "previous_names_the_request",
        "T6.sequence_follows_the_log",
        "an entry names its own fingerprint instead of the entry before",
        "B89",
        edit("posting.draft", "previous=head.digest", "previous=request.fingerprint"),
    ),
    edited(
        "gap_accepted",
        "T6.accepted_chain_is_the_committed_one",
        "a reader accepts a chain with entries missing in the middle",
        "B105",
        edit("verification.check_link", "if entry.sequence != head.sequence + 1:", "if False:"),
        edit("verification.check_anchor", "entry.digest != witnessed.digest", "False"),
    ),
)
"""Variants that must break T6."""

DISPUTES = (
    turned(
        "signature_settles",
        "T7.definite_verdicts_are_correct",
        "a valid signature settles every dispute against the customer",
        "T7-S2, T7-S3",
        dispute_evidence="signature_only",
    ),
    edited(
        "unwitnessed_evidence",
        "T7.definite_verdicts_are_correct",
        "a ledger in which something is wrong still decides",
        "T7-S5",
        edit(
            "disputes.decide",
            "is not None:\n        return _decision(Resolution.INCONCLUSIVE",
            "is not None:\n        return _decision(Resolution.UPHELD",
        ),
    ),
    turned(
        "wrong_amount_upheld",
        "T7.definite_verdicts_are_correct",
        "a valid signature shows that an amount is right",
        "T7-S1, B78",
        amount_evidence="signature_only",
    ),
    turned(
        "credential_settles",
        "T7.definite_verdicts_are_correct",
        "whoever has the credential is the customer",
        "T7-S6",
        authorisation="bearer_token",
    ),
    turned(
        "operator_enrols_and_signs",
        "T7.definite_verdicts_are_correct",
        "a key that the operator alone has registered counts as the customer's",
        "T7-S2",
        customer_keys="operator_enrols",
    ),
    turned(
        "rotation_forgets",
        "T7.definite_verdicts_are_correct",
        "after a rotation the receipts that the old key signed are nobody's",
        "T7-S8",
        key_history="current_keys_only",
    ),
    edited(
        "revocation_ignored",
        "T7.definite_verdicts_are_correct",
        "a key that was reported stolen goes on authorising",
        "T7-S6",
        edit("customer_keys.is_revoked_at", "enrolment.revoked != NO_SEQUENCE", "False"),
    ),
    edited(
        "theft_taken_on_word",
        "T7.definite_verdicts_are_correct",
        "whoever says that a key was stolen gets the money back",
        "T7-O1",
        edit(
            "disputes._judge_theft",
            "_decision(Resolution.INCONCLUSIVE, Reason.THEFT",
            "_decision(Resolution.REVERSED, Reason.THEFT",
        ),
    ),
    edited(
        "everything_to_a_person",
        "T7.honest_evidence_decides",
        "no dispute is ever decided",
        "T7-N1",
        edit("disputes.decide", "entry.sequence > head.sequence", "entry.sequence > 0"),
    ),
    edited(
        "amounts_to_a_person",
        "T7.honest_evidence_decides",
        "no amount is ever recomputed",
        "T7-N4",
        edit("disputes._judge_amount", "rated is None", "True"),
    ),
)
"""Variants that must break T7."""

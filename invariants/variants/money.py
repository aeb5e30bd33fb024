"""Known-bad variants of the money path: returns, disputes, holds, months that close.

Source: the ids beginning with B are rows of ``known-bugs.md``, real incidents of billing projects; the
``Tn-Sk`` and ``XB`` are schedules and contradictions of ``claims.md``.
"""

from billproof.invariants.variants.making import edit, edited, turned

RETURNS = (
    edited(
        "refund_plus_chargeback",
        "T5.a_dispute_holds_what_it_is_about",
        "a refund goes through while a dispute about the same charge is in progress",
        "B114",
        edit("refunds.judge_return", "standing.returned + standing.disputed + request.amount", "0"),
    ),
    edited(
        "credit_during_a_dispute",
        "T5.a_dispute_holds_what_it_is_about",
        "only a refund asks whether a dispute is in progress",
        "B115",
        edit("refunds.judge_return", "kind == EntryKind.CHARGEBACK", "kind != EntryKind.REFUND"),
    ),
    edited(
        "dispute_without_hold",
        "T5.disputes_and_holds_do_as_they_say",
        "a dispute is entered and holds nothing",
        "B114",
        edit(
            "posting._with_standing",
            "Amount(before.disputed + dispute_effect(entry, name))",
            "before.disputed",
        ),
    ),
    edited(
        "release_frees_all",
        "T5.disputes_and_holds_do_as_they_say",
        "a release frees more than it says",
        "B53",
        edit("holds.judge_release", "request.amount < 0 or request.amount > standing.disputed", "False"),
    ),
    edited(
        "void_credits_inbound",
        "T5.refunds_stay_within_the_capture",
        "a payment is voided as if it had been a charge: the credit counts twice",
        "B39",
        edit("refunds.judge_return", "not is_charge_bearing(captured)", "False"),
    ),
    edited(
        "partial_void",
        "T5.refunds_stay_within_the_capture",
        "a void returns less than what it undoes",
        "B33",
        edit("refunds.judge_return", "kind == EntryKind.VOID and request.amount != captured.amount", "False"),
    ),
    edited(
        "chargeback_above_capture",
        "T5.refunds_stay_within_the_capture",
        "a chargeback after a refund returns the money again",
        "B115",
        edit(
            "refunds.judge_return",
            "standing.returned + request.amount > captured.amount",
            "kind != EntryKind.CHARGEBACK and standing.returned + request.amount > captured.amount",
        ),
    ),
    edited(
        "chargeback_posted_as_debit",
        "T5.refunds_never_lower_usage",
        "a chargeback is posted as a debit",
        "B81",
        edit("refunds.charge_back", "kind=EntryKind.CHARGEBACK", "kind=EntryKind.DEBIT"),
    ),
    edited(
        "chargeback_not_recorded",
        "T1.returned_is_the_fold",
        "a chargeback does not count towards what was returned",
        "B118, B120",
        edit(
            "posting._with_standing",
            "Amount(before.returned + return_effect(entry, name))",
            "Amount(before.returned + return_effect(entry, name)) if entry.kind == EntryKind.REFUND"
            " else before.returned",
        ),
    ),
)
"""Variants about what returns of a charge, and what a dispute keeps."""

HOLDS = (
    edited(
        "hold_not_counted",
        "T5.holds_are_the_fold",
        "a hold is entered and not put in force",
        "T5-S5",
        edit(
            "posting._moved_account",
            "Count(account.holds + hold_effect(entry, entry.customer))",
            "account.holds",
        ),
    ),
    edited(
        "release_clears_all",
        "T5.holds_are_the_fold",
        "ending one hold ends every hold",
        "XB-09",
        edit(
            "posting._moved_account",
            "Count(account.holds + hold_effect(entry, entry.customer))",
            "Count(0) if entry.kind == EntryKind.RELEASE else Count(account.holds"
            " + hold_effect(entry, entry.customer))",
        ),
    ),
    edited(
        "compliance_hold_ignored",
        "T5.no_debit_under_a_hold",
        "only the hold of a quota row stops a charge",
        "XB-09",
        edit("charging.judge_charge", "if account.holds > 0 or is_held", "if is_held"),
    ),
    edited(
        "released_twice",
        "T5.a_hold_ends_once",
        "a hold that was ended is ended again, and takes another one with it",
        "B40",
        edit("holds.judge_release", " or standing.ended", ""),
    ),
    edited(
        "end_not_recorded",
        "T5.a_hold_ends_once",
        "that a hold was ended is not recorded",
        "B13",
        edit("posting._with_standing", "ended = True", "ended = False"),
    ),
)
"""Variants about holds on charges."""

MONTHS = (
    edited(
        "closed_before_it_is_over",
        "T5.nothing_enters_a_closed_month",
        "the invoice of a month is cut while the month goes on, and what comes after is late",
        "T5-S3, B102",
        edit("closing.close_period", "request.period >= state.period", "False"),
    ),
    edited(
        "opening_with_an_amount",
        "T5.operations_are_typed",
        "what opens a month states an amount that moves nothing",
        "B38, B51",
        edit("closing.open_period", "request.amount != 0", "False"),
    ),
    edited(
        "closed_month_charged",
        "T5.nothing_enters_a_closed_month",
        "a late event is debited to the month whose invoice is cut",
        "T5-S3, B69",
        edit("charging.judge_time", "request.period > account.closed_through", "True"),
    ),
    edited(
        "close_forgotten",
        "T5.nothing_enters_a_closed_month",
        "a month is closed again and again, an invoice each time",
        "B42, B71",
        edit(
            "posting._moved_account",
            "closed_through = entry.period",
            "closed_through = account.closed_through",
        ),
    ),
    turned(
        "month_of_processing",
        "T5.time_decides_how_an_event_is_billed",
        "an event is billed in the month in which it happens to be processed",
        "T5-S3, B47",
        period_of="processing_time",
    ),
    edited(
        "late_silently_dropped",
        "T5.time_decides_how_an_event_is_billed",
        "an event that comes after the cut is refused, however little late",
        "B68",
        edit("charging.judge_time", "return Status.ACCEPTED_LATE", "return Status.PERIOD_CLOSED"),
    ),
    edited(
        "late_without_end",
        "T5.time_decides_how_an_event_is_billed",
        "an event is billed however late it comes",
        "B24, B68",
        edit("charging.judge_time", "at - request.event_time > context.design.late_window_micros", "False"),
    ),
    edited(
        "events_from_the_future",
        "T5.no_event_comes_from_the_future",
        "an event is billed before it has happened",
        "B24",
        edit("charging.judge_time", "request.event_time > at + context.design.skew_micros", "False"),
    ),
    edited(
        "us_vs_ms",
        "T5.no_event_comes_from_the_future",
        "the skew allowance is read in another unit of time",
        "B63",
        edit(
            "charging.judge_time",
            "at + context.design.skew_micros",
            "at + context.design.skew_micros * 1_000_000",
        ),
    ),
    edited(
        "late_usage_not_counted",
        "T1.usage_is_the_fold",
        "a late event does not raise the usage of its month, so its quota never ends",
        "B69",
        edit("posting.apply_to_state", "is_usage(entry)", "entry.kind == EntryKind.DEBIT"),
    ),
)
"""Variants about the month that an event is billed in."""

MONEY = (*RETURNS, *HOLDS, *MONTHS)
"""The variants of this module."""

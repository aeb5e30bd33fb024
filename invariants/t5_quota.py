"""T5: quota.

Documented: "usage never above quota x (1 + buffer), balance never negative; violation probability 0"
(T5-F1, T5-F2, T5-N). False: two events at the boundary read the same usage (T5-S1), the reset job runs in
the wrong hour (T5-S2), negative amounts lower the counter (T5-S6), the example itself overdraws (T5-S9).

Repaired: for every (customer, entitlement, period), at each commit that raises usage, usage <= the limit
then in force; balance respects its account rule; no debit commits under an active hold. Violations are then
a safety property, not a probability.
"""

from billproof.invariants.returns import (
    a_dispute_holds_what_it_is_about,
    a_hold_ends_once,
    came_late,
    came_too_early,
    came_too_late,
    charged_back,
    disputes_and_holds_do_as_they_say,
    hold_placed,
    hold_released,
    holds_are_the_fold,
    is_return_refused_rightly,
    no_event_comes_from_the_future,
    nothing_enters_a_closed_month,
    refunds_stay_within_the_capture,
    returned_in_a_dispute,
    time_decides_how_an_event_is_billed,
)
from billproof.invariants.theorem import (
    Money,
    Theorem,
    Transition,
    invariant_clause,
    sometimes_mark,
    step_clause,
)
from billproof.invariants.unpriced import UNPRICED, refers_rightly
from billproof.model.charging import is_held
from billproof.model.commands import (
    Adjust,
    ChangeTier,
    Charge,
    Chargeback,
    ClosePeriod,
    GiveCredit,
    Hold,
    OpenAccount,
    OpenPeriod,
    Refund,
    Release,
    TopUp,
    Void,
)
from billproof.model.context import Context
from billproof.model.effects import hold_effect, is_usage, usage_effect
from billproof.model.identifiers import Amount, Position
from billproof.model.outcomes import Status
from billproof.model.posting import floor_of, row_name, row_of, site_of
from billproof.model.state import QuotaRow, Request, RowName, Site, State

MONEY = (Charge, TopUp, GiveCredit, Adjust, Refund, Void, Chargeback)
"""The operations that move money."""

RETURNS = (Refund, Void, Chargeback, GiveCredit)
"""The operations that return what a charge has taken."""

CORRECTIONS = (
    Refund,
    Void,
    Chargeback,
    GiveCredit,
    Adjust,
    ChangeTier,
    Hold,
    Release,
    OpenPeriod,
    ClosePeriod,
)
"""The operations on an account that charge nothing for usage."""


def calendar_row(request: Request) -> RowName:
    """Return the row that an event belongs to by the calendar, whatever the design counts it under."""
    return RowName(customer=request.customer, entitlement=request.entitlement, period=request.period)


def is_new_debit(transition: Transition) -> bool:
    """Tell whether a transition committed a charge: a debit, or the adjustment of a late event."""
    if not isinstance(transition.command, Charge) or transition.outcome.replayed:
        return False
    return transition.status <= Status.ACCEPTED_WITH_WARNING


def usage_stays_within_the_limit(transition: Transition, context: Context) -> bool:
    """At each commit that raises usage of a calendar period, usage <= the limit then in force."""
    del context
    command = transition.command
    if not isinstance(command, Charge) or not is_new_debit(transition):
        return True
    before = site_of(transition.before, command.region)
    after = site_of(transition.after, command.region)
    name = calendar_row(command.request)
    if command.request.amount == 0 or not before.accounts.contains(name.customer):
        return True
    used = after.ledger.total(usage_effect, name)
    return used <= before.accounts.get(name.customer).terms.limit


def usage_counts_every_debit(transition: Transition, context: Context) -> bool:
    """A debit raises the usage of the calendar period of its event by exactly its amount."""
    del context
    command = transition.command
    if not isinstance(command, Charge) or not is_new_debit(transition):
        return True
    name = calendar_row(command.request)
    before = site_of(transition.before, command.region).ledger.total(usage_effect, name)
    after = site_of(transition.after, command.region).ledger.total(usage_effect, name)
    return after == before + command.request.amount


def balance_respects_its_floor(transition: Transition, context: Context) -> bool:
    """No charge or positive adjustment takes a balance below what its account may owe."""
    del context
    command = transition.command
    if not isinstance(command, (Charge, Adjust)) or transition.outcome.replayed:
        return True
    if transition.status > Status.ACCEPTED_WITH_WARNING:
        return True
    if command.request.amount <= 0:
        return True
    account = site_of(transition.after, command.region).accounts.get(command.request.customer)
    return account.balance >= floor_of(account.terms)


def no_debit_under_a_hold(transition: Transition, context: Context) -> bool:
    """No charge commits while a hold on its row or its account is active, zero amounts included."""
    command = transition.command
    if not isinstance(command, Charge) or not is_new_debit(transition):
        return True
    site = site_of(transition.before, command.region)
    if not site.accounts.contains(command.request.customer):
        return True
    if site.ledger.total(hold_effect, command.request.customer) > 0:
        return False
    return not is_held(
        _row(site, command.request, context), site.accounts.get(command.request.customer).terms
    )


def passing_the_limit_places_a_hold(transition: Transition, context: Context) -> bool:
    """A charge refused for quota leaves an active hold on its row."""
    command = transition.command
    if not isinstance(command, Charge) or transition.outcome.replayed:
        return True
    if transition.status != Status.QUOTA_EXCEEDED:
        return True
    site = site_of(transition.after, command.region)
    terms = site.accounts.get(command.request.customer).terms
    return is_held(_row(site, command.request, context), terms)


def operations_are_typed(transition: Transition, context: Context) -> bool:
    """No debit is negative, no payment is without amount, all are in the currency; the rest states none."""
    del context
    command = transition.command
    if not isinstance(command, (*MONEY, *UNPRICED)) or transition.outcome.replayed:
        return True
    if transition.status > Status.ACCEPTED_WITH_WARNING:
        return True
    site = site_of(transition.before, command.region)
    request = command.request
    if not site.accounts.contains(request.customer):
        return False
    if request.currency != site.accounts.get(request.customer).currency:
        return False
    if isinstance(command, UNPRICED):
        return request.amount == 0 and refers_rightly(transition, site)
    if isinstance(command, Adjust):
        return True
    if isinstance(command, (TopUp, Refund, Void, Chargeback)):
        return request.amount > 0
    return request.amount >= 0


def terms_are_sound(transition: Transition, context: Context) -> bool:
    """No account gets terms with a negative member or a limit below its quota."""
    del context
    command = transition.command
    if not isinstance(command, (OpenAccount, ChangeTier)) or transition.outcome.replayed:
        return True
    if transition.status != Status.ACCEPTED:
        return True
    site = site_of(transition.after, command.region)
    if not site.accounts.contains(command.request.customer):
        return False
    terms = site.accounts.get(command.request.customer).terms
    if terms.credit_limit < 0 or terms.quota < 0 or terms.limit < terms.quota:
        return False
    return terms == command.request.terms and command.request.amount == 0


def refusals_are_justified(transition: Transition, context: Context) -> bool:
    """What is refused for hold, quota, balance, capture or dispute is refused only if so, and warned so."""
    command = transition.command
    if not isinstance(command, (Charge, Adjust, *RETURNS)) or transition.outcome.replayed:
        return True
    site = site_of(transition.before, command.region)
    if not isinstance(command, (Charge, Adjust)):
        return is_return_refused_rightly(transition, site)
    amount = command.request.amount
    if not site.accounts.contains(command.request.customer):
        return True
    account = site.accounts.get(command.request.customer)
    if isinstance(command, Adjust):
        if transition.status != Status.INSUFFICIENT_BALANCE:
            return True
        return amount > 0 and account.balance - amount < floor_of(account.terms)
    row = _row(site, command.request, context)
    if transition.status == Status.ACCOUNT_HELD:
        return is_held(row, account.terms) or site.ledger.total(hold_effect, command.request.customer) > 0
    if transition.status == Status.QUOTA_EXCEEDED:
        return amount != 0 and row.used + amount > account.terms.limit
    if transition.status == Status.INSUFFICIENT_BALANCE:
        return amount != 0 and account.balance - amount < floor_of(account.terms)
    if transition.status == Status.ACCEPTED_WITH_WARNING:
        return row.used + amount > account.terms.quota
    if transition.status == Status.ACCEPTED:
        return amount == 0 or row.used + amount <= account.terms.quota
    return True


def refunds_never_lower_usage(transition: Transition, context: Context, name: RowName) -> bool:
    """No return, credit, adjustment, hold, cut or change of terms moves the usage of a period."""
    del context
    command = transition.command
    if not isinstance(command, CORRECTIONS):
        return True
    before = site_of(transition.before, command.region).ledger.total(usage_effect, name)
    after = site_of(transition.after, command.region).ledger.total(usage_effect, name)
    return before == after


def quota_reached(transition: Transition, context: Context) -> bool:
    """A charge was refused because it would pass the limit."""
    del context
    return transition.status == Status.QUOTA_EXCEEDED and not transition.outcome.replayed


def warned(transition: Transition, context: Context) -> bool:
    """A charge was accepted above the quota, within its buffer."""
    del context
    return transition.status == Status.ACCEPTED_WITH_WARNING


def balance_reached(transition: Transition, context: Context) -> bool:
    """A charge was refused because the balance did not suffice."""
    del context
    return transition.status == Status.INSUFFICIENT_BALANCE and not transition.outcome.replayed


def met_a_hold(transition: Transition, context: Context) -> bool:
    """A charge met an active hold."""
    command = transition.command
    if not isinstance(command, Charge) or transition.outcome.replayed:
        return False
    site = site_of(transition.before, command.region)
    if not site.accounts.contains(command.request.customer):
        return False
    account = site.accounts.get(command.request.customer)
    return account.holds > 0 or is_held(_row(site, command.request, context), account.terms)


def offered_what_is_not_taken(transition: Transition, context: Context) -> bool:
    """A charge arrived with a negative amount or a foreign currency."""
    del context
    command = transition.command
    if not isinstance(command, Charge):
        return False
    site = site_of(transition.before, command.region)
    if not site.accounts.contains(command.request.customer):
        return False
    own = site.accounts.get(command.request.customer).currency
    return command.request.amount < 0 or command.request.currency != own


def terms_changed(transition: Transition, context: Context) -> bool:
    """The terms of an account changed."""
    del context
    command = transition.command
    if not isinstance(command, ChangeTier) or transition.status != Status.ACCEPTED:
        return False
    site = site_of(transition.after, command.region)
    return site.accounts.get(command.request.customer).terms == command.request.terms


def refunded(transition: Transition, context: Context) -> bool:
    """A refund committed: it was accepted, and the log grew."""
    del context
    command = transition.command
    if not isinstance(command, Refund) or transition.status != Status.ACCEPTED:
        return False
    before, after = site_of(transition.before, command.region), site_of(transition.after, command.region)
    return after.ledger.length > before.ledger.length


def money(state: State) -> Money:
    """State overuse: owed is usage up to the limit and down to the floor, billed is what was debited."""
    site = site_of(state, state.leader)
    owed, billed = 0, 0
    totals: dict[RowName, int] = {}
    limits: dict[RowName, int] = {}
    for index in range(site.ledger.length):
        entry = site.ledger.at(Position(index))
        if is_usage(entry):
            name = RowName(customer=entry.customer, entitlement=entry.entitlement, period=entry.period)
            totals[name] = totals.get(name, 0) + entry.amount
            limits[name] = entry.terms.limit
    for name, used in totals.items():
        billed += used
        owed += max(0, min(used, limits[name]))
    return Money(owed=Amount(owed), billed=Amount(billed))


def _row(site: Site, request: Request, context: Context) -> QuotaRow:
    return row_of(site, row_name(request.customer, request.entitlement, request.period, context.design))


THEOREM = Theorem(
    id="T5",
    title="quota",
    documented="usage never above quota x (1 + buffer); balance never negative; 0 % violations",
    repaired=(
        "for every (customer, entitlement, period), at each commit that raises usage, usage <= the limit "
        "then in force; balance respects its account rule, no debit commits under an active hold"
    ),
    assumptions=(
        "C1: the store gives serialisable transactions",
        "C3: one writer per epoch",
        "the period of an event is a pure function of its event time (tests of the calendar stand apart)",
    ),
    clauses=(
        step_clause("T5", usage_stays_within_the_limit, sometimes=("quota_reached", "warned")),
        step_clause("T5", usage_counts_every_debit, sometimes=("warned",)),
        step_clause("T5", balance_respects_its_floor, sometimes=("balance_reached",)),
        step_clause("T5", no_debit_under_a_hold, sometimes=("met_a_hold",)),
        step_clause("T5", passing_the_limit_places_a_hold, sometimes=("quota_reached",)),
        step_clause("T5", operations_are_typed, sometimes=("offered_what_is_not_taken",)),
        step_clause("T5", terms_are_sound, sometimes=("terms_changed",)),
        step_clause("T5", refusals_are_justified, sometimes=("quota_reached", "warned", "balance_reached")),
        step_clause("T5", refunds_stay_within_the_capture, sometimes=("refunded",)),
        step_clause(
            "T5", a_dispute_holds_what_it_is_about, sometimes=("returned_in_a_dispute", "charged_back")
        ),
        step_clause("T5", refunds_never_lower_usage, sometimes=("refunded",)),
        step_clause("T5", disputes_and_holds_do_as_they_say, sometimes=("hold_placed", "hold_released")),
        invariant_clause("T5", holds_are_the_fold, sometimes=("hold_placed", "hold_released")),
        step_clause("T5", a_hold_ends_once, sometimes=("hold_released",)),
        step_clause("T5", nothing_enters_a_closed_month, sometimes=("came_late", "came_too_late")),
        step_clause("T5", time_decides_how_an_event_is_billed, sometimes=("came_late", "came_too_late")),
        step_clause("T5", no_event_comes_from_the_future, sometimes=("came_too_early",)),
    ),
    sometimes=tuple(
        sometimes_mark(predicate)
        for predicate in (
            quota_reached,
            warned,
            balance_reached,
            met_a_hold,
            offered_what_is_not_taken,
            terms_changed,
            refunded,
            returned_in_a_dispute,
            charged_back,
            hold_placed,
            hold_released,
            came_late,
            came_too_late,
            came_too_early,
        )
    ),
    money=money,
    claims=("T5-F1", "T5-F2", "T5-N", "T5-S1", "T5-S2", "T5-S3", "T5-S6", "T5-S8", "T5-S9"),
)

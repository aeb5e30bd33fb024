"""T1: no double billing.

Documented: "For each idempotency key that arrives n > 1 times, the amount is applied exactly once; the
error rate is 1 in 10^27" (T1-D, T1-F, T1-N). False: two concurrent retries charge twice without any fault
(T1-S1), failover forgets keys (T1-S2), retention deletes them (T1-S3), a consumer adds a message twice
(T1-S6).

Repaired: under C1, C3 and R1.1 to R1.8, in every execution with faults C2, the committed ledger has at most
one charge-bearing entry per (customer, key), and balance, usage and invoice contain its amount at most once.

Supporting invariants: ``supporting.SUPPORTING``.
"""

from billproof.invariants.chains import is_position
from billproof.invariants.supporting import (
    balance_is_the_fold,
    balances_follow_the_chain,
    entry_is_the_outcome_of_its_key,
    returned_is_the_fold,
    usage_is_the_fold,
)
from billproof.invariants.theorem import (
    Money,
    Scope,
    Theorem,
    Transition,
    invariant_clause,
    sometimes_mark,
    step_clause,
)
from billproof.model.charging import is_durable
from billproof.model.commands import (
    Adjust,
    ChangeTier,
    Charge,
    Chargeback,
    ClosePeriod,
    Deliver,
    Erase,
    FailOver,
    GiveCredit,
    Hold,
    OpenAccount,
    OpenPeriod,
    Reconcile,
    Refund,
    RegisterKey,
    Release,
    TopUp,
    Void,
)
from billproof.model.context import Context
from billproof.model.effects import is_charge_bearing, is_usage, usage_effect
from billproof.model.identifiers import Amount, CustomerId, Position
from billproof.model.outcomes import EntryKind, Region, Status
from billproof.model.posting import site_of
from billproof.model.screening import key_name
from billproof.model.state import ChainName, Entry, RowName, State

OPERATIONS = (
    OpenAccount,
    ChangeTier,
    TopUp,
    GiveCredit,
    Adjust,
    Refund,
    Void,
    Chargeback,
    Hold,
    Release,
    OpenPeriod,
    ClosePeriod,
    RegisterKey,
    Erase,
    Charge,
)
"""The commands that clients and operators send under an idempotency key."""


def billed_amount(entry: Entry) -> Amount:
    """Return what an entry is to add to an invoice, in units, by what it is for.

    Usage and charging corrections are billed; refunds, voids, chargebacks and gifts are taken off; a payment
    is neither. Stated here and not taken from the core, whose ``invoice_effect`` is under test.
    """
    if entry.kind == EntryKind.DEBIT or entry.kind == EntryKind.ADJUSTMENT:
        return entry.amount
    if entry.kind == EntryKind.CREDIT or entry.kind == EntryKind.REFUND:
        return Amount(-entry.amount)
    if entry.kind == EntryKind.VOID or entry.kind == EntryKind.CHARGEBACK:
        return Amount(-entry.amount)
    return Amount(0)


def one_charge_per_key(
    state: State, context: Context, region: Region, first: Position, second: Position
) -> bool:
    """No log has two charge-bearing entries with the same customer and key."""
    del context
    site = site_of(state, region)
    if not is_position(site, first) or not is_position(site, second) or first >= second:
        return True
    one, other = site.ledger.at(first), site.ledger.at(second)
    if one.customer != other.customer or one.key != other.key:
        return True
    return not (is_charge_bearing(one) and is_charge_bearing(other))


def one_charge_per_key_across_failover(
    state: State, context: Context, first: Position, second: Position
) -> bool:
    """The log of whichever region leads has no two charge-bearing entries with the same customer and key."""
    return one_charge_per_key(state, context, state.leader, first, second)


def retry_gets_the_stored_outcome(transition: Transition, context: Context) -> bool:
    """A retry of a known key with the same request gets the stored outcome and changes nothing."""
    del context
    command = transition.command
    if not isinstance(command, OPERATIONS):
        return True
    before = site_of(transition.before, command.region)
    name = key_name(command.request)
    if not before.leading or not before.keys.contains(name):
        return True
    record = before.keys.get(name)
    if record.fingerprint != command.request.fingerprint or transition.status == Status.NOT_POSSIBLE:
        return True
    after = site_of(transition.after, command.region)
    if not transition.outcome.replayed or transition.outcome.receipt != record.digest:
        return False
    return transition.status == record.status and after.ledger.length == before.ledger.length


def another_request_under_a_key_has_no_effect(
    transition: Transition, context: Context, customer: CustomerId
) -> bool:
    """Another request under a known key is refused as KEY_REUSED and changes nothing."""
    del context
    command = transition.command
    if not isinstance(command, OPERATIONS):
        return True
    before = site_of(transition.before, command.region)
    name = key_name(command.request)
    if not before.leading or not before.keys.contains(name):
        return True
    if before.keys.get(name).fingerprint == command.request.fingerprint:
        return True
    if transition.status == Status.NOT_POSSIBLE:
        return True
    after = site_of(transition.after, command.region)
    if transition.status != Status.KEY_REUSED or after.ledger.length != before.ledger.length:
        return False
    if not before.accounts.contains(customer):
        return not after.accounts.contains(customer)
    return after.accounts.get(customer).balance == before.accounts.get(customer).balance


def accepted_charge_takes_effect_once(transition: Transition, context: Context) -> bool:
    """A new accepted charge appends one debit, lowers the balance and raises usage by its amount, once."""
    command = transition.command
    if not isinstance(command, Charge) or transition.outcome.replayed:
        return True
    if transition.status > Status.ACCEPTED_WITH_WARNING:
        return True
    before = site_of(transition.before, command.region)
    after = site_of(transition.after, command.region)
    request = command.request
    if after.ledger.length != before.ledger.length + 1 or not after.accounts.contains(request.customer):
        return False
    if not before.accounts.contains(request.customer):
        return False
    entry = after.ledger.at(before.ledger.length)
    if not is_usage(entry) or entry.amount != request.amount or entry.key != request.key:
        return False
    if entry.customer != request.customer or entry.fingerprint != request.fingerprint:
        return False
    if not after.keys.contains(key_name(request)):
        return False
    lowered = before.accounts.get(request.customer).balance - request.amount
    del context
    return (
        entry.balance_before == before.accounts.get(request.customer).balance
        and entry.balance_after == lowered
        and after.accounts.get(request.customer).balance == lowered
    )


def refusal_leaves_no_debit(
    transition: Transition, context: Context, customer: CustomerId, name: RowName
) -> bool:
    """A refused charge lowers no balance and raises no usage."""
    del context
    command = transition.command
    if not isinstance(command, Charge):
        return True
    if transition.status <= Status.ACCEPTED_WITH_WARNING:
        return True
    before = site_of(transition.before, command.region)
    after = site_of(transition.after, command.region)
    if before.ledger.total(usage_effect, name) != after.ledger.total(usage_effect, name):
        return False
    if not before.accounts.contains(customer):
        return True
    if not after.accounts.contains(customer):
        return False
    return after.accounts.get(customer).balance == before.accounts.get(customer).balance


def invoice_counts_a_receipt_once(transition: Transition, context: Context) -> bool:
    """Delivering a durable receipt adds its amount to the invoice the first time, and nothing ever after."""
    command = transition.command
    if not isinstance(command, Deliver) or transition.status == Status.NOT_POSSIBLE:
        return True
    site = site_of(transition.before, command.region)
    if not is_position(site, command.position):
        return False
    if not is_durable(site, command.position, context):
        return False
    entry = site.ledger.at(command.position)
    name = ChainName(customer=entry.customer, sequence=entry.sequence)
    before, after = Amount(0), Amount(0)
    if transition.before.invoiced.contains(entry.customer):
        before = transition.before.invoiced.get(entry.customer)
    if transition.after.invoiced.contains(entry.customer):
        after = transition.after.invoiced.get(entry.customer)
    if not transition.after.applied.contains(name):
        return False
    if transition.before.applied.contains(name):
        return after == before
    return after == before + billed_amount(entry)


def reconciliation_makes_no_debit(transition: Transition, context: Context, customer: CustomerId) -> bool:
    """Reconciliation lowers no balance."""
    del context
    command = transition.command
    if not isinstance(command, Reconcile):
        return True
    before = site_of(transition.before, command.region)
    after = site_of(transition.after, command.region)
    if not before.accounts.contains(customer):
        return True
    if not after.accounts.contains(customer):
        return False
    return after.accounts.get(customer).balance >= before.accounts.get(customer).balance


def retried_after_commit(transition: Transition, context: Context) -> bool:
    """A duplicate arrived after the commit."""
    del context
    command = transition.command
    if not isinstance(command, Charge) or not transition.outcome.replayed:
        return False
    return site_of(transition.before, command.region).keys.contains(key_name(command.request))


def key_reused(transition: Transition, context: Context) -> bool:
    """A key arrived with another request."""
    command = transition.command
    del context
    if not isinstance(command, Charge):
        return False
    site = site_of(transition.before, command.region)
    name = key_name(command.request)
    return site.keys.contains(name) and site.keys.get(name).fingerprint != command.request.fingerprint


def charge_refused(transition: Transition, context: Context) -> bool:
    """A charge was refused for what the state was."""
    del context
    return isinstance(transition.command, Charge) and transition.status >= Status.PERIOD_CLOSED


def delivered_twice(transition: Transition, context: Context) -> bool:
    """The consumer got a message again that it had applied."""
    del context
    command = transition.command
    if not isinstance(command, Deliver) or transition.status == Status.NOT_POSSIBLE:
        return False
    entry = site_of(transition.before, command.region).ledger.at(command.position)
    return transition.before.applied.contains(ChainName(customer=entry.customer, sequence=entry.sequence))


def region_failed_over(transition: Transition, context: Context) -> bool:
    """A region was promoted."""
    del context
    return isinstance(transition.command, FailOver) and transition.status == Status.DONE


def charge_committed(transition: Transition, context: Context) -> bool:
    """A charge committed: it was accepted, and the log grew."""
    del context
    command = transition.command
    if not isinstance(command, Charge) or transition.outcome.replayed:
        return False
    before, after = site_of(transition.before, command.region), site_of(transition.after, command.region)
    return transition.status <= Status.ACCEPTED_WITH_WARNING and after.ledger.length > before.ledger.length


def reconciled(transition: Transition, context: Context) -> bool:
    """Reconciliation of an account ran."""
    del context
    command = transition.command
    if not isinstance(command, Reconcile) or transition.status != Status.DONE:
        return False
    return site_of(transition.before, command.region).accounts.contains(command.customer)


def money(state: State) -> Money:
    """State double billing: owed counts each key once, billed is the largest of ledger, balance, invoice."""
    site = site_of(state, state.leader)
    owed, charged, seen = 0, 0, set()
    customers = []
    for index in range(site.ledger.length):
        entry = site.ledger.at(Position(index))
        if entry.customer not in customers:
            customers.append(entry.customer)
        if is_charge_bearing(entry):
            charged += entry.amount
            if (entry.customer, entry.key) not in seen:
                seen.add((entry.customer, entry.key))
                owed += entry.amount
    invoiced = sum(state.invoiced.get(name) for name in customers if state.invoiced.contains(name))
    return Money(owed=Amount(owed), billed=Amount(max(charged, invoiced)))


THEOREM = Theorem(
    id="T1",
    title="no double billing",
    documented="each idempotency key is applied exactly once; error rate 1 in 10^27",
    repaired=(
        "for each (customer, key) the committed ledger has at most one charge-bearing entry, and balance, "
        "usage and invoice contain its amount at most once"
    ),
    assumptions=(
        "C1: the store gives serialisable transactions and unique keys",
        "C3: a site refuses messages of another epoch, and the arbiter grants each epoch once",
        "C4: a client uses one fresh key per intended charge",
    ),
    clauses=(
        invariant_clause("T1", one_charge_per_key, sometimes=("retried_after_commit",)),
        invariant_clause("T1", entry_is_the_outcome_of_its_key, sometimes=("retried_after_commit",)),
        invariant_clause("T1", balance_is_the_fold, sometimes=("charge_committed",)),
        invariant_clause("T1", balances_follow_the_chain, sometimes=("charge_committed",)),
        invariant_clause("T1", usage_is_the_fold, sometimes=("charge_committed",)),
        invariant_clause("T1", returned_is_the_fold, sometimes=("charge_committed",)),
        step_clause("T1", retry_gets_the_stored_outcome, sometimes=("retried_after_commit",)),
        step_clause("T1", another_request_under_a_key_has_no_effect, sometimes=("key_reused",)),
        step_clause("T1", accepted_charge_takes_effect_once, sometimes=("charge_committed",)),
        step_clause("T1", refusal_leaves_no_debit, sometimes=("charge_refused",)),
        step_clause("T1", invoice_counts_a_receipt_once, sometimes=("delivered_twice",)),
        step_clause("T1", reconciliation_makes_no_debit, sometimes=("reconciled",)),
        invariant_clause(
            "T1",
            one_charge_per_key_across_failover,
            scope=Scope.TWO_REGIONS,
            sometimes=("region_failed_over", "retried_after_commit"),
        ),
    ),
    sometimes=tuple(
        sometimes_mark(predicate)
        for predicate in (
            retried_after_commit,
            key_reused,
            charge_refused,
            delivered_twice,
            region_failed_over,
            charge_committed,
            reconciled,
        )
    ),
    money=money,
    claims=("T1-D", "T1-F", "T1-N", "T1-S1", "T1-S2", "T1-S3", "T1-S4", "T1-S6", "T1-S7"),
)

"""T0: conservation of money, and no interference between customers. A theorem of this project's own.

Documented: the design documents state neither; they call the ledger "double-entry" and the service
"multi-tenant". Under the documented design both fail where T1 and T5 do: what is not in the books twice was
billed twice, and a balance moves without an entry.

Repaired: under C1, every entry posts to two sides, the customer's account and the operator's account for
that customer, which sum to zero in the currency of the account; the balance of every customer and the
operator's counter-account for that customer cancel at all times, in every region; and an operation of one
customer changes nothing that another customer can observe: account, hold, usage, keys, chain, refunds,
replies, invoice.

Choices. The operator's counter-account is the sum of one sub-account for each customer, so that the sum of
all balances and the counter-account is a sum of pairs each of which is zero: nothing has to be summed over an
unknown number of customers. Its side of an entry is stated here from what the entry is *for* (earned, given
back, received), not as the negative of what the core adds to a balance; that the two cancel is the claim.
Shared by all customers and therefore observable: who leads, the clock, and the backlog that admission counts
(T4); a refusal for one of these is nobody's secret.

Supporting invariants: ``supporting.SUPPORTING``.
"""

from billproof.invariants.chains import is_position
from billproof.invariants.t1_no_double_billing import (
    OPERATIONS,
    billed_amount,
    charge_committed,
    charge_refused,
)
from billproof.invariants.t1_no_double_billing import money as billed_money
from billproof.invariants.t5_quota import refunded
from billproof.invariants.theorem import (
    Theorem,
    Transition,
    invariant_clause,
    sometimes_mark,
    step_clause,
)
from billproof.model.commands import Acknowledge, Deliver, PurgeKey, Reconcile, ResetUsage
from billproof.model.context import Context
from billproof.model.identifiers import Amount, CurrencyCode, CustomerId, Position
from billproof.model.outcomes import EntryKind, Region
from billproof.model.posting import site_of
from billproof.model.screening import key_name
from billproof.model.state import ChainName, Entry, KeyName, RowName, Site, State


def counter_amount(entry: Entry) -> Amount:
    """Return what an entry adds to the operator's side, in units.

    What is billed is earned, and what is taken off the bill is given back; a payment received is owed to the
    customer until it is used.
    """
    if entry.kind == EntryKind.TOP_UP:
        return Amount(-entry.amount)
    return billed_amount(entry)


def counter_effect(entry: Entry, customer: CustomerId) -> Amount:
    """Return what an entry adds to the operator's sub-account for ``customer``, in units."""
    if entry.customer != customer:
        return Amount(0)
    return counter_amount(entry)


def moved_in(entry: Entry, currency: CurrencyCode) -> Amount:
    """Return what an entry moved on the balances of one currency, by its own balances, in units."""
    if entry.currency != currency:
        return Amount(0)
    return Amount(entry.balance_after - entry.balance_before)


def countered_in(entry: Entry, currency: CurrencyCode) -> Amount:
    """Return what an entry adds to the operator's side of one currency, in units."""
    if entry.currency != currency:
        return Amount(0)
    return counter_amount(entry)


def entry_posts_two_sides(state: State, context: Context, region: Region, position: Position) -> bool:
    """What an entry moves on its customer's balance and on the operator's side sums to zero."""
    del context
    site = site_of(state, region)
    if not is_position(site, position):
        return True
    entry = site.ledger.at(position)
    return entry.balance_after - entry.balance_before + counter_amount(entry) == 0


def entry_is_in_the_currency_of_its_account(
    state: State, context: Context, region: Region, position: Position
) -> bool:
    """Every entry is in the currency of its customer's account, so that both sides are in one currency."""
    del context
    site = site_of(state, region)
    if not is_position(site, position):
        return True
    entry = site.ledger.at(position)
    if not site.accounts.contains(entry.customer):
        return False
    return site.accounts.get(entry.customer).currency == entry.currency


def balance_and_counter_account_cancel(
    state: State, context: Context, region: Region, customer: CustomerId
) -> bool:
    """A customer's balance and the operator's counter-account for that customer sum to zero at all times."""
    del context
    site = site_of(state, region)
    countered = site.ledger.total(counter_effect, customer)
    if not site.accounts.contains(customer):
        return countered == 0
    return site.accounts.get(customer).balance + countered == 0


def books_balance_in_every_currency(
    state: State, context: Context, region: Region, currency: CurrencyCode
) -> bool:
    """All that moved on balances of a currency, and the operator's side of it, sum to zero at all times."""
    del context
    site = site_of(state, region)
    return site.ledger.total(moved_in, currency) + site.ledger.total(countered_in, currency) == 0


def others_keep_account_and_usage(
    transition: Transition, context: Context, region: Region, customer: CustomerId, name: RowName
) -> bool:
    """An operation of one customer changes no account, usage or hold of another, in any region."""
    del context
    if not is_of_another(transition, customer) or name.customer != customer:
        return True
    before, after = site_of(transition.before, region), site_of(transition.after, region)
    return has_same_account(before, after, customer) and has_same_row(before, after, name)


def others_keep_keys_and_chain(
    transition: Transition, context: Context, region: Region, key: KeyName, link: ChainName
) -> bool:
    """An operation of one customer changes no key, link, head or refund of another, in any region."""
    del context
    if not is_of_another(transition, key.customer) or link.customer != key.customer:
        return True
    before, after = site_of(transition.before, region), site_of(transition.after, region)
    if not has_same_key(before, after, key) or not has_same_link(before, after, link):
        return False
    return has_same_head(before, after, key.customer)


def others_keep_replies_and_invoice(
    transition: Transition, context: Context, key: KeyName, link: ChainName
) -> bool:
    """An operation of one customer changes no reply to another, and nothing of another's invoice."""
    del context
    if not is_of_another(transition, key.customer) or link.customer != key.customer:
        return True
    before, after = transition.before, transition.after
    if before.acknowledged.contains(key):
        if not after.acknowledged.contains(key):
            return False
        if before.acknowledged.get(key) != after.acknowledged.get(key):
            return False
    elif after.acknowledged.contains(key):
        return False
    if before.applied.contains(link) != after.applied.contains(link):
        return False
    if not before.invoiced.contains(key.customer):
        return not after.invoiced.contains(key.customer)
    if not after.invoiced.contains(key.customer):
        return False
    return before.invoiced.get(key.customer) == after.invoiced.get(key.customer)


def entries_stay_as_they_are(transition: Transition, context: Context, position: Position) -> bool:
    """An operation removes and rewrites no entry of anybody."""
    del context
    command = transition.command
    if not isinstance(command, OPERATIONS):
        return True
    before = site_of(transition.before, command.region).ledger
    after = site_of(transition.after, command.region).ledger
    if position < 0 or position >= before.length:
        return True
    if position >= after.length:
        return False
    return before.at(position) == after.at(position)


def is_of_another(transition: Transition, customer: CustomerId) -> bool:
    """Tell whether a command belongs to a customer, and to another one than ``customer``."""
    command = transition.command
    if isinstance(command, (*OPERATIONS, Acknowledge)):
        return command.request.customer != customer
    if isinstance(command, (PurgeKey, ResetUsage)):
        return command.name.customer != customer
    if isinstance(command, Reconcile):
        return command.customer != customer
    if isinstance(command, Deliver):
        site = site_of(transition.before, command.region)
        if not is_position(site, command.position):
            return True
        return site.ledger.at(command.position).customer != customer
    return False


def has_same_account(before: Site, after: Site, customer: CustomerId) -> bool:
    """Tell whether an account is as before."""
    if not before.accounts.contains(customer):
        return not after.accounts.contains(customer)
    if not after.accounts.contains(customer):
        return False
    return before.accounts.get(customer) == after.accounts.get(customer)


def has_same_row(before: Site, after: Site, name: RowName) -> bool:
    """Tell whether usage and hold of a period are as before."""
    if not before.rows.contains(name):
        return not after.rows.contains(name)
    if not after.rows.contains(name):
        return False
    return before.rows.get(name) == after.rows.get(name)


def has_same_key(before: Site, after: Site, name: KeyName) -> bool:
    """Tell whether what a key is bound to is as before."""
    if not before.keys.contains(name):
        return not after.keys.contains(name)
    if not after.keys.contains(name):
        return False
    return before.keys.get(name) == after.keys.get(name)


def has_same_link(before: Site, after: Site, name: ChainName) -> bool:
    """Tell whether a link, and what later entries made of its entry, are as before."""
    if before.chain.contains(name) != after.chain.contains(name):
        return False
    if before.chain.contains(name) and before.chain.get(name) != after.chain.get(name):
        return False
    if not before.standings.contains(name):
        return not after.standings.contains(name)
    if not after.standings.contains(name):
        return False
    return before.standings.get(name) == after.standings.get(name)


def has_same_head(before: Site, after: Site, customer: CustomerId) -> bool:
    """Tell whether the head of a chain is as before."""
    if not before.heads.contains(customer):
        return not after.heads.contains(customer)
    if not after.heads.contains(customer):
        return False
    return before.heads.get(customer) == after.heads.get(customer)


def another_was_there(transition: Transition, context: Context) -> bool:
    """An operation committed that was not the first entry of the ledger, nor of the customer before it."""
    del context
    command = transition.command
    if not isinstance(command, OPERATIONS) or transition.outcome.replayed:
        return False
    before = site_of(transition.before, command.region).ledger
    after = site_of(transition.after, command.region).ledger
    if before.length == 0 or after.length == before.length:
        return False
    return before.at(Position(before.length - 1)).customer != command.request.customer


def another_was_told(transition: Transition, context: Context) -> bool:
    """A client got a reply, or the consumer a message."""
    del context
    command = transition.command
    if isinstance(command, Acknowledge):
        return transition.after.acknowledged.contains(key_name(command.request))
    return isinstance(command, Deliver) and transition.after.applied != transition.before.applied


THEOREM = Theorem(
    id="T0",
    title="conservation",
    documented="the ledger is double-entry, and tenants are isolated",
    repaired=(
        "every entry posts to two sides that sum to zero in the currency of the account; balance and "
        "counter-account of every customer cancel at all times; no operation of one customer changes what "
        "another can observe"
    ),
    assumptions=(
        "C1: the store gives serialisable transactions",
        "the operator's counter-account is the sum of its sub-accounts for each customer",
        "leadership, clock and backlog are shared by all customers, and a refusal for them is observable",
    ),
    clauses=(
        invariant_clause("T0", entry_posts_two_sides, sometimes=("charge_committed", "refunded")),
        invariant_clause("T0", entry_is_in_the_currency_of_its_account, sometimes=("charge_committed",)),
        invariant_clause(
            "T0", balance_and_counter_account_cancel, sometimes=("charge_committed", "refunded")
        ),
        invariant_clause("T0", books_balance_in_every_currency, sometimes=("charge_committed", "refunded")),
        step_clause("T0", others_keep_account_and_usage, sometimes=("another_was_there", "charge_refused")),
        step_clause("T0", others_keep_keys_and_chain, sometimes=("another_was_there",)),
        step_clause("T0", others_keep_replies_and_invoice, sometimes=("another_was_told",)),
        step_clause("T0", entries_stay_as_they_are, sometimes=("another_was_there",)),
    ),
    sometimes=tuple(
        sometimes_mark(predicate)
        for predicate in (charge_committed, charge_refused, refunded, another_was_there, another_was_told)
    ),
    money=billed_money,
    claims=(),
)

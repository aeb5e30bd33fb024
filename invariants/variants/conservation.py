"""Known-bad variants of T0.

Source: the ids beginning with B are rows of ``known-bugs.md``, real incidents of billing projects. Incidents
between customers are stated with a fixed second customer, whom the wrong key or filter would have hit.
"""

from billproof.invariants.variants.making import edit, edited, turned

CONSERVATION = (
    edited(
        "moved_twice_booked_once",
        "T0.entry_posts_two_sides",
        "an entry moves the balance twice and is booked once",
        "B52",
        edit(
            "posting.draft",
            "account.balance + balance_effect(body, request.customer)",
            "account.balance + 2 * balance_effect(body, request.customer)",
        ),
    ),
    edited(
        "started_elsewhere",
        "T0.entry_posts_two_sides",
        "an entry says that it started from another balance than the account had",
        "B73",
        edit("posting.draft", "balance_before=account.balance", "balance_before=Amount(account.balance + 1)"),
    ),
    edited(
        "foreign_currency_charged",
        "T0.entry_is_in_the_currency_of_its_account",
        "a charge is taken in any currency",
        "B51",
        edit("charging.charge", "request.currency != account.currency", "False"),
    ),
    edited(
        "foreign_currency_paid",
        "T0.entry_is_in_the_currency_of_its_account",
        "a payment is taken in any currency",
        "B51",
        edit(
            "screening.screen_account",
            "request.currency != site.accounts.get(request.customer).currency",
            "False",
        ),
    ),
    edited(
        "wallet_moved_twice",
        "T0.balance_and_counter_account_cancel",
        "the balance moves by twice what the entry says",
        "B38",
        edit("posting._moved_account", "account.balance + effect", "account.balance + effect + effect"),
    ),
    turned(
        "entry_before_balance",
        "T0.balance_and_counter_account_cancel",
        "entry and balance are written one after the other",
        "T2-S3, B37",
        write_order="ledger_first",
    ),
    edited(
        "books_state_no_move",
        "T0.books_balance_in_every_currency",
        "an entry states the balance before as the balance after",
        "B37",
        edit(
            "posting.draft",
            "account.balance + balance_effect(body, request.customer)",
            "account.balance",
        ),
    ),
    edited(
        "books_with_another_sign",
        "T0.books_balance_in_every_currency",
        "an entry states the balance before with the wrong sign",
        "B73",
        edit("posting.draft", "balance_before=account.balance", "balance_before=Amount(-account.balance)"),
    ),
    edited(
        "hold_spreads",
        "T0.others_keep_account_and_usage",
        "usage and hold of one customer are written to the row of another",
        "XA-09",
        edit(
            "posting._with_row",
            "rows=site.rows.put(name, row)",
            "rows=site.rows.put(name, row).put(replace(name, customer=CustomerId('bob')), row)",
        ),
    ),
    edited(
        "wallet_of_another",
        "T0.others_keep_account_and_usage",
        "an entry moves the account of another customer as well",
        "B51",
        edit(
            "posting.apply_to_state",
            "accounts=site.accounts.put(entry.customer, _moved_account(site, entry))",
            "accounts=site.accounts.put(entry.customer, _moved_account(site, entry))"
            ".put(CustomerId('bob'), _moved_account(site, entry))",
        ),
    ),
    edited(
        "keys_shared",
        "T0.others_keep_keys_and_chain",
        "a key of one customer is taken for every customer",
        "B15, B23",
        edit(
            "posting.apply_to_state",
            "KeyName(customer=entry.customer, key=entry.key)",
            "KeyName(customer=CustomerId('bob'), key=entry.key)",
        ),
    ),
    edited(
        "chain_shared",
        "T0.others_keep_keys_and_chain",
        "a sequence number of one customer is taken in the chain of another",
        "B96",
        edit(
            "posting.apply_to_ledger",
            "ChainName(customer=entry.customer, sequence=entry.sequence)",
            "ChainName(customer=CustomerId('bob'), sequence=entry.sequence)",
        ),
    ),
    edited(
        "reply_to_another",
        "T0.others_keep_replies_and_invoice",
        "the reply to one customer is recorded for another",
        "B15",
        edit(
            "charging._told",
            "state.acknowledged.put(key_name(request), reply)",
            "state.acknowledged.put(KeyName(customer='bob', key=request.key), reply)",
        ),
    ),
    edited(
        "invoice_of_another",
        "T0.others_keep_replies_and_invoice",
        "a delivered amount goes on the invoice of another customer",
        "B19",
        edit("replication.deliver", "state.invoiced.put(entry.customer,", "state.invoiced.put('bob',"),
    ),
    edited(
        "last_entry_overwritten",
        "T0.entries_stay_as_they_are",
        "a charge takes the place of the last entry",
        "B90",
        edit(
            "charging._write",
            "replace(site, attempts=site.attempts.without(command.attempt))",
            "replace(site, attempts=site.attempts.without(command.attempt), "
            "ledger=site.ledger.first(Position(site.ledger.length - 1)))",
        ),
    ),
    edited(
        "log_begun_anew",
        "T0.entries_stay_as_they_are",
        "a charge keeps nothing of the log but its own entry",
        "B90",
        edit(
            "charging._write",
            "replace(site, attempts=site.attempts.without(command.attempt))",
            "replace(site, attempts=site.attempts.without(command.attempt), "
            "ledger=site.ledger.first(Position(0)))",
        ),
    ),
)
"""Variants that must break T0."""

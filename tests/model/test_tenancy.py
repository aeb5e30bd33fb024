"""The core decides a charge as the table of the tenant governor does, in every case of small numbers."""

from dataclasses import replace
from itertools import product

from billproof.model.charging import judge_charge
from billproof.model.context import Context
from billproof.model.design import REPAIRED
from billproof.model.governors.tenant import State
from billproof.model.identifiers import Amount, Count, CurrencyCode, Period
from billproof.model.outcomes import AccountKind, Status
from billproof.model.receipts import digest_of
from billproof.model.state import Account, QuotaRow, Terms
from billproof.model.tenancy import decide_charge, tenant_state

CONTEXT = Context(design=REPAIRED, digest=digest_of(REPAIRED))
SMALL = (0, 1, 2, 3)


def account(quota: int, limit: int, balance: int, holds: int) -> Account:
    """Return a prepaid account."""
    terms = Terms(kind=AccountKind.PREPAID, credit_limit=Amount(0), quota=Amount(quota), limit=Amount(limit))
    return Account(
        currency=CurrencyCode("USD"), balance=Amount(balance), terms=terms, first_period=Period(0),
        closed_through=Period(-1), holds=Count(holds),
    )  # fmt: skip


def test_core_and_table_agree_in_every_case() -> None:
    """Where they differ, the balance is the reason, and the table would have accepted."""
    seen = set()
    for quota, buffer, used, amount, balance, holds, held, at in product(
        SMALL, (0, 1, 2), SMALL, SMALL, SMALL, (0, 1), (False, True), SMALL
    ):
        held_account = account(quota, quota + buffer, balance, holds)
        row = QuotaRow(used=Amount(used), held=held, held_at_limit=Amount(at))
        core = judge_charge(held_account, row, row.used, Amount(amount), CONTEXT)
        table = decide_charge(held_account, row, Amount(amount))
        seen.add((core, table))
        if core == Status.INSUFFICIENT_BALANCE:
            assert table <= Status.ACCEPTED_WITH_WARNING
            assert balance < amount
        else:
            assert core == table
    alike = (Status.ACCEPTED, Status.ACCEPTED_WITH_WARNING, Status.QUOTA_EXCEEDED, Status.ACCOUNT_HELD)
    assert {(status, status) for status in alike} < seen


def test_comparison_notices_a_core_that_forgets_the_holds() -> None:
    """The known bad: the holds are not looked at."""
    held = account(2, 3, 3, 1)
    row = QuotaRow(used=Amount(0), held=False, held_at_limit=Amount(0))
    forgotten = judge_charge(replace(held, holds=Count(0)), row, row.used, Amount(1), CONTEXT)
    assert forgotten != decide_charge(held, row, Amount(1))


def test_status_is_derived_from_holds_and_the_row_of_the_period() -> None:
    free, stopped = (QuotaRow(used=Amount(0), held=held, held_at_limit=Amount(3)) for held in (False, True))
    assert tenant_state(account(2, 3, 3, 0), free) == State.ACTIVE
    assert tenant_state(account(2, 3, 3, 0), stopped) == State.SUSPENDED
    assert tenant_state(account(2, 3, 3, 1), free) == State.COMPLYING
    assert tenant_state(account(2, 3, 3, 1), stopped) == State.SUSPENDED_AND_COMPLYING
    raised = account(2, 4, 3, 0)
    assert tenant_state(raised, stopped) == State.ACTIVE

"""Every rule finds what breaks it in a history that was broken by hand, and nothing in a sound one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from billproof.conformance.documents import Document, as_document, inner_of, list_of
from billproof.conformance.errors import KitInputError
from billproof.conformance.grading import Verdict
from billproof.conformance.history import Call, History, read_history, write_history
from billproof.conformance.judging.judge import judge
from billproof.conformance.messages import read_declaration
from billproof.conformance.offline import judge_offline

HELLO: Document = {
    "protocol": 1,
    "implementation": {"name": "made by hand", "version": "1"},
    "capabilities": {
        "operations": ["charge", "refund", "top_up", "reconcile", "dispute", "audit", "hold"],
        "observations": ["ledger", "balance", "export", "quota"], "receipts": "opaque", "quota": "hard",
        "balance": "floor",
    },
}  # fmt: skip

Edit = Callable[[list[tuple[Document, Document]]], None]
"""Breaks a list of messages and replies."""


def charge(key: str, amount: str) -> Document:
    """Return the message of a charge."""
    args: Document = {
        "customer": "c", "entitlement": "e", "amount": amount, "currency": "USD",
        "event_time": "2026-03-10T12:00:00Z",
    }  # fmt: skip
    return {"cmd": "op", "op": "charge", "args": args, "client": "c0", "idem": key}


def entry(number: int, key: str, amount: str) -> Document:
    """Return an entry of the ledger."""
    return {
        "id": f"r{number}", "seq": str(number), "kind": "debit", "key": key, "amount": amount,
        "currency": "USD",
        "entitlement": "e", "period": "2026-03", "commit_time": f"2026-03-10T12:00:0{number}Z",
        "digest": f"d{number}", "prev": f"d{number - 1}",
    }  # fmt: skip


def reading(what: str, value: Document) -> tuple[Document, Document]:
    """Return an observation of the customer."""
    message: Document = {"cmd": "observe", "what": what, "args": {"customer": "c"}, "client": "c0"}
    return message, {"outcome": "ok", "value": value}


def done(number: int) -> Document:
    """Return the reply to a charge."""
    return {"outcome": "ok", "value": {"id": f"r{number}"}, "receipt": f"s{number}"}


def sound() -> list[tuple[Document, Document]]:
    """Return a history in which everything is right: two charges, a retry, and readings around them."""
    account: Document = {
        "customer": "c", "currency": "USD", "account": "prepaid", "credit_limit": "0", "quota": "100",
        "limit": "100", "balance": "50",
    }  # fmt: skip
    reset: Document = {
        "cmd": "reset", "now": "2026-03-10T12:00:00Z",
        "world": {"id": "w", "currency": "USD", "entitlements": ["e"], "accounts": [account]},
    }  # fmt: skip
    both: Document = {"entries": [entry(1, "k1", "10"), entry(2, "k2", "5")]}
    return [
        (reset, {"ok": True}),
        reading("ledger", {"entries": []}),
        reading("balance", {"balance": "50", "currency": "USD"}),
        (charge("k1", "10"), done(1)),
        (charge("k2", "5"), done(2)),
        (charge("k1", "10"), done(1)),
        reading("ledger", both),
        reading("balance", {"balance": "35", "currency": "USD"}),
        reading("ledger", dict(both)),
    ]


def found_in(items: list[tuple[Document, Document]]) -> set[str]:
    """Return the clauses that are violated in a list of messages and replies."""
    calls = tuple(
        Call(index=n, client="c0", begin=2 * n, end=2 * n + 1, message=message, reply=reply)
        for n, (message, reply) in enumerate(items)
    )
    judged = judge(History(header={"hello": HELLO}, calls=calls), read_declaration(HELLO))
    assert not judged.unsettled
    return {f"{finding.theorem}.{finding.clause}" for finding in judged.findings}


def entries_at(items: list[tuple[Document, Document]], place: int) -> list[Document]:
    """Return the entries of a ledger that is read at a place."""
    value = inner_of(items[place][1], "value")
    return [as_document(item, "entry") for item in list_of(value, "entries")]


def set_entries(items: list[tuple[Document, Document]], *entries: Document) -> None:
    """Let both last ledgers have these entries."""
    for place in (6, 8):
        items[place] = reading("ledger", {"entries": [*entries]})


def charged_twice(items: list[tuple[Document, Document]]) -> None:
    third = {**entry(3, "k1", "10")}
    set_entries(items, entry(1, "k1", "10"), entry(2, "k2", "5"), third)
    items[7] = reading("balance", {"balance": "25", "currency": "USD"})


def lost(items: list[tuple[Document, Document]]) -> None:
    set_entries(items, entry(1, "k1", "10"))
    items[7] = reading("balance", {"balance": "40", "currency": "USD"})


def another_amount(items: list[tuple[Document, Document]]) -> None:
    set_entries(items, entry(1, "k1", "10"), entry(2, "k2", "6"))
    items[7] = reading("balance", {"balance": "34", "currency": "USD"})


def another_receipt(items: list[tuple[Document, Document]]) -> None:
    items[5] = (items[5][0], {**items[5][1], "receipt": "other"})


def another_request(items: list[tuple[Document, Document]]) -> None:
    items[5] = (charge("k1", "11"), done(1))


def wrong_balance(items: list[tuple[Document, Document]]) -> None:
    items[7] = reading("balance", {"balance": "36", "currency": "USD"})


def gap(items: list[tuple[Document, Document]]) -> None:
    set_entries(items, entry(1, "k1", "10"), {**entry(2, "k2", "5"), "seq": "3"})


def unlinked(items: list[tuple[Document, Document]]) -> None:
    set_entries(items, entry(1, "k1", "10"), {**entry(2, "k2", "5"), "prev": "d0"})


def back_in_time(items: list[tuple[Document, Document]]) -> None:
    set_entries(items, entry(1, "k1", "10"), {**entry(2, "k2", "5"), "commit_time": "2026-03-10T12:00:00Z"})


def exchanged(items: list[tuple[Document, Document]]) -> None:
    set_entries(items, {**entry(1, "k2", "5"), "id": "r2"}, {**entry(2, "k1", "10"), "id": "r1"})


def charged_what_was_refused(items: list[tuple[Document, Document]]) -> None:
    refusal: Document = {"outcome": "rejected", "code": "INSUFFICIENT_BALANCE"}
    items[4] = (charge("k2", "45"), refusal)
    set_entries(items, entry(1, "k1", "10"), entry(2, "k2", "45"))
    items[7] = reading("balance", {"balance": "-5", "currency": "USD"})


def above_the_limit(items: list[tuple[Document, Document]]) -> None:
    account = as_document(list_of(inner_of(items[0][0], "world"), "accounts")[0], "account")
    account["balance"] = "500"
    items[2] = reading("balance", {"balance": "500", "currency": "USD"})
    items[4] = (charge("k2", "95"), done(2))
    set_entries(items, entry(1, "k1", "10"), entry(2, "k2", "95"))
    items[7] = reading("balance", {"balance": "395", "currency": "USD"})


def below_zero(items: list[tuple[Document, Document]]) -> None:
    items[4] = (charge("k2", "45"), done(2))
    set_entries(items, entry(1, "k1", "10"), entry(2, "k2", "45"))
    items[7] = reading("balance", {"balance": "-5", "currency": "USD"})


def refused_for_nothing(items: list[tuple[Document, Document]]) -> None:
    items[4] = (charge("k2", "5"), {"outcome": "rejected", "code": "INSUFFICIENT_BALANCE"})
    set_entries(items, entry(1, "k1", "10"))
    items[7] = reading("balance", {"balance": "40", "currency": "USD"})


BROKEN: tuple[tuple[Edit, str], ...] = (
    (charged_twice, "T1.one_charge_per_key"),
    (lost, "T2.acknowledged_is_in_the_ledger"),
    (another_amount, "T1.accepted_charge_takes_effect_once"),
    (another_receipt, "T1.retry_gets_the_stored_outcome"),
    (another_request, "T1.another_request_under_a_key_has_no_effect"),
    (wrong_balance, "T1.balance_is_the_fold"),
    (gap, "T6.chain_is_dense"),
    (unlinked, "T6.entry_is_linked"),
    (back_in_time, "T6.commit_time_never_decreases"),
    (exchanged, "T6.order_is_the_order_of_commits"),
    (charged_what_was_refused, "T1.refusal_leaves_no_debit"),
    (above_the_limit, "T5.usage_stays_within_the_limit"),
    (below_zero, "T5.balance_respects_its_floor"),
    (refused_for_nothing, "T5.refusals_are_justified"),
)


def test_nothing_is_found_where_everything_is_right() -> None:
    assert found_in(sound()) == set()


@pytest.mark.parametrize(("edit", "clause"), BROKEN, ids=[clause for _, clause in BROKEN])
def test_what_is_broken_is_found(edit: Edit, clause: str) -> None:
    items = sound()
    edit(items)
    found = found_in(items)
    assert clause in found
    assert {name.split(".")[0] for name in found} <= {clause.split(".")[0], "T5"}


def read_again(balance: str) -> list[tuple[Document, Document]]:
    """Return the sound history with another balance that is read again, a moment later, and is right then."""
    items = sound()
    items[7] = reading("balance", {"balance": balance, "currency": "USD"})
    return [*items, *sound()[7:]]


@pytest.mark.parametrize("balance", ["50", "40"])
def test_a_balance_of_before_is_old_if_it_is_right_later(balance: str) -> None:
    assert found_in(read_again(balance)) == {"T4.no_read_is_old_and_unlabelled"}


def test_a_balance_that_the_ledger_never_came_to_is_wrong_although_it_is_right_later() -> None:
    assert found_in(read_again("45")) == {"T1.balance_is_the_fold"}


def test_a_balance_of_before_that_stays_is_wrong() -> None:
    items = read_again("40")
    items[9] = items[7]
    assert found_in(items) == {"T1.balance_is_the_fold"}


def test_a_refused_retry_is_honest() -> None:
    items = sound()
    items[5] = (items[5][0], {"outcome": "rejected", "code": "DUPLICATE"})
    assert found_in(items) == set()


def test_what_is_in_doubt_may_or_may_not_have_happened() -> None:
    for entries, balance in (
        ([entry(1, "k1", "10")], "40"),
        ([entry(1, "k1", "10"), entry(2, "k2", "5")], "35"),
    ):
        items = sound()
        items[4] = (items[4][0], {"outcome": "unknown"})
        set_entries(items, *entries)
        items[7] = reading("balance", {"balance": balance, "currency": "USD"})
        assert found_in(items) == set()


def test_a_history_survives_its_file(tmp_path: Path) -> None:
    calls = tuple(
        Call(index=n, client="c0", begin=2 * n, end=2 * n + 1, message=m, reply=r)
        for n, (m, r) in enumerate(sound())
    )
    path = tmp_path / "history.jsonl"
    history = History(header={"hello": HELLO}, calls=calls)
    write_history(history, path)
    assert read_history(path) == history
    lines = path.read_text("utf-8").splitlines()
    for damaged in (lines[:-1], [*lines[:4], *lines[5:]], [*lines, lines[-1]]):
        path.write_text("\n".join(damaged) + "\n", "utf-8")
        with pytest.raises(KitInputError):
            read_history(path)


def test_a_history_without_a_reset_shows_nothing_and_passes_for_nothing() -> None:
    """No world begins, so no call is judged; that is no evidence that anything holds."""
    call = Call(index=0, client="c0", begin=0, end=1, message=charge("k1", "10"), reply=done(1))
    judged = judge_offline(History(header={"hello": HELLO}, calls=(call,)), ())
    assert judged.exit_code == 2
    assert not {Verdict.HOLDS, Verdict.VIOLATED} & set(judged.verdicts.values())

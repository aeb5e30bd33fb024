"""A month that was really billed, judged without any system: a usage log, receipts, invoices.

The folder has ``usage.jsonl``, one request per line in the order in which they were sent, as events of
the reference service: ``customer``, ``idempotency_key``, ``amount``, ``currency``, ``entitlement``,
``event_time``, and ``outcome`` (``ok``, ``rejected`` or ``unknown``; ``ok`` unless said).
``ledger.jsonl`` has entries as ``observe ledger`` shows them, each with its ``customer``;
``invoices.jsonl``, which may be missing, has ``customer``, ``period``, ``total`` and ``currency``. They
become a history, and are judged as any other.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from billproof.conformance.documents import Document, MemberError, Value, as_document, text_of
from billproof.conformance.errors import KitInputError
from billproof.conformance.history import Call, History
from billproof.conformance.judging.facts import Finding
from billproof.conformance.messages import units_of
from billproof.model.canonical import JsonInputError, parse_json
from billproof.model.identifiers import Amount, CurrencyCode
from billproof.model.money import UnknownCurrencyError, render_amount, round_to_minor
from billproof.model.periods import InstantFormatError, InstantRangeError

HELLO: Final[Document] = {
    "protocol": 1,
    "implementation": {"name": "a month", "version": "files"},
    "capabilities": {
        "operations": ["charge", "refund", "credit", "adjustment", "top_up", "void", "chargeback"],
        "observations": ["ledger", "invoice"], "balance": "none", "quota": "none",
    },
}  # fmt: skip
"""What files can show: neither clocks nor limits."""

_OPERATIONS: Final = {"debit": "charge"}
_UNBILLED: Final = ("top_up", "refusal", "other")


def read_month(folder: Path) -> tuple[History, tuple[Finding, ...]]:
    """Read the files of a month: the history that they come to, and what its invoices show.

    Raises:
        KitInputError: A file is missing or cannot be read.
    """
    try:
        return _month(folder)
    except (MemberError, InstantFormatError, InstantRangeError, UnknownCurrencyError) as error:
        raise KitInputError(str(folder), "", str(error), "see the guide of a month") from error


def _month(folder: Path) -> tuple[History, tuple[Finding, ...]]:
    usage, ledger = _lines(folder / "usage.jsonl"), _lines(folder / "ledger.jsonl")
    invoices = _lines(folder / "invoices.jsonl") if (folder / "invoices.jsonl").exists() else []
    customers = sorted({text_of(line, "customer") for line in (*usage, *ledger)})
    currencies = {text_of(line, "customer"): text_of(line, "currency", "USD") for line in usage}
    calls = [_reset(customers, currencies)]
    for customer in customers:
        calls.append(_reading(len(calls), customer, []))
    calls.extend(_request(len(calls) + n, line) for n, line in enumerate(usage))
    for customer in customers:
        entries: list[Value] = [
            {name: value for name, value in line.items() if name != "customer"}
            for line in ledger if line["customer"] == customer
        ]  # fmt: skip
        calls.append(_reading(len(calls), customer, entries))
    history = History(header={"kit": "month", "seed": 0, "hello": HELLO}, calls=tuple(calls))
    return history, tuple(_wrong_invoices(ledger, invoices))


def _lines(path: Path) -> list[Document]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise KitInputError(
            str(path), "", f"cannot be read: {error.strerror}", "see the guide of a month"
        ) from error
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(as_document(parse_json(line, str(path)), "line"))
            text_of(found[-1], "customer")
        except (JsonInputError, MemberError) as error:
            raise KitInputError(str(path), f"line {number}", str(error), "mend the line") from error
    return found


def _reset(customers: list[str], currencies: dict[str, str]) -> Call:
    accounts: list[Value] = [
        {
            "customer": name, "currency": currencies.get(name, "USD"), "account": "credit",
            "credit_limit": "0", "quota": "0", "limit": "0", "balance": "0",
        }
        for name in customers
    ]  # fmt: skip
    world: Document = {"id": "month", "currency": "USD", "entitlements": [], "accounts": accounts}
    message: Document = {"cmd": "reset", "world": world, "now": "1970-01-01T00:00:00Z"}
    return _call(0, message, {"ok": True})


def _reading(number: int, customer: str, entries: list[Value]) -> Call:
    message: Document = {"cmd": "observe", "what": "ledger", "args": {"customer": customer}}
    return _call(number, message, {"outcome": "ok", "value": {"entries": entries}})


def _request(number: int, line: Document) -> Call:
    kind = text_of(line, "kind", "debit")
    names = ("idempotency_key", "outcome", "kind", "id", "code")
    args = {name: value for name, value in line.items() if name not in names}
    message: Document = {
        "cmd": "op", "op": _OPERATIONS.get(kind, kind), "args": args,
        "idem": text_of(line, "idempotency_key", ""),
    }  # fmt: skip
    outcome = text_of(line, "outcome", "ok")
    reply: Document = {"outcome": outcome}
    if outcome == "ok":
        reply["value"] = {"id": line["id"]} if "id" in line else {}
    if outcome == "rejected":
        reply["code"] = text_of(line, "code", "OTHER")
    return _call(number, message, reply)


def _call(number: int, message: Document, reply: Document) -> Call:
    return Call(
        index=number, client="file", begin=2 * number, end=2 * number + 1, message=message, reply=reply
    )


def _wrong_invoices(ledger: list[Document], invoices: list[Document]) -> Iterator[Finding]:
    """Yield invoices whose total is not the sum of the rounded lines of their month."""
    for invoice in invoices:
        customer, period = text_of(invoice, "customer"), text_of(invoice, "period")
        currency = text_of(invoice, "currency", "USD")
        sums: dict[tuple[str, str], int] = {}
        for entry in ledger:
            kind = text_of(entry, "kind")
            if (
                entry["customer"] != customer
                or entry.get("period") != period
                or kind in ("top_up", "refusal", "other")
            ):
                continue
            sign = 1 if kind in ("debit", "adjustment") else -1
            name = (str(entry.get("entitlement", "")), kind)
            sums[name] = sums.get(name, 0) + sign * units_of(text_of(entry, "amount"), "amount")
        owed = sum(round_to_minor(Amount(total), CurrencyCode(currency)).rounded for total in sums.values())
        billed = units_of(text_of(invoice, "total"), "total")
        if owed != billed:
            yield Finding(
                theorem="T1", clause="invoice_counts_a_receipt_once", customer=customer, calls=(),
                text=f"the invoice of {period} is {render_amount(Amount(billed))}, and the entries of the"
                f" month come to {render_amount(Amount(owed))}",
                owed=owed, billed=billed, currency=currency,
            )  # fmt: skip

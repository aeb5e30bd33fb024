"""An adapter to begin with: ``billproof conform 'exec:python3 adapter.py' --claim CORE@L1``.

``Toy`` is a stand-in for your product. Replace each of its methods by calls of the real one, and declare in
``hello`` what it can do. What you do not declare is not asked. Anything doubtful is ``unknown()``, never
``rejected()``. The protocol is in docs/conformance-protocol.md.
"""

import threading
from decimal import Decimal

from billproof.conformance.adapter import BaseAdapter, ok, rejected, serve, unsupported
from billproof.conformance.documents import Document, Value, as_document, inner_of, list_of, text_of


class Toy:
    """A biller in memory: accounts with a balance, one entry per key."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.balances: dict[str, Decimal] = {}
        self.entries: dict[str, list[Document]] = {}
        self.answers: dict[tuple[str, str], tuple[str, Document]] = {}

    def open(self, customer: str, balance: Decimal) -> None:
        """Open an account."""
        self.balances[customer] = balance
        self.entries[customer] = []

    def charge(self, customer: str, key: str, args: Document) -> Document:
        """Charge an amount once per key."""
        with self.lock:
            request, stored = repr(sorted(args.items())), self.answers.get((customer, key))
            if stored is not None:
                return stored[1] if stored[0] == request else rejected("KEY_REUSED")
            amount = Decimal(text_of(args, "amount"))
            if amount < 0:
                return rejected("BAD_AMOUNT")
            if text_of(args, "currency") != "USD":
                return rejected("BAD_CURRENCY")
            if amount > self.balances[customer]:
                answer = rejected("INSUFFICIENT_BALANCE")
            else:
                self.balances[customer] -= amount
                identity = f"{customer}-{len(self.entries[customer]) + 1}"
                self.entries[customer].append(
                    {"id": identity, "kind": "debit", "key": key, "amount": str(amount), "currency": "USD"}
                )
                answer = ok({"id": identity})
            self.answers[customer, key] = (request, answer)
            return answer


class Adapter(BaseAdapter):
    """Turns messages into calls of the product."""

    def __init__(self) -> None:
        self.product = Toy()

    def hello(self, message: Document) -> Document:
        """Say what is tested and what it can do."""
        del message
        return {
            "protocol": 1,
            "implementation": {"name": "toy", "version": "1", "language": "Python"},
            "capabilities": {
                "operations": ["charge"],
                "observations": ["balance", "ledger"],
                "clock": "none",
                "concurrent": True,
                "balance": "floor",
            },
            "choices": {"duplicate": "replay", "refusals": "stored"},
            "limits": {"max_in_flight": 4, "money_scale": 2},
        }

    def reset(self, message: Document) -> Document:
        """Open the accounts of a fresh world; their names are new each time."""
        world = inner_of(message, "world")
        for value in list_of(world, "accounts"):
            account = as_document(value, "account")
            floor = Decimal(text_of(account, "credit_limit"))
            self.product.open(text_of(account, "customer"), Decimal(text_of(account, "balance")) + floor)
            self.credit = {**getattr(self, "credit", {}), text_of(account, "customer"): floor}
        return {"ok": True, "world": world["id"]}

    def op(self, message: Document) -> Document:
        """Perform an operation."""
        args = inner_of(message, "args")
        if text_of(message, "op") == "charge":
            return self.product.charge(text_of(args, "customer"), text_of(message, "idem"), args)
        return unsupported()

    def observe(self, message: Document) -> Document:
        """Show a balance or a ledger."""
        customer, what = text_of(inner_of(message, "args"), "customer", ""), text_of(message, "what")
        if customer not in self.product.balances:
            return unsupported()
        if what == "balance":
            shown = self.product.balances[customer] - self.credit[customer]
            return ok({"balance": str(shown), "currency": "USD"})
        if what == "ledger":
            entries: list[Value] = list(self.product.entries[customer])
            return ok({"entries": entries})
        return unsupported()


if __name__ == "__main__":
    serve(Adapter(), in_flight=4)

"""Vectors of money, rounding, splits, rating, periods, quota decisions and invoices.

A negative has one thing wrong. Its code is written here, from the specification, not taken from the model.
"""

import json
from typing import Final

from billproof.conformance.documents import Document, Value
from billproof.conformance.vectors.group import Group, Member, bad, good

_MONEY_WHY: Final = "Two texts for one amount are two fingerprints for one request; a float is a lost cent."


def value_groups() -> tuple[Group, ...]:
    """Return the groups about values."""
    return (
        *_amounts(), *_rounding(), *_splits(), *_rating(), *_periods(), *_decisions(), *_invoices(),
    )  # fmt: skip


def _group(
    identity: str, title: str, op: str, members: tuple[Member, ...], *, why: str, clauses: tuple[str, ...]
) -> Group:
    family = identity.split(".")[0]
    profile = "QUOTA" if family == "quota" else "CORE"
    return Group(
        id=identity, title=title, family=family, profile=profile, op=op, clauses=clauses, why=why,
        members=members,
    )  # fmt: skip


def _amounts() -> tuple[Group, ...]:
    texts = ("0", "1", "-1", "0.5", "12.34", "0.000000000001", "999999999999999.999999999999", "-0.01")
    wrong = (
        ("leading-zero", "01", "a leading zero"), ("trailing-zero", "1.0", "a superfluous zero"),
        ("exponent", "1e3", "an exponent"), ("negative-zero", "-0", "a sign on zero"),
        ("plus", "+1", "a plus sign"), ("point-first", ".5", "no digit before the point"),
        ("point-last", "5.", "no digit after the point"), ("comma", "1,5", "a comma"),
        ("thirteen-decimals", "0.0000000000001", "13 decimals"), ("blank", " 1", "a blank"),
        ("empty", "", "nothing"), ("infinity", "Infinity", "no number"), ("hex", "0x10", "a base"),
        ("other-digits", "\u0661", "digits that are not ASCII"), ("underscore", "1_000", "an underscore"),
    )  # fmt: skip
    members = [good({"text": text}, {"amount": text}, f"ok-{n}") for n, text in enumerate(texts)]
    members.extend(bad(name, {"text": text}, "AMOUNT_FORMAT", what) for name, text, what in wrong)
    edge = (
        good({"text": "1000000000000000"}, {"amount": "1000000000000000"}, "ok-edge"),
        bad("beyond", {"text": "1000000000000000.01"}, "AMOUNT_RANGE", "beyond 10^15"),
        bad("far-beyond", {"text": "1" + "0" * 38}, "AMOUNT_RANGE", "far beyond 10^15"),
    )
    return (
        _group("money.amount.text", "An amount has one text", "read_amount", tuple(members),
               why=_MONEY_WHY, clauses=("R14",)),
        _group("money.amount.range", "An amount has a range", "read_amount", edge,
               why="What does not fit a column must be refused and not wrapped (B81).", clauses=("R14",)),
    )  # fmt: skip


def _rounding() -> tuple[Group, ...]:
    cases = (
        ("USD", "0.005", "0", "0.005"), ("USD", "0.015", "0.02", "-0.005"), ("USD", "0.025", "0.02", "0.005"),
        ("USD", "-0.005", "0", "-0.005"), ("USD", "-0.015", "-0.02", "0.005"), ("USD", "1.234", "1.23", "0.004"),
        ("USD", "1.235000000001", "1.24", "-0.004999999999"), ("JPY", "0.5", "0", "0.5"),
        ("JPY", "1.5", "2", "-0.5"), ("JPY", "120", "120", "0"), ("BHD", "0.0005", "0", "0.0005"),
        ("BHD", "0.0015", "0.002", "-0.0005"), ("CLF", "0.00005", "0", "0.00005"),
        ("CLF", "0.00015", "0.0002", "-0.00005"),
    )  # fmt: skip
    members = tuple(
        good({"currency": currency, "amount": amount}, {"rounded": rounded, "residue": residue}, f"ok-{n}")
        for n, (currency, amount, rounded, residue) in enumerate(cases)
    )
    wrong = (
        bad("lower-case", {"currency": "usd", "amount": "1"}, "BAD_CURRENCY", "lower case"),
        bad(
            "unknown",
            {"currency": "QQQ", "amount": "1"},
            "BAD_CURRENCY",
            "a code that ISO 4217 does not list",
        ),
    )
    return (
        _group("money.rounding.half-even", "One rounding, half-even, to the minor unit", "round_amount",
               (*members, *wrong), why="Cents that depend on the order of lines (B76, B78).", clauses=("R14",)),
    )  # fmt: skip


def _splits() -> tuple[Group, ...]:
    def parts(*texts: str) -> Document:
        listed: list[Value] = list(texts)
        return {"parts": listed}

    def ask(total: str, *weights: str) -> Document:
        listed: list[Value] = list(weights)
        return {"total": total, "weights": listed}

    members = (
        good(ask("0.000000000001", "1", "1"), parts("0.000000000001", "0"), "first-of-equals"),
        good(ask("1", "1", "1", "1"), parts("0.333333333334", "0.333333333333", "0.333333333333"), "thirds"),
        good(
            ask("-1", "1", "1", "1"),
            parts("-0.333333333334", "-0.333333333333", "-0.333333333333"),
            "negative",
        ),
        good(ask("10", "0", "3", "7"), parts("0", "3", "7"), "exact"),
        good(
            ask("0.000000000005", "1", "2", "2"), parts("0.000000000001", "0.000000000002", "0.000000000002")
        ),
        bad("no-weights", ask("1"), "WEIGHTS", "nobody to give to"),
        bad("all-zero", ask("1", "0", "0"), "WEIGHTS", "no weight at all"),
    )
    return (
        _group("money.split.largest-remainder", "A split adds up, largest remainder first", "split_amount", members,
               why="A cent that is in no part, or in two.", clauses=("R14",)),
    )  # fmt: skip


def _plan(model: str, *tiers: tuple[str | None, str, str], size: str = "1", decimals: int = 0) -> str:
    plan: dict[str, object] = {
        "version": 1, "name": "p", "currency": "USD", "unit": "request", "decimals": decimals, "model": model,
        "tiers": [
            {**({"up_to": end} if end else {}), "unit_price": price, **({"flat_price": flat} if flat != "0" else {})}
            for end, price, flat in tiers
        ],
    }  # fmt: skip
    if model == "package":
        plan["package_size"] = size
    return json.dumps(plan, separators=(",", ":"))


def _rating() -> tuple[Group, ...]:
    graduated = _plan("graduated", ("10", "1", "0"), ("20", "0.5", "2"), (None, "0.1", "0"))
    volume = _plan("volume", ("10", "1", "0"), (None, "0.5", "3"))
    package = _plan("package", (None, "7", "0"), size="100")
    unit = _plan("per_unit", (None, "0.0000001", "0"))
    asked = (
        (unit, "3", "0.0000003"), (unit, "0", "0"), (graduated, "0", "0"), (graduated, "10", "10"),
        (graduated, "11", "12.5"), (graduated, "20", "17"), (graduated, "25", "17.5"), (volume, "10", "10"),
        (volume, "11", "8.5"), (package, "0", "0"), (package, "1", "7"), (package, "100", "7"),
        (package, "101", "14"),
    )  # fmt: skip
    members = [
        good({"plan": plan, "quantity": quantity}, {"amount": amount}, f"ok-{n}")
        for n, (plan, quantity, amount) in enumerate(asked)
    ]
    members.extend(
        [
            bad("negative", {"plan": unit, "quantity": "-1"}, "PLAN", "a negative quantity"),
            bad("finer", {"plan": unit, "quantity": "0.5"}, "PLAN", "half a step"),
            bad(
                "model",
                {"plan": _plan("magic", (None, "1", "0")), "quantity": "1"},
                "PLAN",
                "an unknown model",
            ),
        ]
    )
    return (
        _group("rating.plans.models", "Four ways in which tiers make a price", "rate_usage", tuple(members),
               why="Off by one at the edge of a tier, or of a package (B82).", clauses=("R14",)),
    )  # fmt: skip


def _periods() -> tuple[Group, ...]:
    asked = (
        ("2024-02-29T23:59:59.999999Z", "2024-02", "2024-02-29T23:59:59.999999Z"),
        ("2024-03-01T00:00:00Z", "2024-03", "2024-03-01T00:00:00Z"),
        ("2024-01-01T00:30:00+01:00", "2023-12", "2023-12-31T23:30:00Z"),
        ("2023-12-31T23:30:00-01:00", "2024-01", "2024-01-01T00:30:00Z"),
        ("1970-01-01T00:00:00Z", "1970-01", "1970-01-01T00:00:00Z"),
        ("2025-12-31T23:59:59.5Z", "2025-12", "2025-12-31T23:59:59.5Z"),
    )
    members = []
    for number, (instant, period, same) in enumerate(asked):
        year, month = int(period[:4]), int(period[5:])
        after = (year + month // 12, month % 12 + 1)
        value: Document = {
            "period": period, "start": f"{period}-01T00:00:00Z",
            "end": f"{after[0]:04}-{after[1]:02}-01T00:00:00Z", "instant": same,
        }  # fmt: skip
        members.append(good({"instant": instant}, value, f"ok-{number}"))
    wrong = (
        ("no-such-day", "2023-02-29T00:00:00Z", "a day that does not exist"),
        ("leap-second", "2016-12-31T23:59:60Z", "a leap second"), ("no-zone", "2024-01-01T00:00:00", "no zone"),
        ("blank", "2024-01-01 00:00:00Z", "a blank for the T"), ("hour-24", "2024-01-01T24:00:00Z", "hour 24"),
        ("seven-decimals", "2024-01-01T00:00:00.1234567Z", "finer than a microsecond"),
        ("lower-case", "2024-01-01t00:00:00z", "lower case"), ("month-13", "2024-13-01T00:00:00Z", "month 13"),
    )  # fmt: skip
    members.extend(bad(name, {"instant": text}, "INSTANT_FORMAT", what) for name, text, what in wrong)
    members.append(bad("too-early", {"instant": "1969-12-31T23:59:59Z"}, "INSTANT_RANGE", "before 1970"))
    return (
        _group("period.month.utc", "An event counts in the UTC month that contains it", "name_period",
               tuple(members), why="The same usage billed in two months, or in none (B55, B63, B65).",
               clauses=("R12",)),
    )  # fmt: skip


def _decisions() -> tuple[Group, ...]:
    base: Document = {
        "account": "prepaid", "credit_limit": "0", "quota": "100", "limit": "110", "balance": "500", "used": "60",
        "amount": "40",
    }  # fmt: skip
    within: Document = {"status": "accepted"}
    warned: Document = {"status": "accepted_with_warning"}
    members = (
        good(base, within, "at-the-quota"),
        good({**base, "amount": "40.000000000001"}, warned, "above-the-quota"),
        good({**base, "amount": "50"}, warned, "at-the-limit"),
        bad("above-the-limit", {**base, "amount": "50.000000000001"}, "QUOTA_EXCEEDED", "amount: above the limit"),
        good({**base, "balance": "40"}, within, "last-of-the-balance"),
        bad("below-zero", {**base, "balance": "39.99"}, "INSUFFICIENT_BALANCE", "balance: a cent too little"),
        good({**base, "account": "credit", "credit_limit": "10", "balance": "30"}, within, "on-credit"),
        bad("beyond-credit", {**base, "account": "credit", "credit_limit": "9.99", "balance": "30"},
            "INSUFFICIENT_BALANCE", "credit_limit: a cent too little"),
        good({**base, "amount": "0", "used": "110", "balance": "0"}, within, "nothing-costs-nothing"),
        bad("held", {**base, "holds": 1}, "ACCOUNT_HELD", "holds: one in force"),
        bad("nothing-under-a-hold", {**base, "amount": "0", "holds": 1}, "ACCOUNT_HELD", "holds: one in force"),
    )  # fmt: skip
    return (
        _group("quota.decision.boundaries", "Up to the quota, up to the limit, up to the balance", "decide_charge",
               members, why="One unit beyond a limit, or the last one refused (B26, B27).", clauses=("R10",)),
    )  # fmt: skip


def _invoices() -> tuple[Group, ...]:
    def entry(kind: str, amount: str, entitlement: str = "a", period: str = "2024-05") -> Document:
        return {"kind": kind, "amount": amount, "entitlement": entitlement, "period": period}

    def line(kind: str, exact: str, amount: str, entitlement: str = "a", period: str = "2024-05") -> Document:
        return {"entitlement": entitlement, "kind": kind, "exact": exact, "amount": amount, "period": period}

    def ask(currency: str, *entries: Document) -> Document:
        listed: list[Value] = list(entries)
        return {"currency": currency, "period": "2024-05", "entries": listed}

    def owe(total: str, residue: str, *lines: Document) -> Document:
        listed: list[Value] = list(lines)
        return {"total": total, "residue": residue, "lines": listed}

    members = (
        good(ask("USD"), owe("0", "0"), "empty"),
        good(ask("USD", entry("debit", "0.004"), entry("debit", "0.004")),
             owe("0.01", "-0.002", line("debit", "0.008", "0.01")), "sum-then-round"),
        good(ask("USD", entry("debit", "0.004"), entry("debit", "0.004", "b")),
             owe("0", "0.008", line("debit", "0.004", "0"), line("debit", "0.004", "0", "b")), "round-each-line"),
        good(ask("USD", entry("debit", "9"), entry("refund", "4"), entry("top_up", "50")),
             owe("5", "0", line("debit", "9", "9"), line("refund", "-4", "-4")), "payments-aside"),
        good(ask("USD", entry("debit", "9"), entry("debit", "7", period="2024-06")),
             owe("9", "0", line("debit", "9", "9")), "not-yet"),
        good(ask("JPY", entry("debit", "2.5"), entry("debit", "1")),
             owe("4", "-0.5", line("debit", "3.5", "4")), "no-minor-unit"),
        good(ask("USD", entry("refusal", "9"), entry("debit", "1")),
             owe("1", "0", line("debit", "1", "1")), "refusals-cost-nothing"),
    )  # fmt: skip
    return (
        _group("invoice.lines.rounding", "One rounding per line, and the total is their sum", "draw_invoice",
               members, why="A total that no sum of its lines gives (B76, B83).", clauses=("R14", "R21")),
    )  # fmt: skip

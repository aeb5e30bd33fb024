"""The vectors answered again, plainly, without the model: what the model's answers are held against.

Nothing of the model is imported here, and nothing is fast. Amounts are fractions, the calendar is that of
``datetime``; receipts, trees and disputes are in ``naive_evidence``.

Source: RFC 8785, RFC 7515, RFC 6962, RFC 9162, ISO 4217; ``system.md`` sections 3, 5 and 6.
"""

import base64
import calendar
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final, TypeAlias

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"
Answer: TypeAlias = tuple[str, dict[str, Json], str]
"""The outcome, the value of an ``ok``, the code of a refusal."""

MINOR: Final = {"USD": 2, "EUR": 2, "JPY": 0, "KRW": 0, "BHD": 3, "KWD": 3, "CLF": 4, "TND": 3, "GBP": 2}
"""Decimals of the minor units that the vectors use (ISO 4217)."""


def ok(**value: Json) -> Answer:
    """Return an answer that holds."""
    return "ok", dict(value), ""


def no(code: str) -> Answer:
    """Return a refusal."""
    return "rejected", {}, code


def text(args: dict[str, Json], name: str) -> str:
    """Return a string member."""
    value = args[name]
    assert isinstance(value, str), name
    return value


def texts(args: dict[str, Json], name: str) -> list[str]:
    """Return a member that is a list of strings."""
    value = args.get(name, [])
    assert isinstance(value, list), name
    return [str(item) for item in value]


def shown(value: Fraction) -> str:
    """Write a fraction of at most 12 decimals as a decimal string."""
    units = value * 10**12
    assert units.denominator == 1, "more than 12 decimals"
    sign = "-" if units < 0 else ""
    digits = str(abs(units.numerator)).rjust(13, "0")
    whole, decimals = digits[:-12], digits[-12:].rstrip("0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def half_even(value: Fraction, exponent: int) -> Fraction:
    """Round to so many decimals, halves to the even neighbour."""
    scaled = value * 10**exponent
    floor = scaled.numerator // scaled.denominator
    rest = scaled - floor
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and floor % 2 == 1):
        floor += 1
    return Fraction(floor, 10**exponent)


def read_amount(args: dict[str, Json]) -> Answer:
    """Read an amount in its only form."""
    given = text(args, "text")
    if re.fullmatch(r"-?(0|[1-9][0-9]{0,39})(\.[0-9]{0,11}[1-9])?", given, re.ASCII) is None or given == "-0":
        return no("AMOUNT_FORMAT")
    if abs(Fraction(given)) > 10**15:
        return no("AMOUNT_RANGE")
    return ok(amount=shown(Fraction(given)))


def round_amount(args: dict[str, Json]) -> Answer:
    """Round to the minor unit."""
    if text(args, "currency") not in MINOR:
        return no("BAD_CURRENCY")
    exact = Fraction(text(args, "amount"))
    rounded = half_even(exact, MINOR[text(args, "currency")])
    return ok(rounded=shown(rounded), residue=shown(exact - rounded))


def split_amount(args: dict[str, Json]) -> Answer:
    """Give each its share in units of 10^-12, and what is left to the largest remainders, first come."""
    total = Fraction(text(args, "total")) * 10**12
    weights = [int(weight) for weight in texts(args, "weights")]
    if not weights or sum(weights) == 0 or min(weights) < 0:
        return no("WEIGHTS")
    sign, units = (-1, -total) if total < 0 else (1, total)
    shares = [units * weight / sum(weights) for weight in weights]
    parts = [share.numerator // share.denominator for share in shares]
    left = int(units) - sum(parts)
    order = sorted(range(len(weights)), key=lambda place: (parts[place] - shares[place], place))
    for place in order[:left]:
        parts[place] += 1
    return ok(parts=[shown(Fraction(sign * part, 10**12)) for part in parts])


def rate_usage(args: dict[str, Json]) -> Answer:
    """Price a quantity tier by tier."""
    plan = json.loads(text(args, "plan"))
    quantity = Fraction(text(args, "quantity"))
    if quantity < 0 or (quantity * 10 ** plan.get("decimals", 0)).denominator != 1:
        return no("PLAN")
    if plan["model"] not in ("per_unit", "graduated", "volume", "package"):
        return no("PLAN")
    if any(Fraction(tier["unit_price"]) < 0 for tier in plan["tiers"]):
        return no("PLAN")
    return ok(amount=shown(_price(plan, quantity)))


def _price(plan: dict[str, object], quantity: Fraction) -> Fraction:
    tiers = plan["tiers"]
    assert isinstance(tiers, list)
    ends = [Fraction(tier["up_to"]) if tier.get("up_to") else None for tier in tiers]
    flats = [Fraction(tier.get("flat_price", "0")) for tier in tiers]
    prices = [Fraction(tier["unit_price"]) for tier in tiers]
    if quantity == 0:
        return Fraction(0)
    if plan["model"] == "package":
        size = Fraction(str(plan["package_size"]))
        packages = -(-quantity // size)
        return packages * prices[0] + flats[0]
    if plan["model"] == "volume":
        place = next(n for n, end in enumerate(ends) if end is None or quantity <= end)
        return quantity * prices[place] + flats[place]
    total, below = Fraction(0), Fraction(0)
    for end, price, flat in zip(ends, prices, flats, strict=True):
        if quantity <= below:
            break
        above = quantity if end is None else min(quantity, end)
        total += (above - below) * price + flat
        below = above
    return total


def name_period(args: dict[str, Json]) -> Answer:
    """Name the UTC month of an instant."""
    given = text(args, "instant")
    match = re.fullmatch(
        r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)", given, re.ASCII
    )
    if match is None:
        return no("INSTANT_FORMAT")
    year, month, day, hour, minute, second = (int(match[n]) for n in range(1, 7))
    offset = match[8]
    if not 1 <= month <= 12 or year < 1 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return no("INSTANT_FORMAT")
    if hour > 23 or minute > 59 or second > 59:
        return no("INSTANT_FORMAT")
    when = datetime(year, month, day, hour, minute, second, int((match[7] or "").ljust(6, "0")), UTC)
    if offset != "Z":
        hours, minutes = int(offset[1:3]), int(offset[4:6])
        if hours > 23 or minutes > 59:
            return no("INSTANT_FORMAT")
        shift = timedelta(hours=hours, minutes=minutes)
        when = when - shift if offset[0] == "+" else when + shift
    if when.year < 1970:
        return no("INSTANT_RANGE")
    after = (when.year + when.month // 12, when.month % 12 + 1)
    return ok(
        period=f"{when.year:04}-{when.month:02}", start=f"{when.year:04}-{when.month:02}-01T00:00:00Z",
        end=f"{after[0]:04}-{after[1]:02}-01T00:00:00Z", instant=_stamp(when),
    )  # fmt: skip


def _stamp(when: datetime) -> str:
    fraction = f".{when.microsecond:06}".rstrip("0") if when.microsecond else ""
    return f"{when:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def decide_charge(args: dict[str, Json]) -> Answer:
    """Decide by hold, then nothing to charge, then limit, then balance, then quota."""
    number = {
        name: Fraction(text(args, name))
        for name in ("credit_limit", "quota", "limit", "balance", "used", "amount")
    }
    if args.get("holds", 0):
        return no("ACCOUNT_HELD")
    if number["amount"] == 0:
        return ok(status="accepted")
    if number["used"] + number["amount"] > number["limit"]:
        return no("QUOTA_EXCEEDED")
    floor = -number["credit_limit"] if text(args, "account") == "credit" else Fraction(0)
    if number["balance"] - number["amount"] < floor:
        return no("INSUFFICIENT_BALANCE")
    is_within = number["used"] + number["amount"] <= number["quota"]
    return ok(status="accepted" if is_within else "accepted_with_warning")


def draw_invoice(args: dict[str, Json]) -> Answer:
    """Add up by month, entitlement and kind, round each line once, and add the rounded lines."""
    exponent = MINOR[text(args, "currency")]
    wanted = text(args, "period")
    signs = {"debit": 1, "adjustment": 1, "refund": -1, "void": -1, "chargeback": -1, "credit": -1}
    order = ("debit", "adjustment", "refund", "void", "chargeback", "credit")
    sums: dict[tuple[str, str, str], Fraction] = {}
    entries = args["entries"]
    assert isinstance(entries, list)
    for item in entries:
        assert isinstance(item, dict)
        kind, period = text(item, "kind"), text(item, "period")
        if kind in signs and period <= wanted:
            name = (period, str(item.get("entitlement", "")), kind)
            sums[name] = sums.get(name, Fraction(0)) + signs[kind] * Fraction(text(item, "amount"))
    names = sorted(sums, key=lambda name: (name[0] != wanted, name[0], name[1], order.index(name[2])))
    lines: list[Json] = []
    total, residue = Fraction(0), Fraction(0)
    for name in names:
        rounded = half_even(sums[name], exponent)
        total += rounded
        residue += sums[name] - rounded
        lines.append(
            {"period": name[0], "entitlement": name[1], "kind": name[2], "exact": shown(sums[name]),
             "amount": shown(rounded)}
        )  # fmt: skip
    return ok(total=shown(total), residue=shown(residue), lines=lines)


def canonicalise(args: dict[str, Json]) -> Answer:
    """Write a JSON text in its one form, or refuse it."""
    try:
        value = json.loads(
            text(args, "text"), object_pairs_hook=_once, parse_float=_refuse, parse_constant=_refuse
        )
        return ok(bytes=_url(canonical(value).encode("utf-8")))
    except (ValueError, UnicodeEncodeError):
        return no("ENCODING")


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a member twice")
    return dict(pairs)


def _refuse(given: str) -> Json:
    raise ValueError(f"a float: {given}")


def canonical(value: Json) -> str:
    """Return the RFC 8785 text of a value without floats."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53 - 1:
        raise ValueError("beyond 2^53 - 1")
    return json.dumps(value, ensure_ascii=False)


def _url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unurl(given: str) -> bytes:
    """Read base64url in its one form.

    Raises:
        ValueError: It is not.
    """
    if re.fullmatch(r"[A-Za-z0-9_-]*", given) is None:
        raise ValueError("not base64url")
    data = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))
    if _url(data) != given:
        raise ValueError("not the one form")
    return data


OPERATIONS: Final[dict[str, Callable[[dict[str, Json]], Answer]]] = {
    "read_amount": read_amount,
    "round_amount": round_amount,
    "split_amount": split_amount,
    "rate_usage": rate_usage,
    "name_period": name_period,
    "decide_charge": decide_charge,
    "draw_invoice": draw_invoice,
    "canonicalise": canonicalise,
}
"""The operations that need no keys; ``naive_evidence`` has the others."""

"""FOCUS 1.0 cost and usage rows as lines of usage.

The mapping: customer is ``SubAccountId``, entitlement ``ServiceName``, event time ``ChargePeriodStart``,
amount ``BilledCost`` exactly as written. Usage, Purchase and Tax at or above zero charge, a zero amount
included; a Credit below zero, and any other negative row, credits its magnitude; an Adjustment, and a
Credit above zero, adjusts by the signed amount.

The idempotency key is derived from the content: SHA-256 of the canonical JSON of all columns of the row,
and its ordinal among equal rows of the file. So the same file twice, or two exports that overlap, ask for
nothing twice, while two equal rows of one file are two charges.

Source: issue text "Store and rim"; FOCUS specification 1.0.
"""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import BinaryIO, Final

from billproof.model.canonical import CanonicalValue, canonical_bytes
from billproof.model.identifiers import (
    Amount,
    CurrencyCode,
    CustomerId,
    EntitlementId,
    Instant,
    PricePlanHash,
    UsageText,
)
from billproof.model.money import (
    AmountFormatError,
    AmountRangeError,
    UnknownCurrencyError,
    check_currency,
    parse_source_amount,
)
from billproof.model.periods import InstantFormatError, InstantRangeError, parse_focus_instant
from billproof.model.portable import PortableError
from billproof.service.errors import InputFileError
from billproof.service.lines import BadLine, TextLines
from billproof.service.ordinals import Ordinals
from billproof.service.usage import NAME_MAX, Operation, UsageLine

REQUIRED_COLUMNS: Final = (
    "BilledCost",
    "BillingCurrency",
    "ChargeCategory",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ListUnitPrice",
    "PricingUnit",
    "ServiceName",
    "SkuPriceId",
    "SubAccountId",
)
"""The columns that the mapping reads; others are part of a row's identity."""

NULLS: Final = frozenset({"", "NULL"})
"""How real exports write an absent value."""

CHARGE_CATEGORIES: Final = ("Adjustment", "Credit", "Purchase", "Tax", "Usage")
"""The closed set of ``ChargeCategory``."""

# Of keys that are already sorted, this is RFC 8785: strings only, and the shortest escapes.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class _FieldError(PortableError, ValueError):
    """A value of a column that is not taken.

    Args:
        column: The name of the column.
        problem: What is wrong with it.
        remedy: What to write instead.
    """

    def __init__(self, column: str, problem: str, remedy: str) -> None:
        super().__init__(f"{column} {problem}; {remedy}")
        self.column = column
        self.problem = problem
        self.remedy = remedy


def read_focus(file: BinaryIO, source: str, ordinals: Ordinals) -> Iterator[UsageLine | BadLine]:
    """Read a FOCUS file row by row, in bounded memory.

    Args:
        file: Opened for bytes, at its beginning.
        source: Its name, for messages.
        ordinals: Counts equal rows; fresh for every reading of a file.

    Yields:
        A line of usage, or what is bad about the row.

    Raises:
        InputFileError: The file is empty, or its header is not one of a FOCUS file.
    """
    lines = TextLines(file)
    reader = csv.reader(lines, strict=True)
    header = _read_header(reader, lines, source)
    places = {name: place for place, name in enumerate(header)}
    # RFC 8785 sorts by UTF-16 code units.
    order = sorted(range(len(header)), key=lambda place: header[place].encode("utf-16-be"))
    while True:
        start = lines.number + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines.take_fault()
            yield _bad(start, f"is not CSV: {error}", "mend the quotation marks")
            continue
        fault = lines.take_fault()
        if fault is not None:
            yield fault
        elif not row:
            # A blank line, which says nothing.
            continue
        elif len(row) != len(header):
            problem = f"has {len(row)} fields, the header has {len(header)} columns"
            yield _bad(start, problem, "mend commas and quotation marks")
        else:
            text = _ENCODER.encode({header[place]: row[place] for place in order})
            digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
            try:
                yield _usage_line(start, _Row(row, places), digest, ordinals)
            except _FieldError as error:
                yield BadLine(
                    line=start, column=error.column, column_number=places[error.column] + 1,
                    problem=error.problem, remedy=error.remedy,
                )  # fmt: skip


class _Row:
    """A row whose columns are asked for by name."""

    __slots__ = ("_places", "_row")

    def __init__(self, row: list[str], places: Mapping[str, int]) -> None:
        self._row = row
        self._places = places

    def text(self, column: str) -> str:
        """Return a value, empty where it is NULL."""
        value = self._row[self._places[column]]
        return "" if value in NULLS else value

    def name(self, column: str) -> str:
        """Return a value that must be there."""
        value = self.text(column)
        if not value:
            raise _FieldError(column, "is NULL", "every row needs one")
        if len(value) > NAME_MAX:
            raise _FieldError(column, f"has {len(value)} characters", f"use at most {NAME_MAX}")
        return value

    def amount(self, column: str) -> Amount:
        """Return an exact amount."""
        try:
            return parse_source_amount(self._row[self._places[column]])
        except AmountFormatError as error:
            raise _FieldError(column, f"{error.text[:60]!r} {error.problem}", error.remedy) from error
        except AmountRangeError as error:
            raise _FieldError(column, str(error).partition(";")[0], "split it") from error

    def instant(self, column: str) -> Instant:
        """Return an instant."""
        text = self._row[self._places[column]]
        try:
            return _instant(text)
        except InstantFormatError as error:
            raise _FieldError(column, f"{text[:60]!r} {error.problem}", error.remedy) from error
        except InstantRangeError as error:
            raise _FieldError(column, f"{text[:60]!r} is outside 1970 to 9999", "mend it") from error

    def currency(self, column: str) -> CurrencyCode:
        """Return a currency."""
        text = self._row[self._places[column]]
        try:
            return check_currency(text)
        except UnknownCurrencyError as error:
            raise _FieldError(
                column, f"{text[:60]!r} is no active ISO 4217 code", "use one such as USD"
            ) from error


def _usage_line(line: int, row: _Row, digest: str, ordinals: Ordinals) -> UsageLine:
    start, end = row.instant("ChargePeriodStart"), row.instant("ChargePeriodEnd")
    if end < start:
        raise _FieldError("ChargePeriodEnd", "is before ChargePeriodStart", "put the later one last")
    operation, amount = _operation(row.text("ChargeCategory"), row.amount("BilledCost"))
    usage = f"{row.text('ConsumedQuantity')} {row.text('ConsumedUnit')}".strip()
    customer, entitlement = row.name("SubAccountId"), row.name("ServiceName")
    currency = row.currency("BillingCurrency")
    # Counted only when the row is good, so that a row has the same key in both readings of a file.
    return UsageLine(
        line=line,
        operation=operation,
        customer=CustomerId(customer),
        key=ordinals.key("focus", digest),
        amount=amount,
        currency=currency,
        entitlement=EntitlementId(entitlement),
        usage=UsageText(usage),
        price_plan=_price_plan(row.text("SkuPriceId"), row.text("ListUnitPrice"), row.text("PricingUnit")),
        event_time=start,
        known_at=end,
    )


def _operation(category: str, cost: Amount) -> tuple[Operation, Amount]:
    if category not in CHARGE_CATEGORIES:
        shown = repr(category[:60]) if category else "NULL"
        raise _FieldError(
            "ChargeCategory", f"{shown} is not a FOCUS category", f"use one of {', '.join(CHARGE_CATEGORIES)}"
        )
    if category == "Adjustment" or (category == "Credit" and cost > 0):
        return Operation.ADJUSTMENT, cost
    if category == "Credit" or cost < 0:
        return Operation.CREDIT, Amount(-cost)
    return Operation.CHARGE, cost


@lru_cache(maxsize=4096)
def _instant(text: str) -> Instant:
    return parse_focus_instant(text)


@lru_cache(maxsize=4096)
def _price_plan(sku: str, price: str, unit: str) -> PricePlanHash:
    if not (sku or price or unit):
        return PricePlanHash("")
    plan: dict[str, CanonicalValue] = {
        "ListUnitPrice": price or None,
        "PricingUnit": unit or None,
        "SkuPriceId": sku or None,
    }
    return PricePlanHash(hashlib.sha256(canonical_bytes(plan)).hexdigest())


def _read_header(reader: Iterator[list[str]], lines: TextLines, source: str) -> list[str]:
    try:
        header = next(reader)
    except StopIteration:
        raise InputFileError(source, "", "is empty", "name a file with usage in it") from None
    except csv.Error as error:
        raise InputFileError(source, "line 1", f"is not CSV: {error}", "name a FOCUS file") from error
    fault = lines.take_fault()
    if fault is not None:
        raise InputFileError(source, fault.place(), fault.problem, fault.remedy)
    missing = [name for name in REQUIRED_COLUMNS if name not in header]
    if missing:
        raise InputFileError(
            source, "line 1", f"the header has no column {missing[0]}",
            "name a FOCUS 1.0 file, or say --input jsonl",
        )  # fmt: skip
    for place, name in enumerate(header):
        if name in header[:place]:
            raise InputFileError(
                source,
                f"line 1, column {place + 1}",
                f"column {name[:60]!r} appears twice",
                "keep one of them",
            )
    return header


def _bad(line: int, problem: str, remedy: str) -> BadLine:
    return BadLine(line=line, column="", column_number=0, problem=problem, remedy=remedy)

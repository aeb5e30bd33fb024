"""Words for places and for the values found there: one phrase a container, whatever the theorem."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Final

from billproof.invariants.explain.recording import LENGTH, Place
from billproof.invariants.story import REGION_NAMES, STATUS_WORDS, money_words
from billproof.model.identifiers import NO_POSITION, Amount, Period
from billproof.model.outcomes import Region, Status
from billproof.model.periods import render_period
from billproof.model.state import (
    Account,
    Acknowledgement,
    ChainName,
    Entry,
    Head,
    KeyName,
    KeyRecord,
    Presented,
    QuotaRow,
    RowName,
    Snapshot,
    Standing,
)

SITE_NAMES: Final = {
    "primary": REGION_NAMES[Region.PRIMARY],
    "standby": REGION_NAMES[Region.STANDBY],
    "backup": "the backup",
}
"""What sites are called, by the field that holds them."""

PART_WORDS: Final = {
    "accounts": "the account of {key}",
    "rows": "the usage of {key}",
    "keys": "the record of {key}",
    "heads": "the head of {key}'s chain",
    "chain": "the place of {key}",
    "standings": "what later entries made of {key}",
    "ledger": "log entry {key}",
    "ledger.length": "the length of the log",
    "attempts": "what attempt {key} remembers",
    "epoch": "the epoch",
    "leading": "whether it leads",
    "solo": "whether it writes without a standby",
    "confirmed": "how many entries the other region has confirmed",
    "leader": "who leads, by the arbiter",
    "joined": "whether the other region belongs to the quorum",
    "now": "the clock",
    "period": "the month of the clock",
    "acknowledged": "the client's reply for {key}",
    "invoiced": "the invoiced total of {key}",
    "applied": "the mark that {key} was invoiced",
    "presented": "presented entry {key}",
    "presented.length": "the size of the presented ledger",
    "presenting": "whether a ledger is presented",
    "checkpoint.published": "whether a checkpoint is published",
    "checkpoint.size": "the size in the checkpoint",
    "checkpoint.heads": "the published head of {key}",
    "exhibits.signed": "the signature on record of {key}",
    "exhibits.current_key": "the key that signs receipts",
    "exhibits.retired_keys": "the end of validity of {key}",
    "exhibits.archive": "the archived receipt of log entry {key}",
    "exhibits.projected": "how far the projection has come",
    "exhibits.documents": "the projected balance of {key}",
    "exhibits.alarms": "the alarm about {key}",
    "exhibits.answer.is_given": "whether a reader was answered",
    "exhibits.answer.is_labelled": "whether the answer says its age",
    "exhibits.answer.region": "where the answer came from",
    "exhibits.answer.customer": "whom the answer is about",
    "exhibits.answer.balance": "the balance in the answer",
    "exhibits.answer.index": "the log length in the answer",
    "exhibits.answer.as_of": "the time in the answer",
}
"""Every place of a state as a phrase; ``{key}`` is what it is looked up by."""

MONEY_PARTS: Final = ("invoiced", "exhibits.documents")
"""The maps whose values are amounts."""


def place_words(place: Place) -> str:
    """Return a place as a phrase, for example ``the record of key k1 of alice at us-central1``."""
    phrase = PART_WORDS.get(place.part, place.part.replace(".", " ").replace("_", " ") + " {key}")
    words = phrase.replace("{key}", "" if place.key is None else key_words(place.key)).strip()
    return f"{words} at {SITE_NAMES[place.site]}" if place.site else words


def key_words(key: object) -> str:
    """Return what a place is looked up by, for a reader."""
    match key:
        case KeyName(customer=customer, key=name):
            return f"key {name} of {customer}"
        case RowName(customer=customer, entitlement=entitlement, period=period):
            return f"{customer} for {entitlement} in {_month(period)}"
        case ChainName(customer=customer, sequence=sequence):
            return f"receipt {sequence} of {customer}"
        case _:
            return _plain_words(key)


def value_words(place: Place, value: object, currency: str) -> str:
    """Return a value found at a place, for a reader; ``nothing`` where there is none."""
    if value is None:
        return "nothing"
    if (place.part in MONEY_PARTS or place.part.endswith(".balance")) and isinstance(value, int):
        return money_words(Amount(value), currency)
    if place.part in ("leader", "exhibits.answer.region") and isinstance(value, int):
        return REGION_NAMES[Region(value)]
    if place.part == "period" and isinstance(value, int):
        return _month(Period(value))
    for kind, words in _RECORDS.items():
        if isinstance(value, kind):
            return words(value)
    return _plain_words(value)


def is_length(place: Place) -> bool:
    """Tell whether a place is the length of a log."""
    return place.part.endswith(LENGTH)


def _plain_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return value.name.lower().replace("_", " ")
    if is_dataclass(value):
        return ", ".join(_plain_words(getattr(value, item.name)) for item in fields(value))
    return str(value)


def _month(period: Period) -> str:
    return render_period(period) if period > 0 else "every month"


def _entry(value: Entry) -> str:
    kind = value.kind.name.lower().replace("_", " ")
    return (
        f"a {kind} of {money_words(value.amount, value.currency)} under key {value.key}, "
        f"receipt {value.sequence} of {value.customer}, epoch {value.epoch}"
    )


def _key_record(value: KeyRecord) -> str:
    where = "no entry" if value.position == NO_POSITION else f"log entry {value.position}"
    return f"{_status(value.status)}, {where}"


def _status(status: Status) -> str:
    return STATUS_WORDS[Status(status)].split(":")[0].split(";")[0]


def _snapshot(value: Snapshot) -> str:
    known = "known" if value.known else "not known"
    used = money_words(value.used, value.request.currency)
    return f"key {value.request.key} {known}, usage {used}, head {value.head.sequence}"


def _standing(value: Standing) -> str:
    ended = ", ended" if value.ended else ""
    return (
        f"{money_words(value.returned, '').strip()} returned, "
        f"{money_words(value.disputed, '').strip()} in dispute{ended}"
    )


def _record(words: Callable[..., str]) -> Callable[[object], str]:
    return words


_RECORDS: Final[dict[type, Callable[[object], str]]] = {
    Entry: _record(_entry),
    KeyRecord: _record(_key_record),
    Account: _record(lambda value: f"a balance of {money_words(value.balance, value.currency)}"),
    QuotaRow: _record(
        lambda value: f"{money_words(value.used, '').strip()} used" + (", held" if value.held else "")
    ),
    Head: _record(lambda value: f"receipt {value.sequence}"),
    Snapshot: _record(_snapshot),
    Standing: _record(_standing),
    Acknowledgement: _record(
        lambda value: f"{_status(value.status)} for {money_words(value.amount, '').strip()}"
    ),
    Presented: _record(lambda value: _entry(value.entry) + ("" if value.signed else ", its signature false")),
}

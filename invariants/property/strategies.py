"""Strategies for values of the model, for the engine here and for the tests of users.

>>> from hypothesis import given
>>> from billproof.invariants.property.strategies import amounts
>>> from billproof.model.money import parse_amount, render_amount
>>> @given(amounts())
... def test_amounts_survive_their_text(amount):
...     assert parse_amount(render_amount(amount)) == amount
>>> test_amounts_survive_their_text()

All of them favour what breaks billing systems: amounts around bounds and carries, times around the turn of a
month, keys that meet again.
"""

from dataclasses import fields, is_dataclass, replace
from datetime import date

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from billproof.invariants.explore.cast import UNIT, request
from billproof.invariants.explore.domain import Domain
from billproof.model.commands import Command
from billproof.model.currencies import EXPONENTS
from billproof.model.design import REPAIRED, Design, violated_requirements, with_switch
from billproof.model.identifiers import (
    GENESIS_DIGEST,
    Amount,
    CurrencyCode,
    CustomerId,
    Digest,
    Fingerprint,
    IdempotencyKey,
    Instant,
    Period,
    Position,
    Sequence,
)
from billproof.model.money import AMOUNT_MAX, UNITS
from billproof.model.outcomes import EntryKind, Status
from billproof.model.periods import INSTANT_MAX, PERIOD_MAX, PERIOD_MIN, period_of, period_start
from billproof.model.receipts import receipt_digest
from billproof.model.state import NO_ENTRY, Entry, Presented, Request
from billproof.model.switch_table import SWITCHES

__all__ = [
    "amounts",
    "commands",
    "currencies",
    "customers",
    "designs",
    "event_times",
    "keys",
    "ledgers",
    "receipts",
    "requests",
    "tampered_ledgers",
]


def amounts(minimum: int = 0, maximum: int = AMOUNT_MAX) -> SearchStrategy[Amount]:
    """Amounts in units of 10^-12, around powers of ten, whole cents and both bounds."""
    edges = {minimum, maximum, 0, 1, UNITS, 10**10, 5 * 10**9, 999_999_999_999, UNITS + 1}
    inside = sorted(edge for edge in edges if minimum <= edge <= maximum)
    whole = st.integers(-(-minimum // UNITS), maximum // UNITS).map(lambda major: major * UNITS)
    anything = st.integers(minimum, maximum)
    return st.one_of(st.sampled_from(inside), whole, anything).map(Amount)


def currencies() -> SearchStrategy[CurrencyCode]:
    """Currencies of ISO 4217, one of each exponent first."""
    by_exponent = {exponent: code for code, exponent in sorted(EXPONENTS.items(), reverse=True)}
    return st.one_of(st.sampled_from(sorted(by_exponent.values())), st.sampled_from(sorted(EXPONENTS))).map(
        CurrencyCode
    )


def keys() -> SearchStrategy[IdempotencyKey]:
    """Idempotency keys: few, so that they meet again, and sometimes any printable text."""
    few = st.sampled_from(("k1", "k2", "k3"))
    return st.one_of(few, few, st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)).map(
        IdempotencyKey
    )


def customers() -> SearchStrategy[CustomerId]:
    """Customers: few, so that they meet again."""
    return st.sampled_from(("alice", "bob", "carol")).map(CustomerId)


def event_times(year_min: int = 1970, year_max: int = 2100) -> SearchStrategy[Instant]:
    """Instants around the turns of months: first and last microseconds, the days beside them, any other."""
    first = max(PERIOD_MIN, year_min * 12)
    last = min(PERIOD_MAX, year_max * 12 + 11)
    offsets = st.sampled_from((0, 1, -1, 999_999, -1_000_000, 86_400_000_000, -86_400_000_000))

    def near(period: int, offset: int) -> Instant:
        return Instant(min(INSTANT_MAX, max(0, period_start(Period(period)) + offset)))

    turns = st.builds(near, st.integers(first, last), offsets)
    days = st.dates(date(year_min, 1, 1), date(year_max, 12, 31))
    inside = days.map(lambda day: Instant((day.toordinal() - 719_163) * 86_400_000_000 + 43_200_000_000))
    return st.one_of(turns, inside)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Requests whose period is that of their event time, and whose fingerprint names their content."""
    amount, key, customer = draw(amounts(maximum=10**9 * UNITS)), draw(keys()), draw(customers())
    moment = draw(event_times())
    currency = draw(st.sampled_from(("USD", "USD", "USD", "EUR")))
    return replace(
        request("key", 1),
        key=key,
        customer=customer,
        amount=amount,
        currency=CurrencyCode(currency),
        event_time=moment,
        period=period_of(moment),
        fingerprint=Fingerprint(f"{customer}/{key}/{amount}/{currency}/{moment}"),
    )


@st.composite
def commands(draw: st.DrawFn, world: Domain, pool: tuple[Command, ...] | None = None) -> Command:
    """Commands of a world: as they stand in its domain, or with other amounts, keys, customers, places."""
    command = draw(st.sampled_from(pool or world.commands))
    # Most stay as they are: their amounts are chosen to meet the bounds of the world's accounts.
    if draw(st.integers(0, 3)):
        return command
    changes: dict[str, object] = {}
    for name, strategy in (
        ("position", st.integers(0, world.ledger_max)),
        ("size", st.integers(0, world.ledger_max)),
    ):
        if hasattr(command, name):
            changes[name] = Position(draw(strategy))
    if hasattr(command, "amount"):
        changes["amount"] = draw(amounts(maximum=1_000 * UNIT))
    body = getattr(command, "request", None)
    if isinstance(body, Request):
        changes["request"] = draw(_varied(body, world))
    assert is_dataclass(command)
    known = {field.name for field in fields(command)}
    # Which kind of command it is, hence which fields it has, is known only here.
    return replace(command, **{name: it for name, it in changes.items() if name in known})  # type: ignore[arg-type]


@st.composite
def _varied(draw: st.DrawFn, body: Request, world: Domain) -> Request:
    key = draw(st.sampled_from((body.key, *world.keys)))
    customer = draw(st.sampled_from((body.customer, *world.customers)))
    amount = draw(st.one_of(st.just(body.amount), amounts(-10 * UNIT, 200 * UNIT)))
    names = draw(st.sampled_from((body.refers_to, *range(1, world.ledger_max))))
    return replace(
        body,
        key=key,
        customer=customer,
        amount=amount,
        refers_to=Sequence(names) if body.refers_to else body.refers_to,
        fingerprint=Fingerprint(f"{customer}/{key}/{amount}/{body.fingerprint}"),
    )


@st.composite
def designs(draw: st.DrawFn) -> Design:
    """Well-formed designs: the repaired one with up to three switches turned, as far as they go together."""
    design = REPAIRED
    for switch in draw(st.lists(st.sampled_from(SWITCHES), max_size=3, unique_by=lambda it: it.name)):
        turned = with_switch(design, switch.name, draw(st.sampled_from([it.value for it in switch.values])))
        if not violated_requirements(turned):
            design = turned
    return replace(design, name="drawn")


@st.composite
def receipts(draw: st.DrawFn) -> Entry:
    """Single entries with every field drawn, and the digest that they have."""
    return draw(_entries(CustomerId(draw(customers())), 1, GENESIS_DIGEST))


@st.composite
def ledgers(draw: st.DrawFn, entries_max: int = 6) -> tuple[Presented, ...]:
    """Ledgers of up to three customers, chains linked and signed, interleaved."""
    heads: dict[CustomerId, Entry] = {}
    shown: list[Presented] = []
    for customer in draw(st.lists(customers(), max_size=entries_max)):
        last = heads.get(customer)
        place = last.sequence + 1 if last is not None else 1
        entry = draw(_entries(customer, place, last.digest if last is not None else GENESIS_DIGEST))
        heads[customer] = entry
        shown.append(Presented(entry=entry, signed=entry.digest))
    return tuple(shown)


@st.composite
def tampered_ledgers(draw: st.DrawFn) -> tuple[tuple[Presented, ...], tuple[Presented, ...]]:
    """Pairs of a ledger and what somebody made of it: one edit, which is never without effect."""
    honest = draw(ledgers().filter(bool))
    place = draw(st.integers(0, len(honest) - 1))
    edit = draw(st.sampled_from(("alter", "delete", "repeat", "unsign")))
    item = honest[place]
    if edit == "delete":
        return honest, (*honest[:place], *honest[place + 1 :])
    if edit == "repeat":
        return honest, (*honest[: place + 1], item, *honest[place + 1 :])
    if edit == "unsign":
        changed = replace(item, signed=Digest("0" * 64))
    else:
        changed = replace(item, entry=replace(item.entry, amount=Amount(item.entry.amount + 1)))
    return honest, (*honest[:place], changed, *honest[place + 1 :])


@st.composite
def _entries(draw: st.DrawFn, customer: CustomerId, sequence: int, previous: Digest) -> Entry:
    body = draw(requests())
    kind = draw(st.sampled_from(EntryKind))
    status = Status.QUOTA_EXCEEDED if kind == EntryKind.REFUSAL else Status.ACCEPTED
    entry = replace(
        NO_ENTRY,
        customer=customer,
        sequence=Sequence(sequence),
        previous=previous,
        kind=kind,
        status=status,
        key=body.key,
        fingerprint=Fingerprint("0" * 64),
        amount=body.amount,
        currency=body.currency,
        event_time=body.event_time,
        commit_time=body.event_time,
        period=body.period,
        balance_before=draw(amounts(-1_000 * UNIT, 1_000 * UNIT)),
        balance_after=draw(amounts(-1_000 * UNIT, 1_000 * UNIT)),
    )
    return replace(entry, digest=receipt_digest(entry))

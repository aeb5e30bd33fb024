"""On which calls the contracts of the rules are judged: admission, effects of entries, keys, canonical bytes.

Records are built from a few plain values, each of which CrossHair leaves symbolic; fields that the rules do
not read are neutral. Whether two identifiers are the same is one boolean, since a rule may do no more with
them than compare them.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from billproof.invariants.contracts.contract import Arguments, Contract, Listed, Symbolic
from billproof.model.canonical import CanonicalValue
from billproof.model.containers import FrozenLog
from billproof.model.context import Context, Outcome
from billproof.model.design import DOCUMENTED, REPAIRED, Design
from billproof.model.identifiers import (
    NO_DIGEST,
    NO_PERIOD,
    NO_POSITION,
    Amount,
    Count,
    CurrencyCode,
    CustomerId,
    Digest,
    EntitlementId,
    Epoch,
    Fingerprint,
    IdempotencyKey,
    Instant,
    Period,
    Position,
    Sequence,
)
from billproof.model.outcomes import AccountKind, EntryKind, Region, Status
from billproof.model.state import (
    NO_ENTRY,
    NO_TERMS,
    Account,
    ChainName,
    Entry,
    KeyRecord,
    QuotaRow,
    Request,
    RowName,
    Terms,
    initial_site,
    initial_state,
)

OWN, OTHER = CustomerId("own"), CustomerId("other")
API, STORE = EntitlementId("api"), EntitlementId("store")
EMPTY = initial_state(regions=1)

NO_REQUEST = Request(
    customer=OWN,
    key=NO_ENTRY.key,
    fingerprint=NO_ENTRY.fingerprint,
    amount=NO_ENTRY.amount,
    currency=NO_ENTRY.currency,
    entitlement=NO_ENTRY.entitlement,
    usage=NO_ENTRY.usage,
    price_plan=NO_ENTRY.price_plan,
    event_time=NO_ENTRY.event_time,
    period=NO_ENTRY.period,
    refers_to=NO_ENTRY.refers_to,
    terms=NO_TERMS,
    issuer=NO_ENTRY.issuer,
    signing_key=NO_ENTRY.signing_key,
)
"""A request of nothing."""


def _no_digest(entry: Entry) -> Digest:
    del entry
    return NO_DIGEST


def context_of(design: Design) -> Context:
    """Return a context whose digests nobody asks for."""
    return Context(design=design, digest=_no_digest)


def hold(held: bool, held_at_limit: int, limit: int) -> Arguments:  # noqa: FBT001 - symbolic values
    """Any hold under any limit."""
    return {
        "row": QuotaRow(used=Amount(0), held=held, held_at_limit=Amount(held_at_limit)),
        "terms": replace(NO_TERMS, limit=Amount(limit)),
    }


def charge(
    *,
    is_credit: bool,
    credit_limit: int,
    quota: int,
    limit: int,
    balance: int,
    used: int,
    held: bool,
    held_at_limit: int,
    amount: int,
    holds: int,
) -> Arguments:
    """Any charge of any account under any terms."""
    kind = AccountKind.CREDIT if is_credit else AccountKind.PREPAID
    terms = Terms(kind=kind, credit_limit=Amount(credit_limit), quota=Amount(quota), limit=Amount(limit))
    return {
        "account": Account(
            currency=CurrencyCode("USD"),
            balance=Amount(balance),
            terms=terms,
            first_period=Period(0),
            closed_through=NO_PERIOD,
            holds=Count(holds),
        ),
        "row": QuotaRow(used=Amount(used), held=held, held_at_limit=Amount(held_at_limit)),
        "used": Amount(used),
        "amount": Amount(amount),
        "context": context_of(REPAIRED),
    }


def arrival(*, event_time: int, period: int, first_period: int, closed_through: int, at: int) -> Arguments:
    """Any event of any month, at an account that bills any months."""
    return {
        "account": Account(
            currency=CurrencyCode("USD"),
            balance=Amount(0),
            terms=NO_TERMS,
            first_period=Period(first_period),
            closed_through=Period(closed_through),
            holds=Count(0),
        ),
        "request": replace(NO_REQUEST, event_time=Instant(event_time), period=Period(period)),
        "at": Instant(at),
        "context": context_of(REPAIRED),
    }


def any_terms(*, is_credit: bool, credit_limit: int, quota: int, limit: int) -> Arguments:
    """Any terms."""
    kind = AccountKind.CREDIT if is_credit else AccountKind.PREPAID
    return {
        "terms": Terms(kind=kind, credit_limit=Amount(credit_limit), quota=Amount(quota), limit=Amount(limit))
    }


def _entry(kind: EntryKind, amount: int, *, own: bool) -> Entry:
    return replace(NO_ENTRY, kind=kind, amount=Amount(amount), customer=OWN if own else OTHER)


def moved(kind: EntryKind, amount: int, *, own: bool) -> Arguments:
    """Any kind and amount, of the customer asked for or another."""
    return {"entry": _entry(kind, amount, own=own), "customer": OWN}


def used_of(kind: EntryKind, amount: int, *, own: bool, same_entitlement: bool, period: int) -> Arguments:
    """Any kind, amount and period, of the row asked for or another."""
    entry = replace(
        _entry(kind, amount, own=own),
        entitlement=API if same_entitlement else STORE,
        period=Period(period),
    )
    return {"entry": entry, "name": RowName(customer=OWN, entitlement=API, period=Period(24_000))}


def returned(kind: EntryKind, amount: int, *, own: bool, refers_to: int) -> Arguments:
    """Any kind, amount and receipt named, of the customer asked for or another."""
    entry = replace(_entry(kind, amount, own=own), refers_to=Sequence(refers_to))
    return {"entry": entry, "name": ChainName(customer=OWN, sequence=Sequence(7))}


def of_entry(kind: EntryKind, amount: int) -> Arguments:
    """Any kind and amount."""
    return {"entry": _entry(kind, amount, own=True)}


def row(period: int, *, is_repaired: bool) -> Arguments:
    """Any period, under either design."""
    design = REPAIRED if is_repaired else DOCUMENTED
    return {"customer": OWN, "entitlement": API, "period": Period(period), "design": design}


def binding(*, same_fingerprint: bool, is_repaired: bool) -> Arguments:
    """A key record that is bound to this request, or to another."""
    record = KeyRecord(
        fingerprint=Fingerprint("f" if same_fingerprint else "g"),
        status=Status.ACCEPTED,
        position=NO_POSITION,
        digest=NO_DIGEST,
    )
    request = replace(NO_REQUEST, fingerprint=Fingerprint("f"))
    return {
        "record": record,
        "request": request,
        "context": context_of(REPAIRED if is_repaired else DOCUMENTED),
    }


def screened(status: Status, *, replayed: bool) -> Arguments:
    """Any status, stored or not."""
    return {"screened": Outcome(state=EMPTY, status=status, replayed=replayed)}


def region(region: Region) -> Arguments:
    """Either region."""
    return {"region": region}


def sites() -> Iterator[Arguments]:
    """Yield every site of up to 5 entries and its confirmations, under bounds of the lag from 1 to 5."""
    for length, solo, lag in product(range(6), (False, True), range(1, 6)):
        for confirmed, position in product(range(length + 1), range(6)):
            site = replace(
                initial_site(epoch=Epoch(1), leading=True, solo=solo),
                ledger=FrozenLog((NO_ENTRY,) * length),
                confirmed=Position(confirmed),
            )
            design = replace(REPAIRED, lag_entries_max=Position(lag))
            yield {"site": site, "position": Position(position), "context": context_of(design)}


def _without(name: str, calls: Iterator[Arguments]) -> Iterator[Arguments]:
    return ({key: value for key, value in call.items() if key != name} for call in calls)


def requests() -> Iterator[Arguments]:
    """Yield requests of two customers under two keys."""
    for customer, key in product((OWN, OTHER), ("k1", "k2")):
        yield {"request": replace(NO_REQUEST, customer=customer, key=IdempotencyKey(key))}


def values() -> Iterator[CanonicalValue]:
    """Yield values of every kind, nested, and with texts that JSON has to escape."""
    plain: list[CanonicalValue] = [
        None,
        True,
        False,
        0,
        -1,
        2**53 - 1,
        "",
        "a",
        "\x00\x1f\u2028\u20ac\U0001d11e",
        '"',
    ]
    yield from plain
    yield [*plain, plain, {}]
    yield {"b": plain, "a": {"\u20ac": 1, "\ufb33": 2, "\U0001d11e": 3, "A": []}}
    yield 2**53
    yield "\ud800"


def texts() -> Iterator[str]:
    """Yield JSON texts in other than canonical form, and texts that are refused."""
    yield from (
        ' {"b": 1, "a": [ ] } ',
        '"\\u0041\\/"',
        "[1,2]",
        "-0",
        "1.0",
        "NaN",
        '{"a":1,"a":2}',
        '"\\ud800"',
    )
    yield from ("[" * 80 + "]" * 80, "9007199254740992", "tru", "", "\ufeff1")


def bodies() -> Iterator[Arguments]:
    """Yield requests to be fingerprinted."""
    for operation, value in product(("charge", "refund"), values()):
        yield {"operation": operation, "customer": OWN, "body": {"amount": value}, "schema_version": 1}


_SITES = "every site of up to 5 entries, lag bounds 1 to 5"

CONTRACTS: tuple[Contract, ...] = (
    Contract(module="charging", function="is_held", cases=(Symbolic(build=hold),)),
    Contract(module="charging", function="judge_time", cases=(Symbolic(build=arrival),)),
    Contract(module="charging", function="judge_charge", cases=(Symbolic(build=charge),)),
    Contract(
        module="charging", function="is_durable", cases=(Listed(calls=sites, bound=_SITES, is_whole=True),)
    ),
    Contract(module="corrections", function="is_sound", cases=(Symbolic(build=any_terms),)),
    Contract(
        module="screening",
        function="is_admitted",
        cases=(Listed(calls=lambda: _without("position", sites()), bound=_SITES, is_whole=True),),
    ),
    Contract(
        module="screening",
        function="key_name",
        cases=(Listed(calls=requests, bound="two customers, two keys", is_whole=True),),
    ),
    Contract(module="screening", function="is_bound", cases=(Symbolic(build=binding),)),
    Contract(module="screening", function="is_stopped", cases=(Symbolic(build=screened),)),
    Contract(module="posting", function="other_region", cases=(Symbolic(build=region),)),
    Contract(module="posting", function="floor_of", cases=(Symbolic(build=any_terms),)),
    Contract(module="effects", function="balance_effect", cases=(Symbolic(build=moved),)),
    Contract(module="effects", function="usage_effect", cases=(Symbolic(build=used_of),)),
    Contract(module="effects", function="return_effect", cases=(Symbolic(build=returned),)),
    Contract(module="effects", function="invoice_effect", cases=(Symbolic(build=of_entry),)),
    Contract(module="effects", function="is_charge_bearing", cases=(Symbolic(build=of_entry),)),
    Contract(module="posting", function="row_name", cases=(Symbolic(build=row),)),
    Contract(
        module="canonical",
        function="canonical_bytes",
        cases=(Listed(calls=lambda: ({"value": it} for it in values()), bound="values of every kind"),),
    ),
    Contract(
        module="canonical",
        function="request_fingerprint",
        cases=(Listed(calls=bodies, bound="two operations, bodies of every kind"),),
    ),
    Contract(
        module="canonical",
        function="parse_json",
        cases=(
            Listed(
                calls=lambda: ({"text": it, "source": "a text"} for it in texts()),
                bound="texts in other than canonical form, and texts that are refused",
            ),
        ),
    ),
)
"""Admission, holds, judgement, effects, keys, canonical bytes."""

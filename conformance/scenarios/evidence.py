"""Exports and what can be done to them, stores edited on purpose, disputes, reconciliation, and time."""

from collections.abc import Iterator
from typing import Final

from billproof.conformance.documents import Document, Value, text_of, texts_of
from billproof.conformance.scenarios.faulty import suffers
from billproof.conformance.scenarios.scene import PLENTY, Scenario, Scene
from billproof.conformance.session import UNIT, Account, members_of
from billproof.model.identifiers import Instant
from billproof.model.periods import MICROS_PER_DAY, period_end, period_of, render_instant

CLAIMS: Final = ("issued", "duplicated", "not_signed_by_my_key")
"""The claims that are made about a genuine charge."""


def edit_exports(scene: Scene) -> None:
    """Export a ledger, hand it back as it is, and hand it back edited in every way."""
    account, other = scene.begin(scene.account(scene.units(900)), scene.account(scene.units(900)))
    for _ in range(4):
        scene.charge(account, scene.units(6))
        scene.charge(other, scene.units(7))
    old_records, old_anchor = _export(scene, account)
    _audit(scene, account, old_records, old_anchor)
    for _ in range(3):
        scene.charge(account, scene.units(5))
    records, anchor = _export(scene, account)
    if len(records) < 6:
        # What was acknowledged is not there; that is another scenario's matter.
        scene.finish()
        return
    _audit(scene, account, records, anchor)
    _audit(scene, account, records, old_anchor)
    for edited in edits(scene, records):
        _audit(scene, account, edited, anchor)
    _audit(scene, account, old_records, anchor)
    foreign, _ = _export(scene, other)
    _audit(scene, account, foreign, anchor)
    scene.finish()


def edits(scene: Scene, records: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield a ledger edited in one way after another."""
    last, middle = len(records) - 1, len(records) // 2
    yield records[1:]
    yield records[:-1]
    yield records[:-3]
    yield ()
    yield (*records[:middle], *records[middle + 1 :])
    yield (*records[: middle - 1], *records[middle + 1 :])
    yield (*records, records[-1])
    yield (*records[: middle + 1], *records[middle:])
    yield (*records[:middle], records[middle + 1], records[middle], *records[middle + 2 :])
    for place in (last, middle, 0):
        for altered in _altered(scene, records[place]):
            yield (*records[:place], altered, *records[place + 1 :])


def _altered(scene: Scene, record: str) -> Iterator[str]:
    """Yield a record with one of some digits changed, or one of some letters, or its amount."""
    digits = [place for place, sign in enumerate(record) if sign.isdigit() and sign.isascii()]
    letters = [place for place, sign in enumerate(record) if sign.isalpha() and sign.isascii()]
    chosen = scene.random.sample(digits, min(10, len(digits)))
    for place in sorted(chosen):
        yield record[:place] + str((int(record[place]) + 1) % 10) + record[place + 1 :]
    for place in scene.random.sample(letters, min(4, len(letters))):
        sign = record[place]
        other = "b" if sign != "b" else "c"
        yield record[:place] + (other.upper() if sign.isupper() else other) + record[place + 1 :]
    amount = '"amount":"'
    if amount in record:
        yield record.replace(amount, amount + "1", 1)


def _export(scene: Scene, account: Account) -> tuple[tuple[str, ...], str]:
    value = members_of(scene.session.observe("export", {"customer": account.customer}), "observe export")
    return texts_of(value, "records"), text_of(value, "anchor", "")


def _audit(scene: Scene, account: Account, records: tuple[str, ...], anchor: str) -> None:
    listed: list[Value] = list(records)
    args: Document = {"customer": account.customer, "records": listed, "anchor": anchor}
    scene.session.op("audit", args)


def edit_stores(scene: Scene) -> None:
    """Edit the product's own store behind its back, and let it audit itself before and after."""
    for what in ("amount", "delete_first", "delete_last", "delete_all"):
        (account,) = scene.begin(scene.account(scene.units(900)))
        charges = [scene.charge(account, scene.units(8)) for _ in range(3)]
        scene.session.op("audit", {})
        scene.finish()
        scene.session.fault("tamper", args={"what": what})
        scene.session.op("audit", {})
        if scene.can("dispute") and what == "amount" and charges[-1].id:
            _dispute(scene, account, charges[-1].id, "issued")


def dispute_charges(scene: Scene) -> None:
    """Dispute genuine charges by claims that the ledger settles, and by one that it cannot."""
    (account,) = scene.begin(scene.account(scene.units(900)))
    for _ in range(3):
        charge = scene.charge(account, scene.units(9))
        scene.again(charge)
        for claim in CLAIMS:
            if charge.id:
                _dispute(scene, account, charge.id, claim)
    scene.finish()


def _dispute(scene: Scene, account: Account, charge: str, claim: str) -> None:
    args: Document = {"customer": account.customer, "charge": charge, "claim": claim}
    scene.session.op("dispute", args, scene.session.names.draw("k"))


def reconcile(scene: Scene) -> None:
    """Reconcile what is in order, then what was made to differ."""
    first, second = scene.begin(scene.account(scene.units(900)), scene.account(scene.units(900)))
    for _ in range(3):
        for account in (first, second):
            scene.charge(account, scene.units(4))
            scene.read(account)
            scene.session.op("reconcile", {"customer": account.customer}, scene.session.names.draw("k"))
            scene.peek(account)
    scene.finish()
    if "diverge" in scene.session.declaration.capabilities.faults:
        (account,) = scene.begin(scene.account(scene.units(900)))
        scene.charge(account, scene.units(4))
        scene.read(account)
        scene.session.fault("diverge", args={"customer": account.customer})
        for _ in range(2):
            scene.session.op("reconcile", {"customer": account.customer}, scene.session.names.draw("k"))


def wait_long(scene: Scene) -> None:
    """Send charges again after a month and after a year, and use each month's quota."""
    account, free = scene.begin(scene.account(PLENTY, limit=100 * UNIT), scene.account(PLENTY))
    sent = [scene.charge(account, 30 * UNIT) for _ in range(2)]
    old = [scene.charge(free, 20 * UNIT) for _ in range(2)]
    held = scene.charge(account, 50 * UNIT)
    for days in (40, 100, 400):
        scene.now = scene.session.set_clock(Instant(scene.now + days * MICROS_PER_DAY))
        for charge in sent:
            scene.again(charge)
            scene.peek(account)
        for charge in old:
            scene.again(charge)
            scene.peek(free)
        scene.again(held)
        sent.append(scene.charge(account, 70 * UNIT))
        sent.append(scene.charge(account, 30 * UNIT))
        scene.usage(account)
        scene.peek(account)
    scene.finish()
    _wait_with_room(scene)
    _cross_a_month(scene)


def _wait_with_room(scene: Scene) -> None:
    """Send charges again where quota and balance would bear a second one."""
    (account,) = scene.begin(scene.account(PLENTY))
    sent = [scene.charge(account, scene.units(20 + turn)) for turn in range(2)]
    for days in (31, 95, 400):
        scene.now = scene.session.set_clock(Instant(scene.now + days * MICROS_PER_DAY))
        for charge in sent:
            scene.again(charge)
            scene.peek(account)
        sent.append(scene.charge(account, scene.units(5)))
    scene.finish()


def _cross_a_month(scene: Scene) -> None:
    (account,) = scene.begin(scene.account(PLENTY, limit=100 * UNIT))
    end = period_end(period_of(scene.now))
    scene.now = scene.session.set_clock(Instant(end + MICROS_PER_DAY // 24))
    for event in (end - 1_000_000, end - 1, end, end + 1_000_000):
        scene.charge(account, 40 * UNIT, event_time=render_instant(Instant(event)))
    scene.usage(account)
    scene.finish()


def close_months(scene: Scene) -> None:
    """Close a month, and send charges for it within and beyond the late window."""
    (account,) = scene.begin(scene.account(PLENTY, limit=100 * UNIT))
    customer: Document = {"customer": account.customer}
    start = scene.now
    scene.charge(account, 10 * UNIT)
    month = render_instant(start)[:7]
    scene.now = scene.session.set_clock(Instant(period_end(period_of(start)) + MICROS_PER_DAY))
    close: Document = {**customer, "period": month}
    closed = scene.send("close_period", close, scene.session.names.draw("k"))
    scene.again(closed)
    scene.charge(account, 3 * UNIT, event_time=render_instant(start))
    scene.charge(account, 4 * UNIT)
    scene.now = scene.session.set_clock(Instant(scene.now + 300 * MICROS_PER_DAY))
    scene.charge(account, 5 * UNIT, event_time=render_instant(start))
    scene.finish()


def _has_clock(scene: Scene) -> bool:
    return scene.session.declaration.capabilities.is_clock_controllable


EVIDENCE: Final = (
    Scenario(
        name="edit-exports", level=1, profiles=frozenset({"RECEIPT"}), run=edit_exports,
        needs=lambda scene: scene.can("charge", "audit") and scene.shows("export"),
        title="exported ledgers handed back honest and edited",
    ),
    Scenario(
        name="edit-stores", level=1, profiles=frozenset({"RECEIPT"}), run=edit_stores,
        needs=lambda scene: scene.can("audit") and suffers("tamper")(scene),
        title="the product's own store edited behind its back",
    ),
    Scenario(
        name="dispute-charges", level=1, profiles=frozenset({"DISPUTE"}), run=dispute_charges,
        needs=lambda scene: scene.can("charge", "dispute"), title="claims about genuine charges",
    ),
    Scenario(
        name="reconcile", level=1, profiles=frozenset({"RECON"}), run=reconcile,
        needs=lambda scene: scene.can("charge", "reconcile"),
        title="reconciliation of what agrees and what differs",
    ),
    Scenario(
        name="wait-long", level=1, profiles=frozenset({"CORE", "QUOTA"}), run=wait_long,
        needs=lambda scene: scene.can("charge") and _has_clock(scene),
        title="retries a month and a year later",
    ),
    Scenario(
        name="close-months", level=1, profiles=frozenset({"QUOTA"}), run=close_months,
        needs=lambda scene: scene.can("charge", "close_period") and _has_clock(scene),
        title="events of a month that is closed",
    ),
)  # fmt: skip
"""The scenarios about evidence, copies and time."""

"""One request after another: retries, other requests under a key, boundaries, returns."""

from typing import Final

from billproof.conformance.documents import Document
from billproof.conformance.scenarios.scene import PLENTY, Scenario, Scene, Sent
from billproof.conformance.session import UNIT, Account
from billproof.model.identifiers import Amount
from billproof.model.money import render_amount


def retry_keys(scene: Scene) -> None:
    """Send charges and send each again, at once and after others."""
    (account,) = scene.begin(scene.account(scene.units(900)))
    sent: list[Sent] = []
    for _ in range(12):
        charge = scene.charge(account, scene.units(scene.random.randrange(2, 30)))
        scene.peek(account)
        scene.again(charge)
        scene.peek(account)
        sent.append(charge)
    for charge in reversed(sent):
        scene.again(charge)
    scene.again(scene.again(sent[0]))
    scene.read(account)
    _retry_the_others(scene, account)
    scene.finish()


def _retry_the_others(scene: Scene, account: Account) -> None:
    for operation in ("top_up", "credit", "adjustment"):
        if scene.can(operation):
            for _ in range(2):
                given = scene.give(operation, account, scene.units(7))
                scene.peek(account)
                scene.again(given)
                scene.peek(account)


def reuse_keys(scene: Scene) -> None:
    """Send other requests under keys that are taken: another amount, another operation."""
    (account,) = scene.begin(scene.account(scene.units(900)))
    for turn in range(4):
        charge = scene.charge(account, scene.units(20 + turn))
        scene.peek(account)
        if not charge.is_ok:
            continue
        for _ in range(3):
            scene.again(charge, amount=render_amount(Amount(scene.units(31))))
        scene.peek(account)
        for operation, args in _others(scene, account, charge):
            scene.send(operation, args, charge.key)
            scene.peek(account)
        scene.again(charge)
        scene.charge(account, scene.units(3))
        scene.peek(account)
    scene.finish()


def _others(scene: Scene, account: Account, charge: Sent) -> list[tuple[str, Document]]:
    amount, made = render_amount(Amount(scene.units(2))), []
    money: Document = {"customer": account.customer, "amount": amount, "currency": account.currency}
    if scene.can("refund") and charge.id:
        made.append(("refund", {**money, "charge": charge.id}))
    made.extend((name, dict(money)) for name in ("top_up", "credit") if scene.can(name))
    return made


def use_a_key_elsewhere(scene: Scene) -> None:
    """Send the same charge under the same key for two customers: each is charged, and each once."""
    first, second = scene.begin(scene.account(scene.units(900)), scene.account(scene.units(900)))
    for turn in range(4):
        units = scene.units(11 + turn)
        charge = scene.charge(first, units)
        other = scene.charge(second, units, key=charge.key)
        for account in (first, second):
            scene.peek(account)
        scene.again(other)
        scene.again(charge)
    scene.finish()


def reach_the_floor(scene: Scene) -> None:
    """Spend what is there, a little more, and exactly the rest."""
    prepaid, credit = scene.account(scene.units(10)), scene.credit_account(8 * UNIT)
    scene.begin(prepaid, credit)
    for account, room in ((prepaid, prepaid.balance), (credit, credit.credit_limit)):
        first = 6 * UNIT
        scene.charge(account, first)
        scene.peek(account)
        refused = scene.charge(account, room)
        scene.peek(account)
        scene.again(refused)
        scene.charge(account, room - first)
        scene.peek(account)
        scene.charge(account, scene.session.unit)
        scene.peek(account)
        scene.again(refused)
        if scene.can("adjustment"):
            scene.give("adjustment", account, 3 * UNIT)
            scene.peek(account)
        if scene.can("top_up"):
            scene.give("top_up", account, 5 * UNIT)
            scene.charge(account, 4 * UNIT)
            scene.peek(account)
            scene.again(refused)
    scene.finish()


def reach_the_limit(scene: Scene) -> None:
    """Use a quota up to its limit and beyond, in two entitlements; refusals must not consume it."""
    first = scene.account(PLENTY, limit=110 * UNIT, quota=100 * UNIT)
    second = scene.account(PLENTY, limit=100 * UNIT)
    scene.begin(first, second)
    scene.charge(first, 60 * UNIT)
    warned = scene.charge(first, 50 * UNIT)
    scene.usage(first)
    scene.again(warned)
    refused = scene.charge(first, scene.session.unit)
    scene.again(refused)
    scene.usage(first)
    scene.charge(first, 10 * UNIT, entitlement=scene.entitlements[1])
    scene.charge(second, 60 * UNIT)
    scene.charge(second, 50 * UNIT)
    scene.usage(second)
    scene.charge(second, 40 * UNIT)
    scene.charge(second, 5 * UNIT, entitlement=scene.entitlements[1])
    _return_and_use_again(scene, first, warned)
    scene.finish()
    _raise_the_limit(scene)


def _return_and_use_again(scene: Scene, account: Account, warned: Sent) -> None:
    if scene.can("refund") and warned.id:
        # What is returned is not there to be used again.
        scene.back("refund", account, warned.id, 20 * UNIT)
        scene.usage(account)
        scene.charge(account, 15 * UNIT)
        scene.usage(account)


def _raise_the_limit(scene: Scene) -> None:
    if not scene.can("change_terms"):
        return
    (account,) = scene.begin(scene.account(PLENTY, limit=50 * UNIT))
    scene.charge(account, 45 * UNIT)
    refused = scene.charge(account, 10 * UNIT)
    terms: Document = {
        "customer": account.customer, "account": "prepaid", "credit_limit": "0", "quota": "80", "limit": "90",
    }  # fmt: skip
    scene.send("change_terms", terms, scene.session.names.draw("k"))
    # There is room for it now; whether its key still says no is declared.
    scene.again(refused)
    scene.charge(account, 40 * UNIT)
    scene.charge(account, 10 * UNIT)
    scene.send("change_terms", {**terms, "quota": "90", "limit": "80"}, scene.session.names.draw("k"))
    scene.send("change_terms", {**terms, "credit_limit": "-1"}, scene.session.names.draw("k"))
    scene.finish()


def return_charges(scene: Scene) -> None:
    """Return parts of charges, the rest, and more than that, in every way that is declared."""
    (account,) = scene.begin(scene.account(scene.units(900)))
    charge = scene.charge(account, 30 * UNIT)
    scene.peek(account)
    if not charge.id:
        scene.finish()
        return
    part = scene.back("refund", account, charge.id, 20 * UNIT)
    scene.peek(account)
    scene.again(part)
    scene.peek(account)
    for units in (20 * UNIT, 10 * UNIT, scene.session.unit):
        scene.back("refund", account, charge.id, units)
        scene.peek(account)
    whole = scene.charge(account, 12 * UNIT)
    scene.back("refund", account, whole.id, 13 * UNIT)
    scene.peek(account)
    for operation in ("void", "chargeback"):
        if scene.can(operation):
            _return_otherwise(scene, account, operation)
    if scene.can("top_up"):
        paid = scene.give("top_up", account, 25 * UNIT)
        scene.back("refund", account, paid.id, 25 * UNIT)
        scene.peek(account)
    scene.finish()


def _return_otherwise(scene: Scene, account: Account, operation: str) -> None:
    amount = 40 * UNIT
    first, second = scene.charge(account, amount), scene.charge(account, amount)
    done = scene.back(operation, account, first.id, None if operation == "void" else amount)
    scene.peek(account)
    scene.again(done)
    scene.back(operation, account, first.id, None if operation == "void" else amount)
    scene.peek(account)
    scene.back("refund", account, first.id, UNIT)
    scene.back("refund", account, second.id, 25 * UNIT)
    scene.back(operation, account, second.id, None if operation == "void" else 25 * UNIT)
    scene.peek(account)


def send_what_is_not_taken(scene: Scene) -> None:
    """Send amounts of the wrong sign, and a currency that is not the account's."""
    (account,) = scene.begin(scene.account(scene.units(900)))
    scene.charge(account, 5 * UNIT)
    scene.charge(account, -5 * UNIT)
    scene.peek(account)
    scene.charge(account, 5 * UNIT, currency="JPY")
    scene.peek(account)
    if scene.can("top_up"):
        scene.give("top_up", account, -5 * UNIT)
        scene.peek(account)
    scene.charge(account, 2 * UNIT)
    scene.finish()


def stop_and_go_on(scene: Scene) -> None:
    """Hold an account twice, release one hold after the other, and charge in between."""
    (account,) = scene.begin(scene.account(scene.units(900)))
    customer: Document = {"customer": account.customer}
    charge = scene.charge(account, 4 * UNIT)
    holds = [scene.send("hold", customer, scene.session.names.draw("k")) for _ in range(2)]
    scene.charge(account, 5 * UNIT)
    scene.again(charge)
    for hold in holds:
        if scene.can("release") and hold.id:
            release: Document = {**customer, "hold": hold.id}
            scene.send("release", release, scene.session.names.draw("k"))
            scene.send("release", release, scene.session.names.draw("k"))
            scene.charge(account, 6 * UNIT)
            scene.peek(account)
    scene.finish()


def _always(scene: Scene) -> bool:
    return scene.can("charge")


SEQUENTIAL: Final = (
    Scenario(
        name="retry-keys", level=1, profiles=frozenset({"CORE", "RECEIPT"}), needs=_always, run=retry_keys,
        title="each charge sent again, at once and later",
    ),
    Scenario(
        name="reuse-keys", level=1, profiles=frozenset({"CORE", "RECEIPT"}), needs=_always, run=reuse_keys,
        title="another amount and another operation under a taken key",
    ),
    Scenario(
        name="same-key-elsewhere", level=1, profiles=frozenset({"CORE", "RECEIPT"}), run=use_a_key_elsewhere,
        needs=lambda scene: _always(scene) and scene.session.declaration.choices.key_scope == "customer",
        title="one key that two customers use",
    ),
    Scenario(
        name="reach-the-floor", level=1, profiles=frozenset({"CORE", "QUOTA"}), run=reach_the_floor,
        needs=lambda scene: _always(scene) and scene.session.declaration.capabilities.balance == "floor",
        title="the last of a balance, and a little more",
    ),
    Scenario(
        name="reach-the-limit", level=1, profiles=frozenset({"QUOTA"}), run=reach_the_limit,
        needs=lambda scene: _always(scene) and scene.session.declaration.capabilities.quota == "hard",
        title="the last of a quota, and a little more",
    ),
    Scenario(
        name="return-charges", level=1, profiles=frozenset({"CORE", "QUOTA"}), run=return_charges,
        needs=lambda scene: scene.can("charge", "refund"), title="returns up to the charge, and above it",
    ),
    Scenario(
        name="not-taken", level=1, profiles=frozenset({"CORE", "QUOTA"}), run=send_what_is_not_taken,
        needs=_always, title="amounts and currencies that no account takes",
    ),
    Scenario(
        name="stop-and-go-on", level=1, profiles=frozenset({"QUOTA"}), run=stop_and_go_on,
        needs=lambda scene: scene.can("charge", "hold"), title="charges under holds",
    ),
)  # fmt: skip
"""The scenarios of level 1 that need no clock and no faults."""

"""Many requests at once: one key from several clients, and limits that several clients reach together."""

from functools import partial
from typing import Final

from billproof.conformance.documents import Document
from billproof.conformance.scenarios.scene import PLENTY, Scenario, Scene, Sent
from billproof.conformance.session import UNIT, Account
from billproof.model.identifiers import Amount
from billproof.model.money import render_amount

CLIENTS: Final = 4


def share_keys(scene: Scene) -> None:
    """Send one charge from several clients at once, and two amounts under one key."""
    first, second = scene.begin(scene.account(scene.units(900)), scene.account(scene.units(900)))
    for _ in range(6):
        key = scene.session.names.draw("k")
        units = scene.units(scene.random.randrange(2, 30))
        scene.together(
            [partial(scene.charge, first, units, client=f"c{n}", key=key) for n in range(_width(scene))]
        )
        scene.peek(first)
    for _ in range(4):
        key = scene.session.names.draw("k")
        amounts = [scene.units(10), scene.units(20)]
        scene.together(
            [
                partial(scene.charge, second, amounts[n % 2], client=f"c{n}", key=key)
                for n in range(_width(scene))
            ]
        )
        scene.peek(second)
    scene.finish()


def contend_for_the_floor(scene: Scene) -> None:
    """Let several clients spend what is enough for some of them."""
    accounts = scene.begin(*(scene.account(25 * UNIT) for _ in range(4)))
    for account in accounts:
        _charges_together(scene, account, 10 * UNIT)
        scene.peek(account)
        _charges_together(scene, account, 5 * UNIT)
    scene.finish()


def contend_for_the_limit(scene: Scene) -> None:
    """Let several clients use what is enough for some of them."""
    accounts = scene.begin(*(scene.account(PLENTY, limit=25 * UNIT) for _ in range(4)))
    for account in accounts:
        _charges_together(scene, account, 10 * UNIT)
        scene.usage(account)
    scene.finish()


def contend_for_a_refund(scene: Scene) -> None:
    """Let several clients return more than half of one charge."""
    accounts = scene.begin(*(scene.account(scene.units(900)) for _ in range(3)))
    for account in accounts:
        charge = scene.charge(account, 100 * UNIT)
        if charge.id:
            scene.together(
                [
                    partial(scene.back, "refund", account, charge.id, 60 * UNIT, client=f"c{n}")
                    for n in range(_width(scene))
                ]
            )
        scene.peek(account)
    scene.finish()


def mix(scene: Scene) -> None:
    """Let several clients charge, pay and read at once."""
    accounts = scene.begin(*(scene.account(60 * UNIT, limit=90 * UNIT) for _ in range(3)))
    for account in accounts:
        scene.together([partial(_one_client, scene, account, n) for n in range(_width(scene))])
    scene.finish()


def _one_client(scene: Scene, account: Account, number: int) -> None:
    client = f"c{number}"
    sent: list[Sent] = []
    for turn in range(3):
        sent.append(scene.charge(account, (7 + number + turn) * UNIT, client=client))
        if scene.can("top_up") and (number + turn) % 3 == 0:
            scene.give("top_up", account, 3 * UNIT, client=client)
        if scene.shows("balance"):
            customer: Document = {"customer": account.customer}
            scene.session.observe("balance", customer, client=client)
    scene.again(sent[0], client)
    scene.again(sent[1], client, amount=render_amount(Amount(99 * UNIT)))


def _charges_together(scene: Scene, account: Account, units: int) -> None:
    scene.together([partial(scene.charge, account, units, client=f"c{n}") for n in range(_width(scene))])


def _width(scene: Scene) -> int:
    return min(CLIENTS, scene.session.declaration.limits.in_flight)


def _is_concurrent(scene: Scene) -> bool:
    return scene.can("charge") and scene.session.declaration.capabilities.is_concurrent


CONCURRENT: Final = (
    Scenario(
        name="share-keys", level=2, profiles=frozenset({"CORE", "RECEIPT"}), needs=_is_concurrent,
        run=share_keys, title="one key from several clients at once",
    ),
    Scenario(
        name="contend-for-the-floor", level=2, profiles=frozenset({"CORE", "QUOTA"}),
        run=contend_for_the_floor,
        needs=lambda scene: (
            _is_concurrent(scene) and scene.session.declaration.capabilities.balance == "floor"
        ),
        title="several clients at the end of a balance",
    ),
    Scenario(
        name="contend-for-the-limit", level=2, profiles=frozenset({"QUOTA"}), run=contend_for_the_limit,
        needs=lambda scene: _is_concurrent(scene) and scene.session.declaration.capabilities.quota == "hard",
        title="several clients at the end of a quota",
    ),
    Scenario(
        name="contend-for-a-refund", level=2, profiles=frozenset({"CORE", "QUOTA"}), run=contend_for_a_refund,
        needs=lambda scene: _is_concurrent(scene) and scene.can("refund"),
        title="several clients return one charge",
    ),
    Scenario(
        name="mix", level=2, profiles=frozenset({"CORE", "QUOTA", "RECEIPT"}), run=mix, needs=_is_concurrent,
        title="several clients charge, pay and read",
    ),
)  # fmt: skip
"""The scenarios of level 2."""

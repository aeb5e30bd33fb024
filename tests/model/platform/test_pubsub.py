"""At least once, in order of the key: over every schedule of a few messages; and what that does not give."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.pubsub import (
    LAWS,
    Settings,
    Stage,
    Subscription,
    acknowledge,
    can_deliver,
    deliver,
    forget,
    new_subscription,
    publish,
    refuse,
)
from billproof.model.platform.units import NO_ORDER, MessageId, Micros, OrderingKey
from tests.model.platform.search import explore

KEY = OrderingKey(0)
LATE = Instant(100)
FIRST, NEXT = MessageId(0), MessageId(1)


def topic(deliveries_max: int = 2, *keys: OrderingKey) -> Subscription:
    """Return a subscription to which one message per key was published."""
    subscription = new_subscription(Settings(ack_deadline=Micros(10), deliveries_max=Count(deliveries_max)))
    for content, key in enumerate(keys):
        subscription = publish(subscription, key, content)
    return subscription


def moves(subscription: Subscription) -> Iterator[tuple[str, Subscription]]:
    """Yield every delivery, in time and past the deadline, acknowledgement, refusal and forgetting."""
    for number, message in subscription.messages.items():
        for now in (Instant(0), LATE):
            given, _ = deliver(subscription, MessageId(number), now)
            # The deadline is only compared with two moments: one state for all deliveries.
            yield f"deliver {number} at {now}", _plain(given)
        for deliveries in range(1, message.deliveries + 1):
            yield f"acknowledge {number}", acknowledge(subscription, MessageId(number), Count(deliveries))
            yield f"refuse {number}", refuse(subscription, MessageId(number), Count(deliveries))
        yield f"forget {number}", forget(subscription, MessageId(number))


def _plain(subscription: Subscription) -> Subscription:
    messages = subscription.messages
    for number, message in messages.items():
        messages = messages.put(number, message._replace(deadline=Instant(10)))
    return replace(subscription, messages=messages)


@pytest.mark.parametrize("keys", [(KEY, KEY, KEY), (KEY, OrderingKey(1), KEY), (NO_ORDER, KEY, KEY)])
def test_the_laws_hold_in_every_schedule(keys: tuple[OrderingKey, ...]) -> None:
    found = explore(topic(2, *keys), moves, LAWS)
    assert found.complete
    assert found.broken == {}
    assert found.states > 30


def test_laws_fail_on_broken_steps() -> None:
    before = topic(2, KEY, KEY)
    given, message = deliver(before, FIRST, Instant(0))
    assert message is not None
    done = acknowledge(given, FIRST, Count(1))
    by_name = {law.name: law for law in LAWS}
    dropped = replace(before, messages=before.messages.without(0))
    assert not by_name["at_least_once"].holds(before, dropped)
    jumped = replace(before, messages=before.messages.put(1, message))
    assert not by_name["ordered_by_key"].holds(before, jumped)
    revived = replace(done, messages=done.messages.put(0, message))
    assert not by_name["done_stays_done"].holds(done, revived)


def test_a_message_comes_again_only_after_its_deadline() -> None:
    given, _ = deliver(topic(0, KEY), FIRST, Instant(0))
    assert not can_deliver(given, FIRST, Instant(9))
    assert can_deliver(given, FIRST, Instant(10))


def test_a_late_acknowledgement_counts_unless_the_message_was_delivered_again() -> None:
    given, _ = deliver(topic(0, KEY), FIRST, Instant(0))
    late = acknowledge(given, FIRST, Count(1)).messages.get(0)
    assert late is not None
    assert late.stage == Stage.ACKNOWLEDGED
    again, _ = deliver(given, FIRST, LATE)
    assert acknowledge(again, FIRST, Count(1)) == again


def test_edge_redelivered_after_processing() -> None:
    """The consumer billed at the first delivery; its acknowledgement is lost; the invoice would double."""
    given, first = deliver(topic(0, KEY), FIRST, Instant(0))
    _, second = deliver(given, FIRST, LATE)
    assert first is not None
    assert second is not None
    assert (second.content, second.deliveries) == (first.content, 2)


def test_edge_publisher_retry_is_a_new_message() -> None:
    twice = publish(publish(topic(), KEY, 7), KEY, 7)
    contents = [message.content for _, message in twice.messages.items()]
    assert (contents, twice.published) == ([7, 7], 2)


def test_edge_dead_letter_breaks_the_sequence() -> None:
    subscription = topic(1, KEY, KEY)
    subscription, _ = deliver(subscription, FIRST, Instant(0))
    subscription, given = deliver(subscription, FIRST, LATE)
    dead = subscription.messages.get(FIRST)
    assert given is None
    assert dead is not None
    assert dead.stage == Stage.DEAD
    assert can_deliver(subscription, NEXT, LATE), "the consumer goes on without the first"


def test_edge_one_bad_message_blocks_its_key() -> None:
    subscription = topic(0, KEY, KEY, OrderingKey(1))
    for _ in range(5):
        subscription, message = deliver(subscription, FIRST, Instant(0))
        assert message is not None
        subscription = refuse(subscription, FIRST, message.deliveries)
        assert not can_deliver(subscription, NEXT, Instant(0))
    assert can_deliver(subscription, MessageId(2), Instant(0)), "other keys go on"

"""Cloud Pub/Sub: every message at least once, in order of its key while nothing is dead, never exactly once.

Theory of operation. A published message waits, is delivered (outstanding until its deadline), and is
acknowledged, or waits again when its deadline passes or the consumer refuses it. After so many deliveries
it is a dead letter. Messages of one ordering key are delivered in order of publication: only the first that
is not done may be delivered, and when it comes again, so does every one after it. An acknowledgement may be
lost; one that comes after the deadline is taken if the message was not delivered again.

Choices. A publisher that retries makes a second message: the platform has no name for "the same" ([E3]).
Which message is delivered when, and which acknowledgement is lost, are choices of the caller.

Source: ``system.md`` section 2; LF-08, EC-04, XA-69 [E3]; T1-S6, G-06.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final, NamedTuple

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.law import Law, SharpEdge
from billproof.model.platform.table import Table
from billproof.model.platform.units import NO_ORDER, MessageId, Micros, OrderingKey


class Stage(IntEnum):
    """Where a message is."""

    WAITING = 0
    OUTSTANDING = 1
    """Delivered, and not yet acknowledged."""
    ACKNOWLEDGED = 2
    DEAD = 3
    """Delivered as often as allowed; it lies in the dead-letter topic."""


class Message(NamedTuple):
    """One message of a subscription."""

    key: OrderingKey
    content: int
    """What it says, as a number."""
    stage: Stage
    deliveries: Count
    deadline: Instant
    """Until when an outstanding delivery may be acknowledged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a subscription is made."""

    ack_deadline: Micros
    """How long a consumer has."""
    deliveries_max: Count
    """After so many a message is a dead letter; 0 asks for no dead letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscription with all of its messages."""

    settings: Settings
    published: MessageId
    """How many were published: the number of the next."""
    messages: Table[Message]
    """What is not forgotten; acknowledged ones may be."""
    queues: Table[tuple[MessageId, ...]]
    """By ordering key: what is neither acknowledged nor dead, in order."""


def new_subscription(settings: Settings) -> Subscription:
    """Return a subscription without messages."""
    return Subscription(settings=settings, published=MessageId(0), messages=Table(), queues=Table())


def publish(topic: Subscription, key: OrderingKey, content: int) -> Subscription:
    """Publish a message; a retried publication is another message."""
    number = topic.published
    queues = topic.queues
    if key != NO_ORDER:
        queues = queues.put(key, (*(queues.get(key) or ()), number))
    return Subscription(
        settings=topic.settings,
        published=MessageId(number + 1),
        messages=topic.messages.put(number, Message(key, content, Stage.WAITING, Count(0), Instant(0))),
        queues=queues,
    )


def can_deliver(topic: Subscription, number: MessageId, now: Instant) -> bool:
    """Tell whether a message may be delivered: it waits, or its deadline has passed, and it is its turn."""
    message = topic.messages.get(number)
    if message is None or message.stage >= Stage.ACKNOWLEDGED:
        return False
    if message.stage == Stage.OUTSTANDING and now < message.deadline:
        return False
    if message.key == NO_ORDER:
        return True
    queue = topic.queues.get(message.key)
    return queue is not None and queue[0] == number


def deliver(topic: Subscription, number: MessageId, now: Instant) -> tuple[Subscription, Message | None]:
    """Deliver a message, or make it a dead letter if it was delivered as often as allowed.

    Returns:
        The subscription and what the consumer receives; None if it may not be delivered, or is dead now.
    """
    message = topic.messages.get(number)
    if message is None or not can_deliver(topic, number, now):
        return topic, None
    settings = topic.settings
    if settings.deliveries_max and message.deliveries >= settings.deliveries_max:
        return _done(topic, number, message._replace(stage=Stage.DEAD)), None
    given = Message(
        message.key,
        message.content,
        Stage.OUTSTANDING,
        Count(message.deliveries + 1),
        Instant(now + settings.ack_deadline),
    )
    return _with(topic, number, given), given


def acknowledge(topic: Subscription, number: MessageId, deliveries: Count) -> Subscription:
    """Take an acknowledgement of this delivery, late or not, unless a later delivery has been made."""
    message = topic.messages.get(number)
    if message is None or message.stage >= Stage.ACKNOWLEDGED or message.deliveries != deliveries:
        return topic
    return _done(topic, number, message._replace(stage=Stage.ACKNOWLEDGED))


def refuse(topic: Subscription, number: MessageId, deliveries: Count) -> Subscription:
    """Take a negative acknowledgement: the message waits again at once."""
    message = topic.messages.get(number)
    if message is None or message.stage != Stage.OUTSTANDING or message.deliveries != deliveries:
        return topic
    return _with(topic, number, message._replace(stage=Stage.WAITING))


def forget(topic: Subscription, number: MessageId) -> Subscription:
    """Forget an acknowledged message; nothing else may be forgotten."""
    message = topic.messages.get(number)
    if message is None or message.stage != Stage.ACKNOWLEDGED:
        return topic
    return replace(topic, messages=topic.messages.without(number))


def _with(topic: Subscription, number: MessageId, message: Message) -> Subscription:
    return Subscription(
        settings=topic.settings,
        published=topic.published,
        messages=topic.messages.put(number, message),
        queues=topic.queues,
    )


def _done(topic: Subscription, number: MessageId, message: Message) -> Subscription:
    queues = topic.queues
    if message.key != NO_ORDER:
        rest = tuple([other for other in queues.get(message.key) or () if other != number])
        queues = queues.put(message.key, rest) if rest else queues.without(message.key)
    return Subscription(
        settings=topic.settings,
        published=topic.published,
        messages=topic.messages.put(number, message),
        queues=queues,
    )


def nothing_is_lost(before: Subscription, after: Subscription) -> bool:
    """Tell whether each message is there until acknowledged, and only a delivered one is acknowledged."""
    for number, message in before.messages.items():
        now = after.messages.get(number)
        if now is None and message.stage != Stage.ACKNOWLEDGED:
            return False
    return all(
        message.stage == Stage.WAITING or message.deliveries > 0 for _, message in after.messages.items()
    )


def keys_are_in_order(before: Subscription, after: Subscription) -> bool:
    """Tell whether a message was delivered only when every earlier one of its key was done."""
    for number, message in after.messages.items():
        old = before.messages.get(number)
        if message.key == NO_ORDER or old is None or message.deliveries == old.deliveries:
            continue
        for other, earlier in before.messages.items():
            if other < number and earlier.key == message.key and earlier.stage < Stage.ACKNOWLEDGED:
                return False
    return True


def done_stays_done(before: Subscription, after: Subscription) -> bool:
    """Tell whether nothing done comes back, and nothing is delivered more often than allowed."""
    allowed = after.settings.deliveries_max
    for number, message in after.messages.items():
        old = before.messages.get(number)
        if old is not None and old.stage >= Stage.ACKNOWLEDGED and message != old:
            return False
        if allowed and message.deliveries > allowed:
            return False
    return True


LAWS: Final[tuple[Law[Subscription], ...]] = (
    Law(
        name="at_least_once",
        statement="a message is kept until a delivery of it was acknowledged, or it is a dead letter",
        source="LF-08",
        holds=nothing_is_lost,
    ),
    Law(
        name="ordered_by_key",
        statement="a message is delivered only when every earlier one of its key is acknowledged or dead",
        source="system.md section 2",
        holds=keys_are_in_order,
    ),
    Law(
        name="done_stays_done",
        statement="nothing acknowledged or dead is delivered again, nothing more often than allowed",
        source="system.md section 2",
        holds=done_stays_done,
    ),
)

SHARP_EDGES: Final = (
    SharpEdge(
        name="redelivered_after_processing",
        statement="a consumer that processed a message and whose acknowledgement is lost gets it again",
        source="T1-S6, XA-69, G-06",
    ),
    SharpEdge(
        name="publisher_retry_is_a_new_message",
        statement="a publication that is retried is two messages with one content; deliveries do not tell",
        source="LF-08, E3",
    ),
    SharpEdge(
        name="dead_letter_breaks_the_sequence",
        statement="after a dead letter the key goes on: the consumer sees a gap, not a halt",
        source="system.md section 2",
    ),
    SharpEdge(
        name="one_bad_message_blocks_its_key",
        statement="without dead letters a message that is always refused holds back its whole key",
        source="system.md section 2",
    ),
)

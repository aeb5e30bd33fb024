"""Quantities of the platform: durations, rates, masks, and the numbers by which things are known.

Points in virtual time are ``Instant`` (microseconds), as everywhere. Names are numbers here, not texts: the
simulator that drives these machines makes millions of steps.

Source: house style rule 8.
"""

from typing import Final, NewType

Micros = NewType("Micros", int)
"""A duration in microseconds."""

Mask = NewType("Mask", int)
"""A set of small numbers, one bit each: bit ``n`` says whether ``n`` is in it."""

DomainIndex = NewType("DomainIndex", int)
"""The number of a failure domain of one store, 0 and up."""

RowKey = NewType("RowKey", int)
"""The number of a row or document, not negative."""

CommitNumber = NewType("CommitNumber", int)
"""The place of a commit in the order of its store; the first is 1, 0 names none."""

MessageId = NewType("MessageId", int)
"""The number of a message of a topic, in order of publication from 0."""

OrderingKey = NewType("OrderingKey", int)
"""Messages of one key are delivered in order; ``NO_ORDER`` asks for none."""

TenantNumber = NewType("TenantNumber", int)
"""The number of a tenant, not negative."""

BackendIndex = NewType("BackendIndex", int)
"""The number of a backend of a balancer, 0 and up."""

IdentityNumber = NewType("IdentityNumber", int)
"""The number of an identity of the infrastructure: a service, a job or a person, not negative."""

KeyVersion = NewType("KeyVersion", int)
"""The version of a signing key, from 1."""

ContentNumber = NewType("ContentNumber", int)
"""What an object holds, as a number that differs where the bytes do."""

Permille = NewType("Permille", int)
"""Thousandths: 1000 is the whole."""

PartsPerMillion = NewType("PartsPerMillion", int)
"""Millionths: 1,000,000 is the whole."""

NO_ORDER: Final = OrderingKey(-1)
"""The ordering key of a message that asks for no order."""

NO_COMMIT: Final = CommitNumber(0)
"""The commit that names none: what an absent row was last written by."""

MILLISECOND: Final = Micros(1_000)
"""A thousandth of a second."""

SECOND: Final = Micros(1_000_000)
"""A second."""

MINUTE: Final = Micros(60_000_000)
"""A minute."""

HOUR: Final = Micros(3_600_000_000)
"""An hour."""

DAY: Final = Micros(86_400_000_000)
"""A day of this scale, which has no leap seconds."""


def count_in(mask: Mask) -> int:
    """Return how many numbers a set holds."""
    return mask.bit_count()


def is_in(mask: Mask, number: int) -> bool:
    """Tell whether a number is in a set."""
    return mask >> number & 1 == 1


def with_number(mask: Mask, number: int) -> Mask:
    """Return the set with a number in it."""
    return Mask(mask | 1 << number)


def without_number(mask: Mask, number: int) -> Mask:
    """Return the set without a number."""
    return Mask(mask & ~(1 << number))


def all_below(count: int) -> Mask:
    """Return the set of all numbers below ``count``."""
    return Mask((1 << count) - 1)

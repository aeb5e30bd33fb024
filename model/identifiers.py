"""Identifiers and quantities: one type per idea, so that no bare ``int`` or ``str`` crosses the model.

Every type here is a ``NewType``: free at run time, distinct for the type checker, and - because its name
is kept in the annotations of the records - the sort from which a symbolic value is made when the same
functions are executed for a proof. A ``NewType`` over ``str`` is opaque: the core may only compare it.

Source: house style rule 8; ``system.md`` sections 3, 5 and 6.
"""

from typing import NewType

CustomerId = NewType("CustomerId", str)
"""A customer: the tenant, the owner of one receipt chain."""

IdempotencyKey = NewType("IdempotencyKey", str)
"""The client's name for one intended operation; one namespace per customer across operations."""

EntitlementId = NewType("EntitlementId", str)
"""What is used and billed: a service or a product. Quota is counted per entitlement."""

Fingerprint = NewType("Fingerprint", str)
"""SHA-256, lowercase hex, of the canonical request (RFC 8785)."""

Digest = NewType("Digest", str)
"""SHA-256, lowercase hex, of a receipt body under its domain tag."""

CurrencyCode = NewType("CurrencyCode", str)
"""ISO 4217 alphabetic code."""

UsageText = NewType("UsageText", str)
"""The metered quantity as evidence, for example ``2 Requests``; opaque to the core."""

PricePlanHash = NewType("PricePlanHash", str)
"""SHA-256, lowercase hex, of the canonical price plan that rated the usage; empty where none was given."""

IssuerId = NewType("IssuerId", str)
"""Who caused an entry: the actor of the audit trail."""

SigningKeyId = NewType("SigningKeyId", str)
"""The ``kid`` of the key that signs a receipt."""

CustomerKeyId = NewType("CustomerKeyId", str)
"""The id of a key that a customer holds and signs requests with: its RFC 7638 thumbprint."""

AttemptId = NewType("AttemptId", str)
"""One try of a request at one instance; retries of one key are different attempts."""

Amount = NewType("Amount", int)
"""Money in units of 10^-12 of the currency's major unit."""

Instant = NewType("Instant", int)
"""Microseconds since 1970-01-01T00:00:00Z."""

Period = NewType("Period", int)
"""A UTC calendar month, counted as ``year * 12 + (month - 1)``."""

NO_PERIOD = Period(-1)
"""Before every period: what nothing has been closed through."""

Sequence = NewType("Sequence", int)
"""The number of an entry in its customer's chain; the first is 1, 0 names none."""

Position = NewType("Position", int)
"""The index of an entry in the log of a site; the first is 0, -1 names none."""

Epoch = NewType("Epoch", int)
"""The term of one leader; a higher epoch fences a lower one."""

BasisPoints = NewType("BasisPoints", int)
"""Hundredths of a percent."""

Count = NewType("Count", int)
"""A number of things."""

Quantity = NewType("Quantity", int)
"""A metered quantity in steps of its price plan: 10^-decimals of the plan's unit."""

Day = NewType("Day", int)
"""A civil date as the days since 1970-01-01 in the calendar of some place."""

GENESIS_DIGEST = Digest("0" * 64)
"""The ``prev`` of the first entry of every chain (``system.md`` section 5)."""

NO_DIGEST = Digest("")
"""No digest: what nobody signed."""

NO_SEQUENCE = Sequence(0)
"""The sequence number that names no entry."""

NO_POSITION = Position(-1)
"""The log position that names no entry."""

"""Time: microseconds since 1970 as integers, RFC 3339 outside, and the UTC month that an instant lies in.

Source: ``system.md`` section 6.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

SECOND: Final = 1_000_000
"""Microseconds."""

DAY: Final = 86_400 * SECOND
"""Microseconds."""

SKEW: Final = 300 * SECOND
"""How far in the future an event may lie."""

LATE_WINDOW: Final = 35 * DAY
"""How long after its time an event of a closed month is still taken."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,6})0*)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


class InstantError(ValueError):
    """A text that is no instant or month; the client must mend it."""


def parse_instant(text: object) -> int:
    """Return the microseconds of an RFC 3339 text.

    Raises:
        InstantError: Not RFC 3339 between 1970 and 9999, or finer than a microsecond.
    """
    match = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise InstantError(f"{text!r} is no instant like 2026-01-31T12:00:00Z")
    offset = "+00:00" if match[3] in "Zz" else match[3]
    try:
        moment = datetime.fromisoformat(match[1].upper() + offset)
    except ValueError as error:
        raise InstantError(f"{text!r}: {error}") from error
    micros = (moment - _EPOCH) // timedelta(microseconds=1) + int((match[2] or "0").ljust(6, "0"))
    if micros < 0:
        raise InstantError(f"{text!r} is before 1970")
    return micros


def render_instant(micros: int) -> str:
    """Return the RFC 3339 text in UTC, with no superfluous fraction."""
    moment = _EPOCH + timedelta(microseconds=micros)
    text = moment.isoformat()[: -len("+00:00")]
    return text.rstrip("0") + "Z" if moment.microsecond else text + "Z"


def month_of(micros: int) -> str:
    """Return the UTC month of an instant as ``YYYY-MM``; such texts compare as their months do."""
    return (_EPOCH + timedelta(microseconds=micros)).strftime("%Y-%m")


def check_month(text: object) -> str:
    """Return a month as given.

    Raises:
        InstantError: Not ``YYYY-MM``.
    """
    if not isinstance(text, str) or _MONTH.fullmatch(text) is None:
        raise InstantError(f"{text!r} is no month like 2026-01")
    return text


def wall_clock() -> int:
    """Return what the clock of this machine shows."""
    return (datetime.now(UTC) - _EPOCH) // timedelta(microseconds=1)

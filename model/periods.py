"""Instants and periods: integer microseconds in UTC, half-open calendar months.

The civil calendar is that of ``datetime``, of which only the integer parts are used: no float time stamps,
no time zone database. Instants lie from 1970-01-01 to the end of 9999. A leap second has no place on this
scale and is refused rather than moved silently.

Not here: reading a clock; the model never does.

Source: ``system.md`` section 6; RFC 3339; FOCUS 1.0 date/time format.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from billproof.model.identifiers import Instant, Period
from billproof.model.portable import PortableError

MICROS_PER_SECOND: Final = 1_000_000
"""Microseconds in a second."""

SECONDS_PER_DAY: Final = 86_400
"""Seconds in a UTC day on this scale."""

MICROS_PER_DAY: Final = SECONDS_PER_DAY * MICROS_PER_SECOND
"""Microseconds in a UTC day on this scale."""

MONTHS_PER_YEAR: Final = 12
"""Months in a year."""

YEAR_MIN: Final = 1970
"""The first year of the range."""

YEAR_MAX: Final = 9999
"""The last year of the range."""

PERIOD_MIN: Final = Period(YEAR_MIN * MONTHS_PER_YEAR)
"""1970-01."""

PERIOD_MAX: Final = Period(YEAR_MAX * MONTHS_PER_YEAR + MONTHS_PER_YEAR - 1)
"""9999-12."""

INSTANT_MIN: Final = Instant(0)
"""1970-01-01T00:00:00Z."""

INSTANT_MAX: Final = Instant(253_402_300_800 * MICROS_PER_SECOND - 1)
"""9999-12-31T23:59:59.999999Z."""

_DATE = r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
_TIME = r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,6}))?"
_RFC_3339 = re.compile(rf"{_DATE}T{_TIME}(?:Z|([+-])([0-9]{{2}}):([0-9]{{2}}))")
_FOCUS = re.compile(rf"{_DATE} {_TIME}")
_PERIOD = re.compile(r"([0-9]{4})-([0-9]{2})")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = _EPOCH.toordinal()


class InstantFormatError(PortableError, ValueError):
    """A text that is no instant; whoever wrote it must mend it.

    Args:
        text: What was read.
        problem: What is wrong with it.
        remedy: What to write instead.
    """

    def __init__(self, text: str, problem: str, remedy: str) -> None:
        super().__init__(f"instant {text[:60]!r} {problem}; {remedy}")
        self.text = text
        self.problem = problem
        self.remedy = remedy


class InstantRangeError(PortableError, ValueError):
    """An instant outside 1970 to 9999; whoever asked for it must mend it.

    Args:
        shown: The instant, as text or microseconds.
    """

    def __init__(self, shown: str) -> None:
        super().__init__(
            f"instant {shown} is outside the range from {YEAR_MIN}-01-01T00:00:00Z "
            f"to {YEAR_MAX}-12-31T23:59:59.999999Z; use an instant inside it"
        )
        self.shown = shown


class PeriodFormatError(PortableError, ValueError):
    """A text or number that is no period; whoever wrote it must mend it.

    Args:
        shown: What was given.
        problem: What is wrong with it.
    """

    def __init__(self, shown: str, problem: str) -> None:
        super().__init__(f"period {shown[:60]!r} {problem}; write a UTC month like 2024-09")
        self.shown = shown
        self.problem = problem


def parse_instant(text: str) -> Instant:
    """Read an RFC 3339 instant, for example ``2024-09-18T22:00:00Z`` or ``2024-09-19T00:00:00.5+02:00``.

    Capital ``T`` and ``Z``, a fraction of at most 6 digits, an offset below 24:00.

    raises: InstantFormatError
    raises: InstantRangeError
    post: INSTANT_MIN <= _ <= INSTANT_MAX
    post: render_instant(_) == text or text[-1] != "Z" or "." in text
    post: render_instant(_)[10:] != text[10:] or render_instant(_) == text

    Returns:
        Microseconds since 1970-01-01T00:00:00Z.

    Raises:
        InstantFormatError: Not an RFC 3339 instant, a day that does not exist, or a leap second.
        InstantRangeError: Outside 1970 to 9999.
    """
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise InstantFormatError(text, "is not an RFC 3339 instant", "write it like 2024-09-18T22:00:00Z")
    micros = _civil_micros(text, match)
    if match[6] is not None:
        hours, minutes = int(match[7]), int(match[8])
        if hours > 23 or minutes > 59:
            raise InstantFormatError(text, "has an offset beyond 23:59", "use Z")
        shift = (hours * 60 + minutes) * 60 * MICROS_PER_SECOND
        micros += -shift if match[6] == "+" else shift
    return _checked(micros, text)


def parse_canonical_instant(text: str) -> Instant:
    """Read what ``render_instant`` wrote, whose form the caller has already checked, fast.

    The form is ``YYYY-MM-DDTHH:MM:SS``, an optional fraction, and ``Z``, with a time that exists.

    pre: text == render_instant(parse_instant(text))
    post: render_instant(_) == text

    Returns:
        Microseconds since 1970-01-01T00:00:00Z.

    Raises:
        ValueError: The day does not exist.
        InstantRangeError: Before 1970.
    """
    since = datetime.fromisoformat(text) - _EPOCH
    if since.days < 0:
        raise InstantRangeError(text)
    return Instant((since.days * SECONDS_PER_DAY + since.seconds) * MICROS_PER_SECOND + since.microseconds)


def parse_focus_instant(text: str) -> Instant:
    """Read a FOCUS 1.0 date and time: RFC 3339 as the specification has it, or ``2024-09-18 22:00:00``.

    The form with a blank, which real exports write, carries no offset and is UTC by the specification.

    raises: InstantFormatError
    raises: InstantRangeError
    post: INSTANT_MIN <= _ <= INSTANT_MAX
    post: text[10] == "T" or _ == parse_instant(f"{text[:10]}T{text[11:]}Z")

    Returns:
        Microseconds since 1970-01-01T00:00:00Z.

    Raises:
        InstantFormatError: Neither form, a day that does not exist, or a leap second.
        InstantRangeError: Outside 1970 to 9999.
    """
    match = _FOCUS.fullmatch(text)
    if match is not None:
        return _checked(_civil_micros(text, match), text)
    if _RFC_3339.fullmatch(text) is None:
        raise InstantFormatError(
            text, "is not a FOCUS date and time", "write it like 2024-09-18T22:00:00Z or 2024-09-18 22:00:00"
        )
    return parse_instant(text)


def render_instant(instant: Instant) -> str:
    """Return the one canonical RFC 3339 text of an instant: UTC, ``Z``, no superfluous fraction.

    pre: INSTANT_MIN <= instant <= INSTANT_MAX
    post: parse_instant(_) == instant
    post: parse_canonical_instant(_) == instant

    Args:
        instant: Microseconds since 1970-01-01T00:00:00Z.

    Raises:
        InstantRangeError: Outside 1970 to 9999.
    """
    if not INSTANT_MIN <= instant <= INSTANT_MAX:
        raise InstantRangeError(str(instant))
    civil = _EPOCH + timedelta(microseconds=instant)
    text = civil.isoformat()[:-6]
    # isoformat writes either no fraction or all six digits.
    return text.rstrip("0") + "Z" if civil.microsecond else text + "Z"


def period_of(instant: Instant) -> Period:
    """Return the UTC calendar month that contains an instant.

    pre: INSTANT_MIN <= instant <= INSTANT_MAX
    post: period_start(_) <= instant < period_end(_)

    Raises:
        InstantRangeError: The instant is outside 1970 to 9999.
    """
    if not INSTANT_MIN <= instant <= INSTANT_MAX:
        raise InstantRangeError(str(instant))
    civil = _EPOCH + timedelta(microseconds=instant)
    return Period(civil.year * MONTHS_PER_YEAR + civil.month - 1)


def period_start(period: Period) -> Instant:
    """Return the first instant of a period.

    pre: PERIOD_MIN <= period <= PERIOD_MAX
    post: period_of(_) == period
    post: render_instant(_) == f"{render_period(period)}-01T00:00:00Z"

    Raises:
        InstantRangeError: The period is outside 1970-01 to 9999-12.
    """
    if not PERIOD_MIN <= period <= PERIOD_MAX:
        raise InstantRangeError(f"at the start of period number {period}")
    return _start(period)


def period_end(period: Period) -> Instant:
    """Return the first instant after a period, which is the start of the next one: periods are half-open.

    The end of 9999-12 is one microsecond beyond the range of instants; it is a bound, never a time.

    pre: PERIOD_MIN <= period <= PERIOD_MAX
    post: period_of(Instant(_ - 1)) == period
    post: period == PERIOD_MAX or _ == period_start(Period(period + 1))
    post: 28 * MICROS_PER_DAY <= _ - period_start(period) <= 31 * MICROS_PER_DAY

    Raises:
        InstantRangeError: The period is outside 1970-01 to 9999-12.
    """
    if not PERIOD_MIN <= period <= PERIOD_MAX:
        raise InstantRangeError(f"at the end of period number {period}")
    return _start(Period(period + 1))


def parse_period(text: str) -> Period:
    """Read a UTC month, for example ``2024-09``: the strict inverse of ``render_period`` from 1970 on.

    raises: PeriodFormatError
    post: render_period(_) == text
    post: PERIOD_MIN <= _ <= PERIOD_MAX

    Raises:
        PeriodFormatError: Not ``YYYY-MM``, no such month, or before 1970.
    """
    period = period_of_text(text)
    if period < PERIOD_MIN:
        raise PeriodFormatError(text, f"is before {YEAR_MIN}")
    return period


def period_of_text(text: str) -> Period:
    """Read ``YYYY-MM`` from year 0000 on: the strict inverse of ``render_period``.

    raises: PeriodFormatError
    post: render_period(_) == text

    Raises:
        PeriodFormatError: Not ``YYYY-MM``, or no such month.
    """
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise PeriodFormatError(text, "is not of the form YYYY-MM")
    month = int(match[2])
    if not 1 <= month <= MONTHS_PER_YEAR:
        raise PeriodFormatError(text, f"has no month {month}")
    return Period(int(match[1]) * MONTHS_PER_YEAR + month - 1)


def render_period(period: Period) -> str:
    """Return a period as ``YYYY-MM``.

    Years from 0000 on are rendered, not only those that instants have: exploration counts its periods from
    0, and its entries need canonical bytes as well.

    pre: 0 <= period <= PERIOD_MAX
    post: period_of_text(_) == period
    post: (int(_[:4]), int(_[5:])) == (period // MONTHS_PER_YEAR, period % MONTHS_PER_YEAR + 1)

    Raises:
        PeriodFormatError: Before year 0 or after year 9999; a bug of the caller.
    """
    if not 0 <= period <= PERIOD_MAX:
        raise PeriodFormatError(str(period), "is outside 0000-01 to 9999-12")
    year, month = divmod(period, MONTHS_PER_YEAR)
    return f"{year:04d}-{month + 1:02d}"


def _checked(micros: int, shown: str) -> Instant:
    if not INSTANT_MIN <= micros <= INSTANT_MAX:
        raise InstantRangeError(shown)
    return Instant(micros)


def _civil_micros(text: str, match: re.Match[str]) -> int:
    """Return the microseconds of the civil date and time in groups 1 to 5; negative before 1970."""
    try:
        days = date.fromisoformat(match[1]).toordinal() - _EPOCH_DAY
    except ValueError as error:
        raise InstantFormatError(
            text, "names a day that does not exist", "use a day of the Gregorian calendar"
        ) from error
    hour, minute, second = int(match[2]), int(match[3]), int(match[4])
    if second == 60:
        raise InstantFormatError(
            text, "is a leap second, which has no number of its own", "write second 59 or the next second"
        )
    if hour > 23 or minute > 59 or second > 59:
        raise InstantFormatError(text, "names a time that does not exist", "use 00:00:00 to 23:59:59")
    seconds = days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second
    fraction = match[5]
    micros = int(fraction.ljust(6, "0")) if fraction else 0
    return seconds * MICROS_PER_SECOND + micros


def _start(period: Period) -> Instant:
    if period == PERIOD_MAX + 1:
        return Instant(INSTANT_MAX + 1)
    year, month = divmod(period, MONTHS_PER_YEAR)
    return Instant((date(year, month + 1, 1).toordinal() - _EPOCH_DAY) * MICROS_PER_DAY)

"""Targets that are wrong on purpose, and run only where they are named: they show that the fuzzer notices."""

from typing import Final

from tools.fuzzing.target import Target, target

_FINE: Final = b"fine"
_HELD: Final[list[bytes]] = []


def _crash(data: bytes) -> None:
    """Return, but for any other input than the example."""
    if data != _FINE:
        raise IndexError("planted")


def _hang(data: bytes) -> None:
    """Return, but for any other input than the example."""
    while data != _FINE:
        pass


def _hog(data: bytes) -> None:
    """Return, but hold on to memory for any other input than the example."""
    _HELD.clear()
    while data != _FINE:
        # Asked for and never touched, so that it takes no time.
        _HELD.append(bytes(100_000_000))


def _refusal(data: bytes) -> None:
    """Refuse whatever is given, the example as well.

    Raises:
        LookupError: Always.
    """
    raise LookupError(str(data))


def planted_targets() -> tuple[Target, ...]:
    """Return them."""
    return (
        target("planted-crash", _crash, (), _FINE),
        target("planted-hang", _hang, (), _FINE),
        target("planted-hog", _hog, (), _FINE),
        target("planted-refusal", _refusal, (LookupError,), _FINE),
    )

"""TOML texts from outside: one error for whatever keeps a text from being read.

Size and nesting are bounded: ``tomllib`` takes the square of the number of dots in a name, and whoever walks
a document that was made of a thousand dots recurses as often. It also has more errors than it documents:
deep nesting ends in ``RecursionError``, an integer of thousands of digits in a plain ``ValueError``, and a
number that ``Decimal`` refuses in an arithmetic one.

Source: TOML 1.0.
"""

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from billproof.model.portable import PortableError

TEXT_LENGTH_MAX: Final = 200_000
"""The longest text that is read, in characters."""

NESTING_MAX: Final = 64
"""How deep tables and lists may lie in each other."""

_DOTS_MAX: Final = 200


class TomlTextError(PortableError, ValueError):
    """A text that is not taken as TOML; whoever wrote it must mend it.

    Args:
        problem: What is wrong, with the line where it is known.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TomlFraction:
    """A number with a fraction or an exponent, as it was written: the model has none, and says so."""

    text: str

    def __repr__(self) -> str:
        """Return the text, for messages."""
        return self.text


def _fraction(text: str) -> TomlFraction:
    return TomlFraction(text=text)


def parse_toml(text: str, parse_float: Callable[[str], object] = _fraction) -> dict[str, object]:
    """Read a TOML text.

    Args:
        text: The whole text.
        parse_float: Makes what a number with a fraction or an exponent becomes; unless said, a value that no
            reader of the model takes for anything else.

    Raises:
        TomlTextError: It is not TOML, is too long or nested too deep, or has a number that cannot be kept.
    """
    if len(text) > TEXT_LENGTH_MAX:
        raise TomlTextError(f"is longer than {TEXT_LENGTH_MAX} characters; shorten it")
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _DOTS_MAX:
            raise TomlTextError(f"has more than {_DOTS_MAX} dots at line {number}; divide the line")
    document = _loaded(text, parse_float)
    level: list[object] = [document]
    for _ in range(NESTING_MAX + 1):
        level = [below for value in level for below in _children(value)]
        if not level:
            return document
    raise TomlTextError(_TOO_DEEP)


_TOO_DEEP: Final = f"nesting is too deep, beyond {NESTING_MAX}; flatten the document"


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _loaded(text: str, parse_float: Callable[[str], object]) -> dict[str, object]:
    try:
        return tomllib.loads(text, parse_float=parse_float)
    except RecursionError:
        raise TomlTextError(_TOO_DEEP) from None
    except (ValueError, ArithmeticError) as error:
        raise TomlTextError(str(error)) from error

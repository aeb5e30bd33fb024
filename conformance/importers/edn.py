"""A reader of EDN, as far as histories use it: maps, vectors, lists, sets, keywords, strings, numbers, nil.

Source: https://github.com/edn-format/edn.
"""

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from billproof.conformance.errors import KitInputError

Edn: TypeAlias = "str | int | bool | list[Edn] | dict[str, Edn] | None"
"""A value; keywords are their names without the colon, sets and lists are lists, floats their texts."""

_TOKEN: Final = re.compile(
    r'[\s,]+|;[^\n]*|#_|#\{|#[A-Za-z][\w./-]*|"(?:\\.|[^"\\])*"|[\[\]{}()]|\\\S+|[^\s,;"\[\]{}()]+'
)
NESTING_MAX: Final = 64
"""In how many collections, tags and marks of discarding a value may lie."""

_DIGITS_MAX: Final = 1_000

_CLOSING: Final = {"[": "]", "(": ")", "{": "}", "#{": "}"}
_INTEGER: Final = re.compile(r"[+-]?[0-9]+N?")


def read_edn(text: str, source: str) -> Iterator[Edn]:
    """Yield the top-level values of a text.

    Raises:
        KitInputError: It is not EDN.
    """
    tokens = [
        token for token in _tokens(text, source) if token.strip(" \t\r\n,") and not token.startswith(";")
    ]
    place = 0
    while place < len(tokens):
        value, place = _value(tokens, place, source, 0)
        if value is not _SKIPPED:
            yield value


_SKIPPED: Final[Edn] = "\0skipped"


def _tokens(text: str, source: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            line = text.count("\n", 0, place) + 1
            raise KitInputError(
                source, f"line {line}", f"{text[place : place + 20]!r} is not EDN", "mend it there"
            )
        yield match[0]
        place = match.end()


def _value(tokens: list[str], place: int, source: str, depth: int) -> tuple[Edn, int]:
    if depth > NESTING_MAX:
        raise KitInputError(
            source, f"token {place + 1}", f"nesting is deeper than {NESTING_MAX}", "flatten the history"
        )
    if place >= len(tokens):
        raise KitInputError(source, "the end", "something is not closed", "take the whole file")
    token = tokens[place]
    if token == "#_":  # noqa: S105 - a token of the text
        _, following = _value(tokens, place + 1, source, depth + 1)
        return _SKIPPED, following
    if token in _CLOSING:
        return _collection(tokens, place, source, depth)
    if token.startswith("#"):
        # A tagged value, such as a record of the test harness: what is tagged is what counts.
        return _value(tokens, place + 1, source, depth + 1)
    return _atom(token, source, place), place + 1


def _collection(tokens: list[str], place: int, source: str, depth: int) -> tuple[Edn, int]:
    opening, items = tokens[place], list[Edn]()
    place += 1
    while place < len(tokens) and tokens[place] != _CLOSING[opening]:
        value, place = _value(tokens, place, source, depth + 1)
        if value is not _SKIPPED:
            items.append(value)
    if place >= len(tokens):
        raise KitInputError(source, "the end", f"{opening} is not closed", "take the whole file")
    if opening == "{":
        pairs = zip(items[::2], items[1::2], strict=False)
        return {str(name): value for name, value in pairs}, place + 1
    return items, place + 1


def _atom(token: str, source: str, place: int) -> Edn:
    if token.startswith('"'):
        return token[1:-1].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
    if token in ("nil", "true", "false"):
        return {"nil": None, "true": True, "false": False}[token]
    if _INTEGER.fullmatch(token):
        if len(token) > _DIGITS_MAX:
            raise KitInputError(
                source, f"token {place + 1}", f"is an integer of more than {_DIGITS_MAX} digits", "shorten it"
            )
        return int(token.rstrip("N"))
    return token.removeprefix(":")

"""Canonical JSON (RFC 8785) of what documents here hold: texts, integers, truth values, lists, objects.

Written anew rather than taken from a library: the bytes are what is hashed and signed, and they are what two
implementations must agree about.
"""

import base64
import hashlib
from typing import Final, TypeAlias

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"
"""What has canonical bytes."""

INTEGER_MAX: Final = 2**53 - 1
"""Beyond it, readers disagree about an integer."""

_SHORT: Final = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}


def canonical_bytes(value: Json) -> bytes:
    """Return the RFC 8785 bytes of a value.

    Raises:
        ValueError: A float or another type, an integer beyond 2^53 - 1, or a lone surrogate.
    """
    return _text(value).encode("utf-8")


def digest(tag: bytes, data: bytes) -> str:
    """Return SHA-256 over a domain tag and data, lowercase hex."""
    return hashlib.sha256(tag + data).hexdigest()


def base64url(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _text(value: Json) -> str:
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int):
        if abs(value) > INTEGER_MAX:
            raise ValueError(f"{value} is beyond 2^53 - 1")
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(_text(item) for item in value) + "]"
    if isinstance(value, dict):
        # RFC 8785 sorts by UTF-16 code units, which differs from the order of code points above U+FFFF.
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{_quoted(name)}:{_text(value[name])}" for name in names) + "}"
    raise ValueError(f"a {type(value).__name__} has no canonical form")


def _quoted(text: str) -> str:
    escaped = (_SHORT.get(char) or (f"\\u{ord(char):04x}" if char < " " else char) for char in text)
    return '"' + "".join(escaped) + '"'

"""Reading members of JSON documents with their types, and refusing what is not there.

The JSON of the protocol is the strict one of ``model.canonical``: no floats, no duplicate members. A reader
names the member that it missed; whose fault that is, the caller knows.
"""

from collections.abc import Mapping
from typing import TypeAlias

from billproof.model.canonical import CanonicalValue
from billproof.model.portable import PortableError

Value: TypeAlias = CanonicalValue
"""Any JSON value of the protocol."""

Document: TypeAlias = dict[str, CanonicalValue]
"""A JSON object."""


class MemberError(PortableError, ValueError):
    """A document that lacks a member or has one of another type.

    Args:
        member: Which member.
        problem: What is wrong with it.
    """

    def __init__(self, member: str, problem: str) -> None:
        super().__init__(f"member {member!r} {problem}")
        self.member = member
        self.problem = problem


def as_document(value: Value, name: str) -> Document:
    """Return a value that must be an object.

    Raises:
        MemberError: It is none.
    """
    if not isinstance(value, dict):
        raise MemberError(name, f"is {_kind(value)}, not an object")
    return value


def text_of(document: Mapping[str, Value], name: str, default: str | None = None) -> str:
    """Return a member that must be a string, or the default where it is not there.

    Raises:
        MemberError: It is missing without a default, or no string.
    """
    value = document.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise MemberError(name, "is missing" if value is None else f"is {_kind(value)}, not a string")
    return value


def number_of(document: Mapping[str, Value], name: str, default: int | None = None) -> int:
    """Return a member that must be a JSON integer.

    Raises:
        MemberError: It is missing without a default, or no integer.
    """
    value = document.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, int) or isinstance(value, bool):
        raise MemberError(name, "is missing" if value is None else f"is {_kind(value)}, not an integer")
    return value


def truth_of(document: Mapping[str, Value], name: str, *, default: bool) -> bool:
    """Return a member that must be true or false.

    Raises:
        MemberError: It is neither.
    """
    value = document.get(name, default)
    if not isinstance(value, bool):
        raise MemberError(name, f"is {_kind(value)}, not true or false")
    return value


def inner_of(document: Mapping[str, Value], name: str) -> Document:
    """Return a member that must be an object; one that is not there is empty.

    Raises:
        MemberError: It is something else.
    """
    value = document.get(name)
    return {} if value is None else as_document(value, name)


def list_of(document: Mapping[str, Value], name: str) -> list[Value]:
    """Return a member that must be a list; one that is not there is empty.

    Raises:
        MemberError: It is something else.
    """
    value = document.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise MemberError(name, f"is {_kind(value)}, not a list")
    return value


def texts_of(document: Mapping[str, Value], name: str) -> tuple[str, ...]:
    """Return a member that must be a list of strings; one that is not there is empty.

    Raises:
        MemberError: It is something else.
    """
    texts: list[str] = []
    for place, value in enumerate(list_of(document, name)):
        if not isinstance(value, str):
            raise MemberError(f"{name}[{place}]", f"is {_kind(value)}, not a string")
        texts.append(value)
    return tuple(texts)


def _kind(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, str):
        return "a string"
    return "a number" if isinstance(value, int) else "an object" if isinstance(value, dict) else "a list"

"""Records of the model as JSON and back, by their own annotations: what a trace is written in.

Every record is made of identifiers, integers, booleans, enumerations and other records, and names their
types, so one reader and one writer serve all commands, those that come later included.
"""

from dataclasses import fields, is_dataclass
from enum import IntEnum
from functools import cache
from types import MappingProxyType
from typing import Final, cast, get_args, get_type_hints

from billproof.model import commands
from billproof.model.canonical import CanonicalValue
from billproof.model.commands import Command
from billproof.model.portable import PortableError

_DIGITS_MAX: Final = 40
"""The longest number of a record: money has fewer digits, and reading thousands of them takes long."""

_COMMANDS: Final = MappingProxyType({kind.__name__: kind for kind in get_args(commands.Command)})


class RecordFormatError(PortableError, ValueError):
    """A document that is no record of the expected type.

    Args:
        wanted: The type.
        problem: What was found.
    """

    def __init__(self, wanted: str, problem: str) -> None:
        super().__init__(f"no {wanted}: {problem}; take the trace exactly as it was written")
        self.wanted = wanted
        self.problem = problem


def render_command(command: Command) -> dict[str, CanonicalValue]:
    """Return a command as a document that names its type."""
    return {"command": type(command).__name__, **_members(command)}


def parse_command(document: CanonicalValue) -> Command:
    """Return the command of a document.

    Raises:
        RecordFormatError: It is none.
    """
    if not isinstance(document, dict) or not isinstance(name := document.get("command"), str):
        raise RecordFormatError("command", f"{str(document)[:60]}")
    if name not in _COMMANDS:
        raise RecordFormatError("command", f"{name[:60]!r} is unknown")
    rest = {member: value for member, value in document.items() if member != "command"}
    return cast("Command", _record(_COMMANDS[name], rest))


def _members(record: object) -> dict[str, CanonicalValue]:
    assert is_dataclass(record)
    return {field.name: _value(getattr(record, field.name)) for field in fields(record)}


def _value(value: object) -> CanonicalValue:
    if isinstance(value, IntEnum):
        return value.name
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        # As text: amounts have more digits than other readers keep.
        return str(value)
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    return dict(_members(value))


@cache
def _hints(kind: type) -> dict[str, object]:
    return dict(get_type_hints(kind))


def _record(kind: type, document: CanonicalValue) -> object:
    hints = _hints(kind)
    if not isinstance(document, dict) or set(document) != set(hints):
        raise RecordFormatError(kind.__name__, f"{str(document)[:60]}")
    return kind(**{name: _parsed(hint, document[name]) for name, hint in hints.items()})


def _parsed(hint: object, value: CanonicalValue) -> object:
    plain = getattr(hint, "__supertype__", hint)
    if isinstance(plain, type):
        if issubclass(plain, IntEnum):
            if isinstance(value, str) and value in plain.__members__:
                return plain[value]
        elif plain is bool or plain is str:
            if type(value) is plain:
                return value
        elif plain is int:
            is_number = isinstance(value, str) and value.isascii() and value.removeprefix("-").isdecimal()
            if isinstance(value, str) and is_number and len(value) <= _DIGITS_MAX:
                return int(value)
        elif is_dataclass(plain):
            return _record(plain, value)
    if getattr(hint, "__origin__", None) is tuple and isinstance(value, list):
        return tuple(_parsed(get_args(hint)[0], item) for item in value)
    raise RecordFormatError(str(getattr(plain, "__name__", plain)), f"{str(value)[:60]}")

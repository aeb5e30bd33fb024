"""Canonical bytes: one value, one sequence of bytes; and a JSON reader that lets nothing ambiguous in.

Fingerprints and key thumbprints are hashes of RFC 8785 bytes, over a value type that has no floats: a
number whose bytes depend on a printing algorithm has no business near money. The reader refuses what other
readers resolve silently and differently: duplicate members, floats, NaN, lone surrogates, deep nesting.

Choices: the bytes of receipts are written by ``receipts`` itself, for speed; a test proves them equal to
these. Numbers beyond 2^53 - 1 are refused rather than rendered, since other readers would round them.

Source: ``system.md`` section 4, "Fingerprint"; RFC 8785; RFC 7493.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Final, TypeAlias

import rfc8785

from billproof.model.identifiers import Count, CustomerId, Fingerprint
from billproof.model.portable import PortableError

CanonicalValue: TypeAlias = "str | int | bool | list[CanonicalValue] | dict[str, CanonicalValue] | None"
"""What has canonical bytes."""

INTEGER_MAX: Final = 2**53 - 1
"""The largest magnitude of an integer in a canonical document (RFC 7493)."""

NESTING_MAX: Final = 64
"""How deep lists and objects may lie in each other."""

_INTEGER_DIGITS_MAX: Final = len(str(INTEGER_MAX)) + 1


class CanonicalValueError(PortableError, ValueError):
    """A value that has no canonical bytes.

    Args:
        path: Where it lies, for example ``$.usage[2]``.
        problem: What is wrong, with the value.
        remedy: What to give instead.
    """

    def __init__(self, path: str, problem: str, remedy: str) -> None:
        super().__init__(f"at {path}: {problem}; {remedy}")
        self.path = path
        self.problem = problem
        self.remedy = remedy


class JsonInputError(PortableError, ValueError):
    """A JSON text that is not taken; whoever wrote it must mend it.

    Args:
        source: The file, and line where there are lines, for messages.
        place: Where in the text, for example ``line 1 column 5`` or ``$.amount``.
        problem: What is wrong.
        remedy: What to write instead.
    """

    def __init__(self, source: str, place: str, problem: str, remedy: str) -> None:
        super().__init__(f"{source}: {place}: {problem}; {remedy}")
        self.source = source
        self.place = place
        self.problem = problem
        self.remedy = remedy


class JsonSyntaxError(JsonInputError):
    """The text is not JSON, or not UTF-8."""


class DuplicateMemberError(JsonInputError):
    """An object has a member twice; readers disagree about which one counts."""


class FloatError(JsonInputError):
    """A number with a fraction or an exponent, or NaN or Infinity."""


class JsonValueError(JsonInputError):
    """A value that canonical documents do not have: a huge integer, a lone surrogate, deep nesting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    """What the reader leaves where it met something that it refuses, until the path to it is known."""

    error: type[JsonInputError]
    member: str
    problem: str
    remedy: str


def canonical_bytes(value: CanonicalValue) -> bytes:
    """Return the RFC 8785 bytes of a value.

    raises: CanonicalValueError
    post: parse_json(_, "the bytes") == value
    post: canonical_bytes(parse_json(_, "the bytes")) == _

    Raises:
        CanonicalValueError: A float or other type, an integer beyond 2^53 - 1, a lone surrogate, a member
            name that is no string, or nesting beyond 64.
    """
    _check(value, "$", 0)
    return rfc8785.dumps(value)


def request_fingerprint(
    operation: str, customer: CustomerId, body: dict[str, CanonicalValue], schema_version: Count
) -> Fingerprint:
    """Return the fingerprint to which an idempotency key is bound.

    It covers operation, customer, schema version and normalised body, not headers or signatures: a retry
    that is signed anew is the same request. The body is normalised by its caller: one decimal string per
    amount, one text per instant, defaults written out, the idempotency key left out.

    raises: CanonicalValueError
    post: len(_) == 64 and int(_, 16) >= 0

    Args:
        operation: Names method and path, for example ``charge``.
        customer: Whose request it is.
        body: The normalised body.
        schema_version: The version under which the body was read.

    Returns:
        SHA-256, lowercase hex.

    Raises:
        CanonicalValueError: The body has no canonical bytes.
    """
    request: dict[str, CanonicalValue] = {
        "body": body,
        "customer": customer,
        "operation": operation,
        "schema_version": schema_version,
    }
    return Fingerprint(hashlib.sha256(canonical_bytes(request)).hexdigest())


def parse_json(text: str | bytes, source: str) -> CanonicalValue:
    """Read one JSON text strictly.

    raises: JsonInputError
    post: canonical_bytes(_) == canonical_bytes(parse_json(canonical_bytes(_), source))

    Args:
        text: The whole text; bytes are UTF-8 without a byte order mark.
        source: The file, and line where there are lines, for messages.

    Raises:
        JsonSyntaxError: Not UTF-8 or not JSON.
        DuplicateMemberError: An object has a member twice.
        FloatError: A number that is no integer; amounts are decimal strings.
        JsonValueError: An integer beyond 2^53 - 1, a lone surrogate, or nesting beyond 64.
    """
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8")
        value: object = _DECODER.decode(decoded)
    except UnicodeDecodeError as error:
        raise JsonSyntaxError(
            source, f"byte {error.start + 1}", f"not UTF-8: {error.reason}", "save the text as UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        raise JsonSyntaxError(
            source,
            f"line {error.lineno} column {error.colno}",
            f"not JSON: {error.msg}",
            "mend the text there",
        ) from error
    except RecursionError:
        raise _too_deep(source, "$") from None
    return _accepted(value, "$", 0, source)


def _check(value: object, path: str, depth: int) -> None:
    if isinstance(value, str):
        if not value.isascii() and _has_lone_surrogate(value):
            raise CanonicalValueError(path, f"{value!r} has a lone surrogate", "use whole characters")
    elif isinstance(value, int):
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            raise CanonicalValueError(path, f"{value} is beyond 2^53 - 1", "use a decimal string")
    elif isinstance(value, (list, dict)):
        if depth >= NESTING_MAX:
            raise CanonicalValueError(path, f"nesting is deeper than {NESTING_MAX}", "flatten the value")
        if isinstance(value, list):
            for place, item in enumerate(value):
                _check(item, f"{path}[{place}]", depth + 1)
            return
        for name, item in value.items():
            if not isinstance(name, str):
                raise CanonicalValueError(path, f"member name {name!r} is no string", "use a string")
            _check(name, path, depth)
            _check(item, _below(path, name), depth + 1)
    elif isinstance(value, float):
        raise CanonicalValueError(path, f"{value!r} is a float", "use a decimal string")
    elif value is not None:
        raise CanonicalValueError(
            path, f"{type(value).__name__} has no canonical bytes", "use str, int, bool, None, list or dict"
        )


def _accepted(value: object, path: str, depth: int, source: str) -> CanonicalValue:
    """Return what the decoder made, or raise the error of the first thing that is refused, with its path."""
    if isinstance(value, str):
        if not value.isascii() and _has_lone_surrogate(value):
            raise JsonValueError(source, path, f"{value!r} has a lone surrogate", "escape a whole pair")
        return value
    if value is None or isinstance(value, int):
        return value
    if depth >= NESTING_MAX and isinstance(value, (list, dict)):
        raise _too_deep(source, path)
    if isinstance(value, list):
        return [_accepted(item, f"{path}[{place}]", depth + 1, source) for place, item in enumerate(value)]
    if isinstance(value, dict):
        members: dict[str, CanonicalValue] = {}
        for name, item in value.items():
            if not name.isascii() and _has_lone_surrogate(name):
                raise JsonValueError(
                    source, path, f"member {name!r} has a lone surrogate", "escape a whole pair"
                )
            members[name] = _accepted(item, _below(path, name), depth + 1, source)
        return members
    if isinstance(value, _Refused):
        place = _below(path, value.member) if value.member else path
        raise value.error(source, place, value.problem, value.remedy)
    raise AssertionError(f"the decoder made a {type(value).__name__}")


def _too_deep(source: str, path: str) -> JsonValueError:
    shown = path if len(path) <= 60 else f"{path[:60]}..."
    return JsonValueError(source, shown, f"nesting is deeper than {NESTING_MAX}", "flatten the document")


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if name.isidentifier() else f"{path}[{json.dumps(name[:60])}]"


def _has_lone_surrogate(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _members(pairs: list[tuple[str, object]]) -> object:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            return _Refused(
                error=DuplicateMemberError,
                member=name,
                problem=f"member {name[:60]!r} appears twice",
                remedy="keep one of them",
            )
        seen.add(name)
    raise AssertionError("fewer members than pairs, but no name twice")


def _float(text: str) -> object:
    return _Refused(
        error=FloatError,
        member="",
        problem=f"{text[:60]} is a float",
        remedy=f'use a decimal string like "{text[:60]}"',
    )


def _constant(text: str) -> object:
    return _Refused(
        error=FloatError, member="", problem=f"{text} is no JSON number", remedy="use a decimal string"
    )


def _integer(text: str) -> object:
    # The length is looked at first: int() refuses very long texts with an error of its own.
    if len(text) <= _INTEGER_DIGITS_MAX and -INTEGER_MAX <= int(text) <= INTEGER_MAX:
        return int(text)
    return _Refused(
        error=JsonValueError,
        member="",
        problem=f"{text[:60]} is beyond 2^53 - 1",
        remedy="use a decimal string",
    )


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=_float, parse_int=_integer, parse_constant=_constant
)

"""Failure files: a counterexample as a document that anybody can replay.

The file names the design in full, the domain, the theorem and clause, and the commands with every field, so
that a later version that behaves otherwise says "not reproduced" instead of telling an old story.

Source: ``cli.md`` ``replay``; house style rule 19.
"""

import json
import typing
from dataclasses import dataclass, fields, is_dataclass
from enum import IntEnum

from billproof.invariants.counterexample import Counterexample, replay
from billproof.invariants.explain.explained import explained
from billproof.invariants.explain.page import render_page
from billproof.invariants.explain.trace import traced
from billproof.invariants.explore.domain import Domain
from billproof.invariants.explore.search import StepFunction
from billproof.invariants.recorded import recorded_domain
from billproof.invariants.registry import registry
from billproof.invariants.theorem import Clause, Theorem
from billproof.model import commands as command_module
from billproof.model.commands import Command
from billproof.model.context import Context
from billproof.model.design import Design, DesignError
from billproof.model.design_files import parse_design, render_design
from billproof.model.portable import PortableError
from billproof.model.receipts import digest_of

FORMAT = "billproof/failure/v1"
"""The name of this form; a change of meaning needs another."""

BYTES_MAX = 4_000_000
"""Failure files are small; a larger file is something else."""

JsonValue: typing.TypeAlias = "str | int | bool | list[JsonValue] | dict[str, JsonValue] | None"


class FailureFileError(PortableError, ValueError):
    """A failure file that cannot be used; the user's to mend.

    Args:
        source: The file.
        problem: What is wrong, with the offending value.
        remedy: What to do.
    """

    def __init__(self, source: str, problem: str, remedy: str) -> None:
        super().__init__(f"{source}: {problem}; {remedy}")
        self.source = source
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A stored counterexample."""

    theorem: Theorem
    clause: Clause
    design: Design
    domain: Domain
    commands: tuple[Command, ...]
    variant: str
    """The known-bad variant in which it was found; empty for a design as it is."""


def render_failure(found: Counterexample, design: Design, *, variant: str = "") -> str:
    """Return the failure file of a counterexample: JSON, stable, one newline at its end."""
    document: dict[str, JsonValue] = {
        "format": FORMAT,
        "theorem": found.theorem,
        "clause": found.clause,
        "design": render_design(design),
        "domain": found.domain,
        "variant": variant,
        "commands": [encode_command(command) for command in found.commands],
        "told": list(found.steps),
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def parse_failure(text: str, *, source: str) -> Failure:
    """Read a failure file.

    Raises:
        FailureFileError: Not JSON, another form, or a name that this version does not know.
    """
    if len(text) > BYTES_MAX:
        raise FailureFileError(source, f"{len(text)} characters", "a failure file has at most 4,000,000")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FailureFileError(
            source, f"not JSON: {error}", "give a file that verify --report wrote"
        ) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FailureFileError(source, f"not of the form {FORMAT}", "give a file that verify --report wrote")
    known = registry().by_id
    theorem = known.get(_text(document, "theorem", source))
    if theorem is None:
        raise FailureFileError(source, f"unknown theorem {document['theorem']!r}", f"use {', '.join(known)}")
    clauses = [clause for clause in theorem.clauses if clause.name == _text(document, "clause", source)]
    listed = document.get("commands")
    if not isinstance(listed, list):
        raise FailureFileError(source, "commands is not a list", "give a file that verify --report wrote")
    trace = tuple(decode_command(item, source) for item in listed)
    domain = _domain(_text(document, "domain", source), trace)
    if not clauses or domain is None:
        raise FailureFileError(
            source,
            f"unknown clause {document['clause']!r} or domain {document['domain']!r}",
            "it was written by another version; run verify --report again",
        )
    try:
        design = parse_design(_text(document, "design", source), source=source)
    except DesignError as error:
        raise FailureFileError(source, str(error), "the design must be well-formed") from error
    return Failure(
        theorem=theorem,
        clause=clauses[0],
        design=design,
        domain=domain,
        commands=trace,
        variant=_text(document, "variant", source),
    )


def replay_failure(failure: Failure, *, step: StepFunction) -> Counterexample | None:
    """Execute a stored counterexample on the running code; ``None`` where it is not reproduced."""
    design = failure.domain.design(failure.design)
    context = Context(design=design, digest=digest_of(design))
    found = replay(
        failure.clause,
        failure.domain,
        failure.commands,
        step=step,
        context=context,
        money=failure.theorem.money,
    )
    if found is None:
        return None
    return explained(
        found,
        failure.clause,
        failure.domain,
        step=step,
        context=context,
        money=failure.theorem.money,
        smallest=False,
    )


def failure_page(failure: Failure, found: Counterexample, *, step: StepFunction) -> str:
    """Return the HTML story of a failure that was reproduced."""
    design = failure.domain.design(failure.design)
    trace = traced(
        failure.clause,
        failure.domain,
        failure.commands,
        step=step,
        context=Context(design=design, digest=digest_of(design)),
        money=failure.theorem.money,
    )
    assert trace is not None, "a failure that was reproduced has a trace"
    return render_page(found, trace, failure.theorem)


def encode_command(command: Command) -> dict[str, JsonValue]:
    """Return a command as a JSON object, its kind under ``command``."""
    return {"command": type(command).__name__, **_encode_fields(command)}


def decode_command(item: object, source: str) -> Command:
    """Return the command that a JSON object stands for.

    Raises:
        FailureFileError: An unknown kind, a missing or superfluous member, or a value of another type.
    """
    if not isinstance(item, dict):
        raise FailureFileError(source, f"command {item!r} is not an object", "see the failure file schema")
    kinds = {kind.__name__: kind for kind in typing.get_args(command_module.Command)}
    name = item.get("command")
    if not isinstance(name, str) or name not in kinds:
        raise FailureFileError(source, f"unknown command {name!r}", f"use one of {', '.join(kinds)}")
    rest = {key: value for key, value in item.items() if key != "command"}
    return typing.cast("Command", _decode(kinds[name], rest, source))


def _encode(value: object) -> JsonValue:
    if isinstance(value, IntEnum):
        return value.name
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        # As text, so that no reader takes money through a binary float.
        return str(value)
    return _encode_fields(value)


def _encode_fields(record: object) -> dict[str, JsonValue]:
    if not is_dataclass(record):
        raise TypeError(f"{type(record).__name__} has no JSON form; commands hold records and plain values")
    return {item.name: _encode(getattr(record, item.name)) for item in fields(record)}


def _decode(sort: object, value: object, source: str) -> object:
    plain = getattr(sort, "__supertype__", sort)
    if isinstance(plain, type) and is_dataclass(plain):
        if not isinstance(value, dict):
            raise FailureFileError(source, f"{value!r} is not an object", f"it should be a {plain.__name__}")
        hints = typing.get_type_hints(plain)
        names = {item.name for item in fields(plain)}
        if set(value) != names:
            raise FailureFileError(
                source, f"{plain.__name__} has the members {sorted(value)}", f"it needs {sorted(names)}"
            )
        return plain(**{name: _decode(hints[name], value[name], source) for name in sorted(names)})
    if isinstance(plain, type) and issubclass(plain, IntEnum):
        if not isinstance(value, str) or value not in plain.__members__:
            raise FailureFileError(
                source, f"{value!r} is no {plain.__name__}", f"use {list(plain.__members__)}"
            )
        return plain[value]
    if plain is int and isinstance(value, str) and value.removeprefix("-").isdecimal() and len(value) < 80:
        return int(value)
    if plain in (str, bool) and isinstance(value, typing.cast("type", plain)):
        return value
    raise FailureFileError(
        source, f"{value!r} is no {getattr(sort, '__name__', sort)}", "integers are strings"
    )


def _domain(name: str, trace: tuple[Command, ...]) -> Domain | None:
    return registry().places.get(name) or recorded_domain(name, trace)


def _text(document: dict[str, object], name: str, source: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise FailureFileError(
            source, f"{name} is {value!r}, not a string", "give a file that verify --report wrote"
        )
    return value

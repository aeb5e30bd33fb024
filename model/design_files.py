"""Designs as TOML text: read, checked, written.

A file starts from one of the shipped designs and names what differs, so that a file stays short and keeps its
meaning when a switch is added.

Source: ``system.md`` section 1.
"""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from billproof.model.design import (
    PARAMETERS,
    SHIPPED,
    Design,
    DesignError,
    violated_requirements,
    with_switch,
)
from billproof.model.switch_table import REQUIREMENTS, SWITCHES, Switch
from billproof.model.toml_text import TomlTextError, parse_toml

MEMBERS = ("base", "name", "switches", "parameters")
"""What a design file may have at its top."""

BY_NAME: dict[str, Switch] = {switch.name: switch for switch in SWITCHES}
"""The switches by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignProblem:
    """One thing that is wrong with a design file."""

    line: int
    """The line that it is on, from 1; 0 where it is about the whole file."""
    member: str
    """The switch, parameter or member; empty for the whole file."""
    problem: str
    """With the offending value."""
    remedy: str
    """With what is allowed."""

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return f"line {self.line}" if self.line else "the file"


def parse_design(text: str, *, source: str) -> Design:
    """Read a design from TOML text.

    The text has ``base = "documented"`` or ``"repaired"`` (default), an optional ``name``, and the tables
    ``[switches]`` and ``[parameters]``.

    Args:
        text: The TOML text.
        source: The file name, for messages.

    Raises:
        DesignError: Not TOML, an unknown member, switch or value, or a contradictory combination; the error
            tells the first problem, ``inspect_design`` returns all.
    """
    design, problems = inspect_design(text, source=source)
    if problems:
        first = problems[0]
        raise DesignError(source, f"{first.place}: {first.problem}", first.remedy)
    return design


def inspect_design(text: str, *, source: str) -> tuple[Design, tuple[DesignProblem, ...]]:
    """Read a design from TOML text as far as it can be read, and return everything that is wrong with it."""
    try:
        document = parse_toml(text)
    except TomlTextError as error:
        line = re.search(r"at line (\d+)", str(error))
        problem = DesignProblem(
            line=int(line.group(1)) if line else 0,
            member="",
            problem=f"not TOML: {error}",
            remedy='write lines such as key_check = "insert_in_commit" below [switches]',
        )
        return SHIPPED["repaired"], (problem,)
    return _Inspection(text, source, document).result()


class _Inspection:
    """One reading of one file; mutable, used once."""

    def __init__(self, text: str, source: str, document: Mapping[str, object]) -> None:
        self.text = text
        self.source = source
        self.document = document
        self.problems: list[DesignProblem] = []

    def result(self) -> tuple[Design, tuple[DesignProblem, ...]]:
        """Return the design, and the problems in the order of the file."""
        for member in self.document:
            if member not in MEMBERS:
                self._say(
                    member, f"unknown member {member!r}", f"use {', '.join(MEMBERS)}; {_near_switch(member)}"
                )
        design = self._base()
        for name, value in self._table("switches").items():
            design = self._with_switch(design, name, value)
        for name, value in self._table("parameters").items():
            design = self._with_parameter(design, name, value)
        if not self.problems:
            self._check_whole(design)
        return design, tuple(sorted(self.problems, key=lambda item: item.line))

    def _base(self) -> Design:
        base = self.document.get("base", "repaired")
        if not isinstance(base, str) or base not in SHIPPED:
            self._say("base", f"unknown base {base!r}", f"use one of {', '.join(SHIPPED)}")
            base = "repaired"
        name = self.document.get("name", self.source)
        if not isinstance(name, str) or not name.strip():
            self._say("name", f"name = {name!r} is not a text", 'write for example name = "what if"')
            name = self.source
        return replace(SHIPPED[str(base)], name=name)

    def _table(self, name: str) -> Mapping[str, object]:
        value = self.document.get(name, {})
        if not isinstance(value, dict):
            self._say(name, f"{name} is not a table", f"write [{name}] on a line of its own")
            return {}
        return value

    def _with_switch(self, design: Design, name: str, value: object) -> Design:
        if name not in BY_NAME:
            self._say(
                name,
                f"there is no switch {name!r}",
                f"{_near(name, BY_NAME)}; `billproof design show` lists the switches",
            )
            return design
        allowed = [member.value for member in BY_NAME[name].values]
        if value not in allowed:
            self._say(name, f"{name} has no value {value!r}", f"use one of {', '.join(allowed)}")
            return design
        return with_switch(design, name, str(value))

    def _with_parameter(self, design: Design, name: str, value: object) -> Design:
        if name not in PARAMETERS:
            self._say(name, f"there is no parameter {name!r}", f"the parameters are {', '.join(PARAMETERS)}")
            return design
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self._say(name, f"{name} = {value!r} is not a positive integer", f"write for example {name} = 90")
            return design
        # PARAMETERS names members of integer type only.
        return replace(design, **{name: value})  # type: ignore[arg-type]

    def _check_whole(self, design: Design) -> None:
        for rule in violated_requirements(design):
            needed = f"{rule.needs_switch} = {rule.needs_value.value!r}"
            self._say(
                # One of the two is in the file, for each base is well-formed.
                rule.switch if line_of(self.text, rule.switch) else rule.needs_switch,
                f"{rule.switch} = {rule.value.value!r} requires {needed}, "
                f"not {getattr(design, rule.needs_switch).value!r}, because {rule.because}",
                f"set {needed} or choose another value of {rule.switch}",
            )

    def _say(self, member: str, problem: str, remedy: str) -> None:
        line = line_of(self.text, member)
        self.problems.append(DesignProblem(line=line, member=member, problem=problem, remedy=remedy))


def line_of(text: str, member: str) -> int:
    """Return the line that sets a member or opens its table, from 1; 0 where there is none.

    TOML parsers do not tell; a text in a multi-line string could be taken for it, which costs a wrong line
    in a message and nothing else.
    """
    key = re.escape(member)
    wanted = re.compile(rf"""\s*(?:\[\s*{key}\s*\]|(?:\w+\s*\.\s*)?["']?{key}["']?\s*=)""")
    for number, line in enumerate(text.splitlines(), 1):
        if wanted.match(line):
            return number
    return 0


def render_design(design: Design) -> str:
    """Return the TOML text of a design, complete, in the order of the record."""
    lines = ['base = "repaired"', f"name = {_quoted(design.name)}", "", "[switches]"]
    lines += [f'{switch.name} = "{getattr(design, switch.name).value}"' for switch in SWITCHES]
    lines += ["", "[parameters]"]
    lines += [f"{name} = {getattr(design, name)}" for name in PARAMETERS]
    return "\n".join(lines) + "\n"


def render_scaffold(design: Design, *, name: str) -> str:
    """Return a TOML text to start a design from: every switch, with what there is to know of it."""
    base = "documented" if design == SHIPPED["documented"] else "repaired"
    lines = [
        "# A design of your own. Change a value, then:",
        "#   billproof design check THIS_FILE      whether the values go together",
        "#   billproof verify --design THIS_FILE   which theorems hold, and a counterexample for each other",
        "#   billproof design diff repaired THIS_FILE",
        "# A line that you delete falls back to the base.",
        "",
        f'base = "{base}"',
        f"name = {_quoted(name)}",
        "",
        "[switches]",
    ]
    for switch in SWITCHES:
        lines += _scaffold_of(switch, design)
    lines += ["[parameters]"]
    lines += [f"{parameter} = {getattr(design, parameter)}" for parameter in PARAMETERS]
    return "\n".join(lines) + "\n"


def describe_switch(switch: Switch) -> str:
    """Return what a switch decides, in one sentence."""
    return (switch.values.__doc__ or "").strip().splitlines()[0]


def _scaffold_of(switch: Switch, design: Design) -> list[str]:
    value = getattr(design, switch.name).value
    lines = [
        f"# {describe_switch(switch)} Bears on {', '.join(switch.bears_on)}; see {', '.join(switch.claims)}."
    ]
    for member in switch.values:
        shipped = [name for name, item in SHIPPED.items() if getattr(item, switch.name) == member]
        needs = [
            f"requires {rule.needs_switch} = {rule.needs_value.value!r}"
            for rule in REQUIREMENTS
            if rule.switch == switch.name and rule.value == member
        ]
        notes = "; ".join([*shipped, *needs])
        lines.append(f"#   {member.value}{f'  ({notes})' if notes else ''}")
    return [*lines, f'{switch.name} = "{value}"', ""]


def _near(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1)
    return f"did you mean {close[0]}?" if close else "check the spelling"


def _near_switch(member: str) -> str:
    return f"{member} belongs below [switches]" if member in BY_NAME else "check the spelling"


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, but for the one control character that JSON leaves as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

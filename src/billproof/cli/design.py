"""``billproof design``: print, compare, validate and scaffold designs."""

from collections.abc import Sequence
from pathlib import Path

import click

from billproof.cli.failures import EXIT_ERROR
from billproof.cli.output import Json, example, output_options, print_result
from billproof.cli.parameters import FILE, DesignParameter
from billproof.model.design import PARAMETERS, SHIPPED, Design, DesignError
from billproof.model.design_files import (
    BY_NAME,
    DesignProblem,
    describe_switch,
    inspect_design,
    render_design,
    render_scaffold,
)
from billproof.model.switch_table import REQUIREMENTS, SWITCHES, Switch

TOML = "toml"


@click.group(
    epilog=example(
        "billproof design show repaired",
        "billproof design new --from repaired --out mine.toml && billproof design check mine.toml",
        "billproof design diff documented repaired",
    ),
    help="Print, compare, validate and scaffold designs: one value for every switch.",
)
def command() -> None:
    """Group the commands on designs."""


@command.command(
    epilog=example("billproof design show documented --format toml"),
    help="Print a design: documented, repaired, or a TOML file.  [default: repaired]",
)
@click.argument("design", type=DesignParameter(), default="repaired")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", TOML]),
    default="text",
    show_default=True,
    help="Form of the result; JSON is one document, alone on stdout; TOML is a design file.",
)
@click.option("--quiet", is_flag=True, help="Print nothing but errors; with JSON or TOML, only the document.")
def show(*, design: Design, output_format: str, quiet: bool) -> int:
    """Print one design; return the exit code."""
    if output_format == TOML:
        print(render_design(design), end="")
        return 0
    document: dict[str, Json] = {
        "name": design.name,
        "switches": {switch.name: _switch_document(switch, design) for switch in SWITCHES},
        "parameters": {name: int(getattr(design, name)) for name in PARAMETERS},
        "exit_code": 0,
    }
    print_result(document, _shown(design), output_format=output_format, quiet=quiet)
    return 0


@command.command(
    epilog=example("billproof design diff documented repaired"),
    help="Print the switches and parameters in which two designs differ. Exit 0 whether they do or not.",
)
@click.argument("first", type=DesignParameter())
@click.argument("second", type=DesignParameter())
@output_options
def diff(*, first: Design, second: Design, output_format: str, quiet: bool) -> int:
    """Print the differences of two designs; return the exit code."""
    changed = [it for it in SWITCHES if getattr(first, it.name) != getattr(second, it.name)]
    numbers = [name for name in PARAMETERS if getattr(first, name) != getattr(second, name)]
    document: dict[str, Json] = {
        "first": first.name,
        "second": second.name,
        "switches": {
            it.name: {
                "first": getattr(first, it.name).value,
                "second": getattr(second, it.name).value,
                "claims": list(it.claims),
                "bears_on": list(it.bears_on),
            }
            for it in changed
        },
        "parameters": {
            name: {"first": int(getattr(first, name)), "second": int(getattr(second, name))}
            for name in numbers
        },
        "exit_code": 0,
    }
    rows = [("", first.name, second.name, "bears on", "claims")]
    rows += [
        (
            it.name,
            getattr(first, it.name).value,
            getattr(second, it.name).value,
            ", ".join(it.bears_on),
            ", ".join(it.claims),
        )
        for it in changed
    ]
    rows += [(name, str(getattr(first, name)), str(getattr(second, name)), "", "") for name in numbers]
    same = len(SWITCHES) - len(changed)
    text = [*_columns(rows), "", f"{len(changed)} of {len(SWITCHES)} switches differ, {same} are the same"]
    print_result(document, text, output_format=output_format, quiet=quiet)
    return 0


@command.command(
    epilog=example("billproof design check mine.toml"),
    help="Validate design files: every problem with its line and what to write instead. Exit 0 or 3.",
)
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=FILE)
@output_options
def check(*, paths: tuple[Path, ...], output_format: str, quiet: bool) -> int:
    """Print the problems of design files; return the exit code."""
    found = {str(path): inspect_design(_read(path), source=str(path)) for path in paths}
    code = EXIT_ERROR if any(problems for _, problems in found.values()) else 0
    document: dict[str, Json] = {
        "files": {
            name: {
                "name": design.name,
                "valid": not problems,
                "problems": [_problem_document(problem) for problem in problems],
            }
            for name, (design, problems) in found.items()
        },
        "exit_code": code,
    }
    text: list[str] = []
    for name, (design, problems) in found.items():
        text += [f"{name}: {item.place}: {item.problem}; {item.remedy}" for item in problems]
        if not problems:
            text.append(f"{name}: a well-formed design, {design.name!r}, {_distance(design)}")
    if code and output_format == "text":
        # A wrong file is an error: it is told even where results are not wanted.
        click.echo("\n".join(text), err=True)
    else:
        print_result(document, text, output_format=output_format, quiet=quiet)
    return code


@command.command(
    epilog=example("billproof design new --from documented --name 'one commit' --out mine.toml"),
    help="Write a design file to start from, with every switch, its values and what they need.",
)
@click.option(
    "--from",
    "base",
    type=DesignParameter(),
    default="repaired",
    show_default=True,
    help="documented, repaired, or a TOML file.",
)
@click.option("--name", default="mine", show_default=True, help="The name in reports.")
@click.option("--out", type=FILE, help="The file to write; an existing one is kept.  [default: stdout]")
@output_options
def new(*, base: Design, name: str, out: Path | None, output_format: str, quiet: bool) -> int:
    """Write a scaffold; return the exit code."""
    text = render_scaffold(base, name=name)
    if out is not None:
        try:
            with out.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError as error:
            raise DesignError(
                str(out), "the file is there already and was not changed", "choose another --out"
            ) from error
    document: dict[str, Json] = {
        "name": name,
        "from": base.name,
        "file": str(out) if out is not None else None,
        "toml": text,
        "exit_code": 0,
    }
    lines = text.splitlines() if out is None else [f"wrote {out}; next: billproof design check {out}"]
    print_result(document, lines, output_format=output_format, quiet=quiet and out is not None)
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DesignError(str(path), f"not UTF-8: {error}", "save it as UTF-8") from error


def _problem_document(problem: DesignProblem) -> dict[str, Json]:
    switch = BY_NAME.get(problem.member)
    return {
        "line": problem.line,
        "member": problem.member,
        "problem": problem.problem,
        "allowed": [member.value for member in switch.values] if switch is not None else [],
        "remedy": problem.remedy,
    }


def _switch_document(switch: Switch, design: Design) -> dict[str, Json]:
    return {
        "value": getattr(design, switch.name).value,
        "values": [member.value for member in switch.values],
        "decides": describe_switch(switch),
        "claims": list(switch.claims),
        "bears_on": list(switch.bears_on),
        "shipped": {name: getattr(item, switch.name).value for name, item in SHIPPED.items()},
        "requires": [
            {
                "value": rule.value.value,
                "switch": rule.needs_switch,
                "needs": rule.needs_value.value,
                "because": rule.because,
            }
            for rule in REQUIREMENTS
            if rule.switch == switch.name
        ],
    }


def _shown(design: Design) -> list[str]:
    rows = [("switch", "value", "bears on", "claims")]
    rows += [
        (it.name, getattr(design, it.name).value, ", ".join(it.bears_on), ", ".join(it.claims))
        for it in SWITCHES
    ]
    rows += [(name, str(getattr(design, name)), "", "") for name in PARAMETERS]
    return [f"{design.name}, {_distance(design)}", "", *_columns(rows)]


def _distance(design: Design) -> str:
    apart = [
        f"{sum(getattr(design, it.name) != getattr(base, it.name) for it in SWITCHES)} switches from {name}"
        for name, base in SHIPPED.items()
    ]
    return ", ".join(apart)


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]

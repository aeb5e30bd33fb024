"""``billproof explore``: bare exhaustive search of a named model.

Data flow: name and settings -> ``invariants.explore.models.catalogue`` -> a search -> counts, and a shortest
counterexample where an invariant breaks.

Source: ``cli.md``.
"""

import re
import time
from typing import Final

import click

from billproof.cli.output import (
    EXIT_HOLDS,
    EXIT_INCONCLUSIVE,
    EXIT_VIOLATION,
    Json,
    Progress,
    example,
    output_options,
    print_result,
)
from billproof.invariants.explore.findings import Breach, Limits, SearchCounts
from billproof.invariants.explore.models.catalogue import ENGINES, NAMED, NamedModel, Task, values_of

_SIZE: Final = re.compile(r"([0-9]+)\s*(?:([KMGT])(?:i?B)?|B)?", re.IGNORECASE)
_UNITS: Final = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}


class SizeParameter(click.ParamType[int]):
    """An amount of memory, in bytes or with K, M, G or T (powers of 1024)."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes."""
        match = _SIZE.fullmatch(str(value).strip())
        if match is None or int(match[1]) == 0:
            self.fail(f"{value!r} is no amount of memory; write it like 500M or 2GiB", param, ctx)
        return int(match[1]) << _UNITS[(match[2] or "").upper()]


class SettingParameter(click.ParamType[tuple[str, str]]):
    """A setting, ``name=value``."""

    name = "name=value"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return name and value."""
        name, equals, text = str(value).partition("=")
        if not (name and equals and text):
            self.fail(f"{value!r} is no setting; write it like participants=5", param, ctx)
        return name.strip(), text.strip()


def _list_models() -> str:
    lines = ["\b", "Models, and what can be set of each:"]
    for model in NAMED.values():
        lines.append(f"  {model.name}: {model.story}")
        lines.extend(
            f"    {item.name}={str(item.default).lower()}  {item.meaning}" for item in model.parameters
        )
    return "\n".join(lines)


@click.command(
    epilog=_list_models()
    + "\n\n"
    + example(
        "billproof explore two-phase-commit --set participants=7",
        "billproof explore two-phase-commit --set participants=10 --symmetry",
        "billproof explore charge-replication --set sync_ack=false",
    ),
    help="Search every state of a named model, breadth first; exit 1 if an invariant breaks.",
)
@click.argument("name", metavar="MODEL", type=click.Choice(list(NAMED)))
@click.option("--set", "settings", multiple=True, type=SettingParameter(), help="May be repeated.")
@click.option(
    "--symmetry", is_flag=True, help="Search one state of each orbit, and count what it stands for."
)
@click.option("--engine", type=click.Choice(ENGINES), help="[default: the fastest that the model has]")
@click.option("--memory", type=SizeParameter(), help="Most that the process may hold, such as 2GiB.")
@click.option("--budget", type=click.FloatRange(min=0), help="Seconds.  [default: no end]")
@output_options
def command(
    *,
    name: str,
    settings: tuple[tuple[str, str], ...],
    symmetry: bool,
    engine: str | None,
    memory: int | None,
    budget: float | None,
    output_format: str,
    quiet: bool,
) -> int:
    """Search and print; return the exit code."""
    started = time.monotonic()
    model = NAMED[name]
    chosen = engine or model.engines[0]
    _refuse_what_is_not_there(model, chosen, symmetry=symmetry)
    values = values_of(model, dict(settings))
    progress = Progress(quiet=quiet)
    found = model.run(
        Task(
            values=values,
            engine=chosen,
            symmetry=symmetry,
            limits=Limits(
                deadline=started + budget if budget is not None else float("inf"), memory_bytes=memory
            ),
            progress=progress.show,
        )
    )
    progress.end()
    code = EXIT_HOLDS
    if found.breach is not None:
        code = EXIT_VIOLATION
    elif found.stopped:
        code = EXIT_INCONCLUSIVE
    document: dict[str, Json] = {
        "model": name,
        "settings": values,
        "engine": chosen,
        "verdict": _verdict(found),
        "distinct": found.distinct,
        "generated": found.generated,
        "depth": found.depth,
        "canonical": found.canonical,
        "orbit_sum": found.distinct if symmetry else None,
        "symmetry": found.symmetry or None,
        "violation": _document(found.breach) if found.breach is not None else None,
        "stopped": found.stopped or None,
        "seconds": round(time.monotonic() - started, 3),
        "exit_code": code,
    }
    print_result(document, _text(model, document, found), output_format=output_format, quiet=quiet)
    return code


def _refuse_what_is_not_there(model: NamedModel, engine: str, *, symmetry: bool) -> None:
    if engine not in model.engines:
        raise click.UsageError(
            f"{model.name} has no {engine} search; it has {', '.join(model.engines)}",
            click.get_current_context(),
        )
    if symmetry and not model.has_symmetry:
        raise click.UsageError(
            f"{model.name} declares nothing as interchangeable; search it without --symmetry",
            click.get_current_context(),
        )


def _verdict(found: SearchCounts) -> str:
    if found.breach is not None:
        return "REFUTED"
    return "INCONCLUSIVE" if found.stopped else "HOLDS"


def _document(breach: Breach) -> dict[str, Json]:
    return {
        "invariant": breach.invariant,
        "length": len(breach.steps),
        "steps": [{"action": step.action, "changes": list(step.changes)} for step in breach.steps],
    }


def _text(model: NamedModel, document: dict[str, Json], found: SearchCounts) -> list[str]:
    settings = document["settings"]
    assert isinstance(settings, dict)
    told = ", ".join(f"{name}={str(value).lower()}" for name, value in settings.items())
    lines = [f"{model.name} ({told}), {document['engine']} search", ""]
    lines.append(f"{found.distinct:>14,} distinct states")
    if found.canonical is not None:
        lines[-1] += f", the sum of the sizes of {found.canonical:,} orbits"
        lines.append(f"{found.canonical:>14,} canonical states")
        lines.append(f"{'':>15}symmetry: {found.symmetry}")
    lines.append(f"{found.generated:>14,} generated, the initial state included")
    lines.append(f"{found.depth:>14,} levels deep")
    lines.append(f"{document['seconds']:>14} seconds")
    lines.append("")
    if found.breach is not None:
        lines.append(f"REFUTED: {found.breach.invariant} breaks after {len(found.breach.steps)} steps:")
        for number, step in enumerate(found.breach.steps, start=1):
            lines.append(f"{number:>4}. {step.action}")
            lines.extend(f"        {change}" for change in step.changes)
    elif found.stopped:
        lines.append(f"INCONCLUSIVE: {found.stopped}; nothing breaks in what was searched")
    else:
        lines.append("HOLDS: every invariant in every state")
    return lines

"""Designs as TOML text: read, checked, written.

A file starts from one of the shipped designs and names what differs, so that a file stays short and keeps its
meaning when a switch is added.

Source: ``system.md`` section 1.
"""

import tomllib
from dataclasses import replace

from billproof.model.design import (
    PARAMETERS,
    SHIPPED,
    Design,
    DesignError,
    check_design,
    with_switch,
)
from billproof.model.switch_table import SWITCHES


def parse_design(text: str, *, source: str) -> Design:
    """Read a design from TOML text.

    The text has ``base = "documented"`` or ``"repaired"`` (default), an optional ``name``, and the tables
    ``[switches]`` and ``[parameters]``.

    Args:
        text: The TOML text.
        source: The file name, for messages.

    Raises:
        DesignError: Not TOML, an unknown member, switch or value, or a contradictory combination.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DesignError(source, f"not TOML: {error}", "see docs on writing a design") from error
    for member in document:
        if member not in ("base", "name", "switches", "parameters"):
            raise DesignError(
                source, f"unknown member {member!r}", "use base, name, [switches] and [parameters]"
            )
    base = document.get("base", "repaired")
    if base not in SHIPPED:
        raise DesignError(source, f"unknown base {base!r}", f"use one of {', '.join(SHIPPED)}")
    design = replace(SHIPPED[base], name=_text(document.get("name", source), source))
    for name, value in _table(document.get("switches", {}), source, "switches").items():
        design = with_switch(design, name, _text(value, source))
    for name, value in _table(document.get("parameters", {}), source, "parameters").items():
        if name not in PARAMETERS:
            raise DesignError(
                source, f"there is no parameter {name!r}", f"the parameters are {', '.join(PARAMETERS)}"
            )
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise DesignError(source, f"{name} = {value!r} is not a positive integer", "write for example 90")
        # PARAMETERS names members of integer type only.
        design = replace(design, **{name: value})  # type: ignore[arg-type]
    return check_design(design)


def render_design(design: Design) -> str:
    """Return the TOML text of a design, complete, in the order of the record."""
    lines = ['base = "repaired"', f'name = "{design.name}"', "", "[switches]"]
    lines += [f'{switch.name} = "{getattr(design, switch.name).value}"' for switch in SWITCHES]
    lines += ["", "[parameters]"]
    lines += [f"{name} = {getattr(design, name)}" for name in PARAMETERS]
    return "\n".join(lines) + "\n"


def _table(value: object, source: str, name: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise DesignError(source, f"[{name}] is not a table", f"write [{name}] on a line of its own")
    return value


def _text(value: object, source: str) -> str:
    if not isinstance(value, str):
        raise DesignError(source, f"{value!r} is not a string", "put the value in quotation marks")
    return value

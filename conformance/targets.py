"""Which target a name means, and how to reach it."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from sys import executable
from typing import Final

import billproof
from billproof.conformance.adapter import Adapter
from billproof.conformance.errors import KitInputError
from billproof.conformance.reference.model_adapter import ReferenceAdapter
from billproof.conformance.reference.trivial import TRIVIAL_NAMES, make_trivial
from billproof.conformance.transports.http import Http
from billproof.conformance.transports.in_process import InProcess, load_adapter
from billproof.conformance.transports.stdio import Stdio
from billproof.conformance.transports.transport import Transport
from billproof.model.toml_text import TomlTextError, parse_toml

REGISTRY: Final = Path("targets") / "targets.toml"
"""Where a checkout lists the targets that it ships besides these: ``[name] target = "exec:..."``."""

REFERENCE: Final = "reference"
"""The core in this process."""

REFERENCE_HTTP: Final = "reference-http"
"""The service of this distribution over HTTP, in processes of its own."""

REFERENCE_STDIO: Final = "reference-stdio"
"""The core in a process of its own, over JSON lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A target that a registry names."""

    target: str
    cwd: Path
    about: str


def open_target(name: str, *, mapping: Path | None = None) -> Transport:
    """Return the transport to a target.

    Args:
        name: ``http://...``, ``exec:COMMAND``, ``python:MODULE:CLASS``, ``broken:VARIANT`` or a shipped name.
        mapping: The mapping file of an HTTP target.

    Raises:
        KitInputError: No target has this name.
        AdapterError: It cannot be started.
    """
    if name.startswith(("http://", "https://")):
        return Http(name, mapping=mapping)
    if mapping is not None:
        raise KitInputError(f"--map {mapping}", "", f"target {name} is not reached over HTTP", "leave it out")
    if name.startswith("exec:"):
        return Stdio(name.removeprefix("exec:"))
    if name.startswith("python:"):
        return InProcess(load_adapter(name.removeprefix("python:")))
    if name.startswith("broken:"):
        return Stdio(f"{executable} -m billproof.conformance.reference.broken {name.removeprefix('broken:')}")
    return _open_shipped(name)


def _open_shipped(name: str) -> Transport:
    if name in TRIVIAL_NAMES:
        return InProcess(make_trivial(name))
    if name == REFERENCE:
        return InProcess(ReferenceAdapter())
    if name == REFERENCE_STDIO:
        return Stdio(f"{executable} -m billproof.conformance.reference.broken none")
    if name == REFERENCE_HTTP:
        return InProcess(_service_adapter(), "http")
    registered = registered_targets()
    if name in registered:
        found = registered[name]
        if found.target.startswith("exec:"):
            return Stdio(found.target.removeprefix("exec:"), found.cwd)
        return open_target(found.target)
    raise KitInputError(
        f"target {name}", "", "is not known",
        f"name one of {', '.join((*shipped_names(), *registered))}, or write http://..., exec:COMMAND,"
        " python:MODULE:CLASS or broken:VARIANT",
    )  # fmt: skip


def _service_adapter() -> Adapter:
    # Imported here: it needs what the extra "service" brings.
    from billproof.conformance.reference.service_adapter import ServiceAdapter

    return ServiceAdapter()


def shipped_names() -> tuple[str, ...]:
    """Return the names that are always there."""
    return (REFERENCE, REFERENCE_HTTP, REFERENCE_STDIO, *TRIVIAL_NAMES)


def registered_targets() -> dict[str, Registered]:
    """Return the targets of the registry of this folder, or else of this checkout.

    Raises:
        KitInputError: A registry cannot be read.
    """
    for root in (Path.cwd(), Path(billproof.__file__).resolve().parents[2]):
        path = root / REGISTRY
        if path.is_file():
            return read_registry(path, root)
    return {}


def read_registry(path: Path, root: Path) -> dict[str, Registered]:
    """Read a registry of targets.

    Raises:
        KitInputError: It cannot be read, or an entry has no target.
    """
    read = partial(KitInputError, str(path))
    try:
        tables = parse_toml(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, TomlTextError) as error:
        raise read("", f"cannot be read: {error}", "mend it") from error
    found: dict[str, Registered] = {}
    for name, table in tables.items():
        if not isinstance(table, dict) or not isinstance(table.get("target"), str):
            raise read(name, "has no target", 'write target = "exec:COMMAND"')
        found[name] = Registered(
            target=table["target"], cwd=root / str(table.get("cwd", ".")), about=str(table.get("about", ""))
        )
    return found

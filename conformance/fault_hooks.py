"""Faults by an implementer's own commands: ``faults.toml``, argv lists only, and never a shell.

The kit names only nodes that the file declares, substitutes their names, waits no longer than a hook
allows, and reports what a command printed as evidence. Where a hook is declared, it takes the place of
``fault`` messages; the adapter's declaration is widened by what the file offers.

Source: ``conformance.md`` section 6.
"""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from billproof.conformance.documents import Document, Value, inner_of, list_of, text_of
from billproof.conformance.errors import KitInputError
from billproof.conformance.messages import FAULTS
from billproof.conformance.transports.transport import REPLY_SECONDS, Transport
from billproof.model.toml_text import TomlTextError, parse_toml

PROOFS: Final = (
    "health", "boot_id_changes", "no_reply", "reply", "cross_read_stale_or_refused", "cross_read_fresh",
    "writer_changed", "clock_reads", "none",
)  # fmt: skip
"""The effects that a hook can name."""

_TIMEOUT: Final = 30.0
_SECONDS_MAX: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One command."""

    argv: tuple[str, ...]
    proof: str
    seconds: float
    cwd: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """The hooks of a file."""

    nodes: tuple[str, ...]
    hooks: Mapping[str, Hook]


def read_hooks(path: Path) -> Hooks:
    """Read a file of hooks.

    Raises:
        KitInputError: It cannot be read, or a hook is not a list of arguments.
    """
    try:
        table = parse_toml(path.read_text("utf-8"), parse_float=float)
    except (OSError, UnicodeDecodeError, TomlTextError) as error:
        raise KitInputError(str(path), "", f"cannot be read: {error}", "mend it") from error
    nodes = table.get("nodes")
    if not isinstance(nodes, list) or not nodes or not all(isinstance(node, str) for node in nodes):
        raise KitInputError(str(path), "nodes", "is no list of names", 'write nodes = ["n1"]')
    made = {}
    listed = table.get("hooks", {})
    if not isinstance(listed, dict):
        raise KitInputError(str(path), "hooks", "is no table", 'write [hooks.crash] and argv = ["./ctl"]')
    for name, hook in listed.items():
        argv = hook.get("argv") if isinstance(hook, dict) else None
        if name not in {*FAULTS, "start", "logs"}:
            raise KitInputError(str(path), f"hooks.{name}", "is no fault", f"use {', '.join(FAULTS)}")
        if not isinstance(argv, list) or not argv or not all(isinstance(word, str) for word in argv):
            raise KitInputError(
                str(path), f"hooks.{name}", "argv is no list of words", 'write argv = ["./ctl"]'
            )
        proof = str(hook.get("proof", "none"))
        if proof not in PROOFS:
            raise KitInputError(str(path), f"hooks.{name}", f"proof is {proof!r}", f"use {', '.join(PROOFS)}")
        seconds = hook.get("timeout_s", _TIMEOUT)
        # A NaN compares with nothing, hence the form of this question.
        if (
            isinstance(seconds, bool)
            or not isinstance(seconds, int | float)
            or not 0 < seconds <= _SECONDS_MAX
        ):
            raise KitInputError(
                str(path),
                f"hooks.{name}",
                f"timeout_s is {str(seconds)[:40]}",
                f"write 1 to {_SECONDS_MAX:g}",
            )
        made[name] = Hook(
            argv=tuple(argv), proof=proof, seconds=float(seconds),
            cwd=path.parent / str(hook.get("cwd", ".")),
        )  # fmt: skip
    return Hooks(nodes=tuple(nodes), hooks=made)


class Hooked:
    """A transport whose faults are caused by commands."""

    def __init__(self, inner: Transport, hooks: Hooks) -> None:
        self._inner = inner
        self._hooks = hooks
        self.name = inner.name

    def call(self, message: Document, seconds: float = REPLY_SECONDS) -> Document:
        """Run the command of a fault, or hand the message on."""
        command = message.get("cmd")
        if command == "fault" and str(message.get("fault")) in self._hooks.hooks:
            return self._cause(message)
        reply = self._inner.call(message, seconds)
        return self._widened(reply) if command == "hello" else reply

    def _widened(self, reply: Document) -> Document:
        capabilities = inner_of(reply, "capabilities")
        offered = [name for name in self._hooks.hooks if name in FAULTS]
        known: list[Value] = list(list_of(capabilities, "faults"))
        known.extend(name for name in offered if name not in known)
        nodes: list[Value] = list(self._hooks.nodes)
        return {**reply, "capabilities": {**capabilities, "faults": known, "nodes": nodes}}

    def _cause(self, message: Document) -> Document:
        hook = self._hooks.hooks[text_of(message, "fault")]
        node = text_of(message, "node", self._hooks.nodes[0])
        if node not in self._hooks.nodes:
            return {"ok": False, "detail": f"{node} is none of the nodes {', '.join(self._hooks.nodes)}"}
        fields = {"node": node, "region": node, "ms": text_of(inner_of(message, "args"), "ms", "0")}
        for name, group in zip(("group_a", "group_b"), list_of(message, "nodes"), strict=False):
            fields[name] = ",".join(str(item) for item in group) if isinstance(group, list) else str(group)
        argv = [_filled(word, fields) for word in hook.argv]
        try:
            done = subprocess.run(  # noqa: S603 - the implementer's own words, no shell
                argv, cwd=hook.cwd, capture_output=True, text=True, timeout=hook.seconds, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return {"ok": False, "detail": f"{argv[0]}: {error}"}
        evidence: Document = {"exit_code": done.returncode, "stdout": done.stdout[-2_000:], "edited": True}
        if done.returncode != 0:
            return {"ok": False, "detail": f"{argv[0]} ended with {done.returncode}: {done.stderr[-500:]}"}
        return {"ok": True, "evidence": evidence}

    def allow(self, in_flight: int, line_bytes: int) -> None:
        """Hand the limits on."""
        self._inner.allow(in_flight, line_bytes)

    def log(self) -> str:
        """Return the end of the adapter's stderr."""
        return self._inner.log()

    def close(self) -> None:
        """Start every node again, and end the adapter."""
        if "start" in self._hooks.hooks:
            for node in self._hooks.nodes:
                self._cause({"fault": "start", "node": node})
        self._inner.close()


def _filled(word: str, fields: Mapping[str, str]) -> str:
    for name, text in fields.items():
        word = word.replace("{" + name + "}", text)
    return word

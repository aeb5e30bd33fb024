"""What every command is executed in, and what it comes to.

``Context`` carries what the core may not decide for itself: the design, and the digest oracle. Running, the
oracle is SHA-256 over the canonical receipt body; proving, it is an uninterpreted function. The core calls
it and never looks inside.

Source: ``verification.md``, "Rules that keep it sound".
"""

from collections.abc import Callable
from dataclasses import dataclass

from billproof.model.design import Design
from billproof.model.identifiers import NO_DIGEST, NO_POSITION, Digest, Position
from billproof.model.outcomes import Status
from billproof.model.state import Entry, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The design and the oracle."""

    design: Design
    digest: Callable[[Entry], Digest]
    """The digest of an entry's body; does not read ``entry.digest``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one command came to."""

    state: State
    status: Status
    position: Position = NO_POSITION
    """Where the entry of the outcome lies in the log of the site, new or stored."""
    receipt: Digest = NO_DIGEST
    """The digest of the entry of the outcome."""
    replayed: bool = False
    """Whether the outcome was stored before under the same key."""

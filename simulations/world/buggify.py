"""Points of the model's rim that misbehave now and then, where a run asks for it.

The core is not touched: what surrounds it - instances, carriers, keepers - is slow, forgetful or hasty at
these points, as real processes are. A run draws which points misbehave at all.

Source: ``simulation.md``; FoundationDB's ``BUGGIFY``.
"""

from typing import Final

POINTS: Final[tuple[tuple[str, str], ...]] = (
    ("commit_is_slow", "an instance waits long between looking up and committing"),
    ("second_write_is_slow", "an instance waits long between its two writes"),
    ("reply_is_dropped", "an instance does not send an answer that it has given"),
    ("asks_twice", "an instance takes one request twice"),
    ("confirmation_is_dropped", "a replica does not say how far it holds the log"),
    ("ships_from_afar", "a shipper forgets what it has sent"),
    ("publishes_twice", "a publisher sends a message of the outbox again at once"),
    ("taken_is_dropped", "the consumer does not say that it has taken a message"),
    ("probe_is_missed", "the operator does not hear an answer of the leader"),
    ("document_is_skipped_once", "the projector stops in the middle of its work"),
)
"""Name of each point, and what happens there."""

NUMBER: Final = {name: number for number, (name, _) in enumerate(POINTS)}
"""The bit of each point."""

SHARE: Final = 60_000
"""How often a point misbehaves that does at all, in millionths."""

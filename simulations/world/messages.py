"""What processes send each other.

Each is small and holds values only; the log entries that a ``Ship`` or an ``Outbox`` stands for are read
where the core reads them, and only if they are still those that the message was sent for.
"""

from typing import Final, NamedTuple

from billproof.model.identifiers import AttemptId, Digest, Epoch, Position
from billproof.model.outcomes import Region, Status
from billproof.model.state import Request


class Ask(NamedTuple):
    """A client asks for an operation."""

    client: int
    number: int
    """Which of the client's intents."""
    operation: str
    """The name of the command of the core."""
    request: Request


class Reply(NamedTuple):
    """An instance answers."""

    number: int
    status: Status
    region: Region


class Stage(NamedTuple):
    """An instance goes on with a request after the time that the work takes."""

    incarnation: int
    """Of the instance; what an earlier one began is lost."""
    step: int
    attempt: AttemptId
    ask: Ask
    tries: int
    answered: bool


COMMIT: Final = 0
SECOND_WRITE: Final = 1
ANSWER: Final = 2


class Nudge(NamedTuple):
    """There may be something to do."""


class Ship(NamedTuple):
    """A leader ships one entry."""

    source: Region
    epoch: Epoch
    position: Position
    digest: Digest


class Held(NamedTuple):
    """A replica says how far it holds the leader's log."""

    source: Region
    epoch: Epoch
    length: Position


class Outbox(NamedTuple):
    """A message of the outbox, to the invoice consumer."""

    publisher: int
    region: Region
    position: Position
    digest: Digest


class Copy(NamedTuple):
    """An archived entry, to the third region."""

    sender: int
    position: Position
    digest: Digest


class Copied(NamedTuple):
    """The third region says how many entries it holds."""

    length: int


class Taken(NamedTuple):
    """The consumer has taken a message of the outbox."""

    position: Position


class Republish(NamedTuple):
    """Somebody has started the batch job again: the whole outbox is to be published once more."""


NUDGE: Final = Nudge()
REPUBLISH: Final = Republish()

"""What goes wrong between the kit and an adapter, as distinct from what a product does wrong.

A false verdict about somebody's product is the worst thing that the kit can say. So whatever the
adapter, its process or its messages do that the protocol does not allow ends here, with its name, and
never in a verdict.
"""

from enum import StrEnum

from billproof.model.portable import PortableError


class Fault(StrEnum):
    """The names of what an adapter can do wrong."""

    NOT_STARTED = "not-started"
    """It could not be started or reached at all."""
    CRASHED = "crashed"
    """Its process ended, or its method raised an exception."""
    HUNG = "hung"
    """No reply within the time that was allowed."""
    MALFORMED = "malformed"
    """A line that is not one JSON object of the protocol's JSON."""
    SCHEMA = "schema"
    """A reply without a member that it must have, or with one of another type."""
    SEQUENCE = "sequence"
    """A reply to a message that was not sent, or a second reply to one."""
    TOO_LONG = "too-long"
    """A reply longer than it may be."""
    FLOODED = "flooded"
    """More on stderr than anybody can read."""
    OVERLOADED = "overloaded"
    """It refused or lost messages although no more were in flight than it had declared."""
    UNTESTABLE = "untestable"
    """It declares what cannot be exercised."""
    VERSION = "version"
    """It speaks another version of the protocol."""


class AdapterError(PortableError):
    """What an adapter did that the protocol does not allow; its author's to mend.

    Args:
        fault: What kind of fault.
        problem: What was found, with both values.
        remedy: What to do about it.
        log: The end of what the adapter wrote on stderr.
    """

    def __init__(self, fault: Fault, problem: str, remedy: str, log: str = "") -> None:
        super().__init__(f"adapter error ({fault.value}): {problem}; {remedy}")
        self.fault = fault
        self.problem = problem
        self.remedy = remedy
        self.log = log


class KitInputError(PortableError):
    """A file or argument of the kit that is not taken; whoever wrote it must mend it.

    Args:
        source: The file or the argument.
        place: Where in it.
        problem: What is wrong, with the value.
        remedy: What to write instead.
    """

    def __init__(self, source: str, place: str, problem: str, remedy: str) -> None:
        super().__init__(
            f"{source}: {place}: {problem}; {remedy}" if place else f"{source}: {problem}; {remedy}"
        )
        self.source = source
        self.place = place
        self.problem = problem
        self.remedy = remedy

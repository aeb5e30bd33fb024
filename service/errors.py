"""What can go wrong at the rim: one small tree of errors, each with its input, its place and its remedy.

Every error here is somebody else's to mend - a file, a database, an argument - and leaves everything as it
was. The command line prints the three parts and exits with 3. A bug of billproof is an assertion instead.

Source: ``cli.md``, exit code 3; house style rule 12.
"""

from billproof.model.portable import PortableError


class RimError(PortableError):
    """Something outside billproof is not as it must be; nothing was changed.

    Args:
        source: The file, database or argument.
        place: Where in it, for example ``line 7, column BilledCost``; empty for the whole.
        problem: What is wrong, with the value.
        remedy: What to do about it.
    """

    def __init__(self, source: str, place: str, problem: str, remedy: str) -> None:
        where = f"{source}: {place}" if place else source
        super().__init__(f"{where}: {problem}; {remedy}")
        self.source = source
        self.place = place
        self.problem = problem
        self.remedy = remedy


class InputFileError(RimError):
    """A file of usage, keys or receipts that cannot be read as a whole."""


class BadLinesError(RimError):
    """A file of usage with malformed lines, refused whole.

    Args:
        source: The file.
        problem: How many lines are bad, and which is the first.
        remedy: What to do about it.
        lines: The first of the bad lines, rendered.
        count: How many lines are bad in all.
    """

    def __init__(self, source: str, problem: str, remedy: str, *, lines: tuple[str, ...], count: int) -> None:
        super().__init__(source, "", problem, remedy)
        self.lines = lines
        self.count = count


class StoreFileError(RimError):
    """A database that is missing, is no billproof database, or has another schema version."""


class StoreBusyError(RimError):
    """Another process has been writing to the database for longer than this one could wait."""


class StoredDesignError(RimError):
    """The database was made under another design than the one asked for."""


class UnreadableEntryError(RimError):
    """A stored receipt that the model needs and that no longer reads as one; an audit says more."""


class UnknownCustomerError(RimError):
    """No account of this name in the database."""


class InterruptedIngestError(RimError):
    """The user stopped an ingest; what was committed stays, and the same command goes on from there."""


class PeriodNotClosedError(RimError):
    """A month that cannot be closed: not over, not billed here, or never closed under the design."""

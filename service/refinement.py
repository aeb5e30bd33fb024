"""Does a service do what the core does? Its trace, commit by commit, against ``step`` on plain values.

Theory of operation. The service runs ``step`` on tables; here every command of its trace runs through the
same ``step`` on immutable maps in memory, and status, position, digest and replay mark must come out equal,
and so must the entries be those of the ledger. What another process has committed in between - an account
opened at the command line - is taken from the ledger by ``apply_entry``, counted and reported, since the
trace says nothing about it.

Choices: the maps are the model's own, so a trace of n commits costs about n squared; a day's trace is cut
into files. A verdict that rests on no command at all is INCOMPLETE, never VALID.

Source: issue text, item 7: "the trace of every service commit can be checked against the core".
"""

from dataclasses import dataclass, replace
from pathlib import Path

from billproof.model.context import Context
from billproof.model.core import step
from billproof.model.identifiers import NO_POSITION, Count, Position
from billproof.model.outcomes import ReceiptVerdict
from billproof.model.posting import apply_entry
from billproof.model.receipts import digest_of
from billproof.model.state import Entry, State, initial_state
from billproof.service.reading import read_receipts
from billproof.service.schema import reading_store, stored_design
from billproof.service.trace import Commit, read_trace


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceReport:
    """The verdict on a trace and what it stands on."""

    verdict: ReceiptVerdict
    commits: Count
    commands: Count
    """Commands whose outcome is that of the core."""
    entries: Count
    """Entries that these commands made."""
    entries_elsewhere: Count
    """Entries of the ledger that the trace does not explain: another process made them."""
    line: int
    """The line of the first difference; 0 without one."""
    reason: str
    """What differs, or what is missing; empty for VALID."""


def check_trace(trace: Path, database: Path) -> TraceReport:
    """Replay a trace against the core and the ledger that it belongs to.

    Raises:
        RimError: A file cannot be read as what it should be.
    """
    with reading_store(database) as connection:
        design = stored_design(connection, database)
        digest = digest_of(design)
        ledger = [
            replace(receipt.entry, digest=digest(receipt.entry))
            for receipt in read_receipts(connection, database)
        ]
    checker = _Checker(ledger, Context(design=design, digest=digest))
    for commit in read_trace(trace):
        reason = checker.replay(commit)
        if reason:
            return checker.report(ReceiptVerdict.INVALID, commit.line, reason)
    if checker.commands == 0:
        return checker.report(ReceiptVerdict.INCOMPLETE, 0, "the trace has no command")
    return checker.report(ReceiptVerdict.VALID, 0, "")


class _Checker:
    def __init__(self, ledger: list[Entry], context: Context) -> None:
        self._ledger = ledger
        self._context = context
        self._state: State = initial_state(regions=1)
        self._commits = 0
        self.commands = 0
        self._entries = 0
        self._elsewhere = 0

    def report(self, verdict: ReceiptVerdict, line: int, reason: str) -> TraceReport:
        return TraceReport(
            verdict=verdict, commits=Count(self._commits), commands=Count(self.commands),
            entries=Count(self._entries), entries_elsewhere=Count(self._elsewhere), line=line, reason=reason,
        )  # fmt: skip

    def replay(self, commit: Commit) -> str:
        """Replay one commit and return what differs; empty if nothing does."""
        missing = self._catch_up(commit.base)
        if missing:
            return missing
        for number, told in enumerate(commit.steps, start=1):
            outcome = step(self._state, told.command, self._context)
            place = f"step {number}, {type(told.command).__name__}"
            for name, found, wanted in (
                ("status", told.status.name, outcome.status.name),
                ("position", told.position, outcome.position),
                ("receipt", told.receipt, outcome.receipt),
                ("replayed", told.replayed, outcome.replayed),
            ):
                if found != wanted:
                    return f"{place}: {name} is {found}, the core says {wanted}"
            self._state = outcome.state
            self.commands += 1
            if outcome.position != NO_POSITION and not outcome.replayed:
                fault = self._compare(outcome.position)
                if fault:
                    return f"{place}: {fault}"
        self._commits += 1
        return ""

    def _compare(self, position: Position) -> str:
        """Compare the entry that the core has made with the one in the ledger."""
        if position >= len(self._ledger):
            return f"the ledger has no entry at position {position}"
        made = self._state.primary.ledger.at(position)
        if made != self._ledger[position]:
            return f"the ledger holds another entry at position {position} than the core makes"
        self._entries += 1
        return ""

    def _catch_up(self, base: Position) -> str:
        length = self._state.primary.ledger.length
        if base < length:
            return f"begins at position {base}, but the log has {length} entries already"
        if base > len(self._ledger):
            return f"begins at position {base}, but the ledger has {len(self._ledger)} entries only"
        for place in range(length, base):
            site = apply_entry(self._state.primary, self._ledger[place], self._context)
            self._state = replace(self._state, primary=site)
            self._elsewhere += 1
        return ""

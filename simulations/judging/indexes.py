"""Where the entries of a log lie, by customer, by key and by sequence number; kept up as the log grows."""

from dataclasses import dataclass, field

from billproof.model.containers import Log
from billproof.model.identifiers import CustomerId, IdempotencyKey, Position, Sequence
from billproof.model.state import Entry, RowName
from billproof.simulations.kernel.versions import VersionedLog


def row_name_of(entry: Entry) -> RowName:
    """Return the row of an entry by the calendar."""
    return RowName(customer=entry.customer, entitlement=entry.entitlement, period=entry.period)


@dataclass(frozen=False, slots=True)
class LogIndex:
    """The places of the entries of one log."""

    log: Log[Entry] | None = None
    length: int = 0
    by_customer: dict[CustomerId, list[Position]] = field(default_factory=dict)
    by_key: dict[tuple[CustomerId, IdempotencyKey], list[Position]] = field(default_factory=dict)
    by_sequence: dict[tuple[CustomerId, int], list[Position]] = field(default_factory=dict)
    rows: dict[CustomerId, dict[RowName, None]] = field(default_factory=dict)

    def follow(self, log: Log[Entry]) -> "LogIndex":
        """Be the index of a log: go on where it has grown from the one before, begin anew elsewhere."""
        if log is self.log:
            return self
        known = self.log
        grown = isinstance(known, VersionedLog) and isinstance(log, VersionedLog) and known.shares(log)
        if not grown or log.length < self.length:
            self.length = 0
            self.by_customer, self.by_key, self.by_sequence, self.rows = {}, {}, {}, {}
        for number in range(self.length, log.length):
            place = Position(number)
            entry = log.at(place)
            self.by_customer.setdefault(entry.customer, []).append(place)
            self.by_key.setdefault((entry.customer, entry.key), []).append(place)
            self.by_sequence.setdefault((entry.customer, entry.sequence), []).append(place)
            self.rows.setdefault(entry.customer, {})[row_name_of(entry)] = None
        self.log, self.length = log, log.length
        return self

    def rows_of(self, customer: CustomerId) -> tuple[RowName, ...]:
        """Return the rows that a customer has used."""
        return tuple(self.rows.get(customer, ()))

    def related(self, entry: Entry) -> tuple[Position, ...]:
        """Return where entries lie that any clause compares with one: of its key, or next to it in its chain.

        The entry itself is among them if it is in the log.
        """
        customer, sequence = entry.customer, entry.sequence
        found = dict.fromkeys(self.by_key.get((customer, entry.key), ()))
        for number in (sequence - 1, sequence, sequence + 1):
            found.update(dict.fromkeys(self.by_sequence.get((customer, Sequence(number)), ())))
        return tuple(found)

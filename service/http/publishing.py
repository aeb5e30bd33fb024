"""The latest checkpoint, made when somebody asks and the last one is old.

Making one reads the whole log, so one thread does it at a time and the others take the last one. A checkpoint
covers committed entries only: they are durable, whether or not their signature is written yet.

Source: ``system.md`` section 4, step 6.
"""

import threading
import time
from typing import Final

from billproof.model.identifiers import CustomerId, Sequence
from billproof.service.export import checkpoint_json
from billproof.service.http.readers import SIGNATURE_SECONDS_MAX, Readers
from billproof.service.schema import reading_store

PERIOD_SECONDS: Final = 5.0
"""How old a checkpoint may be before another one is made."""

_POLL_SECONDS: Final = 0.005


class Publisher:
    """Makes checkpoints of a store."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._lock = threading.Lock()
        self._text = ""
        self._size = -1
        self._made = 0.0

    def latest(self) -> str:
        """Return a checkpoint as JSON, at most ``PERIOD_SECONDS`` old or of everything there is.

        Raises:
            RimError: The store or its keys cannot be used.
        """
        with self._lock:
            size = self._log_size()
            if size != self._size and (not self._text or time.monotonic() - self._made > PERIOD_SECONDS):
                self._publish(size)
            return self._text

    def covering(self, customer: CustomerId, sequence: Sequence) -> str:
        """Return the latest checkpoint, or a new one where that does not cover an entry yet.

        What it covers of the customer's chain is signed when this returns, so that all of it can be shown.

        Raises:
            RimError: The store or its keys cannot be used.
        """
        connection = self._readers.connection()
        row = connection.execute(
            "SELECT position FROM log WHERE customer = ? AND seq = ?", (customer, sequence)
        ).fetchone()
        self.latest()
        with self._lock:
            if row is not None and self._size <= int(row[0]):
                self._publish(self._log_size())
            text, size = self._text, self._size
        deadline = time.monotonic() + SIGNATURE_SECONDS_MAX
        while connection.execute(
            "SELECT 1 FROM unsigned WHERE customer = ? AND position < ?", (customer, size)
        ).fetchone():
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_SECONDS)
        return text

    def _publish(self, size: int) -> None:
        with reading_store(self._readers.path) as connection:
            self._text = checkpoint_json(connection, self._readers.path)
        self._size, self._made = size, time.monotonic()

    def _log_size(self) -> int:
        (last,) = self._readers.connection().execute("SELECT MAX(position) FROM log").fetchone()
        return 0 if last is None else int(last) + 1

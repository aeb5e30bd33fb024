"""The database: a pool of connections, and the one way to run a transaction.

Theory of operation. Every operation is one SERIALIZABLE transaction. PostgreSQL promises that what commits
is as if the transactions had run one after another; what would not be is refused with an error before or at
the commit, and the whole operation is run again on a new snapshot. ``run`` returns after the commit record
is on the disk of the server, which is what an acknowledgement means.

A connection that breaks before the commit was asked for has done nothing; one that breaks while it was
asked for has done everything or nothing, and ``OutcomeUnknownError`` says so.
"""

import queue
import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

import psycopg
from psycopg.errors import DeadlockDetected, SerializationFailure, UniqueViolation

T = TypeVar("T")

ATTEMPTS_MAX: Final = 60
"""How often an operation is run again after a conflict before it is given up, without effect."""

BACKOFF_SECONDS: Final = 0.004
"""The mean of the first pause between two attempts."""

BACKOFF_SECONDS_MAX: Final = 0.06
"""The mean of the longest pause."""


class BusyError(Exception):
    """Every attempt met a conflict and was rolled back; nothing happened."""


class OutcomeUnknownError(Exception):
    """The server went away while it was asked to commit; ask again under the same key."""


class UnavailableError(Exception):
    """The server cannot be reached; nothing happened."""


Transaction = psycopg.Connection[tuple[object, ...]]
"""A connection within a transaction."""


class Database:
    """A pool of connections that grows as needed; each is used by one thread at a time."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._idle: queue.LifoQueue[Transaction] = queue.LifoQueue()

    def run(self, work: Callable[[Transaction], T]) -> T:
        """Run ``work`` in a SERIALIZABLE transaction, again after each conflict, and commit.

        Raises:
            BusyError: Too many conflicts; nothing happened.
            OutcomeUnknownError: The server was lost during the commit.
            UnavailableError: The server was lost before; nothing happened.
        """
        for attempt in range(ATTEMPTS_MAX):
            if attempt:
                longest = min(BACKOFF_SECONDS * 2**attempt, BACKOFF_SECONDS_MAX)
                time.sleep(random.uniform(0, 2 * longest))  # noqa: S311 - spreads retries, decides nothing
            connection = self._take()
            try:
                result = work(connection)
            except (SerializationFailure, DeadlockDetected, UniqueViolation):
                self._give_back(connection)
                continue
            except psycopg.OperationalError as error:
                connection.close()
                raise UnavailableError(str(error)) from error
            except BaseException:
                self._give_back(connection)
                raise
            if self._is_committed(connection):
                return result
        raise BusyError(f"gave up after {ATTEMPTS_MAX} conflicts")

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while not self._idle.empty():
            self._idle.get().close()

    def _is_committed(self, connection: Transaction) -> bool:
        try:
            connection.commit()
        except (SerializationFailure, DeadlockDetected, UniqueViolation):
            self._give_back(connection)
            return False
        except psycopg.OperationalError as error:
            connection.close()
            raise OutcomeUnknownError(str(error)) from error
        self._idle.put(connection)
        return True

    def _take(self) -> Transaction:
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            return self._connect()
        # A server that was restarted has left dead connections behind, which is found out before any use.
        if connection.closed or not _answers(connection):
            connection.close()
            return self._take()
        return connection

    def _connect(self) -> Transaction:
        try:
            connection = psycopg.connect(self._address)
        except psycopg.OperationalError as error:
            raise UnavailableError(str(error)) from error
        connection.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
        return connection

    def _give_back(self, connection: Transaction) -> None:
        try:
            connection.rollback()
        except psycopg.OperationalError:
            connection.close()
            return
        self._idle.put(connection)


def _answers(connection: Transaction) -> bool:
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.OperationalError:
        return False
    return True

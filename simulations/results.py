"""The results of a campaign in a SQLite file, which any tool opens.

One table, ``runs``, one row for each scenario, seed and design. A row is written as soon as its turn comes,
in a transaction of its own, so that whatever interrupts a campaign leaves whole rows. No row says when or for
how long it ran: the same campaign gives the same rows.

Source: ``simulation.md`` "Runs".
"""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from billproof.model.portable import PortableError
from billproof.simulations.campaign import Row, Task, design_key, encode_row

TABLE: Final = "runs"

_COLUMNS: Final[dict[str, type[str] | type[int]]] = {
    "scenario": str,
    "seed": int,
    "design": str,
    "judge_every": int,
    "events": int,
    "committed": int,
    "history": str,
    "violated": str,
    "met": str,
    "fired": str,
    "misbehaved": str,
    "undrained": str,
    "drained_micros": int,
    "rto_micros": int,
    "rpo_events": int,
}
_KEY: Final = ("scenario", "seed", "design", "judge_every")


class ResultsError(PortableError):
    """A database of results that cannot be used.

    Args:
        source: The file.
        problem: What is wrong with it.
        remedy: What to do.
    """

    def __init__(self, source: str, problem: str, remedy: str) -> None:
        super().__init__(f"{source}: {problem}; {remedy}")
        self.source = source
        self.problem = problem
        self.remedy = remedy


class Results:
    """The rows of campaigns, in a file or in memory."""

    def __init__(self, path: Path | None) -> None:
        """Open a file, or keep everything in memory.

        Raises:
            ResultsError: The file is no database, or one of something else.
        """
        # sqlite-utils is slow to import and only campaigns need it.
        from sqlite_utils import Database

        self._source = str(path) if path is not None else ":memory:"
        try:
            self._connection = sqlite3.connect(self._source)
            database = Database(self._connection)
            if TABLE not in database.table_names():
                self._connection.execute(database.create_table_sql(TABLE, _COLUMNS, pk=_KEY))
                self._connection.commit()
            columns = {column.name for column in database[TABLE].columns}
        except sqlite3.Error as error:
            raise ResultsError(
                self._source, f"cannot be used: {error}", "name another file with --db"
            ) from error
        if columns != set(_COLUMNS):
            raise ResultsError(
                self._source,
                f"its table {TABLE} has the columns {sorted(columns)}, not {sorted(_COLUMNS)}",
                "it is of another version or another program; name another file with --db",
            )

    def find(self, task: Task) -> Row | None:
        """Return the row of a task that was run before."""
        found = self._connection.execute(
            f"SELECT {', '.join(_COLUMNS)} FROM {TABLE} "  # noqa: S608 - names of our own
            "WHERE scenario = ? AND seed = ? AND design = ? AND judge_every = ?",
            (task.scenario.id, task.seed, design_key(task.design), task.judge_every),
        ).fetchone()
        return None if found is None else _row(dict(zip(_COLUMNS, found, strict=True)))

    def add(self, row: Row) -> None:
        """Write a row; one that is there already stays as it is."""
        values = encode_row(row)
        places = ", ".join("?" for _ in _COLUMNS)
        with self._connection:
            self._connection.execute(
                f"INSERT OR IGNORE INTO {TABLE} ({', '.join(_COLUMNS)}) "  # noqa: S608 - names of our own
                f"VALUES ({places})",
                tuple(values[name] for name in _COLUMNS),
            )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _row(values: dict[str, object]) -> Row:
    text: Callable[[str], str] = lambda name: str(values[name])  # noqa: E731 - two accessors of one line
    number: Callable[[str], int] = lambda name: int(str(values[name]))  # noqa: E731 - as above
    return Row(
        scenario=text("scenario"),
        seed=number("seed"),
        design=text("design"),
        judge_every=number("judge_every"),
        events=number("events"),
        committed=number("committed"),
        history=text("history"),
        violated=tuple((theorem, clause, steps) for theorem, clause, steps in json.loads(text("violated"))),
        met=tuple(json.loads(text("met"))),
        fired=tuple((kind, count) for kind, count in json.loads(text("fired"))),
        misbehaved=tuple((point, count) for point, count in json.loads(text("misbehaved"))),
        undrained=tuple(json.loads(text("undrained"))),
        drained_micros=number("drained_micros"),
        rto_micros=number("rto_micros"),
        rpo_events=number("rpo_events"),
    )

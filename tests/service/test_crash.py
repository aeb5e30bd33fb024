"""Whatever stops an ingest, the same command again ends where an undisturbed one would have ended."""

import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from billproof.model.identifiers import Amount
from billproof.model.money import render_amount
from tests.service.commands import asked, billproof, number, started
from tests.service.usage_files import many, write_focus

ROWS = 1_300
SEED = 20250301
TOTAL = {"USD": render_amount(Amount(sum(range(1, ROWS + 1)) * 10))}


@pytest.fixture(scope="module")
def usage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_focus(tmp_path_factory.mktemp("usage") / "usage.csv", many(ROWS))


def committed(database: Path) -> int:
    """Return how many entries are committed, while another process writes."""
    if not database.exists():
        return 0
    connection = sqlite3.connect(database)
    try:
        (count,) = connection.execute("SELECT COUNT(*) FROM log").fetchone()
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()
    assert isinstance(count, int)
    return count


def wait_until_committed(process: subprocess.Popen[str], database: Path, entries: int) -> None:
    """Wait until a process has committed that many entries, or has ended."""
    while process.poll() is None and committed(database) < entries:
        time.sleep(0.005)


def assert_complete(usage: Path, database: Path) -> None:
    """Assert that the same command completes the ledger, and that it is whole."""
    answer = asked("ingest", usage, "--db", database)
    assert answer["total"] == TOTAL
    assert number(answer, "charged") + number(answer, "duplicates") == ROWS
    document = asked("audit", database)
    assert (document["verdict"], document["entries"]) == ("VALID", ROWS + 7)
    assert asked("ingest", usage, "--db", database)["duplicates"] == ROWS


@pytest.mark.slow
def test_killed_ingest_loses_nothing_and_repeats_nothing(usage: Path, tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    draw = random.Random(SEED)  # noqa: S311 - a seeded sequence is wanted
    for target in (0, 0, 1, 1, 500, 1_000):
        process = started("ingest", usage, "--db", database)
        wait_until_committed(process, database, target)
        # Between commits, in the middle of signing, or while the file is made.
        time.sleep(draw.random() * 0.1)
        process.kill()
        process.communicate()
        if committed(database):
            assert billproof("audit", database).code in {0, 2}
    assert_complete(usage, database)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_ingest_says_how_to_go_on(usage: Path, tmp_path: Path, number: signal.Signals) -> None:
    database = tmp_path / "ledger.db"
    process = started("ingest", usage, "--db", database)
    wait_until_committed(process, database, 1)
    process.send_signal(number)
    out, err = process.communicate()
    assert process.returncode == 3
    assert out == ""
    assert "run the same command again" in err
    assert "Traceback" not in err
    assert 0 < committed(database) < ROWS
    assert asked("audit", database)["verdict"] == "VALID"
    assert_complete(usage, database)


@pytest.mark.slow
def test_two_ingests_of_one_file_at_a_time_bill_nothing_twice(usage: Path, tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    both = [started("ingest", usage, "--db", database, "--format", "json") for _ in range(2)]
    for process in both:
        out, err = process.communicate()
        assert process.returncode == 0, err + out
    assert_complete(usage, database)


def test_ingest_while_the_ledger_is_audited_leaves_the_audit_whole(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    asked("ingest", write_focus(tmp_path / "first.csv", many(5)), "--db", database)
    with started("ingest", write_focus(tmp_path / "more.csv", many(700)), "--db", database) as process:
        while process.poll() is None:
            answer = billproof("audit", database, "--format", "json")
            assert answer.code in {0, 2}, answer.out + answer.err
        process.communicate()
    assert process.returncode == 0
    assert asked("audit", database)["verdict"] == "VALID"

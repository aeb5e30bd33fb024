"""Ledgers that many tests begin with, made once and copied."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from billproof.service.keystore import key_directory
from tests.service.commands import asked
from tests.service.usage_files import SAMPLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """A ledger with what was exported from it while it was whole."""

    database: Path
    lines: Path
    keys: Path
    checkpoint: Path


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """The ledger of the synthetic sample; not to be changed."""
    directory = tmp_path_factory.mktemp("whole")
    database = directory / "ledger.db"
    asked("ingest", SAMPLE, "--db", database)
    ledger = Ledger(
        database=database,
        lines=directory / "ledger.jsonl",
        keys=directory / "keys.json",
        checkpoint=directory / "checkpoint.json",
    )
    asked("export", database, "--to", "jsonl", "--out", ledger.lines)
    asked("export", database, "--to", "jwks", "--out", ledger.keys)
    asked("export", database, "--to", "checkpoint", "--out", ledger.checkpoint)
    return ledger


@pytest.fixture
def ledger(whole: Ledger, tmp_path: Path) -> Ledger:
    """A copy of it that a test may damage."""
    database = tmp_path / "ledger.db"
    shutil.copyfile(whole.database, database)
    shutil.copytree(key_directory(whole.database), key_directory(database))
    lines = tmp_path / "ledger.jsonl"
    shutil.copyfile(whole.lines, lines)
    return Ledger(database=database, lines=lines, keys=whole.keys, checkpoint=whole.checkpoint)

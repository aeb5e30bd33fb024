"""The tools that load and kill the service hold at a small size, and their judges see what is wrong."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.service.commands import asked
from tests.service.usage_files import SAMPLE

TOOLS = Path(__file__).resolve().parents[2] / "tools"


def loaded(name: str) -> ModuleType:
    """Return a tool as a module."""
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def ran(name: str, *arguments: str) -> dict[str, object]:
    """Run a tool as a developer does; it must hold."""
    answer = subprocess.run(
        [sys.executable, str(TOOLS / f"{name}.py"), *arguments], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout[-2_000:] + answer.stderr[-2_000:]
    document = json.loads(answer.stdout)
    assert isinstance(document, dict)
    return document


@pytest.mark.slow
def test_killed_service_keeps_what_it_has_acknowledged() -> None:
    report = ran(
        "crash_test", "--instants", "6", "--seed", "7", "--clients", "4", "--cold", "100", "--patience", "60"
    )
    assert report["verdict"] == "HELD"
    assert isinstance(report["acknowledged_events"], int)
    assert report["acknowledged_events"] > 0


@pytest.mark.slow
def test_many_clients_have_one_effect_per_key_and_strangers_none() -> None:
    report = ran("load_test", "--clients", "16", "--keys", "18", "--attempts", "300", "--seed", "7")
    assert report["faults"] == []


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with receipts."""
    database = tmp_path_factory.mktemp("judged") / "ledger.db"
    asked("ingest", SAMPLE, "--db", database)
    return database


def promises(ledger: Path) -> dict[str, str]:
    """Return what clients of a ledger would have been told."""
    from billproof.service.reading import read_receipts
    from billproof.service.schema import reading_store

    with reading_store(ledger) as connection:
        return {
            receipt.entry.key: receipt.jws
            for receipt in read_receipts(connection, ledger)
            if not receipt.entry.key.startswith("open")
        }


def test_judge_of_kills_finds_nothing_where_all_promises_are_kept(ledger: Path) -> None:
    assert loaded("crash_test").judge(ledger, promises(ledger)) == []


def test_judge_of_kills_sees_a_lost_event(ledger: Path) -> None:
    faults = loaded("crash_test").judge(ledger, {**promises(ledger), "lost": "receipt"})
    assert faults == ["key lost was acknowledged and is 0 times in the ledger"]


def test_judge_of_kills_sees_another_receipt(ledger: Path) -> None:
    told = promises(ledger)
    key = next(iter(told))
    faults = loaded("crash_test").judge(ledger, {**told, key: "other"})
    assert faults == [f"key {key} has another receipt in the ledger than was handed out"]


def test_judge_of_kills_sees_what_nobody_asked_for(ledger: Path) -> None:
    told = promises(ledger)
    key = next(iter(told))
    del told[key]
    assert loaded("crash_test").judge(ledger, told) == [
        f"key {key} is in the ledger and was never acknowledged"
    ]


def test_judge_of_races_sees_two_effects_other_bytes_and_a_failure() -> None:
    tool = loaded("load_test")
    from billproof.service.http.client import Reply

    marked = {"idempotent-replayed": "true"}
    good = [Reply(status=201, headers={}, body=b"a"), Reply(status=201, headers=marked, body=b"a")]
    for answers, fault in (
        ([good[0], good[0]], "one effect per key"),
        ([good[0], Reply(status=201, headers=marked, body=b"b")], "same status and bytes"),
        ([Reply(status=500, headers={}, body=b"a")], "charged or refused"),
    ):
        found = tool.Findings()
        tool.judge_race({"k": good}, found)
        assert found.faults == []
        tool.judge_race({"k": answers}, found)
        assert [text.partition(":")[0] for text in found.faults] == [fault]

"""Failures that the simulator found and shrank: each is replayed, and still tells its short story."""

from pathlib import Path

import pytest

from billproof.invariants.failures import parse_failure, replay_failure
from billproof.model.core import step

FOLDER = Path(__file__).parent / "failures"
"""A file is added for what a campaign has found that no other file shows."""

STEPS_MAX = 12
"""A story that a person reads."""


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.failure.json")), ids=lambda file: file.name)
def test_a_stored_failure_is_reproduced_in_a_few_steps(file: Path) -> None:
    failure = parse_failure(file.read_text("utf-8"), source=file.name)
    found = replay_failure(failure, step=step)
    assert found is not None, f"{failure.clause.name} is violated no more by the stored commands"
    assert len(found.commands) <= STEPS_MAX


def test_there_is_a_failure_of_every_theorem() -> None:
    theorems = {file.name.split("-")[-1].split(".")[0] for file in FOLDER.glob("*.failure.json")}
    assert theorems == {f"T{number}" for number in range(8)}

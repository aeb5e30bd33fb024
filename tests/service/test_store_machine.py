"""The store under a state machine with crashes: what was answered stays, what was not committed is gone.

Hypothesis draws commands, where transactions are cut, and where the process dies: before the commit, between
the commit and the signatures, and while the file is open, which is what a kill leaves. After each crash the
same commands are sent again, as clients would, and the model in memory says what must be answered.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from billproof.model.commands import AdvanceTime, Command
from billproof.model.context import Context, Outcome
from billproof.model.core import step
from billproof.model.design import REPAIRED
from billproof.model.identifiers import Position
from billproof.model.periods import period_of
from billproof.model.receipts import digest_of
from billproof.model.state import State, initial_state
from billproof.service.keystore import key_directory
from billproof.service.store import Store
from tests.service.commands import asked
from tests.service.test_store import NOW, random_commands

EFFORT = settings(
    max_examples=5,
    stateful_step_count=10,
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)

COMMANDS = st.integers(0, 10_000)
"""Seeds of batches of commands."""


class Interrupted(Exception):  # noqa: N818 - not an error of anybody's: the process dies here
    """Stands for the death of the process before the commit."""


class StoreMachine(RuleBasedStateMachine):
    """A store on a disk, beside the model in memory."""

    template: ClassVar[Path]
    """An empty store with its keys: making a key takes longer than a whole execution."""
    survives: ClassVar[tuple[str, ...]] = ("", "-wal")
    """The files of which a crash leaves what was written: the database and its log."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "0.db"
        self._take(self.template, ("",))
        self.store = Store.open(self.path)
        self.context = Context(design=REPAIRED, digest=digest_of(REPAIRED))
        self.memory = step(
            initial_state(regions=1), AdvanceTime(now=NOW, period=period_of(NOW)), self.context
        ).state
        self.last: tuple[Command, ...] = ()

    def _take(self, source: Path, suffixes: tuple[str, ...]) -> None:
        for suffix in suffixes:
            file = Path(f"{source}{suffix}")
            if file.exists():
                shutil.copyfile(file, f"{self.path}{suffix}")
        shutil.copytree(key_directory(source), key_directory(self.path))

    def _batch(self, seed: int, count: int) -> tuple[Command, ...]:
        return tuple(random_commands(self.store, seed, count))

    @rule(seed=COMMANDS, count=st.integers(1, 6))
    def commit(self, seed: int, count: int) -> None:
        """Execute some commands in one transaction; the answers are those of the model."""
        self.last = self._batch(seed, count)
        self._commit_last()

    @rule()
    def send_again(self) -> None:
        """Send the last commands again: nothing that was stored under a key is done twice."""
        self._commit_last()

    def _commit_last(self) -> None:
        with self.store.transaction(NOW) as transaction:
            for command in self.last:
                outcome = step(self.memory, command, self.context)
                self.memory = outcome.state
                assert _said(transaction.execute(command)) == _said(outcome)

    @rule(seed=COMMANDS, count=st.integers(1, 4))
    def die_before_the_commit(self, seed: int, count: int) -> None:
        """Execute commands and die: none of them has happened."""
        with pytest.raises(Interrupted):
            self._die(self._batch(seed, count), is_killed=False)

    def _die(self, batch: tuple[Command, ...], *, is_killed: bool) -> None:
        """Die in the middle of a transaction; killed, the files are left as they are there."""
        with self.store.transaction(NOW) as transaction:
            for command in batch:
                transaction.execute(command)
            if is_killed:
                self._move()
            raise Interrupted("the process dies before the commit")

    @rule(seed=COMMANDS, is_open=st.booleans())
    def be_killed(self, seed: int, *, is_open: bool) -> None:
        """Go on from the files as a kill leaves them, perhaps in the middle of a transaction."""
        if is_open:
            with pytest.raises(Interrupted):
                self._die(self._batch(seed, 2), is_killed=True)
        else:
            self._move()
        self.store.close()
        self.store = Store.open(self.path)

    def _move(self) -> None:
        """Copy the files as they are now; the copy is the disk after the kill."""
        source = self.path
        self.path = self.folder / f"{int(source.stem) + 1}.db"
        self._take(source, self.survives)

    @rule()
    def close_before_the_signatures(self) -> None:
        """End after a commit and before what it committed is signed."""
        self.store.close()
        self.store = Store.open(self.path)

    @invariant()
    def ledger_is_the_model(self) -> None:
        """Every entry is where the model has it, and there is none besides."""
        with self.store.transaction(NOW) as transaction:
            assert transaction.base == self.memory.primary.ledger.length
            for place, entry in enumerate(_entries(self.memory)):
                assert transaction.entry(Position(place)) == entry

    def teardown(self) -> None:
        """Audit what is left."""
        self.store.settle_all()
        self.store.close()
        try:
            if self.memory.primary.ledger.length:
                assert asked("audit", self.path)["verdict"] == "VALID"
        finally:
            shutil.rmtree(self.folder)


def _said(outcome: Outcome) -> tuple[object, ...]:
    return (outcome.status, outcome.position, outcome.receipt, outcome.replayed)


def _entries(state: State) -> Iterator[object]:
    ledger = state.primary.ledger
    return (ledger.at(Position(place)) for place in range(ledger.length))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store, closed."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    Store.open(path, default=REPAIRED).close()
    return path


def test_what_was_answered_survives_every_crash(template: Path) -> None:
    class Machine(StoreMachine):
        pass

    Machine.template = template
    run_state_machine_as_test(Machine, settings=EFFORT)


def test_a_disk_that_forgets_its_log_is_noticed(template: Path) -> None:
    """Where a kill loses what the log had, commits are lost, and the machine says so."""

    class Forgetful(StoreMachine):
        survives = ("",)

    Forgetful.template = template
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Forgetful, settings=EFFORT)

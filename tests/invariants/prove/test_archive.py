"""What is kept of a proof can be decided again by anybody, and a text that was changed does not pass."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from billproof.invariants.prove.archive import ArchiveError, read_archive, write_archive
from billproof.invariants.prove.engine import prove
from billproof.invariants.prove.solvers import Answer
from billproof.invariants.theorems import all_clauses

from .toy import problem


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the archive of the toy core's proof."""
    directory = tmp_path_factory.mktemp("obligations")
    write_archive(directory, {"toy": prove(problem()).decided})
    return directory


def content(directory: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


def without_hypotheses(text: str) -> str:
    """Return an obligation that has nothing to rest on: only its last assertion, that some goal fails."""
    lines = text.splitlines()
    asserted = [index for index, line in enumerate(lines) if line.startswith("(assert ")]
    dropped = set(asserted[:-1])
    return "\n".join(line for index, line in enumerate(lines) if index not in dropped) + "\n"


def test_what_is_kept_is_unsat_again(archive: Path) -> None:
    """Both solvers, given the kept text alone, say unsat of each."""
    kept = read_archive(archive)
    assert kept
    for item in kept:
        assert [reply.answer for reply in item.decide_again()] == [Answer.UNSAT] * 2


def test_a_mutated_obligation_is_sat(archive: Path) -> None:
    """Without its hypotheses a goal fails in some model: the unsat was not for free."""
    mutated = [replace(item, text=without_hypotheses(item.text)) for item in read_archive(archive)]
    answers = [{reply.answer for reply in item.decide_again()} for item in mutated]
    assert {Answer.SAT} in answers
    assert all(len(found) == 1 for found in answers), "the solvers agree on mutants too"


def test_the_same_proof_makes_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    """Written again, into a folder that held another file, nothing differs."""
    (tmp_path / "0000.smt2.gz").write_bytes(b"stale")
    write_archive(tmp_path, {"toy": prove(problem()).decided})
    assert content(tmp_path) == content(archive)


def test_a_changed_text_is_not_read(archive: Path, tmp_path: Path) -> None:
    """A text that does not have the digest of its name is refused."""
    for name, data in content(archive).items():
        (tmp_path / name).write_bytes(data)
    path = next(iter(sorted(tmp_path.glob("*.smt2.gz"))))
    path.write_bytes(gzip.compress(b"(assert false)\n(check-sat)\n", mtime=0))
    with pytest.raises(ArchiveError, match="not that of its name"):
        read_archive(tmp_path)


def test_the_archive_of_the_model_is_whole_and_says_of_every_provable_clause_that_it_was_decided() -> None:
    """Every text has the digest of its name and two answers; some are decided again, from the text alone."""
    kept = read_archive(Path(__file__).parents[3] / "reports" / "obligations")
    named = {clause for item in kept for clause in item.clauses}
    assert {clause.name for clause in all_clauses() if clause.provable} <= named
    for item in kept[:: len(kept) // 5]:
        assert [reply.answer for reply in item.decide_again()] == [Answer.UNSAT] * 2

"""What is remembered saves time and changes no verdict, whoever has written it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from billproof.invariants.prove.advice import Advice, Part, keep_advice, recall_advice
from billproof.invariants.prove.discharge import Limits
from billproof.invariants.prove.engine import prove
from billproof.invariants.prove.memory import Memory, digest_of, user_directory
from billproof.invariants.prove.problem import ProofOptions, ProofResult, Status
from billproof.invariants.prove.solvers import Answer, Cvc5Solver, Z3Solver, ask

from .toy import problem

UNSAT = "(set-logic QF_UFLIA)\n(declare-fun x () Int)\n(assert (< x x))\n(check-sat)\n"
SAT = "(set-logic QF_UFLIA)\n(declare-fun x () Int)\n(assert (< x 1))\n(check-sat)\n"


def run(directory: Path, *broken: str) -> ProofResult:
    """Prove the toy core with a memory."""
    return prove(problem(*broken), ProofOptions(limits=Limits(memory=Memory(directory=directory))))


def outcome(result: ProofResult) -> dict[str, tuple[Status, tuple[str, ...]]]:
    """Return statuses and obligations."""
    return {clause.name: (clause.status, clause.obligations) for clause in result.clauses}


def entries(directory: Path) -> list[Path]:
    """Return every file of a memory."""
    return sorted(directory.rglob("*.json"))


def forge(directory: Path, **content: str) -> None:
    """Put some content in place of what every entry holds."""
    for path in entries(directory):
        document = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**document, "content": content}), encoding="utf-8")


def test_a_second_run_says_the_same_and_says_what_it_remembered(tmp_path: Path) -> None:
    """Verdicts, obligations and digests agree; cvc5's answers are marked as remembered, Z3's never are."""
    first, second = run(tmp_path), run(tmp_path)
    assert outcome(first) == outcome(second)
    assert [it.obligation for it in first.decided] == [it.obligation for it in second.decided]
    remembered = {(reply.solver, reply.remembered) for item in second.decided for reply in item.replies}
    assert remembered == {("z3", False), ("cvc5", True)}
    assert not any(reply.remembered for item in first.decided for reply in item.replies)


def test_a_forged_answer_proves_nothing_that_z3_refutes(tmp_path: Path) -> None:
    """An entry that says unsat of a text with a model stands against Z3, which is asked in every run."""
    memory = Memory(directory=tmp_path)
    ask(Cvc5Solver(), SAT, memory=memory)
    forge(tmp_path, answer="unsat")
    assert ask(Cvc5Solver(), SAT, memory=memory).answer is Answer.UNSAT
    assert ask(Z3Solver(), SAT, memory=memory).answer is Answer.SAT


@pytest.mark.parametrize("content", [{"answer": "sat"}, {"answer": "unknown"}, {"answer": "proved"}, {}])
def test_a_forged_memory_proves_no_broken_core(tmp_path: Path, content: dict[str, str]) -> None:
    """Whatever every entry is made to say, what was not proved is not proved."""
    run(tmp_path, "quota")
    forge(tmp_path, **content)
    assert run(tmp_path, "quota").clause("used_is_in_the_quota").status is not Status.PROVED


def test_a_damaged_entry_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    """Half a file, an empty file, another form: the answer is computed again."""
    memory = Memory(directory=tmp_path)
    ask(Cvc5Solver(), UNSAT, memory=memory)
    for text in ("", '{"form": 1, "key"', "[]", '{"form": 2, "key": "", "content": {"answer": "unsat"}}'):
        entries(tmp_path)[0].write_text(text, encoding="utf-8")
        reply = ask(Cvc5Solver(), UNSAT, memory=memory)
        assert (reply.answer, reply.remembered) == (Answer.UNSAT, False)


def test_an_answer_stands_for_its_text_and_version_only(tmp_path: Path) -> None:
    """Another text, or another version of the solver, is another question."""
    memory = Memory(directory=tmp_path)
    ask(Cvc5Solver(), UNSAT, memory=memory)
    assert ask(Cvc5Solver(), UNSAT, memory=memory).remembered
    assert not ask(Cvc5Solver(), UNSAT + "; another\n", memory=memory).remembered
    assert digest_of(["ab", "c"]) != digest_of(["a", "bc"])


def test_a_directory_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """A run without a place to keep anything answers as any other."""
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    assert ask(Cvc5Solver(), UNSAT, memory=Memory(directory=file)).answer is Answer.UNSAT


def test_advice_must_name_every_goal_once(tmp_path: Path) -> None:
    """Advice of another form, about other goals, or about hypotheses that are not there, is not taken."""
    memory = Memory(directory=tmp_path)
    good = Advice(parts=(Part(goals=(0, 2), needs=(1,)),), left=(1,))
    keep_advice(good, UNSAT, memory, final=False)
    assert recall_advice(UNSAT, 2, 3, memory, final=False) == good
    assert recall_advice(UNSAT, 2, 4, memory, final=False) is None
    assert recall_advice(UNSAT, 1, 3, memory, final=False) is None
    for bad in (replace(good, left=()), replace(good, left=(0, 1)), replace(good, left=(1, 1))):
        keep_advice(bad, UNSAT, memory, final=False)
        assert recall_advice(UNSAT, 2, 3, memory, final=False) is None


def test_the_directory_follows_the_base_directory_specification(monkeypatch: pytest.MonkeyPatch) -> None:
    """``XDG_CACHE_HOME`` says where, else ``.cache`` of the home directory."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert user_directory() == Path("/somewhere/billproof/proofs")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert user_directory() == Path.home() / ".cache" / "billproof" / "proofs"

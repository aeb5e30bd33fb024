"""The vectors are what their generator makes, two implementations answer them alike, and wrong ones fail."""

from pathlib import Path

import pytest

from billproof.conformance.documents import Document
from billproof.conformance.messages import read_reply
from billproof.conformance.vectors import naive, naive_evidence
from billproof.conformance.vectors.check import mismatch
from billproof.conformance.vectors.files import build, generated, render_requirements, requirements, shipped
from billproof.conformance.vectors.group import IDENTITY, Group
from billproof.conformance.vectors.naive_evidence import OPERATIONS
from billproof.conformance.vectors.ops import VECTOR_FAMILIES, answer_vector
from tests.repo.sources import ROOT

GROUPS = [group for groups in shipped().values() for group in groups]
CASES = [(group, member) for group in GROUPS for member in group.members]


def test_files_are_what_the_generator_makes(tmp_path: Path) -> None:
    made = build(tmp_path)
    folder = ROOT / "conformance" / "vectors" / "data"
    assert {path.name: path.read_text("utf-8") for path in folder.glob("*.json")} == made


def test_the_model_gives_every_expected_answer() -> None:
    wrong = []
    for group, member in CASES:
        answer = answer_vector(group.op, member.args)
        assert answer is not None
        wrong.append((group.id, member.name, mismatch(member, read_reply(answer, "op"))))
    assert [case for case in wrong if case[2]] == []


def test_an_independent_implementation_gives_every_expected_answer() -> None:
    wrong = []
    for group, member in CASES:
        outcome, value, code = OPERATIONS[group.op](member.args)
        reply = read_reply({"outcome": outcome, "value": value, "code": code}, "op")
        wrong.append((group.id, member.name, mismatch(member, reply)))
    assert [case for case in wrong if case[2]] == []


@pytest.mark.parametrize("module", [naive, naive_evidence])
def test_the_independent_implementation_imports_nothing_of_the_model(module: object) -> None:
    source = Path(str(getattr(module, "__file__", ""))).read_text("utf-8")
    assert "billproof.model" not in source


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.id)
def test_each_group_has_a_good_twin_and_says_what_each_negative_breaks(group: Group) -> None:
    assert IDENTITY.fullmatch(group.id)
    assert any(member.outcome == "ok" for member in group.members)
    names = [member.name for member in group.members]
    assert len(set(names)) == len(names)
    for member in group.members:
        assert bool(member.mutates) == (member.outcome == "rejected"), member.name
        assert bool(member.code) == (member.outcome == "rejected"), member.name


def test_every_family_has_a_group_and_ids_are_unique() -> None:
    assert set(generated()) == set(VECTOR_FAMILIES)
    assert len({group.id for group in GROUPS}) == len(GROUPS)


def test_the_first_revision_is_frozen() -> None:
    assert dict(requirements()) == {g.id: g.document()["content_sha256"] for g in GROUPS}
    assert render_requirements().count("\n") == len(GROUPS) + 4


@pytest.mark.parametrize(
    "answer", [{"outcome": "ok"}, {"outcome": "rejected", "code": "OTHER"}, {"outcome": "unknown"}]
)
def test_one_answer_to_everything_earns_no_group(answer: Document) -> None:
    reply = read_reply(answer, "op")
    assert [g.id for g in GROUPS if not any(mismatch(member, reply) for member in g.members)] == []

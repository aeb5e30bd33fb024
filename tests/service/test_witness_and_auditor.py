"""A witness and an auditor find every change up to the head that they know, and claim nothing beyond it.

The forger of these tests has everything that the operator has, all signing keys included.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from billproof.cli.main import run
from billproof.model.checkpoints import (
    CheckpointDocument,
    heads_root,
    parse_checkpoint,
    render_checkpoint,
    sign_checkpoint,
)
from billproof.model.identifiers import Instant
from billproof.model.key_sets import parse_key_set
from billproof.service import witnessing
from billproof.service.keystore import key_directory, open_keys
from billproof.service.witnessing import Cosigned, NotCosigned, Witness, cosign_note
from tests.service.commands import Answer, asked, billproof
from tests.service.usage_files import many, write_focus

NOW = Instant(1_800_000_000_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A log with what it publishes."""

    directory: Path

    @property
    def database(self) -> Path:
        return self.directory / "ledger.db"

    def path(self, name: str) -> Path:
        return self.directory / name

    def bill(self, start: int, count: int) -> None:
        rows = write_focus(self.path("rows.csv"), many(start + count)[start:])
        asked("ingest", rows, "--db", self.database)

    def publish(self, name: str) -> Path:
        asked("export", self.database, "--to", "checkpoint", "--out", self.path(name))
        return self.path(name)

    def lines(self, name: str) -> Path:
        asked("export", self.database, "--to", "jsonl", "--out", self.path(name))
        return self.path(name)

    def twin(self, name: str) -> "Operator":
        """A second history from here on, under the same keys: the operator equivocates."""
        other = self.directory.parent / name
        other.mkdir()
        shutil.copyfile(self.database, other / "ledger.db")
        shutil.copytree(key_directory(self.database), key_directory(other / "ledger.db"))
        shutil.copyfile(self.path("keys.json"), other / "keys.json")
        return Operator(directory=other)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """A log of a few entries; not to be changed."""
    directory = tmp_path_factory.mktemp("operator") / "first"
    directory.mkdir()
    operator = Operator(directory=directory)
    operator.bill(0, 15)
    asked("export", operator.database, "--to", "jwks", "--out", operator.path("keys.json"))
    operator.publish("early.json")
    return operator


@pytest.fixture
def operator(begun: Operator, tmp_path: Path) -> Operator:
    """A copy of it that may go on."""
    directory = tmp_path / "operator"
    shutil.copytree(begun.directory, directory)
    return Operator(directory=directory)


def cosign(operator: Operator, head: Path, ledger: Path | None = None, state: str = "w.db") -> Answer:
    return billproof(
        "witness", "cosign", head, "--ledger", ledger or operator.database, "--jwks",
        operator.path("keys.json"), "--state", operator.directory.parent / state, "--out", head,
        "--as-of", "2026-01-01T00:00:00Z", "--format", "json",
    )  # fmt: skip


def followed(operator: Operator, head: Path, *options: str | Path, ledger: Path | None = None) -> Answer:
    return billproof(
        "auditor", "follow", head, "--ledger", ledger or operator.database, "--jwks",
        operator.path("keys.json"), "--state", operator.directory.parent / "a.db", "--format", "json",
        *options,
    )  # fmt: skip


def alarm_of(answer: Answer) -> str:
    assert answer.code == 1, answer.out + answer.err
    found = answer.document["alarm"]
    assert isinstance(found, dict)
    return str(found["alarm"])


def resigned(
    operator: Operator, head: Path, change: Callable[[CheckpointDocument], CheckpointDocument]
) -> Path:
    """Let the operator sign another head over the same log."""
    document = change(parse_checkpoint(head.read_bytes(), str(head)))
    private = open_keys(operator.database).checkpoint_key
    body = replace(document.body, heads_root=heads_root(document.heads))
    head.write_text(render_checkpoint(sign_checkpoint(body, document.heads, private)))
    return head


def test_growth_is_signed_and_followed_step_by_step(operator: Operator) -> None:
    first = cosign(operator, operator.publish("one.json"))
    assert (first.code, first.document["verdict"], first.document["size_before"]) == (0, "COSIGNED", 0)
    assert followed(operator, operator.path("one.json")).document["new_entries"] == first.document["size"]
    operator.bill(15, 9)
    second = cosign(operator, operator.publish("two.json"), operator.lines("two.jsonl"))
    assert second.document["size_before"] == first.document["size"]
    third = followed(operator, operator.path("two.json"), "--sample", "5")
    assert (third.code, third.document["new_entries"], third.document["old_entries_judged"]) == (0, 9, 5)


def test_the_same_head_is_signed_again_and_an_older_one_never(operator: Operator) -> None:
    early = operator.path("early.json")
    operator.bill(15, 3)
    late = operator.publish("late.json")
    assert cosign(operator, late).code == 0
    assert cosign(operator, late).code == 0
    answer = cosign(operator, early)
    assert (answer.code, answer.document["refusal"]) == (1, "ROLLBACK")
    assert followed(operator, late).code == 0
    assert alarm_of(followed(operator, early)) == "ROLLBACK"


def test_a_fork_is_refused_at_the_same_size_and_at_another(operator: Operator) -> None:
    twin = operator.twin("twin")
    operator.bill(15, 4)
    twin.bill(30, 4)
    assert cosign(operator, operator.publish("mine.json")).code == 0
    assert followed(operator, operator.path("mine.json")).code == 0
    yours = twin.publish("yours.json")
    assert cosign(twin, yours).document["refusal"] == "FORK"
    evidence = operator.path("fork.json")
    assert alarm_of(followed(twin, yours, "--evidence", evidence)) == "FORK"
    proof = json.loads(evidence.read_text())
    assert (proof["is_proof"], len(proof["notes"])) == (True, 2)
    twin.bill(34, 5)
    longer = twin.publish("longer.json")
    assert cosign(twin, longer).document["refusal"] == "ENTRIES"
    assert followed(twin, longer).code == 1


def test_two_readers_who_compare_heads_find_equivocation(operator: Operator) -> None:
    twin = operator.twin("twin")
    operator.bill(15, 4)
    twin.bill(30, 9)
    mine, yours = operator.publish("mine.json"), twin.publish("yours.json")
    keys = ("--jwks", operator.path("keys.json"), "--format", "json")
    assert alarm_of(billproof("auditor", "compare", mine, yours, *keys)) == "FORK"
    early = operator.path("early.json")
    assert billproof("auditor", "compare", early, yours, *keys).code == 2
    linked = billproof("auditor", "compare", early, yours, "--ledger", twin.database, *keys)
    assert (linked.code, linked.document["verdict"]) == (0, "CONSISTENT")
    assert billproof("auditor", "compare", mine, mine, *keys).code == 0


def test_a_chain_that_has_gone_whole_is_not_the_fold(operator: Operator) -> None:
    head = resigned(
        operator, operator.publish("cut.json"), lambda document: replace(document, heads=document.heads[1:])
    )
    assert cosign(operator, head).document["refusal"] == "NOT_THE_FOLD"
    assert alarm_of(followed(operator, head)) == "NOT_THE_FOLD"


def test_a_head_of_another_log_over_these_entries_is_refused(operator: Operator) -> None:
    def other(document: CheckpointDocument) -> CheckpointDocument:
        return replace(document, body=replace(document.body, root=bytes(32)))

    head = resigned(operator, operator.publish("other.json"), other)
    assert cosign(operator, head).document["refusal"] == "NOT_THE_LOG"
    assert alarm_of(followed(operator, head)) == "NOT_THE_LOG"


def swap(lines: list[bytes]) -> list[bytes]:
    return [*lines[:4], lines[5], lines[4], *lines[6:]]


def edit(lines: list[bytes]) -> list[bytes]:
    place = lines[4].index(b'"jws":"') + 200
    letter = b"B" if lines[4][place : place + 1] == b"A" else b"A"
    return [*lines[:4], lines[4][:place] + letter + lines[4][place + 1 :], *lines[5:]]


def pad(lines: list[bytes]) -> list[bytes]:
    return [*lines[:4], lines[4].replace(b'","position"', b'=","position"'), *lines[5:]]


CATALOGUE: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "altered": edit,
    "deleted": lambda lines: [*lines[:4], *lines[5:]],
    "reordered": swap,
    "repeated": lambda lines: [*lines[:5], *lines[4:]],
    "truncated": lambda lines: lines[:-1],
    "beheaded": lambda lines: lines[1:],
    "encoded otherwise": pad,
    "emptied": lambda lines: lines[:0],
}


@pytest.mark.parametrize("name", list(CATALOGUE))
def test_every_tampering_is_found_by_witness_and_auditor(operator: Operator, name: str) -> None:
    head = operator.path("early.json")
    lines = operator.lines("all.jsonl").read_bytes().splitlines(keepends=True)
    tampered = operator.path("tampered.jsonl")
    tampered.write_bytes(b"".join(CATALOGUE[name](lines)))
    assert cosign(operator, head, tampered).document["refusal"] == "ENTRIES"
    assert alarm_of(followed(operator, head, ledger=tampered)) in ("ALTERED", "TRUNCATION")


@pytest.mark.parametrize("name", ["altered", "deleted", "truncated", "encoded otherwise", "emptied"])
def test_tampering_with_old_entries_is_found_by_a_full_round(operator: Operator, name: str) -> None:
    head = operator.path("early.json")
    assert followed(operator, head).code == 0
    lines = operator.lines("all.jsonl").read_bytes().splitlines(keepends=True)
    tampered = operator.path("tampered.jsonl")
    tampered.write_bytes(b"".join(CATALOGUE[name](lines)))
    assert alarm_of(followed(operator, head, "--full", ledger=tampered)) in ("ALTERED", "TRUNCATION")


def test_a_history_signed_anew_is_found_though_every_signature_in_it_is_good(operator: Operator) -> None:
    """The operator bills other rows from the start, under the same keys: an audit alone says VALID."""
    assert followed(operator, operator.path("early.json")).code == 0
    again = operator.directory.parent / "again"
    again.mkdir()
    forged = Operator(directory=again)
    shutil.copytree(key_directory(operator.database), key_directory(forged.database))
    shutil.copyfile(operator.path("keys.json"), forged.path("keys.json"))
    forged.bill(40, 15)
    assert billproof("audit", forged.database).code == 0
    answer = followed(operator, operator.path("early.json"), "--full", ledger=forged.database)
    assert alarm_of(answer) == "ALTERED"
    assert billproof("audit", forged.database, "--checkpoint", operator.path("early.json")).code == 1


def test_the_sample_rotates_until_every_old_entry_was_judged_again(operator: Operator) -> None:
    head = operator.path("early.json")
    total = followed(operator, head).document["size"]
    assert isinstance(total, int)
    counts = [followed(operator, head, "--sample", "6").document["old_entries_judged"] for _ in range(4)]
    assert sum(count for count in counts if isinstance(count, int)) >= total


def test_a_head_without_enough_cosignatures_is_not_relied_on(operator: Operator) -> None:
    head, policy = operator.publish("head.json"), operator.path("policy.json")
    keys = []
    for state in ("w1.db", "w2.db"):
        answer = asked("witness", "key", "--state", operator.directory.parent / state)
        keys.append(answer["verifier_key"])
    policy.write_text(json.dumps({"faulty": 1, "quorum": 2, "witnesses": keys[:1]}))
    options = ("--witnesses", policy)
    assert followed(operator, head, *options).code == 3
    policy.write_text(json.dumps({"faulty": 0, "quorum": 1, "witnesses": keys[:1]}))
    early = followed(operator, head, *options)
    assert (early.code, early.document["verdict"]) == (2, "NOT_ACCEPTED")
    audit = billproof("audit", operator.database, "--checkpoint", head, *options, "--format", "json")
    assert (audit.code, audit.document["verdict"]) == (2, "INCOMPLETE")
    assert cosign(operator, head, state="w2.db").code == 0
    assert followed(operator, head, *options).code == 2
    assert cosign(operator, head, state="w1.db").code == 0
    assert followed(operator, head, *options).document["signed_by"] == ["billproof.dev/witness"]
    audit = billproof("audit", operator.database, "--checkpoint", head, *options, "--format", "json")
    assert (audit.code, audit.document["verdict"]) == (0, "VALID")
    assert "co-signed by billproof.dev/witness" in audit.out


def test_a_checkpoint_under_another_key_is_refused(operator: Operator, begun: Operator) -> None:
    del begun
    stranger = Operator(directory=operator.directory.parent / "stranger")
    stranger.directory.mkdir()
    stranger.bill(0, 3)
    head = stranger.publish("head.json")
    assert cosign(operator, head, stranger.database).document["refusal"] == "SIGNATURE"
    assert alarm_of(followed(operator, head, ledger=stranger.database)) == "SIGNATURE"


def test_a_crash_before_the_signature_leaves_the_memory_and_never_a_second_history(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = operator.twin("twin")
    operator.bill(15, 4)
    twin.bill(30, 4)
    keys = parse_key_set(operator.path("keys.json").read_bytes(), "keys.json")
    state = operator.directory.parent / "w.db"
    honest = Witness(name="w", state=state, keys=keys, ledger=operator.database)
    note = parse_checkpoint(operator.publish("mine.json").read_bytes(), "mine").note
    other = parse_checkpoint(twin.publish("yours.json").read_bytes(), "yours").note

    def die(*_: object) -> str:
        raise KeyboardInterrupt("killed before the signature")

    with monkeypatch.context() as patch:
        patch.setattr(witnessing, "cosign", die)
        with pytest.raises(KeyboardInterrupt):
            cosign_note(honest, note, NOW)
    refused = cosign_note(replace(honest, ledger=twin.database), other, NOW)
    assert isinstance(refused, NotCosigned)
    assert refused.refused.refusal == "FORK"
    assert isinstance(cosign_note(honest, note, NOW), Cosigned)
    with monkeypatch.context() as patch:
        patch.setattr(witnessing, "decide_cosigning", die)
        operator.bill(19, 2)
        longer = parse_checkpoint(operator.publish("longer.json").read_bytes(), "longer").note
        with pytest.raises(KeyboardInterrupt):
            cosign_note(honest, longer, NOW)
    again = cosign_note(honest, longer, NOW)
    assert isinstance(again, Cosigned)
    assert again.size_before == 15 + 7 + 4


def test_a_memory_that_contradicts_itself_is_not_signed_on(operator: Operator) -> None:
    assert cosign(operator, operator.path("early.json")).code == 0
    connection = sqlite3.connect(operator.directory.parent / "w.db")
    with connection:
        connection.execute("UPDATE logs SET root = zeroblob(32)")
    connection.close()
    answer = cosign(operator, operator.path("early.json"))
    assert answer.code == 3
    assert "its own entries do not give" in answer.err


def test_every_help_shows_an_example() -> None:
    for words in (("witness",), ("witness", "cosign"), ("auditor",), ("auditor", "follow")):
        answer = billproof(*words, "--help")
        assert "Example:" in answer.out
    assert run(["auditor", "compare"]) == 3

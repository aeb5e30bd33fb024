"""A served witness speaks C2SP tlog-witness: it signs growth, and answers each refusal with its status.

The client of these tests is written from the specification of the protocol; proofs come from the model.
"""

import base64
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from billproof.model.checkpoints import parse_checkpoint
from billproof.model.cosignatures import judge_cosignatures, parse_policy
from billproof.model.identifiers import Position
from billproof.model.key_sets import parse_key_set
from billproof.model.merkle_proofs import consistency_proof, node_reader
from billproof.model.witness import WitnessRefusal
from billproof.service.http.witness import (
    PROOF_LINES_MAX,
    STATUS,
    AddCheckpointError,
    make_witness_app,
    parse_request,
)
from billproof.service.witnessing import Witness
from tests.service.http.conftest import serving
from tests.service.test_witness_and_auditor import Operator, begun, operator, resigned

__all__ = ["begun", "operator"]


class Log:
    """A log that asks a witness."""

    def __init__(self, given: Operator) -> None:
        self.operator = given
        keys = parse_key_set(given.path("keys.json").read_bytes(), "keys.json")
        self.witness = Witness(
            name="example.org/w", state=given.directory.parent / "w.db", keys=keys, ledger=given.database
        )
        self.url = ""

    def note(self, name: str) -> str:
        """Publish a head and return its signed note."""
        return parse_checkpoint(self.operator.publish(name).read_bytes(), name).note

    def proof(self, old: int, new: int) -> list[str]:
        """Return the consistency proof, as lines."""
        with closing(sqlite3.connect(self.operator.database)) as connection:
            rows = connection.execute("SELECT digest FROM log ORDER BY position LIMIT ?", (new,)).fetchall()
        node = node_reader(bytes.fromhex(row[0]) for row in rows)
        hashes = consistency_proof(Position(old), Position(new), node)
        return [base64.b64encode(item).decode() for item in hashes]

    def ask(self, old: int, proof: list[str], note: str) -> tuple[int, str, str]:
        """Send a request; return status, media type and body."""
        body = "\n".join([f"old {old}", *proof]) + "\n\n" + note
        reply = added(self.url, body.encode())
        return reply.status_code, reply.headers["content-type"], reply.text


def added(url: str, body: bytes) -> httpx.Response:
    """Send a body."""
    return httpx.post(f"{url}/add-checkpoint", content=body, trust_env=False)


def size_of(note: str) -> int:
    """Return the size of a checkpoint."""
    return int(note.split("\n")[1])


@pytest.fixture
def log(operator: Operator) -> Iterator[Log]:
    """A log that no witness has signed."""
    made = Log(operator)
    with serving(make_witness_app(made.witness)) as made.url:
        yield made


def test_growth_is_signed_with_lines_that_readers_accept(log: Log) -> None:
    first = log.note("one.json")
    status, _, line = log.ask(0, [], first)
    assert status == 200
    assert line.startswith("\u2014 example.org/w ")
    key = httpx.get(f"{log.url}/verifier-key", trust_env=False).text.strip()
    policy = parse_policy(f'{{"faulty":0,"quorum":1,"witnesses":["{key}"]}}', "policy")
    assert judge_cosignatures(first + line, policy).is_accepted
    assert not judge_cosignatures(first, policy).is_accepted
    log.operator.bill(15, 9)
    second = log.note("two.json")
    old, new = size_of(first), size_of(second)
    assert log.ask(old, log.proof(old, new), second)[0] == 200
    assert log.ask(new, [], second)[0] == 200, "the same head is signed again"


def test_each_refusal_has_its_status(log: Log) -> None:
    first = log.note("one.json")
    assert log.ask(0, [], first)[0] == 200
    old = size_of(first)
    log.operator.bill(15, 4)
    second = log.note("two.json")
    new = size_of(second)
    proof = log.proof(old, new)
    assert log.ask(old + 1, proof, second) == (409, "text/x.tlog.size", f"{old}\n")
    assert log.ask(new + 1, [], second)[0] == 400
    assert log.ask(old, [], second)[0] == 422
    assert log.ask(old, [proof[0][:-4] + "AAA=", *proof[1:]], second)[0] == 422
    signed = second.split("\n\n")
    assert log.ask(old, proof, f"{signed[0].replace('heads ', 'heads A')}\n\n{signed[1]}")[0] in {400, 403}
    other = second.replace(second.split("\n")[0], "example.org/other")
    assert log.ask(0, [], other)[0] == 403
    assert log.ask(old, proof, second)[0] == 200
    assert log.ask(old, [], first) == (409, "text/x.tlog.size", f"{new}\n")
    assert log.ask(new, [], first)[0] == 400
    assert log.ask(new, [], second)[0] == 200


def test_other_head_of_the_same_size_is_a_conflict(log: Log) -> None:
    twin = Log(log.operator.twin("twin"))
    log.operator.bill(15, 4)
    twin.operator.bill(30, 4)
    assert log.ask(0, [], log.note("mine.json"))[0] == 200
    fork = twin.note("yours.json")
    assert log.ask(size_of(fork), [], fork)[:2] == (409, "text/x.tlog.size")


def test_map_that_leaves_a_customer_out_is_not_signed_although_its_proof_holds(log: Log) -> None:
    head = resigned(
        log.operator, log.operator.publish("cut.json"),
        lambda document: type(document)(
            note=document.note, body=document.body, heads=document.heads[1:]
        ),
    )  # fmt: skip
    status, _, text = log.ask(0, [], parse_checkpoint(head.read_bytes(), "cut.json").note)
    assert (status, text.partition(":")[0]) == (422, "NOT_THE_FOLD")


def test_log_that_is_not_known_is_404(log: Log) -> None:
    app = make_witness_app(log.witness, "example.org/another")
    body = f"old 0\n\n{log.note('one.json')}".encode()
    with serving(app) as url:
        assert added(url, body).status_code == 404


def test_entries_that_cannot_be_read_are_503_and_nothing_is_signed(log: Log, tmp_path: Path) -> None:
    note = log.note("one.json")
    blind = Witness(
        name=log.witness.name, state=log.witness.state, keys=log.witness.keys, ledger=tmp_path / "none.db"
    )
    body = f"old 0\n\n{note}".encode()
    with serving(make_witness_app(blind)) as url:
        assert added(url, body).status_code == 503
    assert log.ask(0, [], note)[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        b"", b"old 0", b"old 0\n", b"old -1\n\nx", b"old 01\n\nx", b"old 1 \n\nx", b"new 0\n\nx",
        b"old 1\nAAAA\n\nx", b"old 1\nnot base64\n\nx", b"old 1\n\xff\n\nx",
        b"old 1\n" + b"\n".join([base64.b64encode(bytes(32))] * (PROOF_LINES_MAX + 1)) + b"\n\nx",
        b"old 1\n" + base64.b64encode(bytes(31) + b"\x01")[:-2] + b"F=\n\nx",
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(AddCheckpointError):
        parse_request(body)


def test_request_without_a_checkpoint_is_400(log: Log) -> None:
    for body in (b"old 0\n\nx", b"old 0\n\n", b"nonsense"):
        assert added(log.url, body).status_code == 400


def test_every_refusal_has_a_status() -> None:
    assert set(STATUS) == set(WitnessRefusal)

"""Vectors of checkpoints and of proofs in trees."""

from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billproof.conformance.documents import Document, Value
from billproof.conformance.vectors.group import Group, Member, bad, good
from billproof.conformance.vectors.of_evidence import chain, evidence_group, note_key, published_keys
from billproof.model.checkpoints import ChainHead, CheckpointBody, heads_root, sign_checkpoint
from billproof.model.identifiers import Position
from billproof.model.jws import encode_base64url
from billproof.model.merkle import leaf_hash, root_of_leaves
from billproof.model.merkle_proofs import consistency_proof, inclusion_proof, node_reader


def tree_groups() -> tuple[Group, ...]:
    """Return the groups about checkpoints and proofs."""
    return (*_checkpoints(), *_proofs())


def _checkpoints() -> tuple[Group, ...]:
    last = chain(3)[-1]
    heads = (ChainHead(customer=last.customer, sequence=last.sequence, digest=last.digest),)
    root = root_of_leaves([b"a", b"b", b"c"])
    body = CheckpointBody(
        origin="billing.example/log", size=Position(3), root=root, heads_root=heads_root(heads)
    )
    note = sign_checkpoint(body, heads, note_key()).note
    foreign = Ed25519PrivateKey.from_private_bytes(bytes(32))
    other = sign_checkpoint(replace(body, size=Position(4)), heads, note_key()).note
    mixed = other.partition("\n\n")[0] + "\n\n" + note.partition("\n\n")[2]

    def ask(text: str) -> Document:
        return {"note": text, "jwks": published_keys()}

    value: Document = {"origin": body.origin, "size": "3", "root": encode_base64url(root)}
    members = (
        good(ask(note), value),
        bad("size", ask(mixed), "SIGNATURE", "the size, with the old signature"),
        bad("foreign-key", ask(sign_checkpoint(body, heads, foreign).note), "UNKNOWN_KEY", "another key"),
        bad("no-newline", ask(note[:-1]), "ENCODING", "no newline at the end"),
        bad("no-blank-line", ask(note.replace("\n\n", "\n")), "ENCODING", "no blank line"),
        bad("leading-zero", ask(note.replace("\n3\n", "\n03\n")), "ENCODING", "a size with a leading zero"),
        bad("no-signature", ask(note.partition("\n\n")[0] + "\n\n"), "ENCODING", "no signature line"),
        bad("no-heads", ask(note.replace("\nheads ", "\nhats ")), "ENCODING", "no line that binds the heads"),
    )
    return (
        evidence_group("checkpoint.note.ed25519", "A checkpoint is a signed note", "verify_checkpoint", members,
               why="Whoever can change the size can hide the end of the log.", clauses=("T3", "R17")),
    )  # fmt: skip


def _proofs() -> tuple[Group, ...]:
    data = [f"leaf {n}".encode() for n in range(7)]
    node = node_reader(data)
    members: list[Member] = []

    def ask(index: int, size: int, path: tuple[bytes, ...], root: bytes, leaf: bytes) -> Document:
        listed: list[Value] = [encode_base64url(item) for item in path]
        return {
            "leaf": encode_base64url(leaf), "index": str(index), "size": str(size), "path": listed,
            "root": encode_base64url(root),
        }  # fmt: skip

    for size in (1, 2, 3, 7):
        root = root_of_leaves(data[:size])
        for index in {0, size // 2, size - 1}:
            path = inclusion_proof(Position(index), Position(size), node)
            members.append(good(ask(index, size, path, root, data[index]), {}, f"ok-{index}-of-{size}"))
    root, path = root_of_leaves(data), inclusion_proof(Position(4), Position(7), node)
    wrong = (
        ("other-leaf", ask(4, 7, path, root, b"leaf 5"), "the leaf"),
        ("other-place", ask(5, 7, path, root, data[4]), "the index"),
        ("other-size", ask(4, 6, path, root, data[4]), "the size"),
        ("shorter", ask(4, 7, path[:-1], root, data[4]), "the last hash taken away"),
        ("longer", ask(4, 7, (*path, path[0]), root, data[4]), "a hash more"),
        ("exchanged", ask(4, 7, (path[1], path[0], *path[2:]), root, data[4]), "two hashes exchanged"),
        ("beyond", ask(7, 7, path, root, data[4]), "the index is the size"),
        ("other-root", ask(4, 7, path, root_of_leaves(data[:6]), data[4]), "the root"),
        ("node-as-leaf", ask(0, 1, (), leaf_hash(data[0]), leaf_hash(data[0])), "a hash for a leaf"),
    )
    members.extend(bad(name, args, "PROOF", what) for name, args, what in wrong)
    return (
        evidence_group("proof.inclusion.rfc6962", "A leaf lies in a tree", "verify_inclusion", tuple(members),
               why="A proof that proves anything proves nothing.", clauses=("T3",)),
        _consistency(data),
    )  # fmt: skip


def _consistency(data: list[bytes]) -> Group:
    node = node_reader(data)

    def ask(old: int, new: int, path: tuple[bytes, ...], old_root: bytes, new_root: bytes) -> Document:
        listed: list[Value] = [encode_base64url(item) for item in path]
        return {
            "old": str(old), "new": str(new), "path": listed, "old_root": encode_base64url(old_root),
            "new_root": encode_base64url(new_root),
        }  # fmt: skip

    members = []
    for old, new in ((1, 2), (1, 7), (3, 7), (4, 7), (6, 7), (7, 7)):
        path = consistency_proof(Position(old), Position(new), node)
        args = ask(old, new, path, root_of_leaves(data[:old]), root_of_leaves(data[:new]))
        members.append(good(args, {}, f"ok-{old}-to-{new}"))
    path = consistency_proof(Position(3), Position(7), node)
    small, large = root_of_leaves(data[:3]), root_of_leaves(data)
    changed = root_of_leaves([b"other", *data[1:3]])
    wrong = (
        ("rewritten", ask(3, 7, path, changed, large), "the old root is that of another history"),
        ("other-new", ask(3, 7, path, small, root_of_leaves(data[:6])), "the new root"),
        ("shorter", ask(3, 7, path[:-1], small, large), "the last hash taken away"),
        ("longer", ask(3, 7, (*path, path[0]), small, large), "a hash more"),
        ("other-sizes", ask(4, 7, path, small, large), "the old size"),
        ("backwards", ask(7, 3, path, large, small), "old and new exchanged"),
        ("same-size", ask(7, 7, (), small, large), "two roots of one size"),
    )
    members.extend(bad(name, args, "PROOF", what) for name, args, what in wrong)
    return evidence_group(
        "proof.consistency.rfc6962", "One tree begins another", "verify_consistency", tuple(members),
        why="A log that is not append-only can be rewritten between two checkpoints.", clauses=("T3", "T6"),
    )  # fmt: skip

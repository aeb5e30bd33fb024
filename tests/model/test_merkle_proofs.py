"""Proofs are those of RFC 6962, are checked as RFC 9162 says, and no other hashes pass for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billproof.model.identifiers import Position
from billproof.model.merkle import EMPTY_RANGE, EMPTY_ROOT, append_leaf, leaf_hash
from billproof.model.merkle_proofs import (
    Level,
    ProofRangeError,
    completed_nodes,
    consistency_proof,
    inclusion_proof,
    node_reader,
    range_at,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from tests.model.test_merkle import VECTOR_LEAVES, naive_root

READ = node_reader(VECTOR_LEAVES)
LEAVES = [number.to_bytes(2, "big") for number in range(70)]


def largest_power_below(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def naive_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if index < k:
        return [*naive_path(index, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(index - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(old: int, leaves: list[bytes], *, is_known: bool) -> list[bytes]:
    """RFC 6962 section 2.1.2, word for word."""
    if old == len(leaves):
        return [] if is_known else [naive_root(leaves)]
    k = largest_power_below(len(leaves))
    if old <= k:
        return [*naive_subproof(old, leaves[:k], is_known=is_known), naive_root(leaves[k:])]
    return [*naive_subproof(old - k, leaves[k:], is_known=False), naive_root(leaves[:k])]


@pytest.mark.parametrize(
    ("index", "size", "hashes"),
    [
        (0, 1, []),
        (
            0,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
        (
            1,
            5,
            [
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ],
)
def test_the_published_inclusion_proofs_are_reproduced(index: int, size: int, hashes: list[str]) -> None:
    """The vectors of the certificate transparency implementations."""
    proof = inclusion_proof(Position(index), Position(size), READ)
    assert [item.hex() for item in proof] == hashes


@pytest.mark.parametrize(
    ("old", "new", "hashes"),
    [
        (1, 1, []),
        (
            1,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            [
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ],
)
def test_the_published_consistency_proofs_are_reproduced(old: int, new: int, hashes: list[str]) -> None:
    proof = consistency_proof(Position(old), Position(new), READ)
    assert [item.hex() for item in proof] == hashes


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 31, 33, 70])
def test_every_proof_of_every_leaf_agrees_with_the_recursive_definition(size: int) -> None:
    read = node_reader(LEAVES)
    root = naive_root(LEAVES[:size])
    for index in range(size):
        proof = inclusion_proof(Position(index), Position(size), read)
        assert list(proof) == naive_path(index, LEAVES[:size])
        leaf = leaf_hash(LEAVES[index])
        assert verify_inclusion(leaf, Position(index), Position(size), proof=proof, root=root)
        for other in range(size):
            if other != index:
                assert not verify_inclusion(leaf, Position(other), Position(size), proof=proof, root=root)


def test_every_consistency_proof_agrees_with_the_recursive_definition() -> None:
    read = node_reader(LEAVES)
    roots = [naive_root(LEAVES[:size]) for size in range(40)]
    for new in range(1, 40):
        for old in range(1, new + 1):
            proof = consistency_proof(Position(old), Position(new), read)
            assert list(proof) == naive_subproof(old, LEAVES[:new], is_known=True)
            sizes = (Position(old), Position(new))
            assert verify_consistency(*sizes, old_root=roots[old], new_root=roots[new], proof=proof)
            if old < new:
                assert not verify_consistency(*sizes, old_root=roots[new], new_root=roots[new], proof=proof)
                assert not verify_consistency(*sizes, old_root=roots[old], new_root=roots[old], proof=proof)


@given(st.data())
def test_no_changed_proof_verifies(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 70))
    old = data.draw(st.integers(1, size - 1))
    read = node_reader(LEAVES)
    proof = list(consistency_proof(Position(old), Position(size), read))
    place = data.draw(st.integers(0, len(proof) - 1))
    change = data.draw(st.sampled_from(["flip", "drop", "twice", "more"]))
    if change == "flip":
        proof[place] = bytes([proof[place][0] ^ 1]) + proof[place][1:]
    elif change == "drop":
        del proof[place]
    elif change == "twice":
        proof.insert(place, proof[place])
    else:
        proof.append(b"\x00" * 32)
    assert not verify_consistency(
        Position(old),
        Position(size),
        old_root=naive_root(LEAVES[:old]),
        new_root=naive_root(LEAVES[:size]),
        proof=proof,
    )


def test_an_empty_tree_begins_every_tree_and_takes_no_proof() -> None:
    root = naive_root(LEAVES[:3])
    sizes = (Position(0), Position(3))
    assert verify_consistency(*sizes, old_root=EMPTY_ROOT, new_root=root, proof=())
    assert not verify_consistency(*sizes, old_root=EMPTY_ROOT, new_root=root, proof=(root,))
    assert not verify_consistency(*sizes, old_root=root, new_root=root, proof=())
    assert not verify_consistency(Position(3), Position(2), old_root=root, new_root=root, proof=())


def test_a_proof_reads_few_nodes() -> None:
    size = 1 << 40
    read: list[tuple[int, int]] = []

    def node(level: Level, index: Position) -> bytes:
        read.append((level, index))
        return bytes(32)

    inclusion_proof(Position(12_345_678_901), Position(size - 1), node)
    assert len(read) <= 2 * 40
    read.clear()
    consistency_proof(Position(12_345_678_901), Position(size - 1), node)
    assert len(read) <= 2 * 40


def test_nodes_completed_by_growing_are_the_stored_ones() -> None:
    stored: dict[tuple[int, int], bytes] = {}
    tree = EMPTY_RANGE
    read = node_reader(LEAVES)
    for data in LEAVES:
        made = completed_nodes(tree, data)
        stored |= {(item.level, item.index): item.digest for item in made}
        tree = append_leaf(tree, data)
        assert made[-1].digest == tree.roots[-1]
    assert all(digest == read(Level(level), Position(index)) for (level, index), digest in stored.items())
    for size in range(len(LEAVES) + 1):
        assert root_at(Position(size), read) == naive_root(LEAVES[:size])
    assert range_at(Position(70), read) == tree


def test_what_no_tree_has_is_refused_by_name() -> None:
    with pytest.raises(ProofRangeError, match="no leaf 8"):
        inclusion_proof(Position(8), Position(8), READ)
    with pytest.raises(ProofRangeError, match="do not begin"):
        consistency_proof(Position(8), Position(7), READ)

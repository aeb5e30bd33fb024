"""A growing tree has the root that the recursive definition of RFC 6962 gives, in logarithmic memory."""

import hashlib

import pytest

from billproof.model.identifiers import Digest
from billproof.model.merkle import EMPTY_RANGE, append_digest, append_leaf, root_of, root_of_leaves

VECTOR_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


@pytest.mark.parametrize(
    ("size", "root"),
    [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ],
)
def test_the_roots_of_the_certificate_transparency_vectors_are_reproduced(size: int, root: str) -> None:
    assert root_of_leaves(VECTOR_LEAVES[:size]).hex() == root


def test_every_size_agrees_with_the_recursive_definition_and_stays_small() -> None:
    tree = EMPTY_RANGE
    leaves: list[bytes] = []
    for number in range(130):
        assert root_of(tree) == naive_root(leaves)
        assert len(tree.roots) == number.bit_count()
        leaves.append(number.to_bytes(2, "big"))
        tree = append_leaf(tree, leaves[-1])
    assert tree.size == 130


def test_the_leaf_of_a_receipt_is_the_bytes_of_its_digest() -> None:
    digest = hashlib.sha256(b"receipt")
    tree = append_digest(EMPTY_RANGE, Digest(digest.hexdigest()))
    assert root_of(tree) == naive_root([digest.digest()])

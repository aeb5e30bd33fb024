"""Merkle trees of RFC 6962, grown in memory that is logarithmic in their size.

A tree of n leaves is the largest perfect tree of at most n leaves beside the tree of the rest. So a growing
tree is a compact range: the roots of the perfect trees in it, largest first, one per bit of its size.

Leaf data are the 32 bytes of receipt digests, in log order, not the bodies: a digest is SHA-256 of the
tagged body, so it commits to the body all the same, and the log can be followed without holding bodies.

Source: RFC 6962 section 2.1; C2SP tlog-checkpoint.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from billproof.model.identifiers import Digest, Position

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""The root of the tree without leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactRange:
    """A tree that can grow."""

    size: Position
    """The number of leaves."""
    roots: tuple[bytes, ...]
    """The roots of its perfect trees, largest first; as many as ``size`` has bits set."""


EMPTY_RANGE: Final = CompactRange(size=Position(0), roots=())
"""The tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256 of byte 0 and the data."""
    return hashlib.sha256(_LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node: SHA-256 of byte 1 and the hashes of its children."""
    return hashlib.sha256(_NODE + left + right).digest()


def append_leaf(tree: CompactRange, data: bytes) -> CompactRange:
    """Return the tree with one more leaf at its end."""
    roots = list(tree.roots)
    node = leaf_hash(data)
    # Like a carry in binary: each perfect tree at the end that is as large as the new one joins it.
    carry = int(tree.size)
    while carry & 1:
        node = node_hash(roots.pop(), node)
        carry >>= 1
    return CompactRange(size=Position(tree.size + 1), roots=(*roots, node))


def append_digest(tree: CompactRange, digest: Digest) -> CompactRange:
    """Return the log tree with one more receipt: its leaf data are the 32 bytes of the digest.

    Raises:
        ValueError: The digest is not hexadecimal; a bug of the caller.
    """
    return append_leaf(tree, bytes.fromhex(digest))


def root_of(tree: CompactRange) -> bytes:
    """Return the root hash, 32 bytes."""
    if not tree.roots:
        return EMPTY_ROOT
    node = tree.roots[-1]
    for left in reversed(tree.roots[:-1]):
        node = node_hash(left, node)
    return node


def root_of_leaves(leaves: Iterable[bytes]) -> bytes:
    """Return the root hash of a tree over these leaf data."""
    tree = EMPTY_RANGE
    for data in leaves:
        tree = append_leaf(tree, data)
    return root_of(tree)

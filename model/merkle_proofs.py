"""Proofs about Merkle trees of RFC 6962: that an entry is in a log, and that a log has only grown.

A proof is a few hashes. It is made from stored nodes, of which it reads as many as the tree is high, and is
checked by the algorithms of RFC 9162 sections 2.1.3.2 and 2.1.4.2, which take nothing from whoever made it.

Stored nodes are the perfect subtrees: node (level, index) covers the leaves from index * 2^level on, 2^level
of them. They never change while a log grows; the ragged right edge of a tree is computed from them.

Not here: where nodes are stored, and what the leaves are (``merkle``).

Source: RFC 6962 section 2.1; RFC 9162 section 2.1.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NewType, TypeAlias

from billproof.model.identifiers import Position
from billproof.model.merkle import EMPTY_ROOT, CompactRange, leaf_hash, node_hash
from billproof.model.portable import PortableError

Level = NewType("Level", int)
"""How high a node lies; leaves lie at 0."""

NodeReader: TypeAlias = Callable[[Level, Position], bytes]
"""Returns the stored hash of a perfect subtree."""

PROOF_HASHES_MAX: Final = 63
"""More hashes than any proof has, for trees of at most 2^63 leaves (C2SP tlog-witness)."""


class ProofRangeError(PortableError, ValueError):
    """A proof was asked for that no tree has; whoever asks must name another place.

    Args:
        problem: What was asked for.
        remedy: What can be asked for.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"Merkle proof: {problem}; {remedy}")
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedNode:
    """A perfect subtree that one more leaf has completed."""

    level: Level
    index: Position
    digest: bytes


def completed_nodes(tree: CompactRange, data: bytes) -> tuple[CompletedNode, ...]:
    """Return the nodes that appending a leaf to ``tree`` completes, the leaf first.

    Law: the last of them is the last root of ``append_leaf(tree, data)``.
    """
    node = leaf_hash(data)
    made = [CompletedNode(level=Level(0), index=tree.size, digest=node)]
    left = len(tree.roots)
    carry = int(tree.size)
    while carry & 1:
        left -= 1
        node = node_hash(tree.roots[left], node)
        carry >>= 1
        made.append(CompletedNode(level=Level(len(made)), index=Position(carry), digest=node))
    return tuple(made)


def root_at(size: Position, node: NodeReader) -> bytes:
    """Return the root of the first ``size`` leaves, from stored nodes."""
    return _range_root(0, size, node) if size else EMPTY_ROOT


def range_at(size: Position, node: NodeReader) -> CompactRange:
    """Return the growing tree of the first ``size`` leaves, from stored nodes."""
    return CompactRange(
        size=size, roots=tuple(node(level, index) for level, index in _perfect_parts(0, size))
    )


def inclusion_proof(index: Position, size: Position, node: NodeReader) -> tuple[bytes, ...]:
    """Return the proof that a leaf is in the tree of the first ``size`` leaves (RFC 6962 section 2.1.1).

    Args:
        index: The place of the leaf, from 0.
        size: The size of the tree.
        node: Reads stored nodes.

    Raises:
        ProofRangeError: No leaf has this place in a tree of this size.
    """
    if not 0 <= index < size:
        raise ProofRangeError(f"no leaf {index} in a tree of {size}", "name a place below the size")
    path: list[bytes] = []
    start, end = 0, int(size)
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(middle, end, node))
            end = middle
        else:
            path.append(_range_root(start, middle, node))
            start = middle
    return tuple(reversed(path))


def consistency_proof(old: Position, new: Position, node: NodeReader) -> tuple[bytes, ...]:
    """Return the proof that the tree of ``old`` leaves begins the tree of ``new`` (RFC 6962 section 2.1.2).

    Returns:
        The hashes; none where the old tree is empty or the sizes are equal, as there is nothing to prove.

    Raises:
        ProofRangeError: The old tree is the larger one.
    """
    if not 0 <= old <= new:
        raise ProofRangeError(f"{old} leaves do not begin {new}", "name the smaller size first")
    if old in (0, new):
        return ()
    path: list[bytes] = []
    start, end = 0, int(new)
    # While the old tree ends inside the left part it is the right part that is new, and the other way round.
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_root(middle, end, node))
            end = middle
        else:
            path.append(_range_root(start, middle, node))
            start = middle
    # What is left is a subtree of the old tree; where it is all of it, the verifier has its root already.
    if start:
        path.append(_range_root(start, end, node))
    return tuple(reversed(path))


def verify_inclusion(
    leaf: bytes, index: Position, size: Position, *, proof: Sequence[bytes], root: bytes
) -> bool:
    """Tell whether a proof shows that a leaf is at a place of a tree (RFC 9162 section 2.1.3.2).

    Args:
        leaf: The hash of the leaf.
        index: Its place.
        size: The size of the tree.
        proof: The hashes.
        root: The root of the tree, from a checkpoint that the caller accepts.
    """
    if not 0 <= index < size:
        return False
    place, last = int(index), int(size) - 1
    node = leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            node = node_hash(node, sibling)
        place >>= 1
        last >>= 1
    return last == 0 and node == root


def verify_consistency(
    old: Position, new: Position, *, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Tell whether a proof shows that one tree begins another (RFC 9162 section 2.1.4.2).

    An empty tree begins every tree and takes no proof; of two trees of one size the roots must be equal.
    """
    if not 0 <= old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    hashes = list(proof)
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        return False
    place, last = int(old) - 1, int(new) - 1
    while place & 1:
        place >>= 1
        last >>= 1
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first = node_hash(sibling, first)
            second = node_hash(sibling, second)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            second = node_hash(second, sibling)
        place >>= 1
        last >>= 1
    return last == 0 and first == old_root and second == new_root


def node_reader(leaves: Iterable[bytes]) -> NodeReader:
    """Return a reader of the nodes over these leaf data, kept in memory: for small trees."""
    levels: list[list[bytes]] = [[leaf_hash(data) for data in leaves]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(below[place], below[place + 1]) for place in range(0, len(below) - 1, 2)])
    return lambda level, index: levels[level][index]


def _split(count: int) -> int:
    """Return the largest power of two below ``count``, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)


def _range_root(start: int, end: int, node: NodeReader) -> bytes:
    """Return the root over the leaves from ``start`` to before ``end``, a subtree of an RFC 6962 tree."""
    parts = [node(level, index) for level, index in _perfect_parts(start, end)]
    root = parts[-1]
    for left in reversed(parts[:-1]):
        root = node_hash(left, root)
    return root


def _perfect_parts(start: int, end: int) -> Iterator[tuple[Level, Position]]:
    """Yield the perfect subtrees that make up a subtree, largest first."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield Level(level), Position(start >> level)
        start += 1 << level

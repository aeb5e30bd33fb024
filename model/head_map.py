"""The map customer -> (sequence, head) that a checkpoint binds: proofs of what it holds and of what not.

The map is a sorted Merkle tree: the RFC 6962 tree over the canonical lists [customer, sequence, digest] in
the order of the customers' UTF-8 bytes; its root is the extension line ``heads`` of a checkpoint. A proof is
a path from a leaf to the root that says at each step on which side the other hash stands.

Theory of operation. A leaf is a leaf because of its tag, whatever size the tree is said to have. A leaf
whose path never leaves to the right is the first one; two leaves whose paths part once, and then run along
the seam between the two parts, stand next to each other. So a customer is absent if two neighbours enclose
the name, or the first leaf lies beyond it, or the last before it; no size is needed, and none is believed.

Choices: a sparse tree, whose places are hashes of names, needs no order to be believed. The sorted tree is
kept because checkpoints in this form exist already; that the map is sorted, complete and the fold of the log
is what a witness checks before it signs, so absence means something under a quorum only.

Source: rules R3.3 and R6.4; ``system.md`` section 5; RFC 6962.
"""

from collections.abc import Sequence as Listed
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from billproof.model.canonical import canonical_bytes
from billproof.model.checkpoints import ChainHead
from billproof.model.identifiers import CustomerId, Position
from billproof.model.merkle import EMPTY_ROOT, leaf_hash, node_hash
from billproof.model.merkle_proofs import NodeReader, inclusion_proof, node_reader

STEPS_MAX: Final = 63
"""The longest path that is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step from a leaf towards the root."""

    sibling: bytes
    """The other hash, 32 bytes."""
    is_left: bool
    """Whether the other hash stands to the left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadProof:
    """A head with its path to the root of the map."""

    head: ChainHead
    steps: tuple[Step, ...]
    """From the leaf upwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceProof:
    """The neighbours of a name that has no head; both None where the map is empty."""

    before: HeadProof | None
    """The last head before the name; None where there is none."""
    after: HeadProof | None
    """The first head after it; None where there is none."""


def head_leaf(head: ChainHead) -> bytes:
    """Return the leaf data of a head: the canonical list of its customer, sequence and digest."""
    return canonical_bytes([head.customer, head.sequence, head.digest])


def prove_customer(customer: CustomerId, heads: Listed[ChainHead]) -> HeadProof | AbsenceProof:
    """Return the proof of what a map says of a customer.

    Args:
        customer: The name.
        heads: The map, sorted by the UTF-8 bytes of the customers as a checkpoint lists it.
    """
    node = node_reader([head_leaf(head) for head in heads])
    name = customer.encode("utf-8")
    place = sum(head.customer.encode("utf-8") < name for head in heads)
    if place < len(heads) and heads[place].customer == customer:
        return _proof(heads, place, node)
    return AbsenceProof(
        before=_proof(heads, place - 1, node) if place > 0 else None,
        after=_proof(heads, place, node) if place < len(heads) else None,
    )


def verify_head(proof: HeadProof, root: bytes) -> bool:
    """Tell whether a proof shows that the map with this root holds the head."""
    if len(proof.steps) > STEPS_MAX:
        return False
    node = leaf_hash(head_leaf(proof.head))
    for step in proof.steps:
        node = node_hash(step.sibling, node) if step.is_left else node_hash(node, step.sibling)
    return node == root


def verify_absence(customer: CustomerId, proof: AbsenceProof, root: bytes) -> bool:
    """Tell whether a proof shows that the sorted map with this root holds no head of a customer.

    Args:
        customer: The name.
        proof: Its neighbours.
        root: The root of the map, from a checkpoint that enough witnesses have signed: the order of the map
            is theirs to check.
    """
    before, after = proof.before, proof.after
    if before is None and after is None:
        return root == EMPTY_ROOT
    name = customer.encode("utf-8")
    if before is not None and not (before.head.customer.encode("utf-8") < name and verify_head(before, root)):
        return False
    if after is not None and not (name < after.head.customer.encode("utf-8") and verify_head(after, root)):
        return False
    if before is None:
        return after is not None and not any(step.is_left for step in after.steps)
    if after is None:
        return all(step.is_left for step in before.steps)
    return _are_neighbours(before.steps, after.steps)


def is_sorted(heads: Listed[ChainHead]) -> bool:
    """Tell whether a map lists each customer once, in the order of its UTF-8 bytes."""
    return all(
        first.customer.encode("utf-8") < second.customer.encode("utf-8") for first, second in pairwise(heads)
    )


def _are_neighbours(before: tuple[Step, ...], after: tuple[Step, ...]) -> bool:
    """Tell whether two paths of one tree are those of neighbouring leaves, by their sides alone.

    From the root: equal sides, then once left against right, then all right against all left. Paths of one
    root that agree in their sides so far are at one node.
    """
    left = [step.is_left for step in reversed(before)]
    right = [step.is_left for step in reversed(after)]
    for place, (first, second) in enumerate(zip(left, right, strict=False)):
        if first != second:
            # A sibling on the left means that this path goes to the right.
            return not first and second and all(left[place + 1 :]) and not any(right[place + 1 :])
    return False


def _proof(heads: Listed[ChainHead], place: int, node: NodeReader) -> HeadProof:
    hashes = inclusion_proof(Position(place), Position(len(heads)), node)
    sides = _sides(place, len(heads))
    steps = [Step(sibling=sibling, is_left=is_left) for sibling, is_left in zip(hashes, sides, strict=True)]
    return HeadProof(head=heads[place], steps=tuple(steps))


def _sides(place: int, size: int) -> list[bool]:
    """Return on which side the sibling stands, from the leaf upwards."""
    sides: list[bool] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        is_right = place >= middle
        sides.append(is_right)
        start, end = (middle, end) if is_right else (start, middle)
    return sides[::-1]

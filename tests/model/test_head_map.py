"""A map proves what it holds and what it does not; nobody proves the absence of a customer who is there."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billproof.model.checkpoints import ChainHead, heads_root
from billproof.model.head_map import (
    AbsenceProof,
    HeadProof,
    Step,
    is_sorted,
    prove_customer,
    verify_absence,
    verify_head,
)
from billproof.model.identifiers import CustomerId, Digest, Sequence


def a_map(count: int) -> list[ChainHead]:
    return [
        ChainHead(
            customer=CustomerId(f"customer-{number:03d}"),
            sequence=Sequence(number + 1),
            digest=Digest(hashlib.sha256(bytes([number])).hexdigest()),
        )
        for number in range(count)
    ]


def absent(name: str, heads: list[ChainHead]) -> AbsenceProof:
    proof = prove_customer(CustomerId(name), heads)
    assert isinstance(proof, AbsenceProof)
    return proof


def present(name: str, heads: list[ChainHead]) -> HeadProof:
    proof = prove_customer(CustomerId(name), heads)
    assert isinstance(proof, HeadProof)
    return proof


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 33])
def test_every_head_and_every_absence_around_it_is_proved(count: int) -> None:
    heads = a_map(count)
    root = heads_root(heads)
    for head in heads:
        proof = present(head.customer, heads)
        assert verify_head(proof, root)
        assert not verify_head(replace(proof, head=replace(head, sequence=Sequence(99))), root)
        for name in (f"{head.customer}x", head.customer[:-1] + "/"):
            assert verify_absence(CustomerId(name), absent(name, heads), root)
            assert not verify_absence(head.customer, absent(name, heads), root)
    for name in ("a", "z"):
        assert verify_absence(CustomerId(name), absent(name, heads), root)


def test_an_empty_map_proves_every_absence_and_no_other_map_does() -> None:
    nothing = absent("a", [])
    assert verify_absence(CustomerId("a"), nothing, heads_root([]))
    assert not verify_absence(CustomerId("a"), nothing, heads_root(a_map(1)))


@given(st.integers(2, 40), st.data())
def test_no_pair_of_true_paths_proves_the_absence_of_a_customer_who_is_there(
    count: int, data: st.DataObject
) -> None:
    """Whatever heads a liar shows, with whatever of their sides: all are tried around one who is there."""
    heads = a_map(count)
    root = heads_root(heads)
    victim = data.draw(st.integers(0, count - 1))
    before = data.draw(st.one_of(st.none(), st.integers(0, count - 1)))
    after = data.draw(st.one_of(st.none(), st.integers(0, count - 1)))
    proof = AbsenceProof(
        before=None if before is None else present(heads[before].customer, heads),
        after=None if after is None else present(heads[after].customer, heads),
    )
    assert not verify_absence(heads[victim].customer, proof, root)


def test_a_path_with_false_sides_proves_nothing() -> None:
    heads = a_map(8)
    proof = present(heads[3].customer, heads)
    for place in range(len(proof.steps)):
        steps = list(proof.steps)
        steps[place] = Step(sibling=steps[place].sibling, is_left=not steps[place].is_left)
        assert not verify_head(replace(proof, steps=tuple(steps)), heads_root(heads))


def test_order_is_that_of_the_utf8_bytes_and_each_customer_stands_once() -> None:
    heads = a_map(3)
    assert is_sorted(heads)
    assert not is_sorted(heads[::-1])
    assert not is_sorted([heads[0], heads[0]])

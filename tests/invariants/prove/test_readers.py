"""What is proved of every reader of anything: it is proved, it needs its premise, and no check is spare."""

import time
from dataclasses import replace

import pytest

from billproof.invariants.prove.clauses import reading_problem
from billproof.invariants.prove.discharge import Limits
from billproof.invariants.prove.engine import prove
from billproof.invariants.prove.problem import ProofOptions, Status
from billproof.invariants.prove.solvers import Answer
from billproof.invariants.reading import Read, begin, read
from billproof.invariants.theorem import Clause
from billproof.invariants.theorems import all_clauses
from billproof.invariants.variants.variant import Edit, Variant, installed
from billproof.model.context import Context
from billproof.model.design import REPAIRED
from billproof.model.identifiers import NO_DIGEST
from billproof.model.outcomes import Status as ReplyStatus
from billproof.model.receipts import digest_of
from billproof.model.state import NO_ENTRY, Presented, initial_state
from billproof.model.switches import Preimage

READERS = {clause.name: clause for clause in all_clauses() if clause.reader is not None}

LOG = "accepted_presentation_is_the_log"
HONEST = "honest_presentation_is_accepted"

SPARE_NOTHING = (
    (LOG, "check_signature", "context.digest(presented.entry) == presented.signed and ", ""),
    (LOG, "check_signature", " and presented.entry.digest == presented.signed", ""),
    (LOG, "check_anchor", "entry.digest != witnessed.digest", "False"),
    (LOG, "check_end", "head.sequence < witnessed.sequence", "head.sequence < 0"),
    (LOG, "check_end", "head.sequence < witnessed.sequence", "head.sequence + 1 < witnessed.sequence"),
    (HONEST, "check_end", "head.sequence < witnessed.sequence", "head.sequence <= witnessed.sequence"),
)
"""Clause, function of ``model.verification``, and a change that the proof must not survive."""


def test_every_clause_about_readers_is_proved() -> None:
    """Both solvers decide every obligation, and each case of the reader can happen."""
    result = prove(reading_problem(REPAIRED, tuple(READERS.values())))
    assert {name: result.clause(name).status for name in READERS} == dict.fromkeys(READERS, Status.PROVED)
    assert {witness.answer for witness in result.witnesses} == {Answer.SAT}
    assert any("injective" in label for label in result.clause(LOG).rests_on)


@pytest.mark.parametrize(("name", "function", "old", "new"), SPARE_NOTHING)
def test_no_check_of_a_reader_is_spare(name: str, function: str, old: str, new: str) -> None:
    """With one comparison changed, some obligation of the clause has a model."""
    change = Variant(
        name="changed", theorem="T3", clause=name, breaks="one comparison", source="this test",
        edits=(Edit(module="verification", function=function, old=old, new=new),),
    )  # fmt: skip
    with installed(change):
        assert broken(READERS[name])


def broken(clause: Clause) -> bool:
    """Tell whether the proof of a clause about readers breaks."""
    # A model is looked for, which takes seconds; on a busy machine no question may end for want of time.
    options = ProofOptions(
        limits=Limits(milliseconds=100_000),
        deadline=time.monotonic() + 300.0,
        witnesses=False,
        stop_at=frozenset({clause.name}),
    )
    return (
        prove(reading_problem(REPAIRED, (clause,)), options).clause(clause.name).status is Status.NOT_PROVED
    )


def test_a_concatenated_preimage_is_not_taken_for_injective() -> None:
    """Two entries may have one digest there, so the proof must do without the premise."""
    concatenated = replace(REPAIRED, preimage=Preimage.CONCATENATION)
    assert reading_problem(REPAIRED, ()).axioms != ()
    assert reading_problem(concatenated, ()).axioms == ()


def test_a_reader_stops_at_the_first_thing_wrong() -> None:
    """An entry that nobody signed is not kept, and nothing after it is read."""
    context = Context(design=REPAIRED, digest=digest_of(REPAIRED))
    start = begin(initial_state(regions=1))
    unsigned = Read(item=Presented(entry=replace(NO_ENTRY, status=ReplyStatus.ACCEPTED), signed=NO_DIGEST))
    after = read(start, unsigned, context).state
    assert after.rejected
    assert after.rebuilt == start.rebuilt
    assert not after.honest
    assert read(after, unsigned, context).state is after

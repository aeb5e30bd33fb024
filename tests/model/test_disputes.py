"""A dispute is decided as the evidence demands: each claim about each kind of receipt, and nothing more."""

from dataclasses import replace

import pytest

from billproof.invariants.explore.cast import A1, FIRST, UNIT, WIDE_TERMS, attempts, opened
from billproof.invariants.explore.evidence_domains import rated, registration
from billproof.invariants.price_list import published_rate
from billproof.invariants.searching import context_of
from billproof.model import commands
from billproof.model.containers import FrozenLog
from billproof.model.core import step
from billproof.model.design import DOCUMENTED, REPAIRED, Design
from billproof.model.disputes import (
    Claim,
    Decision,
    Evidence,
    Reason,
    Resolution,
    Shower,
    SigningKeys,
    decide,
)
from billproof.model.identifiers import (
    NO_DIGEST,
    Amount,
    CustomerId,
    CustomerKeyId,
    Fingerprint,
    Instant,
    PricePlanHash,
    Sequence,
    SigningKeyId,
)
from billproof.model.outcomes import Status
from billproof.model.state import Head, Presented, initial_state
from billproof.model.switches import CustomerKeys

HERS, NEXT, FOREIGN = CustomerKeyId("hers"), CustomerKeyId("next"), CustomerKeyId("foreign")
CONTEXT = context_of(REPAIRED)

BY_HER_KEY = rated("k1", 100, signer=HERS)
BY_NEXT_KEY = rated("k2", 100, signer=NEXT)
BY_FOREIGN_KEY = rated("k3", 100, signer=FOREIGN)
BY_CREDENTIAL = rated("k4", 100)
TOO_DEAR = rated("k5", 150)
WITHOUT_PLAN = replace(rated("k6", 100), price_plan=PricePlanHash(""))
AFTER_REVOCATION = rated("k7", 100, signer=HERS)
BY_UNKNOWN_KEY = rated("k8", 100, signer=CustomerKeyId("unknown"))
NEXT_REGISTERED = registration("e2", NEXT, f"key:{HERS}")

STORY = (
    opened(WIDE_TERMS),
    commands.RegisterKey(region=FIRST, request=registration("e1", HERS, "evidence:notary")),
    *attempts(BY_HER_KEY, A1)[1:2],
    commands.RegisterKey(region=FIRST, request=NEXT_REGISTERED),
    *attempts(BY_NEXT_KEY, A1)[1:2],
    commands.RegisterKey(region=FIRST, request=registration("e3", FOREIGN, "operator")),
    *attempts(BY_FOREIGN_KEY, A1)[1:2],
    *attempts(BY_CREDENTIAL, A1)[1:2],
    *attempts(TOO_DEAR, A1)[1:2],
    *attempts(WITHOUT_PLAN, A1)[1:2],
    commands.RegisterKey(region=FIRST, request=registration("v1", HERS, "customer", ends=2)),
    *attempts(AFTER_REVOCATION, A1)[1:2],
    *attempts(BY_UNKNOWN_KEY, A1)[1:2],
)
"""One entry each; the comments of ``CASES`` name them by their sequence number."""

SIGNATURES = {
    (HERS, BY_HER_KEY.fingerprint),
    (HERS, NEXT_REGISTERED.fingerprint),
    (FOREIGN, BY_FOREIGN_KEY.fingerprint),
    (HERS, AFTER_REVOCATION.fingerprint),
}


def ledger() -> tuple[Presented, ...]:
    """Return the receipts of the story."""
    state = initial_state(regions=1)
    for command in STORY:
        outcome = step(state, command, CONTEXT)
        assert outcome.status == Status.ACCEPTED, (command, outcome.status)
        state = outcome.state
    assert isinstance(state.primary.ledger, FrozenLog)
    return tuple(Presented(entry=entry, signed=entry.digest) for entry in state.primary.ledger)


LEDGER = ledger()


def is_signed(key: CustomerKeyId, fingerprint: Fingerprint) -> bool:
    """Tell which signatures are on record."""
    return (key, fingerprint) in SIGNATURES


def evidence(sequence: int, *, head: int = len(LEDGER)) -> Evidence:
    """Return honest evidence about one entry, under a witnessed head."""
    last = LEDGER[head - 1].entry
    return Evidence(
        presented=LEDGER,
        witnessed={last.customer: Head(sequence=Sequence(head), digest=last.digest, commit_time=Instant(0))},
        disputed=LEDGER[sequence - 1],
        shown_by=Shower.OPERATOR,
        signing_keys=SigningKeys(current=SigningKeyId("operator"), retired={}),
        rate=published_rate,
        is_signed=is_signed,
    )


def decided(claim: Claim, given: Evidence, design: Design = REPAIRED) -> tuple[Resolution, Reason]:
    """Return resolution and reason."""
    found: Decision = decide(claim, given, context_of(design))
    return found.resolution, found.reason


UPHELD, REVERSED = Resolution.UPHELD, Resolution.REVERSED
FAULT, OPEN = Resolution.SYSTEM_FAULT, Resolution.INCONCLUSIVE

CASES = (
    (Claim.ISSUED, 3, UPHELD, Reason.IN_THE_LEDGER),
    (Claim.MISSING, 3, UPHELD, Reason.IN_THE_LEDGER),
    (Claim.MINTED, 3, UPHELD, Reason.IN_THE_LEDGER),
    (Claim.DUPLICATED, 3, UPHELD, Reason.CHARGED_ONCE),
    (Claim.MIS_RATED, 1, UPHELD, Reason.NOTHING_WAS_CHARGED),
    (Claim.MIS_RATED, 3, UPHELD, Reason.AMOUNT_IS_RIGHT),
    (Claim.MIS_RATED, 9, FAULT, Reason.AMOUNT_IS_WRONG),
    (Claim.MIS_RATED, 10, OPEN, Reason.AMOUNT_NOT_RECOMPUTABLE),
    (Claim.NOT_SIGNED, 3, UPHELD, Reason.SIGNED_BY_THE_CUSTOMER),
    (Claim.NOT_SIGNED, 5, FAULT, Reason.SIGNATURE_NOT_ON_RECORD),
    (Claim.NOT_SIGNED, 7, OPEN, Reason.ENROLMENT_NOT_VOUCHED_FOR),
    (Claim.NOT_SIGNED, 8, OPEN, Reason.CREDENTIAL_ONLY),
    (Claim.NOT_SIGNED, 12, REVERSED, Reason.KEY_REVOKED_BEFORE),
    (Claim.NOT_SIGNED, 13, REVERSED, Reason.KEY_NEVER_REGISTERED),
    (Claim.STOLEN_KEY, 3, OPEN, Reason.THEFT_NOT_REPORTED_BEFORE),
    (Claim.STOLEN_KEY, 8, OPEN, Reason.CREDENTIAL_ONLY),
    (Claim.STOLEN_KEY, 12, REVERSED, Reason.KEY_REVOKED_BEFORE),
)


@pytest.mark.parametrize(("claim", "sequence", "resolution", "reason"), CASES)
def test_claim(claim: Claim, sequence: int, resolution: Resolution, reason: Reason) -> None:
    """Honest evidence decides each claim as the truth table says, for the stated reason."""
    assert decided(claim, evidence(sequence)) == (resolution, reason)


@pytest.mark.parametrize("claim", Claim)
def test_beyond_the_witnessed_head_nothing_is_decided(claim: Claim) -> None:
    """The entry after the head is left to a person, the entry at the head is not."""
    assert decided(claim, evidence(4, head=3)) == (OPEN, Reason.BEYOND_THE_HEAD)
    assert decided(Claim.ISSUED, evidence(3, head=3))[0] == UPHELD


@pytest.mark.parametrize("claim", Claim)
def test_a_minted_receipt_is_a_fault_of_the_system(claim: Claim) -> None:
    """A well-signed receipt that is not the one in the ledger is no charge, whatever is claimed."""
    entry = replace(LEDGER[2].entry, amount=Amount(7 * UNIT))
    digest = CONTEXT.digest(entry)
    minted = Presented(entry=replace(entry, digest=digest), signed=digest)
    assert decided(claim, replace(evidence(3), disputed=minted)) == (FAULT, Reason.NOT_IN_THE_LEDGER)


def test_what_nobody_signed_counts_against_whoever_shows_it() -> None:
    """The operator's unsigned receipt is a fault; a customer's proves nothing."""
    unsigned = replace(evidence(3), disputed=replace(LEDGER[2], signed=NO_DIGEST))
    assert decided(Claim.ISSUED, unsigned) == (FAULT, Reason.NOBODY_SIGNED)
    copied = replace(unsigned, shown_by=Shower.CUSTOMER)
    assert decided(Claim.MISSING, copied) == (OPEN, Reason.COPY_PROVES_NOTHING)


def test_a_ledger_that_does_not_verify_decides_nothing() -> None:
    """With an entry of the same chain missing, a person decides."""
    damaged = replace(evidence(3), presented=(*LEDGER[:1], *LEDGER[2:]))
    assert decided(Claim.ISSUED, damaged) == (OPEN, Reason.CHAIN_DOES_NOT_VERIFY)


def test_damage_to_another_chain_is_no_obstacle() -> None:
    """Only the disputed customer's chain is judged."""
    other = replace(LEDGER[0].entry, customer=CustomerId("bob"))
    shown = (*LEDGER, Presented(entry=other, signed=NO_DIGEST))
    assert decided(Claim.ISSUED, replace(evidence(3), presented=shown))[0] == UPHELD


def test_a_twin_is_reversed() -> None:
    """Two charges under one key: charged twice."""
    twin = replace(LEDGER[2].entry, sequence=Sequence(2), previous=LEDGER[0].entry.digest)
    first = replace(twin, digest=CONTEXT.digest(twin))
    second = replace(LEDGER[2].entry, previous=first.digest)
    second = replace(second, digest=CONTEXT.digest(second))
    shown = (LEDGER[0], *(Presented(entry=entry, signed=entry.digest) for entry in (first, second)))
    head = Head(sequence=Sequence(3), digest=second.digest, commit_time=Instant(0))
    given = replace(evidence(3), presented=shown, disputed=shown[2], witnessed={second.customer: head})
    assert decided(Claim.DUPLICATED, given) == (REVERSED, Reason.CHARGED_TWICE)


def test_after_a_rotation_old_receipts_are_still_the_operators() -> None:
    """A key history keeps them; without one they are nobody's, and an honest charge is a fault."""
    rotated = replace(
        evidence(3),
        signing_keys=SigningKeys(
            current=SigningKeyId("operator-2"), retired={SigningKeyId("operator"): Instant(0)}
        ),
    )
    assert decided(Claim.ISSUED, rotated)[0] == UPHELD
    forgetful = replace(REPAIRED, key_history=DOCUMENTED.key_history)
    assert decided(Claim.ISSUED, rotated, forgetful) == (FAULT, Reason.UNKNOWN_KEY)


def test_the_documents_settle_by_signature_what_is_wrong() -> None:
    """Under the documented design a wrong amount, a foreign key and a minted receipt are upheld."""
    for claim, sequence in ((Claim.MIS_RATED, 9), (Claim.NOT_SIGNED, 12), (Claim.STOLEN_KEY, 12)):
        given = evidence(sequence)
        digest = context_of(DOCUMENTED).digest(given.disputed.entry)
        shown = Presented(entry=replace(given.disputed.entry, digest=digest), signed=digest)
        settled = decided(claim, replace(given, disputed=shown), DOCUMENTED)
        assert settled == (UPHELD, Reason.SIGNATURE_SETTLES)


def test_an_enrolment_by_the_operator_counts_where_the_design_says_so() -> None:
    """Then the operator can sign for a customer: what T7 rules out."""
    naive = replace(REPAIRED, customer_keys=CustomerKeys.OPERATOR_ENROLS)
    assert decided(Claim.NOT_SIGNED, evidence(7), naive) == (UPHELD, Reason.SIGNED_BY_THE_CUSTOMER)

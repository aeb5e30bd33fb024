"""Each of these broken references is VIOLATED for the theorem that it breaks, and for no other.

The variants are installed while the case is driven, and judged when the model is whole again: what
serves is broken, and what judges is not. ``tools/conform_broken.py`` does it with every variant in a
process of its own.
"""

from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from billproof.conformance.history import History
from billproof.conformance.judging.judge import judge
from billproof.conformance.reference.broken import find_variant
from billproof.conformance.reference.model_adapter import ReferenceAdapter
from billproof.conformance.runner import SCENARIOS
from billproof.conformance.scenarios.scene import Scene
from billproof.conformance.session import Session
from billproof.conformance.transports.in_process import InProcess
from billproof.invariants.variants.variant import installed
from billproof.model.design import REPAIRED, Design

KILLS: tuple[tuple[str, str], ...] = (
    ("lookup_then_commit", "share-keys"),
    ("no_key", "retry-keys"),
    ("ledger_without_balance", "retry-keys"),
    ("lost_update", "retry-keys"),
    ("correction_without_key", "retry-keys"),
    ("usage_not_counted", "reuse-keys"),
    ("answer_without_receipt", "retry-keys"),
    ("key_bound_to_nothing", "reuse-keys"),
    ("consumer_trusts_attribute", "retry-keys"),
    ("marked_and_not_applied", "retry-keys"),
    ("replica_without_keys", "survive-failover"),
    ("reply_from_memory", "not-taken"),
    ("verifier_noop", "edit-stores"),
    ("tail_truncation", "edit-stores"),
    ("concatenated_preimage", "edit-exports"),
    ("hash_of_another_precision", "edit-exports"),
    ("check_then_deduct", "contend-for-the-limit"),
    ("charge_after_work", "reach-the-limit"),
    ("now_instead_of_event_time", "close-months"),
    ("overdrawn_example", "reach-the-floor"),
    ("adjustment_overdraws", "reach-the-floor"),
    ("hold_ignored", "reach-the-limit"),
    ("hold_never_placed", "reach-the-limit"),
    ("any_sign_any_currency", "not-taken"),
    ("terms_not_checked", "reach-the-limit"),
    ("serial_overrefund", "return-charges"),
    ("links_to_genesis", "retry-keys"),
    ("head_left_behind", "retry-keys"),
    ("signature_settles", "dispute-charges"),
    ("credential_settles", "dispute-charges"),
    ("everything_to_a_person", "dispute-charges"),
    ("whole_chain_called_truncated", "edit-exports"),
    ("auditor_ignores_the_tail", "edit-stores"),
    ("honest_tail_is_too_long", "edit-stores"),
    ("alarms_at_everything", "reconcile"),
    ("alarm_without_repair", "reconcile"),
    ("silent_repair", "reconcile"),
    ("label_of_the_leader", "survive-failover"),
)
"""A broken reference, and a case that shows what is broken."""


@cache
def key() -> rsa.RSAPrivateKey:
    """Return one key for all of them: making one takes longer than a case."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def drive(design: Design, case: str) -> Session:
    """Run a case against a reference and return the session with its history."""
    session = Session(InProcess(ReferenceAdapter(design, private=key())), "0", 7)
    session.reseed(case)
    scenario = next(scenario for scenario in SCENARIOS if scenario.name == case)
    scene = Scene(session)
    assert scenario.needs(scene)
    scenario.run(scene)
    return session


def violated(session: Session) -> set[str]:
    """Return the theorems that a history shows to be violated."""
    history: History = session.recorder.history()
    return {finding.theorem for finding in judge(history, session.declaration).findings}


@pytest.mark.parametrize(("name", "case"), KILLS)
def test_a_broken_reference_is_violated_for_its_theorem_and_no_other(name: str, case: str) -> None:
    variant = find_variant(name)
    assert variant is not None
    with installed(variant) as design:
        session = drive(design, case)
    assert violated(session) == {variant.theorem}


def test_there_are_at_least_twenty_five_for_all_seven_theorems() -> None:
    variants = [find_variant(name) for name, _ in KILLS]
    assert len(variants) >= 25
    assert {variant.theorem for variant in variants if variant is not None} == {f"T{n}" for n in range(1, 8)}


@pytest.mark.parametrize("case", sorted({case for _, case in KILLS}))
def test_the_sound_reference_is_not_accused_by_any_of_the_cases(case: str) -> None:
    assert violated(drive(REPAIRED, case)) == set()

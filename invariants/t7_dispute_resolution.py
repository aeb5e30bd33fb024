"""T7: automatic dispute resolution.

Documented: "resolvable iff a receipt exists with valid signature, hash and timestamp; evidence settles more
than 99 %" (T7-D, T7-F, T7-N1). False: two receipts of one key are each valid, so "charged twice" is settled
against the customer (T7-S3); whoever may sign can mint what settles (T7-S2); a wrong amount has a valid
signature (T7-S1); a stolen credential leaves valid evidence (T7-S6); after a rotation an honest receipt no
longer verifies (T7-S8).

Repaired: for every class of claims, every definite verdict is the correct one for the committed log up to the
witnessed head, and an honest ledger under a witnessed head decides whatever evidence can decide; the rest is
INCONCLUSIVE and goes to a person. Theft of a customer's key that was not reported before is for the contract.

Not here: the automation rate, which is an empirical frequency (``billproof dispute --study``).
"""

from collections.abc import Callable

from billproof.invariants.presentation import (
    committed_entries,
    once_in_a_row,
    presentation_money,
    presented_items,
    witnessed_heads,
)
from billproof.invariants.price_list import published_rate
from billproof.invariants.theorem import Scope, Theorem, Transition, invariant_clause, sometimes_mark
from billproof.model.containers import FrozenMap
from billproof.model.context import Context
from billproof.model.customer_keys import EVIDENCE_ISSUER, customer_key_of
from billproof.model.disputes import Claim, Evidence, Resolution, Shower, SigningKeys, resolve
from billproof.model.effects import is_charge_bearing
from billproof.model.exhibits import SignedRequest
from billproof.model.identifiers import NO_SEQUENCE, CustomerKeyId, Fingerprint
from billproof.model.outcomes import EntryKind
from billproof.model.state import Entry, Presented, State


def true_resolution(claim: Claim, entry: Entry, state: State) -> Resolution:
    """Return the resolution that the committed log demands: the truth table of T7.

    ``INCONCLUSIVE`` where no evidence of any kind could decide, so that every definite verdict is wrong.
    """
    committed = committed_entries(state)
    if entry not in committed:
        return Resolution.SYSTEM_FAULT
    if not is_charge_bearing(entry):
        return Resolution.UPHELD
    if claim == Claim.DUPLICATED:
        return Resolution.REVERSED if _is_charged_twice(entry, state) else Resolution.UPHELD
    if claim == Claim.MIS_RATED:
        rated = published_rate(entry)
        if rated is None:
            return Resolution.INCONCLUSIVE
        return Resolution.UPHELD if rated == entry.amount else Resolution.SYSTEM_FAULT
    if claim == Claim.NOT_SIGNED:
        return _truth_about_the_signer(entry, state)
    if claim == Claim.STOLEN_KEY:
        reported = _key_of(entry) in _keys(entry, state)[1]
        return Resolution.REVERSED if reported else Resolution.INCONCLUSIVE
    return Resolution.UPHELD


def definite_verdicts_are_correct(state: State, context: Context, claim: Claim) -> bool:
    """Every definite verdict on a presented or held receipt is the one that the committed log demands."""
    if not state.presenting:
        return True
    return all(
        is_correct(resolve(claim, evidence_about(state, item), context), claim, item.entry, state)
        for item in _disputable(state)
    )


def is_correct(given: Resolution, claim: Claim, entry: Entry, state: State) -> bool:
    """Tell whether a verdict on a receipt is none, or the one that the committed log demands."""
    return given == Resolution.INCONCLUSIVE or given == true_resolution(claim, entry, state)


def honest_evidence_decides(state: State, context: Context, claim: Claim) -> bool:
    """With an unedited ledger under a witnessed head, whatever evidence can decide below it is decided."""
    if not state.presenting:
        return True
    shown = presented_items(state)
    if tuple(item.entry for item in shown) != committed_entries(state):
        return True
    return not any(
        is_decidable(claim, item, state)
        and resolve(claim, evidence_about(state, item), context) == Resolution.INCONCLUSIVE
        for item in shown
    )


def is_decidable(claim: Claim, item: Presented, state: State) -> bool:
    """Tell whether, of an unedited ledger, evidence can decide a dispute about one of its receipts."""
    head = witnessed_heads(state).get(item.entry.customer)
    if head is None or item.entry.sequence > head.sequence or item.signed != item.entry.digest:
        return False
    if true_resolution(claim, item.entry, state) == Resolution.INCONCLUSIVE:
        return False
    return not (claim == Claim.NOT_SIGNED and _is_enrolled_by_the_operator(item.entry, state))


def decided(transition: Transition, context: Context) -> bool:
    """Some dispute was decided for the charge."""
    return _some(transition.after, context, Resolution.UPHELD)


def reversed_for_the_customer(transition: Transition, context: Context) -> bool:
    """Some dispute was decided for the customer, in a healthy ledger."""
    return _some(transition.after, context, Resolution.REVERSED)


def fault_found(transition: Transition, context: Context) -> bool:
    """Some dispute ended in a system fault."""
    return _some(transition.after, context, Resolution.SYSTEM_FAULT)


def left_to_a_person(transition: Transition, context: Context) -> bool:
    """Some dispute was left to a person."""
    return _some(transition.after, context, Resolution.INCONCLUSIVE)


def _is_charged_twice(entry: Entry, state: State) -> bool:
    head = witnessed_heads(state).get(entry.customer)
    twins = [
        other
        for other in committed_entries(state)
        if other.customer == entry.customer and other.key == entry.key and is_charge_bearing(other)
        if head is None or other.sequence <= head.sequence
    ]
    return len(twins) > 1


def _key_of(entry: Entry) -> CustomerKeyId:
    return customer_key_of(entry.issuer) or CustomerKeyId("")


def _keys(entry: Entry, state: State) -> tuple[set[CustomerKeyId], set[CustomerKeyId]]:
    """Return the keys that are really the customer's, and those that were reported, before an entry.

    A key is hers if somebody outside the operator has seen her with it, or if a key of hers has signed its
    registration; what the operator alone has registered was never in her hands.
    """
    hers: set[CustomerKeyId] = set()
    reported: set[CustomerKeyId] = set()
    by_sequence: dict[int, CustomerKeyId] = {}
    for other in committed_entries(state):
        if other.customer != entry.customer or other.sequence >= entry.sequence:
            continue
        if other.kind != EntryKind.KEY_REGISTRATION:
            continue
        key = CustomerKeyId(other.usage)
        if other.refers_to != NO_SEQUENCE:
            reported.add(by_sequence[other.refers_to])
            continue
        by_sequence[other.sequence] = key
        reported.discard(key)
        voucher = _key_of(other)
        if other.issuer.startswith(EVIDENCE_ISSUER) or (
            voucher in hers - reported and _has_signed(state, voucher, other.fingerprint)
        ):
            hers.add(key)
    return hers, reported


def _truth_about_the_signer(entry: Entry, state: State) -> Resolution:
    key = customer_key_of(entry.issuer)
    if key is None:
        # A credential says who could have asked, not who did.
        return Resolution.INCONCLUSIVE
    hers, reported = _keys(entry, state)
    if key in reported or key not in hers:
        return Resolution.REVERSED
    return Resolution.UPHELD if _has_signed(state, key, entry.fingerprint) else Resolution.SYSTEM_FAULT


def _is_enrolled_by_the_operator(entry: Entry, state: State) -> bool:
    """Tell whether somebody registered the key of an entry and it is not the customer's: not decidable."""
    return _key_of(entry) not in _keys(entry, state)[0] and any(
        other.kind == EntryKind.KEY_REGISTRATION and CustomerKeyId(other.usage) == _key_of(entry)
        for other in committed_entries(state)
        if other.customer == entry.customer
    )


def _has_signed(state: State, key: CustomerKeyId, fingerprint: Fingerprint) -> bool:
    return state.exhibits.signed.contains(SignedRequest(customer_key=key, fingerprint=fingerprint))


def _some(state: State, context: Context, wanted: Resolution) -> bool:
    return state.presenting and wanted in _resolutions(state, context)


@once_in_a_row
def _resolutions(state: State, context: Context) -> frozenset[Resolution]:
    """Return how claims come out in a state; all marks ask the same."""
    return frozenset(
        resolve(claim, evidence_about(state, item), context) for item in _disputable(state) for claim in Claim
    )


def evidence_about(state: State, item: Presented) -> Evidence:
    """Return what a dispute about a receipt is decided on, where the operator shows what is presented."""
    return Evidence(
        presented=presented_items(state),
        witnessed=witnessed_heads(state),
        disputed=item,
        shown_by=Shower.OPERATOR,
        signing_keys=_signing_keys(state),
        rate=published_rate,
        is_signed=_signatures(state),
    )


@once_in_a_row
def _signing_keys(state: State) -> SigningKeys:
    retired = state.exhibits.retired_keys
    assert isinstance(retired, FrozenMap)
    return SigningKeys(current=state.exhibits.current_key, retired=dict(retired.items()))


@once_in_a_row
def _signatures(state: State) -> Callable[[CustomerKeyId, Fingerprint], bool]:
    return lambda key, fingerprint: _has_signed(state, key, fingerprint)


@once_in_a_row
def _disputable(state: State) -> tuple[Presented, ...]:
    held = (Presented(entry=entry, signed=entry.digest) for entry in committed_entries(state))
    # What is presented unedited is held as well; evidence about it is the same.
    return tuple(dict.fromkeys((*presented_items(state), *held)))


THEOREM = Theorem(
    id="T7",
    title="dispute resolution",
    documented="evidence settles more than 99 % of disputes",
    repaired=(
        "for claims issued / altered / missing / minted / duplicated / mis-rated / not signed by my key / "
        "stolen key, every definite verdict is the correct one for the log up to the witnessed head, "
        "and an honest ledger under it decides whatever evidence can decide"
    ),
    assumptions=(
        "C5: SHA-256 is collision resistant and signatures are unforgeable",
        "the reader has the witnessed head, the published price plans and the signatures on record",
        "customer keys are enrolled by the previous key or by external evidence; else INCONCLUSIVE",
        "usage is measured right; theft of a key not reported before the charge is for the contract",
    ),
    clauses=(
        invariant_clause(
            "T7",
            definite_verdicts_are_correct,
            scope=Scope.PRESENTED,
            provable=False,
            sometimes=("decided", "reversed_for_the_customer", "fault_found", "left_to_a_person"),
        ),
        invariant_clause(
            "T7", honest_evidence_decides, scope=Scope.PRESENTED, provable=False, sometimes=("decided",)
        ),
    ),
    sometimes=tuple(
        sometimes_mark(predicate)
        for predicate in (decided, reversed_for_the_customer, fault_found, left_to_a_person)
    ),
    money=presentation_money,
    claims=("T7-D", "T7-F", "T7-N1", "T7-S1", "T7-S2", "T7-S3", "T7-S6", "T7-S8"),
)
"""T7."""

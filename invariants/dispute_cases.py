"""Disputes whose truth is known: small ledgers, what an adversary makes of them, and a claim.

Each ledger is written by the core itself - by a broken one where the case is a double charge - and then
edited. What is true of a case is known from how it was made, not from any verdict. A few in a hundred
disputes are brought before a head covers the receipt; evidence cannot decide those.

Source: ``theorems.md`` T7; schedules T7-S1 to T7-S8.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType
from typing import Final

from billproof.invariants.explore.cast import A1, A2, FIRST, UNIT, WIDE_TERMS, attempts, opened
from billproof.invariants.explore.evidence_domains import rated, registration
from billproof.model import commands
from billproof.model.commands import Command
from billproof.model.containers import FrozenLog
from billproof.model.context import Context
from billproof.model.core import step
from billproof.model.customer_keys import EVIDENCE_ISSUER
from billproof.model.design import REPAIRED, Design
from billproof.model.disputes import Claim, Evidence, Resolution, Shower, SigningKeys
from billproof.model.identifiers import (
    Amount,
    CustomerKeyId,
    Fingerprint,
    Instant,
    PricePlanHash,
    Sequence,
    SigningKeyId,
    UsageText,
)
from billproof.model.outcomes import Status
from billproof.model.receipts import digest_of
from billproof.model.state import Entry, Head, Presented, Request, initial_state
from billproof.model.switches import KeyCheck

_HERS, _FOREIGN = CustomerKeyId("hers"), CustomerKeyId("foreign")
_PLAN: Final = PricePlanHash("study")
_PRICE: Final = Amount(15 * UNIT // 100)
"""The published price of a call: 0.15."""

_DIGEST: Final = digest_of(REPAIRED)
_TERMS: Final = replace(
    WIDE_TERMS,
    credit_limit=Amount(10**6 * UNIT),
    quota=Amount(10**6 * UNIT),
    limit=Amount(10**6 * UNIT),
)
"""Terms that no case exhausts."""

_EARLY_PERCENT: Final = 1
"""How many in a hundred disputes are brought before a head covers the receipt."""

_UNROTATED: Final = SigningKeys(current=SigningKeyId("operator"), retired={})
_ROTATED: Final = SigningKeys(
    current=SigningKeyId("operator-2"), retired={SigningKeyId("operator"): Instant(0)}
)

_RACING: Final = replace(REPAIRED, name="racing", key_check=KeyCheck.LOOKUP_THEN_COMMIT)
"""A biller that looks the key up before it commits: it charges twice (T1-S1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One dispute with its truth."""

    kind: str
    """The class that it is counted in."""
    claim: Claim
    evidence: Evidence
    truth: Resolution
    """``INCONCLUSIVE`` where no evidence could decide: then every definite verdict is wrong."""


def _charge(
    random: Random, key: str, *, signer: CustomerKeyId | None = None, factor_hundredths: int = 100
) -> Request:
    """Return a request for some calls, at the published price times a factor."""
    calls = random.randint(1, 2_000)
    body = rated(key, 0, signer=signer)
    return replace(
        body,
        amount=Amount(calls * _PRICE * factor_hundredths // 100),
        usage=UsageText(f"{calls} calls"),
        price_plan=_PLAN,
        fingerprint=Fingerprint(f"{key}/{calls}/{random.getrandbits(64):016x}"),
    )


def _written(
    random: Random, *commands_: Command, design: Design = REPAIRED, first: tuple[Command, ...] = ()
) -> tuple[Presented, ...]:
    """Return the receipts that the core writes, with unrelated charges around them.

    Args:
        random: The source of chance.
        commands_: What the case is about.
        design: What the core runs under.
        first: What comes right after the opening of the account.
    """
    context = Context(design=design, digest=_DIGEST)
    noise = [_charge(random, f"n{number}") for number in range(random.randint(2, 5))]
    before = random.randint(0, len(noise) - 1)
    state = initial_state(regions=1)
    everything = (
        opened(_TERMS),
        *first,
        *(command for body in noise[:before] for command in attempts(body, A1)),
        *commands_,
        *(command for body in noise[before:] for command in attempts(body, A1)),
    )
    for command in everything:
        outcome = step(state, command, context)
        assert outcome.status in (
            Status.ACCEPTED,
            Status.ACCEPTED_WITH_WARNING,
            Status.DONE,
            Status.NOT_POSSIBLE,
        ), f"the study's own {type(command).__name__} came to {outcome.status.name}"
        state = outcome.state
    log = state.primary.ledger
    assert isinstance(log, FrozenLog)
    return tuple(Presented(entry=entry, signed=entry.digest) for entry in log)


def _find(receipts: tuple[Presented, ...], body: Request) -> Presented:
    """Return the last receipt of a request."""
    return [item for item in receipts if item.entry.fingerprint == body.fingerprint][-1]


def _rate(entry: Entry) -> Amount | None:
    quantity, _, unit = entry.usage.partition(" ")
    if entry.price_plan != _PLAN or unit != "calls":
        return None
    return Amount(int(quantity) * _PRICE)


def _case(
    random: Random,
    kind: str,
    claim: Claim,
    truth: Resolution,
    *,
    receipts: tuple[Presented, ...],
    disputed: Presented,
    signed: frozenset[tuple[CustomerKeyId, Fingerprint]] = frozenset(),
    witnessed: tuple[Presented, ...] | None = None,
    shown_by: Shower = Shower.OPERATOR,
    is_rotated: bool = False,
) -> Case:
    """Return a case under a witnessed head that, a few times in a hundred, does not reach the receipt yet.

    Args:
        random: The source of chance.
        kind: The class that it is counted in.
        claim: What the customer claims.
        truth: What is true of it.
        receipts: The ledger as the operator presents it.
        disputed: The receipt in dispute.
        signed: The signatures of customers' keys on record.
        witnessed: The ledger that was witnessed, where it is not the one presented.
        shown_by: Who shows the receipt.
        is_rotated: Whether the operator has taken another signing key since.
    """
    honest = receipts if witnessed is None else witnessed
    is_early = random.randrange(100) < _EARLY_PERCENT
    reach = disputed.entry.sequence - 1 if is_early else len(honest)
    last = honest[max(1, min(reach, len(honest))) - 1].entry
    head = Head(sequence=last.sequence, digest=last.digest, commit_time=last.commit_time)
    return Case(
        kind=kind,
        claim=claim,
        truth=truth,
        evidence=Evidence(
            presented=receipts,
            witnessed={last.customer: head},
            disputed=disputed,
            shown_by=shown_by,
            signing_keys=_ROTATED if is_rotated else _UNROTATED,
            rate=_rate,
            is_signed=lambda key, fingerprint: (key, fingerprint) in signed,
        ),
    )


def _genuine(kind: str, claim: Claim, *, is_rotated: bool = False) -> Callable[[Random], Case]:
    """Return a maker of disputes about charges with which nothing is wrong."""

    def make(random: Random) -> Case:
        body = _charge(random, "k1")
        receipts = _written(random, *attempts(body, A1))
        return _case(
            random, kind, claim, Resolution.UPHELD,
            receipts=receipts, disputed=_find(receipts, body), is_rotated=is_rotated,
        )  # fmt: skip

    return make


def _wrong_amount(random: Random) -> Case:
    factor = random.choice((1, 10, 99, 101, 1_000, 10_000))
    body = _charge(random, "k1", factor_hundredths=factor)
    receipts = _written(random, *attempts(body, A1))
    return _case(
        random, "wrong amount", Claim.MIS_RATED, Resolution.SYSTEM_FAULT,
        receipts=receipts, disputed=_find(receipts, body),
    )  # fmt: skip


def _unpublished_plan(random: Random) -> Case:
    body = replace(_charge(random, "k1"), price_plan=PricePlanHash("unpublished"))
    receipts = _written(random, *attempts(body, A1))
    return _case(
        random, "plan not published", Claim.MIS_RATED, Resolution.INCONCLUSIVE,
        receipts=receipts, disputed=_find(receipts, body),
    )  # fmt: skip


def _charged_twice(random: Random) -> Case:
    body = _charge(random, "k1")
    first, second = attempts(body, A1), attempts(body, A2)
    race = (first[0], second[0], first[1], second[1])
    receipts = _written(random, *race, design=_RACING)
    return _case(
        random, "charged twice", Claim.DUPLICATED, Resolution.REVERSED,
        receipts=receipts, disputed=_find(receipts, body),
    )  # fmt: skip


def _signed(entry: Entry) -> Presented:
    digest = _DIGEST(entry)
    return Presented(entry=replace(entry, digest=digest), signed=digest)


def _minted(random: Random) -> Case:
    """A receipt that somebody with permission to sign has made up, for a place that has another entry."""
    body = _charge(random, "k1")
    receipts = _written(random, *attempts(body, A1))
    place = random.choice(receipts).entry
    other = replace(_find(receipts, body).entry, sequence=place.sequence, previous=place.previous)
    minted = _signed(replace(other, amount=Amount(other.amount + random.randint(1, 900) * UNIT)))
    return _case(random, "minted", Claim.MINTED, Resolution.SYSTEM_FAULT, receipts=receipts, disputed=minted)


def _minted_beyond(random: Random) -> Case:
    """The same for a place that no head covers: nothing says that the ledger will not come to it."""
    body = _charge(random, "k1")
    receipts = _written(random, *attempts(body, A1))
    last = receipts[-1].entry
    minted = _signed(
        replace(_find(receipts, body).entry, sequence=Sequence(last.sequence + 1), previous=last.digest)
    )
    return _case(
        random, "minted beyond the head", Claim.MINTED, Resolution.INCONCLUSIVE,
        receipts=receipts, disputed=minted,
    )  # fmt: skip


def _altered(random: Random) -> Case:
    """The operator shows a receipt with another amount, under the old signature."""
    body = _charge(random, "k1")
    receipts = _written(random, *attempts(body, A1))
    found = _find(receipts, body)
    changed = replace(found.entry, amount=Amount(found.entry.amount + random.randint(1, 900) * UNIT))
    return _case(
        random, "altered", Claim.ALTERED, Resolution.SYSTEM_FAULT,
        receipts=receipts, disputed=replace(found, entry=changed),
    )  # fmt: skip


def _rewritten(random: Random) -> Case:
    """The operator shows a ledger that it has signed anew; the customer holds the genuine receipt."""
    body = _charge(random, "k1")
    receipts = _written(random, *attempts(body, A1))
    found = _find(receipts, body)
    shown = receipts[: found.entry.sequence - 1]
    previous = found.entry.previous
    for item in receipts[found.entry.sequence - 1 :]:
        extra = random.randint(1, 900) * UNIT if item is found else 0
        made = _signed(replace(item.entry, amount=Amount(item.entry.amount + extra), previous=previous))
        previous = made.entry.digest
        shown = (*shown, made)
    return _case(
        random, "ledger rewritten", Claim.MISSING, Resolution.INCONCLUSIVE,
        receipts=shown, disputed=found, witnessed=receipts, shown_by=Shower.CUSTOMER,
    )  # fmt: skip


def _signed_by_her(random: Random) -> Case:
    body = _charge(random, "k1", signer=_HERS)
    receipts = _written(random, _enrolled(), *attempts(body, A1))
    return _case(
        random, "signed by her key", Claim.NOT_SIGNED, Resolution.UPHELD, receipts=receipts,
        disputed=_find(receipts, body), signed=frozenset({(_HERS, body.fingerprint)}),
    )  # fmt: skip


def _key_not_hers(random: Random) -> Case:
    body = _charge(random, "k1", signer=_FOREIGN)
    receipts = _written(random, _enrolled(), *attempts(body, A1))
    return _case(
        random, "key not hers", Claim.NOT_SIGNED, Resolution.REVERSED, receipts=receipts,
        disputed=_find(receipts, body), signed=frozenset({(_FOREIGN, body.fingerprint)}),
    )  # fmt: skip


def _no_signature(random: Random) -> Case:
    """The entry names her key, and there is no signature of it."""
    body = _charge(random, "k1", signer=_HERS)
    receipts = _written(random, _enrolled(), *attempts(body, A1))
    return _case(
        random, "no signature on record", Claim.NOT_SIGNED, Resolution.SYSTEM_FAULT,
        receipts=receipts, disputed=_find(receipts, body),
    )  # fmt: skip


def _enrolled_by_the_operator(random: Random) -> Case:
    body = _charge(random, "k1", signer=_FOREIGN)
    enrolling = commands.RegisterKey(region=FIRST, request=registration("e2", _FOREIGN, "operator"))
    receipts = _written(random, _enrolled(), enrolling, *attempts(body, A1))
    return _case(
        random, "key enrolled by the operator", Claim.NOT_SIGNED, Resolution.INCONCLUSIVE,
        receipts=receipts, disputed=_find(receipts, body),
        signed=frozenset({(_FOREIGN, body.fingerprint)}),
    )  # fmt: skip


def _credential_only(random: Random) -> Case:
    body = _charge(random, "k1")
    receipts = _written(random, *attempts(body, A1))
    return _case(
        random, "credential only", Claim.NOT_SIGNED, Resolution.INCONCLUSIVE,
        receipts=receipts, disputed=_find(receipts, body),
    )  # fmt: skip


def _theft_reported(random: Random) -> Case:
    """Somebody uses her key after she has reported it stolen."""
    body = _charge(random, "k1", signer=_HERS)
    report = commands.RegisterKey(region=FIRST, request=registration("v1", _HERS, "customer", ends=2))
    receipts = _written(random, report, *attempts(body, A1), first=(_enrolled(),))
    return _case(
        random, "stolen key, reported before", Claim.STOLEN_KEY, Resolution.REVERSED, receipts=receipts,
        disputed=_find(receipts, body), signed=frozenset({(_HERS, body.fingerprint)}),
    )  # fmt: skip


def _theft_not_reported(random: Random) -> Case:
    body = _charge(random, "k1", signer=_HERS)
    receipts = _written(random, _enrolled(), *attempts(body, A1))
    return _case(
        random, "stolen key, not reported", Claim.STOLEN_KEY, Resolution.INCONCLUSIVE, receipts=receipts,
        disputed=_find(receipts, body), signed=frozenset({(_HERS, body.fingerprint)}),
    )  # fmt: skip


def _enrolled() -> Command:
    return commands.RegisterKey(region=FIRST, request=registration("e1", _HERS, f"{EVIDENCE_ISSUER}notary"))


KINDS: Final[Mapping[str, Callable[[Random], Case]]] = MappingProxyType(
    {
        "issued": _genuine("issued", Claim.ISSUED),
        "issued before a rotation": _genuine("issued before a rotation", Claim.ISSUED, is_rotated=True),
        "not altered": _genuine("not altered", Claim.ALTERED),
        "not missing": _genuine("not missing", Claim.MISSING),
        "right amount": _genuine("right amount", Claim.MIS_RATED),
        "charged once": _genuine("charged once", Claim.DUPLICATED),
        "wrong amount": _wrong_amount,
        "charged twice": _charged_twice,
        "minted": _minted,
        "altered": _altered,
        "signed by her key": _signed_by_her,
        "key not hers": _key_not_hers,
        "no signature on record": _no_signature,
        "stolen key, reported before": _theft_reported,
        "stolen key, not reported": _theft_not_reported,
        "credential only": _credential_only,
        "key enrolled by the operator": _enrolled_by_the_operator,
        "plan not published": _unpublished_plan,
        "minted beyond the head": _minted_beyond,
        "ledger rewritten": _rewritten,
    }
)
"""The classes: first those that evidence can decide, then those that are for a person."""

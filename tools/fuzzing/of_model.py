"""Targets of the model: numbers, times, canonical JSON, plans, designs, topologies, parts of receipts."""

import io
from importlib.resources import files
from pathlib import Path
from typing import Final

from billproof.model.audit_log import AuditFormatError, parse_audit_body
from billproof.model.canonical import CanonicalValue, JsonInputError, canonical_bytes, parse_json
from billproof.model.checkpoints import (
    CheckpointFormatError,
    parse_checkpoint,
    parse_note,
    verify_checkpoint,
)
from billproof.model.cosignatures import (
    WitnessKeyError,
    judge_cosignatures,
    parse_policy,
    parse_verifier_key,
)
from billproof.model.design import DOCUMENTED, REPAIRED, DesignError
from billproof.model.design_files import inspect_design, parse_design, render_design, render_scaffold
from billproof.model.identifiers import Count, Position
from billproof.model.jws import JwsEncodingError, decode_base64url, named_key, split_jws
from billproof.model.key_sets import KeyFormatError, parse_key_set, render_key_set
from billproof.model.keys import (
    FailedReceipt,
    VerifiedReceipt,
    load_checkpoint_key,
    load_receipt_key,
    verify_receipt,
    verify_receipts,
)
from billproof.model.merkle_proofs import verify_consistency, verify_inclusion
from billproof.model.money import (
    AmountFormatError,
    AmountRangeError,
    UnknownCurrencyError,
    parse_amount,
    parse_source_amount,
    render_amount,
)
from billproof.model.periods import (
    InstantFormatError,
    InstantRangeError,
    PeriodFormatError,
    parse_focus_instant,
    parse_instant,
    parse_period,
    render_instant,
    render_period,
)
from billproof.model.price_plans import PlanError, parse_plan, parse_quantity, plan_hash
from billproof.model.receipts import ReceiptFormatError, parse_receipt, receipt_body
from billproof.model.tiers import TierError, parse_tier
from billproof.model.topology.reading import TopologyError, read_topology
from billproof.model.unit_prices import PlanFormatError, read_plans
from billproof.service.access import read_public_key
from billproof.service.errors import InputFileError
from tools.fuzzing.seeds import Seeds
from tools.fuzzing.target import Target, law, target, text_of

PLAN = (
    '{"version":1,"name":"api","currency":"USD","unit":"Requests","decimals":3,"model":"graduated","tiers":'
    '[{"up_to":"1000","unit_price":"0.001","flat_price":"1"},{"unit_price":"0.0005"}]}'
)

_AMOUNT_ERRORS: Final = (AmountFormatError, AmountRangeError)


def _amount(data: bytes) -> None:
    found = parse_amount(text_of(data))
    law(render_amount(found) == text_of(data), f"render_amount gives {render_amount(found)}")


def _instant(data: bytes) -> None:
    found = parse_instant(text_of(data))
    law(parse_instant(render_instant(found)) == found, f"{found} does not come back")


def _period(data: bytes) -> None:
    found = parse_period(text_of(data))
    law(render_period(found) == text_of(data), f"render_period gives {render_period(found)}")


def _json(data: bytes) -> None:
    found = parse_json(data, "input")
    made = canonical_bytes(found)
    law(parse_json(made, "input") == found, "the canonical bytes read as another value")


def _receipt(data: bytes) -> None:
    entry = parse_receipt(data)
    law(receipt_body(entry) == data, "the receipt is not the bytes that were read")


def _base64url(data: bytes) -> None:
    decode_base64url(text_of(data))
    named_key(text_of(data))


def _design(data: bytes) -> None:
    inspect_design(text_of(data), source="input")
    made = parse_design(text_of(data), source="input")
    law(parse_design(render_design(made), source="input") == made, "the design does not come back")


def _topology(data: bytes) -> None:
    read_topology(text_of(data))


def _proofs(data: bytes) -> None:
    numbers, hashes = data[:16], [data[start : start + 32] for start in range(16, len(data), 32)]
    old, new = (Position(int.from_bytes(numbers[at : at + 8], "big", signed=True)) for at in (0, 8))
    root = hashes[0] if hashes else b""
    # That random hashes prove nothing is the law here: only an empty or trivial proof can be good.
    verify_inclusion(root, old, new, proof=hashes[1:], root=root)
    verify_consistency(old, new, old_root=root, new_root=root[::-1], proof=hashes[1:])


def _proof_examples() -> tuple[bytes, ...]:
    sizes = ((0, 1), (1, 1), (3, 7), (7, 8), (2**62, 2**63 - 1), (0, 0), (-1, 5), (6, 2**40))
    return tuple(
        old.to_bytes(8, "big", signed=True) + new.to_bytes(8, "big", signed=True) + bytes(range(32)) * 5
        for old, new in sizes
    )


def _document_targets() -> tuple[Target, ...]:
    topologies = [
        path.read_text(encoding="utf-8")
        for path in Path(str(files("billproof.model.topology"))).iterdir() if path.suffix == ".toml"
    ]  # fmt: skip
    designs = (render_design(REPAIRED), render_design(DOCUMENTED), render_scaffold(REPAIRED, name="mine"))
    plans = '[{"unit":"calls","unit_price":"0.15"},{"ListUnitPrice":"2","PricingUnit":"GB","SkuPriceId":"x"}]'
    return (
        target(
            "price-plan",
            lambda d: void(plan_hash(parse_plan(text_of(d), source="input"))),
            (JsonInputError, PlanError, UnknownCurrencyError, *_AMOUNT_ERRORS),
            PLAN,
            is_json=True,
            weight=20,
        ),
        target(
            "unit-prices",
            lambda d: void(read_plans(list_of(parse_json(d, "input")), "input")),
            (JsonInputError, PlanFormatError),
            plans,
            is_json=True,
        ),
        target("design", _design, (DesignError,), *designs, words=(b"switches", b"name"), weight=10),
        target("topology", _topology, (TopologyError,), *topologies, weight=10),
        target("merkle-proofs", _proofs, (), *_proof_examples()),
    )


def model_targets(seeds: Seeds) -> tuple[Target, ...]:
    """Return the targets whose inputs are texts of the model."""
    instant_errors = (InstantFormatError, InstantRangeError)
    return (
        target("amount", _amount, _AMOUNT_ERRORS, "12.5", "-3", "0.0000008", "0", "9" * 15),
        target(
            "source-amount",
            lambda d: void(parse_source_amount(text_of(d))),
            _AMOUNT_ERRORS,
            "2.0",
            "-0.10",
            "7",
        ),
        target(
            "instant", _instant, instant_errors, "2024-09-18T22:00:00Z", "2024-02-29T00:00:00.000001+23:59"
        ),
        target(
            "focus-instant",
            lambda d: void(parse_focus_instant(text_of(d))),
            instant_errors,
            "2024-09-18 22:00:00",
            "2024-09-18T22:00:00Z",
        ),
        target("period", _period, (PeriodFormatError,), "2024-09", "1970-01", "9999-12"),
        target(
            "json",
            _json,
            (JsonInputError,),
            PLAN,
            seeds.checkpoint,
            '[1,-2,"\\ud83d\\ude00",null]',
            is_json=True,
            weight=40,
        ),
        target("tier", lambda d: void(parse_tier(text_of(d))), (TierError,), "startup", "free", weight=2),
        target("quantity", lambda d: void(parse_quantity(text_of(d), Count(3))), (PlanError,), "12.5", "0"),
        *_document_targets(),
    )


def _key_targets(seeds: Seeds) -> tuple[Target, ...]:
    return (
        target(
            "witness-policy",
            lambda d: void(parse_policy(d, "input")),
            (WitnessKeyError,),
            seeds.policy,
            is_json=True,
        ),
        target(
            "verifier-key",
            lambda d: void(parse_verifier_key(text_of(d), "input")),
            (WitnessKeyError,),
            seeds.verifier_key,
        ),
        target(
            "receipt-private-key",
            lambda d: void(load_receipt_key(d, "input")),
            (KeyFormatError,),
            seeds.receipt_pem,
            weight=1,
        ),
        target(
            "checkpoint-private-key",
            lambda d: void(load_checkpoint_key(d, "input")),
            (KeyFormatError,),
            seeds.checkpoint_pem,
            weight=2,
        ),
        target(
            "customer-key",
            lambda d: void(read_public_key(d)),
            (InputFileError,),
            *seeds.customer_pems,
            weight=5,
        ),
    )


def receipt_targets(seeds: Seeds) -> tuple[Target, ...]:
    """Return the targets whose inputs are evidence: receipts, keys, checkpoints, policies."""
    keys = parse_key_set(seeds.jwks, "seeds")

    def signed(data: bytes) -> None:
        found = verify_receipt(text_of(data), keys)
        batch = verify_receipts([text_of(data), seeds.receipts[0]], keys)
        law(type(batch[0]) is type(found), "a batch and one receipt are judged differently")
        law(isinstance(batch[1], VerifiedReceipt), "a good receipt beside it is judged bad")
        if isinstance(found, VerifiedReceipt):
            law(text_of(data) in seeds.receipts, "a receipt that nobody signed is verified")
        law(isinstance(found, (VerifiedReceipt, FailedReceipt)), "no verdict")

    def checkpoint(data: bytes) -> None:
        document = parse_checkpoint(data, "input")
        verify_checkpoint(document, keys)
        judge_cosignatures(document.note, policy)

    def key_set(data: bytes) -> None:
        found = parse_key_set(data, "input")
        law(
            parse_key_set(render_key_set(found), "input").receipts.keys() == found.receipts.keys(),
            "keys are lost",
        )

    policy = parse_policy(seeds.policy, "seeds")
    note = parse_checkpoint(seeds.checkpoint, "seeds").note
    bodies = [split_jws(jws).payload for jws in seeds.receipts]
    return (
        target("receipt", _receipt, (ReceiptFormatError,), *bodies, is_json=True, weight=40),
        target("receipt-jws", signed, (), *seeds.receipts, weight=40),
        target("jws", lambda d: void(split_jws(text_of(d))), (JwsEncodingError,), *seeds.receipts[:3]),
        target("base64url", _base64url, (JwsEncodingError,), seeds.receipts[0].partition(".")[0], weight=5),
        target(
            "audit-entry",
            lambda d: void(parse_audit_body(d)),
            (AuditFormatError,),
            *seeds.audit_bodies,
            is_json=True,
        ),
        target("key-set", key_set, (JsonInputError, KeyFormatError), seeds.jwks, is_json=True, weight=20),
        target("checkpoint", checkpoint, (CheckpointFormatError,), seeds.checkpoint, is_json=True, weight=30),
        target("note", lambda d: void(parse_note(text_of(d), "input")), (CheckpointFormatError,), note),
        *_key_targets(seeds),
    )


def void(_value: object) -> None:
    """Take what a parser returned; nothing more is asked of it."""


def list_of(value: CanonicalValue) -> list[CanonicalValue]:
    """Return the items of a document that is a list, and otherwise the document as the only one."""
    return value if isinstance(value, list) else [value]


def opened(data: bytes) -> io.BytesIO:
    """Return an input as a file that is open for reading."""
    return io.BytesIO(data)

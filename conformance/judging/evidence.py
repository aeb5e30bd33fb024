"""What a reader is told: audits of exported ledgers, disputes, and stores edited on purpose.

An audit is honest if its records are some export and its anchor is that of this or an earlier export;
it must then pass. Any other pair of records and anchor was made by editing, and must not pass.

Source: theorems T3, T6 and T7; rules R3.1 to R3.4; known-bugs rules R16 to R18.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from billproof.conformance.documents import inner_of, text_of, texts_of
from billproof.conformance.history import Call
from billproof.conformance.judging.facts import Finding, World
from billproof.conformance.messages import OutcomeKind, Reply, read_reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A ledger that was handed out."""

    call: Call
    customer: str
    records: tuple[str, ...]
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """A ledger that was handed back to be audited."""

    call: Call
    records: tuple[str, ...]
    anchor: str
    reply: Reply
    edit: str
    """What was done to it: empty for an honest one."""


def exports_of(world: World) -> tuple[Export, ...]:
    """Return what was exported before anything was edited on purpose."""
    return tuple(
        Export(
            call=reading.call,
            customer=reading.customer,
            records=texts_of(reading.value, "records"),
            anchor=text_of(reading.value, "anchor", ""),
        )
        for reading in world.readings
        if reading.what == "export"
    )


def audits_of(world: World) -> tuple[Audit, ...]:
    """Return the audits of records, each with what was done to them."""
    exports, made = exports_of(world), []
    for call in world.calls:
        args = inner_of(call.message, "args")
        if call.message.get("op") != "audit" or "records" not in args or call.end is None:
            continue
        records, anchor = texts_of(args, "records"), text_of(args, "anchor", "")
        customer = text_of(args, "customer", "")
        before = [export for export in exports if export.customer == customer and export.call.is_before(call)]
        if not before:
            continue
        made.append(
            Audit(
                call=call, records=records, anchor=anchor, reply=read_reply(call.reply, "op audit"),
                edit=name_edit(records, anchor, before),
            )
        )  # fmt: skip
    return tuple(made)


def name_edit(records: tuple[str, ...], anchor: str, exports: list[Export]) -> str:
    """Return what was done to records that are handed back under an anchor; empty where nothing was."""
    anchored = [place for place, export in enumerate(exports) if export.anchor == anchor]
    for place, export in enumerate(exports):
        if export.records == records and any(other <= place for other in anchored):
            return ""
    newest = exports[-1].records
    if anchored and records == newest[: len(records)]:
        return "deleted all" if not records else "truncated"
    if len(set(records)) < len(records):
        return "repeated"
    if set(records) == set(newest):
        return "reordered"
    if set(records) < set(newest):
        return "deleted first" if records == newest[len(newest) - len(records) :] else "deleted"
    return "altered" if len(records) == len(newest) else "altered and deleted"


ORDERING = frozenset({"deleted", "deleted first", "repeated", "reordered"})
"""Edits that T6 speaks about too: what is accepted would not be the committed sequence."""


def find_in_audits(world: World) -> Iterator[Finding]:
    """Yield audits that passed what was edited, or rejected what was not."""
    told: set[tuple[str, str]] = set()
    for audit in audits_of(world):
        if not audit.edit and audit.reply.outcome == OutcomeKind.REJECTED:
            yield Finding(
                theorem="T3", clause="honest_presentation_is_accepted",
                text=f"an export is handed back as it was, and the audit rejects it ({audit.reply.code})",
                calls=(audit.call.index,),
            )  # fmt: skip
            return
        if audit.edit and audit.reply.outcome == OutcomeKind.OK:
            theorems = ("T3", "T6") if audit.edit in ORDERING else ("T3",)
            for theorem in theorems:
                if (theorem, audit.edit) in told:
                    continue
                told.add((theorem, audit.edit))
                yield Finding(
                    theorem=theorem,
                    clause="accepted_presentation_is_the_log" if theorem == "T3"
                    else "accepted_chain_is_the_committed_one",
                    text=f"an exported ledger was {audit.edit}, and the audit passes it",
                    calls=(audit.call.index,),
                )  # fmt: skip


def find_in_edited_stores(world: World) -> Iterator[Finding]:
    """Yield stores that were edited behind the product's back and that it finds in order."""
    if world.tampered_at is None:
        return
    edits = [call for call in world.calls if call.message.get("fault") == "tamper"]
    for call in world.calls:
        if call.message.get("op") != "audit" or "records" in inner_of(call.message, "args"):
            continue
        before = [edit for edit in edits if edit.is_before(call) and edit.reply.get("ok") is True]
        reply = read_reply(call.reply, "op audit") if call.end is not None else None
        if reply is None or reply.outcome != OutcomeKind.OK or not before:
            continue
        if inner_of(before[-1].reply, "evidence").get("edited") is not True:
            continue
        what = inner_of(before[-1].message, "args").get("what")
        yield Finding(
            theorem="T3", clause="what_the_auditor_passes_is_the_log",
            text=f"the store was edited ({what}), and the product's own audit passes it",
            calls=(before[-1].index, call.index),
        )  # fmt: skip
        return


UPHELD_BY_EVIDENCE = frozenset({"issued", "duplicated"})
"""Claims about a genuine charge, made once, that the ledger alone settles: the charge stands."""


def find_in_disputes(world: World) -> Iterator[Finding]:
    """Yield verdicts that are not the ones that the evidence gives."""
    charges = {op.id: op for op in world.operations if op.name == "charge" and op.is_ok and op.id}
    for call in world.calls:
        args = inner_of(call.message, "args")
        if call.message.get("op") != "dispute" or call.end is None or args.get("charge") not in charges:
            continue
        reply = read_reply(call.reply, "op dispute")
        if reply.outcome != OutcomeKind.OK or not isinstance(reply.value, dict):
            continue
        verdict, claim = text_of(reply.value, "verdict", ""), text_of(args, "claim", "")
        is_edited = world.tampered_at is not None and call.begin > world.tampered_at
        wrong = _wrong_verdict(verdict, claim, is_edited=is_edited)
        if wrong:
            clause = (
                "honest_evidence_decides" if verdict == "INCONCLUSIVE" else "definite_verdicts_are_correct"
            )
            yield Finding(
                theorem="T7", clause=clause, calls=(charges[str(args["charge"])].call.index, call.index),
                text=f"the claim {claim!r} is decided as {verdict}: {wrong}",
                customer=text_of(args, "customer", ""),
            )  # fmt: skip
            return


def _wrong_verdict(verdict: str, claim: str, *, is_edited: bool) -> str:
    if is_edited:
        return "the ledger that it was decided from had been edited" if verdict == "UPHELD" else ""
    if claim in UPHELD_BY_EVIDENCE and verdict != "UPHELD":
        return "the charge is genuine and was made once, as the ledger shows"
    if claim == "not_signed_by_my_key" and verdict == "UPHELD":
        return "nothing that the customer has signed is on record"
    return ""

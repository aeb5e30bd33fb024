"""Offline verification by anyone: three verdicts, the first thing wrong, and what was covered.

Theory of operation. The log is read in stretches, by several processes where there are several; each judges
its own receipts (``inspection``), and this module joins the stretches in order: links and money across the
seams, the tree of a checkpoint, the fold. A finding in a stretch ends the audit; otherwise follow the ends
of the chains and the tree against the checkpoint, and the derived tables. Memory grows with the number of
customers and quota rows, not with the length of the ledger.

"Nothing found" is never VALID: an empty ledger, unchecked signatures or entries that wait for theirs make
the verdict INCOMPLETE.

Source: ``system.md`` section 5; ``cli.md``, ``audit``.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from billproof.model.canonical import JsonInputError
from billproof.model.checkpoints import (
    CheckpointDocument,
    FailedCheckpoint,
    parse_checkpoint,
    verify_checkpoint,
)
from billproof.model.cosignatures import Acceptance, WitnessPolicy, judge_cosignatures
from billproof.model.design import REPAIRED, Design
from billproof.model.identifiers import NO_SEQUENCE, Count, CustomerId, Instant, Position
from billproof.model.key_sets import KeyFormatError, parse_key_set
from billproof.model.merkle import root_of
from billproof.model.outcomes import ReceiptCode, ReceiptVerdict
from billproof.model.state import NO_HEAD, Head
from billproof.model.verification import Finding, check_end
from billproof.service.audit_trail import AuditTrail, read_trail, retired_keys
from billproof.service.crew import Assignment, judged_stretches
from billproof.service.derived import derived_findings, waiting
from billproof.service.files import read_input
from billproof.service.inspection import NO_CUSTOMER
from billproof.service.joining import Joined
from billproof.service.ledgers import LedgerKind, Span, database_spans, file_spans, ledger_kind, open_raw
from billproof.service.schema import read_meta, store_error, stored_design


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditOptions:
    """What the user has asked for."""

    jwks: Path | None = None
    checkpoint: Path | None = None
    policy: WitnessPolicy | None = None
    """Whose co-signatures the checkpoint needs before anything is claimed by it; None asks for none."""
    design: Design | None = None
    """What digests are made by; None takes the stored one, or the repaired one for a file."""
    jobs: Count = Count(1)
    is_plain: bool = False
    """Whether to take every receipt the plain way: slower, the same verdict."""
    progress: Callable[[int], None] = lambda _entries: None
    """Takes how many entries have been judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The verdict and what it stands on."""

    verdict: ReceiptVerdict
    entries: Count
    """Entries judged; up to the first finding where there is one in the log itself."""
    customers: Count
    coverage: dict[str, str]
    """What was checked, and against what."""
    unchecked: tuple[str, ...]
    """What keeps a faultless ledger from VALID."""
    first: Finding | None
    position: Position
    """Where in the log the finding was made; ``NO_POSITION`` where it is about no single place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A ledger with what it is judged by."""

    source: Path
    kind: LedgerKind
    jwks: bytes | None
    checkpoint: CheckpointDocument | None
    design: Design
    options: AuditOptions

    @property
    def acceptance(self) -> Acceptance | None:
        """What the co-signatures on the checkpoint amount to, where a policy asks for them."""
        if self.checkpoint is None or self.options.policy is None:
            return None
        return judge_cosignatures(self.checkpoint.note, self.options.policy)

    @property
    def is_anchored(self) -> bool:
        """Whether there is a checkpoint that the reader relies on."""
        acceptance = self.acceptance
        return self.checkpoint is not None and (acceptance is None or acceptance.is_accepted)


def audit(source: Path, options: AuditOptions) -> AuditReport:
    """Verify a ledger.

    Args:
        source: A database or a file of JSON lines.
        options: Keys, checkpoint, processes.

    Raises:
        RimError: A file that cannot be read as what it should be.
        CheckpointFormatError, KeyFormatError, JsonInputError, DesignError: A checkpoint, key set or stored
            design that is none.
    """
    kind = ledger_kind(source)
    jwks = None if options.jwks is None else read_input(options.jwks)
    if options.jwks is not None and jwks is not None:
        parse_key_set(jwks, str(options.jwks))
    checkpoint = None
    if options.checkpoint is not None:
        checkpoint = parse_checkpoint(read_input(options.checkpoint), str(options.checkpoint))
    if kind == LedgerKind.LINES:
        case = _Case(
            source=source, kind=kind, jwks=jwks, checkpoint=checkpoint,
            design=options.design or REPAIRED, options=options,
        )  # fmt: skip
        return _judge(case, file_spans(source), None)
    with closing(open_raw(source)) as connection:
        try:
            # One snapshot for all that is read here, whoever writes meanwhile.
            connection.execute("BEGIN")
            spans = tuple(database_spans(connection))
            stored = read_meta(connection, "jwks")
            case = _Case(
                source=source, kind=kind, jwks=jwks or (stored.encode() if stored else None),
                checkpoint=checkpoint, design=options.design or stored_design(connection, source),
                options=options,
            )  # fmt: skip
            return _judge(case, iter(spans), connection)
        except sqlite3.Error as error:
            raise store_error(source, error) from error


def _judge(case: _Case, spans: Iterator[Span], connection: sqlite3.Connection | None) -> AuditReport:
    witnessed, finding = _witnessed(case)
    joined = Joined(case.design, Position(0 if case.checkpoint is None else case.checkpoint.body.size))
    trail = _trail(case, connection)
    if finding is not None:
        return _report(case, joined, finding, trail)
    assignment = Assignment(
        source=case.source,
        kind=case.kind,
        jwks=case.jwks,
        design=case.design,
        witnessed=witnessed,
        is_counting_leaves=case.checkpoint is not None,
        retired=retired_keys(trail),
        is_plain=case.options.is_plain,
    )
    for stretch in judged_stretches(assignment, spans, case.options.jobs):
        finding = joined.add(stretch)
        if finding is not None:
            return _report(case, joined, finding, trail)
        case.options.progress(joined.entries)
    for finding in chain(_trail_findings(trail), _later_findings(case, joined, witnessed, connection)):
        return _report(case, joined, finding, trail)
    return _report(case, joined, None, trail)


def _trail(case: _Case, connection: sqlite3.Connection | None) -> AuditTrail:
    """Return the audit log of a database; a file of receipts has none."""
    if connection is None:
        return AuditTrail(entries=(), finding=None)
    try:
        keys = None if case.jwks is None else parse_key_set(case.jwks, "the key set of the ledger")
    except (KeyFormatError, JsonInputError):
        # That the key set is none is said by whoever needs it for receipts.
        keys = None
    return read_trail(connection, keys)


def _trail_findings(trail: AuditTrail) -> Iterator[Finding]:
    if trail.finding is not None:
        reason = f"audit log, entry {trail.finding.sequence}: {trail.finding.reason}"
        yield _about_all(trail.finding.code, reason)


def _witnessed(case: _Case) -> tuple[dict[CustomerId, Head], Finding | None]:
    """Return the heads that the checkpoint names, or what is false about keys and checkpoint."""
    try:
        keys = None if case.jwks is None else parse_key_set(case.jwks, "the key set of the ledger")
    except (KeyFormatError, JsonInputError) as error:
        return {}, _about_all(ReceiptCode.UNKNOWN_KEY, str(error))
    if case.checkpoint is None:
        return {}, None
    if keys is not None:
        judged = verify_checkpoint(case.checkpoint, keys)
        if isinstance(judged, FailedCheckpoint):
            return {}, _about_all(judged.code, f"checkpoint: {judged.reason}")
    heads = {
        head.customer: Head(sequence=head.sequence, digest=head.digest, commit_time=Instant(0))
        for head in case.checkpoint.heads
    }
    return heads, None


def _later_findings(
    case: _Case, joined: Joined, witnessed: dict[CustomerId, Head], connection: sqlite3.Connection | None
) -> Iterator[Finding]:
    """Yield what is wrong with the ledger as a whole, in the order of precedence of the codes."""
    for customer, named in witnessed.items():
        account = joined.fold.accounts.get(customer)
        finding = check_end(customer, NO_HEAD if account is None else account.head, named)
        if finding is not None:
            yield finding
    if case.checkpoint is not None:
        body = case.checkpoint.body
        if joined.entries < body.size:
            yield _about_all(
                ReceiptCode.TRUNCATED, f"the log has {joined.entries} entries, the checkpoint {body.size}"
            )
        elif root_of(joined.tree) != body.root:
            yield _about_all(
                ReceiptCode.FORK, f"the first {body.size} entries are not those that the checkpoint names"
            )
    for missing in joined.missing:
        yield Finding(
            customer=missing.customer, sequence=missing.sequence, code=ReceiptCode.DERIVED,
            template=f"log position {missing.position} names this receipt, which is not there",
        )  # fmt: skip
    if connection is not None:
        unsigned = waiting(connection, joined.unsigned)
        yield from derived_findings(connection, joined.fold, entries=joined.entries, unsigned=unsigned)


def _report(case: _Case, joined: Joined, finding: Finding | None, trail: AuditTrail) -> AuditReport:
    unchecked = []
    if joined.entries == 0:
        unchecked.append("the ledger has no entries")
    if case.jwks is None:
        unchecked.append("signatures: no keys given; name a key set with --jwks")
    acceptance = case.acceptance
    if acceptance is not None and not acceptance.is_accepted:
        unchecked.append(
            f"the checkpoint: {len(acceptance.signed_by)} of the {acceptance.quorum} co-signatures that the"
            " policy asks for"
        )
    if joined.unsigned:
        unchecked.append(
            f"{joined.unsigned} entries are committed and not signed yet; the next ingest signs them first"
        )
    verdict = ReceiptVerdict.INVALID
    if finding is None:
        verdict = ReceiptVerdict.INCOMPLETE if unchecked else ReceiptVerdict.VALID
    return AuditReport(
        verdict=verdict,
        entries=Count(joined.entries),
        customers=Count(len(joined.fold.accounts)),
        coverage=_coverage(case, joined, finding, trail),
        unchecked=tuple(unchecked),
        first=finding,
        position=joined.position_of_finding,
    )


def _coverage(case: _Case, joined: Joined, finding: Finding | None, trail: AuditTrail) -> dict[str, str]:
    is_database = case.kind == LedgerKind.DATABASE
    origin = "given" if case.options.jwks is not None else "from the ledger itself"
    coverage = {
        "ledger": case.kind.value,
        "range": f"entries 1 to {joined.entries} of the log" if joined.entries else "no entries",
        "signatures": "not checked" if case.jwks is None else "every one verified",
        "keys": "none" if case.jwks is None else origin,
        "links": "every one followed",
        "arithmetic": "every balance recomputed",
        "derived": "every table compared" if is_database else "none beside the receipts",
        "tail": _tail(case, joined),
    }
    if is_database:
        coverage["audit_log"] = f"{len(trail.entries)} entries, links and signatures followed"
    if finding is not None:
        coverage["derived"] = (
            "not reached" if is_database and finding.code != ReceiptCode.DERIVED else coverage["derived"]
        )
        coverage["stopped"] = "at the first finding"
    return coverage


def _tail(case: _Case, joined: Joined) -> str:
    if case.checkpoint is None or not case.is_anchored:
        return "unanchored"
    size = case.checkpoint.body.size
    acceptance = case.acceptance
    if acceptance is not None and joined.entries <= size:
        return f"anchored by the checkpoint of {size} entries, co-signed by {', '.join(acceptance.signed_by)}"
    if joined.entries > size:
        return f"unanchored after the first {size} entries"
    return f"anchored by the checkpoint of {size} entries"


def _about_all(code: ReceiptCode, reason: str) -> Finding:
    return Finding(customer=NO_CUSTOMER, sequence=NO_SEQUENCE, code=code, template=reason)

"""From what was found and what was put to the test to verdicts on theorems and cells.

A theorem is VIOLATED if anything was found against it, INCONCLUSIVE if it was not put to the test often
enough, NOT OBSERVABLE if the implementation declares nothing by which it could be, NOT CLAIMED if no
claimed cell speaks about it, and else HOLDS ON EVIDENCE.

A fault of the adapter or of the kit takes every verdict away.

Source: ``conformance.md`` sections 3 and 7.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from billproof.conformance.cells import PROFILES, THEOREMS, Cell
from billproof.conformance.judging.facts import Finding
from billproof.conformance.judging.judge import Judgement
from billproof.conformance.judging.witnesses import WITNESSES, Witness
from billproof.conformance.messages import Capabilities


class Verdict(StrEnum):
    """What can be said of a theorem or a cell."""

    HOLDS = "HOLDS ON EVIDENCE"
    VIOLATED = "VIOLATED"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_CLAIMED = "NOT CLAIMED"
    NOT_OBSERVABLE = "NOT OBSERVABLE"


class Status(StrEnum):
    """What became of a case: a scenario or a group of vectors."""

    PASS = "pass"  # noqa: S105 - a status
    FAIL = "fail"
    EXPECTED_FAIL = "expected-fail"
    UNEXPECTED_PASS = "unexpected-pass"  # noqa: S105 - a status
    UNTESTABLE = "untestable"
    NOT_APPLICABLE = "not-applicable"
    INCONCLUSIVE = "inconclusive"
    ADAPTER_ERROR = "adapter-error"
    KIT_ERROR = "kit-error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One scenario or group of vectors that was run, or that could not be."""

    name: str
    title: str
    level: int
    profiles: frozenset[str]
    status: Status
    judgement: Judgement = field(default_factory=Judgement)
    detail: str = ""
    calls: tuple[int, int] = (0, 0)
    """The first of its calls in the history, and the one after its last."""
    millis: int = 0

    @property
    def fingerprint(self) -> str:
        """What was found, in one line that is the same for the same failure."""
        found = sorted({f"{item.theorem}.{item.clause}" for item in self.judgement.findings})
        return ", ".join(found) or self.detail


@dataclass(frozen=True, slots=True, kw_only=True)
class TheoremGrade:
    """The verdict on a theorem."""

    theorem: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    witnesses: Mapping[str, tuple[int, int]]
    """How often each situation was met, and how often it had to be."""
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grades:
    """All verdicts of a run."""

    theorems: Mapping[str, TheoremGrade]
    cells: Mapping[str, Verdict]
    exit_code: int


EXIT_CODES: Final = {
    Verdict.HOLDS: 0, Verdict.VIOLATED: 1, Verdict.INCONCLUSIVE: 2, Verdict.NOT_OBSERVABLE: 0,
    Verdict.NOT_CLAIMED: 0,
}  # fmt: skip

_ORDER: Final = (3, 1, 2, 0)


def worst(codes: Iterable[int]) -> int:
    """Return the worst of exit codes, in the order 3, 1, 2, 0."""
    found = set(codes)
    return next((code for code in _ORDER if code in found), 0)


def grade(cases: Sequence[Case], claims: Sequence[Cell], capabilities: Capabilities) -> Grades:
    """Grade what was run.

    Args:
        cases: Everything that was run, or could not be.
        claims: What is claimed.
        capabilities: What is declared.
    """
    is_broken = any(case.status in (Status.ADAPTER_ERROR, Status.KIT_ERROR) for case in cases)
    theorems = {
        theorem: _grade_theorem(theorem, cases, claims, capabilities, is_broken=is_broken)
        for theorem in THEOREMS
    }
    cells = {
        cell.name: Verdict.INCONCLUSIVE if is_broken else _grade_cell(cell, cases, capabilities)
        for cell in claims
    }
    codes = [EXIT_CODES[verdict] for verdict in cells.values()]
    codes.extend(EXIT_CODES[item.verdict] for item in theorems.values())
    codes.extend(3 for case in cases if case.status in (Status.ADAPTER_ERROR, Status.KIT_ERROR))
    codes.extend(1 for case in cases if case.status == Status.UNEXPECTED_PASS)
    codes.extend(1 for case in cases if case.status == Status.FAIL and case.level == 0)
    codes.extend(2 for case in cases if case.status == Status.INCONCLUSIVE)
    return Grades(theorems=theorems, cells=cells, exit_code=worst(codes))


def _grade_theorem(
    theorem: str,
    cases: Sequence[Case],
    claims: Sequence[Cell],
    capabilities: Capabilities,
    *,
    is_broken: bool,
) -> TheoremGrade:
    level = max((cell.level for cell in claims if theorem in PROFILES[cell.profile]), default=None)
    if level is None:
        return _grade(theorem, Verdict.NOT_CLAIMED, reasons=("no claimed cell speaks about it",))
    if is_broken:
        return _grade(theorem, Verdict.INCONCLUSIVE, reasons=("the adapter or the kit failed",))
    relevant = [case for case in cases if case.level <= level]
    findings = tuple(
        finding for case in relevant for finding in case.judgement.findings if finding.theorem == theorem
    )
    asked = asked_witnesses(theorem, level, capabilities)
    counts = _counts(relevant)
    met = {witness.name: (counts[witness.name], witness.minimum) for witness in asked}
    findings, reasons = own_findings(theorem, findings, relevant)
    if findings:
        return _grade(theorem, Verdict.VIOLATED, findings=findings, witnesses=met)
    if not asked:
        return _grade(
            theorem, Verdict.NOT_OBSERVABLE, reasons=("nothing that is declared would show a violation",)
        )
    reasons += _missing(asked, counts)
    if theorem in ("T1", "T5"):
        reasons += tuple(text for case in relevant for text in case.judgement.unsettled)
    verdict = Verdict.INCONCLUSIVE if reasons else Verdict.HOLDS
    return _grade(theorem, verdict, witnesses=met, reasons=reasons)


CAUSES: Final = frozenset(
    {
        "balance_is_the_fold", "balances_follow_the_chain", "usage_is_the_fold", "one_charge_per_key",
        "accepted_charge_takes_effect_once", "refusal_leaves_no_debit", "acknowledged_is_in_the_ledger",
    }
)  # fmt: skip
"""What makes copies and readings differ too: then these are no finding of their own."""


BROKEN_CHAINS: Final = frozenset(
    {"entry_is_linked", "chain_is_dense", "sequence_is_unique", "order_is_the_order_of_commits"}
)
"""What makes an audit reject an honest export rightly, and leaves a dispute undecided."""


def own_findings(
    theorem: str, findings: tuple[Finding, ...], cases: Sequence[Case]
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Return the findings of a theorem that do not follow from what another one says, and why not the rest.

    Copies differ where the books are wrong; an audit rejects a chain that is broken in the store, and no
    dispute is decided by a ledger that does not verify.
    """
    every = [finding for case in cases for finding in case.judgement.findings]
    chains = [item for item in every if item.clause in BROKEN_CHAINS]
    causes: list[Finding] = []
    own = findings
    if theorem == "T4":
        causes = [item for item in every if item.clause in CAUSES]
        # Reconciliation was judged where balance and ledger agreed before it: a finding of its own.
        own = tuple(item for item in findings if item.clause.startswith(("reconciliation", "divergence")))
    elif theorem == "T2":
        causes = [item for item in every if item.clause == "retry_gets_the_stored_outcome"]
        own = tuple(item for item in findings if item.clause != "acknowledged_survives_a_crash")
    elif theorem == "T3":
        causes = chains
        own = tuple(item for item in findings if item.clause != "honest_presentation_is_accepted")
    elif theorem == "T7":
        causes = [*chains, *(item for item in every if item.clause == "honest_presentation_is_accepted")]
        own = tuple(item for item in findings if item.clause != "honest_evidence_decides")
    if not causes or not findings or own == findings:
        return findings, ()
    return own, () if own else (f"may follow from {causes[0].theorem}.{causes[0].clause}",)


def asked_witnesses(theorem: str, level: int, capabilities: Capabilities) -> tuple[Witness, ...]:
    """Return what must have been met for a theorem at a level."""
    return tuple(
        witness
        for witness in WITNESSES
        if witness.theorem == theorem and witness.level <= max(level, 1) and witness.needs(capabilities)
    )


def _counts(cases: Sequence[Case]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for case in cases:
        counts.update(case.judgement.witnesses)
    return counts


def _missing(asked: Sequence[Witness], counts: Counter[str]) -> tuple[str, ...]:
    return tuple(
        f"{witness.name}: met {counts[witness.name]} times, {witness.minimum} are needed ({witness.what})"
        for witness in asked
        if counts[witness.name] < witness.minimum
    )


def _grade_cell(cell: Cell, cases: Sequence[Case], capabilities: Capabilities) -> Verdict:
    relevant = [case for case in cases if cell.profile in case.profiles and case.level <= cell.level]
    if not any(case.level == cell.level and case.status != Status.NOT_APPLICABLE for case in relevant):
        return Verdict.NOT_OBSERVABLE
    if any(case.level == 0 and case.status in (Status.FAIL, Status.EXPECTED_FAIL) for case in relevant):
        return Verdict.VIOLATED
    if any(case.status == Status.INCONCLUSIVE for case in relevant):
        return Verdict.INCONCLUSIVE
    verdicts = {Verdict.HOLDS}
    if cell.level > 0:
        every = [case for case in cases if case.level <= cell.level]
        for theorem in PROFILES[cell.profile]:
            mine = [item for case in every for item in case.judgement.findings if item.theorem == theorem]
            found, doubts = own_findings(theorem, tuple(mine), every)
            asked = asked_witnesses(theorem, cell.level, capabilities)
            if found:
                verdicts.add(Verdict.VIOLATED)
            elif doubts or _missing(asked, _counts(every)):
                verdicts.add(Verdict.INCONCLUSIVE)
    order = (Verdict.VIOLATED, Verdict.INCONCLUSIVE, Verdict.HOLDS)
    return next(verdict for verdict in order if verdict in verdicts)


def _grade(
    theorem: str, verdict: Verdict, *, findings: tuple[Finding, ...] = (),
    witnesses: Mapping[str, tuple[int, int]] | None = None, reasons: tuple[str, ...] = (),
) -> TheoremGrade:  # fmt: skip
    return TheoremGrade(
        theorem=theorem, verdict=verdict, findings=findings, witnesses=witnesses or {}, reasons=reasons
    )

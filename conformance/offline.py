"""Verdicts from a history alone: what was found, and whether what was needed was put to the test.

Without a run there are no claims: every theorem that the history puts to the test is judged by the
witnesses of level 1, and one of which it shows nothing is NOT OBSERVABLE. A history that shows nothing of
any is inconclusive.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from billproof.conformance.cells import THEOREMS
from billproof.conformance.documents import inner_of
from billproof.conformance.grading import (
    EXIT_CODES,
    Case,
    Status,
    Verdict,
    asked_witnesses,
    own_findings,
    worst,
)
from billproof.conformance.history import History
from billproof.conformance.judging.facts import Finding
from billproof.conformance.judging.judge import Judgement, judge
from billproof.conformance.messages import Declaration, read_declaration


@dataclass(frozen=True, slots=True, kw_only=True)
class Offline:
    """What a history shows."""

    verdicts: Mapping[str, Verdict]
    findings: tuple[Finding, ...]
    witnesses: Mapping[str, int]
    orders: Mapping[str, int]
    unsettled: tuple[str, ...]
    exit_code: int


def judge_offline(history: History, extra: tuple[Finding, ...]) -> Offline:
    """Judge a history without the product.

    Args:
        history: What was recorded.
        extra: What other files that belong to it show.
    """
    declaration = read_declaration(inner_of(history.header, "hello"))
    judged = judge(history, declaration)
    findings = (*judged.findings, *extra)
    case = Case(
        name="history", title="", level=1, profiles=frozenset(), status=Status.PASS,
        judgement=Judgement(findings=findings, witnesses=judged.witnesses),
    )  # fmt: skip
    verdicts = {theorem: _verdict(theorem, case, judged, declaration) for theorem in THEOREMS}
    # Where nothing at all was put to the test, that nothing was found is no good news.
    is_idle = set(verdicts.values()) == {Verdict.NOT_OBSERVABLE}
    codes = [EXIT_CODES[Verdict.INCONCLUSIVE if is_idle else verdict] for verdict in verdicts.values()]
    return Offline(
        verdicts=verdicts, findings=findings, witnesses=judged.witnesses, orders=judged.orders,
        unsettled=judged.unsettled, exit_code=worst(codes),
    )  # fmt: skip


def _verdict(theorem: str, case: Case, judged: Judgement, declaration: Declaration) -> Verdict:
    mine = tuple(finding for finding in case.judgement.findings if finding.theorem == theorem)
    own, reasons = own_findings(theorem, mine, [case])
    if own:
        return Verdict.VIOLATED
    asked = asked_witnesses(theorem, 1, declaration.capabilities)
    met = [witness for witness in asked if judged.witnesses[witness.name] > 0]
    if not met:
        return Verdict.NOT_OBSERVABLE
    is_enough = all(judged.witnesses[witness.name] >= witness.minimum for witness in asked)
    if not is_enough or reasons or (judged.unsettled and theorem in ("T1", "T5")):
        return Verdict.INCONCLUSIVE
    return Verdict.HOLDS

"""Checking contracts within a budget: listed calls first, then CrossHair.

Data flow: contract -> conditions of the docstring -> one report per condition and case.

Choices: listed calls are cheap and always made first. CrossHair then follows all conditions of a function
together, which decides most of them in one run; those that are left it follows one by one, with an even
share of what is left of the budget. So a hard condition takes no time from an easy one.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from billproof.invariants.contracts.contract import (
    CaseReport,
    Condition,
    ConditionReport,
    Conditions,
    Contract,
    Listed,
    Symbolic,
    broken_by,
    conditions_of,
)
from billproof.invariants.contracts.symbolic import ANOTHER_BROKEN, METHOD, check_symbolic
from billproof.invariants.verdicts import Verdict

LISTED = "calls"
"""The name under which listed calls report."""

TOGETHER_SECONDS_MAX = 5.0
"""What following all conditions of a function together may take."""

SECONDS_MIN = 0.05
"""A run for which less is left is not begun."""

ALONE_SECONDS_MAX = 8.0
"""What following one condition may take."""

SHARES = 3.0
"""How many even shares of what is left one run may take, since most need far less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """One function and one case."""

    conditions: Conditions
    case: Symbolic | Listed


class _Pace:
    """How much processor time a second of the clock buys: CrossHair counts the one, a budget the other."""

    def __init__(self) -> None:
        self._clock, self._processor = time.monotonic(), time.process_time()

    def share(self, deadline: float, runs: int, most: float) -> float:
        """Return the processor time that the next of so many runs may take."""
        clock = time.monotonic() - self._clock
        speed = (time.process_time() - self._processor) / clock if clock > 1.0 else 1.0
        left = (deadline - time.monotonic()) * min(1.0, max(0.1, speed))
        return min(most, left, SHARES * left / runs)


def check_contracts(
    contracts: Sequence[Contract], *, budget: float, progress: Callable[[str], object]
) -> tuple[ConditionReport, ...]:
    """Judge every condition of the contracts, in their order.

    Args:
        contracts: What to check.
        budget: Seconds in all. What is not reached is INCONCLUSIVE.
        progress: Called with a line before each run.

    Raises:
        ContractError: A docstring without a usable contract.
    """
    deadline = time.monotonic() + budget
    read = {contract.name: conditions_of(contract) for contract in contracts}
    subjects = [
        _Subject(conditions=read[contract.name], case=case)
        for contract in contracts
        for case in contract.cases
    ]
    found: dict[tuple[int, str], CaseReport] = {}
    for place, subject in enumerate(subjects):
        if isinstance(subject.case, Listed):
            progress(f"calling {subject.conditions.name}, {subject.case.bound}")
            _keep(found, place, check_listed(subject.conditions, subject.case, deadline))
    _follow(subjects, found, deadline, progress)
    return tuple(
        ConditionReport(
            function=contract.name,
            condition=post.text,
            cases=tuple(
                found[place, post.text]
                for place, subject in enumerate(subjects)
                if subject.conditions.name == contract.name
            ),
        )
        for contract in contracts
        for post in read[contract.name].post
    )


def check_listed(conditions: Conditions, case: Listed, deadline: float) -> dict[str, CaseReport]:
    """Judge all conditions of a function on listed calls, one after the other."""
    started = time.monotonic()
    count, reason = 0, ""
    broken: dict[str, str] = {}
    for arguments in case.calls():
        if time.monotonic() > deadline:
            reason = f"the time was up after {count} calls"
            break
        answer = broken_by(conditions, conditions.post, arguments)
        if answer is not None:
            count += 1
            broken = {**answer, **broken}
        if len(broken) == len(conditions.post):
            break
    verdict = Verdict.HOLDS if case.is_whole else Verdict.TESTED
    if reason or not count:
        verdict, reason = Verdict.INCONCLUSIVE, reason or "no listed call meets the preconditions"
    report = CaseReport(
        method=LISTED,
        verdict=verdict,
        bound=case.bound,
        count=count,
        seconds=time.monotonic() - started,
        reason=reason,
    )
    return {
        post.text: replace(report, verdict=Verdict.REFUTED, reason="", counterexample=broken[post.text])
        if post.text in broken
        else report
        for post in conditions.post
    }


def _follow(
    subjects: Sequence[_Subject],
    found: dict[tuple[int, str], CaseReport],
    deadline: float,
    progress: Callable[[str], object],
) -> None:
    """Follow the symbolic cases: all conditions of a function together, then each that is left alone."""
    pace = _Pace()
    symbolic = [
        (place, it.conditions, it.case) for place, it in enumerate(subjects) if isinstance(it.case, Symbolic)
    ]
    broken = {
        (subjects[place].conditions.name, text)
        for (place, text), report in found.items()
        if report.verdict == Verdict.REFUTED
    }
    for done, (place, conditions, case) in enumerate(symbolic):
        if any(name == conditions.name for name, _ in broken):
            _keep(found, place, _passed_over(conditions, case, "a listed call breaks the contract already"))
            continue
        progress(f"following {conditions.name} {case.bound}".rstrip())
        share = pace.share(deadline, len(symbolic) - done, TOGETHER_SECONDS_MAX)
        _keep(found, place, _followed(conditions, conditions.post, case, share))
    left = [
        (place, conditions, post, case)
        for place, conditions, case in symbolic
        for post in conditions.post
        if found[place, post.text].verdict == Verdict.INCONCLUSIVE
        and (conditions.name, post.text) not in broken
        and found[place, post.text].reason != ANOTHER_BROKEN
    ]
    for done, (place, conditions, post, case) in enumerate(left):
        share = pace.share(deadline, len(left) - done, ALONE_SECONDS_MAX)
        if share > found[place, post.text].seconds or len(conditions.post) > 1:
            progress(f"following {conditions.name}: {post.text}")
            again = _followed(conditions, (post,), case, share)
            _keep(found, place, again)


def _keep(found: dict[tuple[int, str], CaseReport], place: int, reports: dict[str, CaseReport]) -> None:
    for text, report in reports.items():
        found[place, text] = report


def _followed(
    conditions: Conditions, posts: tuple[Condition, ...], case: Symbolic, seconds: float
) -> dict[str, CaseReport]:
    if seconds > SECONDS_MIN:
        return check_symbolic(conditions, posts, case, seconds)
    return _passed_over(conditions, case, "the budget was spent before its turn")


def _passed_over(conditions: Conditions, case: Symbolic, reason: str) -> dict[str, CaseReport]:
    report = CaseReport(
        method=METHOD,
        verdict=Verdict.INCONCLUSIVE,
        bound=case.bound,
        count=0,
        seconds=0.0,
        reason=reason,
    )
    return {post.text: report for post in conditions.post}

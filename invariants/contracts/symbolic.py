"""CrossHair on one condition: the only module that knows it.

CrossHair runs the function on symbolic values and follows every path. A condition holds only where all
paths were gone through and at least one met the preconditions; a path that it could not decide, or a
time-out, is INCONCLUSIVE. A counterexample counts after it was replayed on plain values.

Source: ``verification.md`` pitfall 9; https://crosshair.readthedocs.io.
"""

import inspect
import time
import typing
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import GenericAlias

import crosshair.core_and_libs  # noqa: F401 # pyright: ignore[reportUnusedImport] - registers the symbolic forms of the standard library
from crosshair.condition_parser import ConditionExpr, ConditionExprType, condition_parser
from crosshair.condition_parser import Conditions as CrossHairConditions
from crosshair.core import CallTreeAnalysis, analyze_calltree
from crosshair.options import DEFAULT_OPTIONS, AnalysisOptionSet
from crosshair.statespace import MessageType, VerificationStatus

from billproof.invariants.contracts.contract import (
    RESULT,
    Arguments,
    CaseReport,
    Condition,
    Conditions,
    Symbolic,
    broken_by,
)
from billproof.invariants.verdicts import Verdict

METHOD = "crosshair"
"""The name under which this method reports."""

ANOTHER_BROKEN = "another condition of the function was broken first"
"""Why a condition is undecided beside one that is refuted."""


def check_symbolic(
    conditions: Conditions, posts: tuple[Condition, ...], case: Symbolic, seconds: float
) -> dict[str, CaseReport]:
    """Judge conditions together on symbolic calls: they hold where all of them hold on every path.

    A counterexample refutes the conditions that it breaks; the others are then undecided.

    Args:
        conditions: The contract.
        posts: Which of its postconditions; one alone is easier to decide than many.
        case: How the arguments are made.
        seconds: Processor time after which the answer is INCONCLUSIVE.

    Returns:
        A report for each condition, by its text.
    """
    started = time.monotonic()
    build = case.build or _identity
    signature = _signature(case.build or conditions.function)
    calls: list[Arguments] = []

    def describe(bound: inspect.BoundArguments, result: object, overrides: object) -> tuple[str, str]:
        del overrides
        calls.append(build(**bound.arguments))
        return "", repr(result)

    # No kind of contract is looked for: the conditions are ours, and those of functions called on the way
    # would be enforced there, which costs more than the question itself.
    options = DEFAULT_OPTIONS.overlay(
        AnalysisOptionSet(analysis_kind=(), per_condition_timeout=max(0.1, seconds))
    )
    options.deadline = time.process_time() + seconds
    with condition_parser(options.analysis_kind):
        analysis = analyze_calltree(options, _translated(conditions, posts, build, signature, describe))
    verdict, reason, broken = _judged(analysis, conditions, posts, calls)
    report = CaseReport(
        method=METHOD,
        verdict=verdict,
        bound=case.bound,
        count=analysis.num_confirmed_paths,
        seconds=time.monotonic() - started,
        reason=reason,
    )
    return {
        post.text: replace(report, verdict=Verdict.REFUTED, reason="", counterexample=broken[post.text])
        if post.text in broken
        else report
        for post in posts
    }


def _judged(
    analysis: CallTreeAnalysis,
    conditions: Conditions,
    posts: tuple[Condition, ...],
    calls: list[Arguments],
) -> tuple[Verdict, str, dict[str, str]]:
    """Return the verdict of what is not broken, what it is for want of, and what is broken by which call."""
    if analysis.verification_status == VerificationStatus.CONFIRMED and analysis.num_confirmed_paths > 0:
        return Verdict.HOLDS, "", {}
    if any(message.state == MessageType.PRE_UNSAT for message in analysis.messages):
        return Verdict.INCONCLUSIVE, "no call met the preconditions before the time was up", {}
    if analysis.verification_status != VerificationStatus.REFUTED:
        return Verdict.INCONCLUSIVE, "not all paths were exhausted", {}
    broken = next(filter(None, (broken_by(conditions, posts, call) for call in calls)), {})
    if broken:
        return Verdict.INCONCLUSIVE, ANOTHER_BROKEN, broken
    told = "; ".join(message.message for message in analysis.messages)
    return Verdict.INCONCLUSIVE, f"a counterexample could not be replayed: {told[:200]}", {}


def _identity(**arguments: object) -> Arguments:
    return arguments


def _translated(
    conditions: Conditions,
    posts: tuple[Condition, ...],
    build: Callable[..., Arguments],
    signature: inspect.Signature,
    describe: Callable[[inspect.BoundArguments, object, object], tuple[str, str]],
) -> CrossHairConditions:
    function = conditions.function
    made: list[tuple[tuple[object, ...], Arguments]] = []

    def arguments(values: Mapping[str, object]) -> Arguments:
        # Building symbolic records is dear; conditions and call of one path get the same values.
        given = tuple(values[name] for name in signature.parameters)
        if not made or not all(old is new for old, new in zip(made[-1][0], given, strict=True)):
            made[:] = [(given, build(**dict(zip(signature.parameters, given, strict=True))))]
        return made[-1][1]

    def call(**values: object) -> object:
        return function(**arguments(values))

    # CrossHair calls positionally where it can; keyword-only parameters keep the names.
    call.__name__ = function.__name__

    def expression(kind: ConditionExprType, together: tuple[Condition, ...], place: int) -> ConditionExpr:
        def evaluate(bindings: Mapping[str, object]) -> bool:
            scope = conditions.scope(arguments(bindings))
            if kind == ConditionExprType.POSTCONDITION:
                scope[RESULT] = bindings["__return__"]
            return all(condition.holds(scope) for condition in together)

        return ConditionExpr(
            condition_type=kind,
            evaluate=evaluate,
            filename=function.__code__.co_filename,
            # Only the order matters: it tells how far a call got through the preconditions.
            line=function.__code__.co_firstlineno + place,
            expr_source=" and ".join(condition.text for condition in together),
        )

    return CrossHairConditions(
        fn=call,
        src_fn=function,
        pre=[expression(ConditionExprType.PRECONDITION, (it,), at) for at, it in enumerate(conditions.pre)],
        post=[expression(ConditionExprType.POSTCONDITION, posts, len(conditions.pre))],
        raises=frozenset(conditions.raises),
        sig=signature,
        mutable_args=None,
        fn_syntax_messages=[],
        counterexample_description_maker=describe,
    )


def _signature(function: Callable[..., object]) -> inspect.Signature:
    """Return the parameters as keyword-only ones, of types that CrossHair can make values of."""
    hints = typing.get_type_hints(function)
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=_plain(hints[name]))
        for name in inspect.signature(function).parameters
    ]
    return inspect.Signature(parameters, return_annotation=object)


def _plain(sort: object) -> object:
    """Return a type without its ``NewType``s: they are distinct for the type checker only."""
    below = getattr(sort, "__supertype__", None)
    if below is not None:
        return _plain(below)
    origin = typing.get_origin(sort)
    if isinstance(origin, type):
        return GenericAlias(origin, tuple(_plain(item) for item in typing.get_args(sort)))
    return sort

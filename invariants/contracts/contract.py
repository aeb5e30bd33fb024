"""The vocabulary of contracts: conditions in docstrings, and the calls on which they are judged.

A contract is written in the docstring of its function (PEP 316), where a reader finds it and the running
code never sees it: lines ``pre: EXPRESSION`` say on which arguments the function may be called, lines
``post: EXPRESSION`` what is then true of its result ``_``, lines ``raises: NAME`` which exceptions are an
answer and not a bug. Expressions are Python in the namespace of the function's module.

A case says on which calls the conditions are judged: on symbolic values (``Symbolic``, by CrossHair), or
one after the other (``Listed``). Both name their bound; an empty bound covers every call.

Source: PEP 316; ``verification.md`` "Engines" and pitfall 9.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import CodeType, FunctionType
from typing import Final, TypeAlias

from billproof.invariants.verdicts import Verdict
from billproof.model.portable import PortableError

Arguments: TypeAlias = dict[str, object]
"""The arguments of one call, by name."""

RESULT: Final = "_"
"""The name of the result in a postcondition."""

_LINE = re.compile(r"\s*(pre|post|raises): (.+)")


class ContractError(PortableError):
    """A contract that cannot be checked; whoever wrote it must mend it.

    Args:
        function: Module and name, for example ``money.allocate``.
        problem: What is wrong, with the text.
        remedy: What to write instead.
    """

    def __init__(self, function: str, problem: str, remedy: str) -> None:
        super().__init__(f"contract of {function}: {problem}; {remedy}")
        self.source = function
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One ``pre`` or ``post`` of a docstring."""

    text: str
    code: CodeType

    def holds(self, scope: dict[str, object]) -> bool:
        """Tell whether the condition is true where the names of ``scope`` are known."""
        # One scope, not globals and locals: a comprehension inside the expression looks only in the former.
        return bool(eval(self.code, scope))  # noqa: S307 - a docstring of the model


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What the docstring of one function says."""

    name: str
    """Module and name, for example ``money.allocate``."""
    function: FunctionType
    pre: tuple[Condition, ...]
    post: tuple[Condition, ...]
    raises: tuple[type[BaseException], ...]
    names: Mapping[str, object]
    """The namespace of the module, and the defaults of the function."""

    def scope(self, arguments: Arguments) -> dict[str, object]:
        """Return what the names in a condition stand for in one call."""
        return {**self.names, **arguments}

    def is_allowed(self, scope: dict[str, object]) -> bool:
        """Tell whether the function may be called like this."""
        return all(condition.holds(scope) for condition in self.pre)


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbolic:
    """Calls with symbolic arguments; only where every path is exhausted does a condition hold."""

    build: Callable[..., Arguments] | None = None
    """Makes the arguments from values of plain types; ``None`` takes the function's own parameters."""
    bound: str = ""
    """Which calls these are; empty for every call that meets the preconditions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Calls that are made one after the other."""

    calls: Callable[[], Iterable[Arguments]]
    bound: str
    """Which calls these are, in words."""
    is_whole: bool = False
    """Whether they are all the calls that the bound names, hence exhaust it; else they are a sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A function of the model, and the calls on which its conditions are judged."""

    module: str
    """For example ``money``, of ``billproof.model``."""
    function: str
    cases: tuple[Symbolic | Listed, ...] = (Symbolic(),)

    @property
    def name(self) -> str:
        """Module and name, for example ``money.allocate``."""
        return f"{self.module}.{self.function}"


class Status:
    """What is said of a condition in the words of the checker of contracts."""

    CONFIRMED = "CONFIRMED"
    """Every path, or every call of a whole list, was gone through."""
    REFUTED = "REFUTED"
    """A call was found, and replayed, that breaks it."""
    UNKNOWN = "UNKNOWN"
    """Not exhausted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReport:
    """What one case says of one condition."""

    method: str
    """``crosshair`` or ``calls``."""
    verdict: Verdict
    bound: str
    """Empty for every call that meets the preconditions."""
    count: int
    """Paths confirmed, or calls made."""
    seconds: float
    counterexample: str = ""
    """The call that breaks the condition, and what it gave."""
    reason: str = ""
    """What an inconclusive verdict is for want of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionReport:
    """What all cases say of one condition."""

    function: str
    condition: str
    cases: tuple[CaseReport, ...]

    @property
    def verdict(self) -> Verdict:
        """REFUTED where a call breaks it; else the strongest that a case says, never more."""
        verdicts = {case.verdict for case in self.cases}
        for verdict in (Verdict.REFUTED, Verdict.HOLDS, Verdict.TESTED):
            if verdict in verdicts:
                return verdict
        return Verdict.INCONCLUSIVE

    @property
    def status(self) -> str:
        """The verdict in the words of the checker: what was only tested is UNKNOWN."""
        known = {Verdict.REFUTED: Status.REFUTED, Verdict.HOLDS: Status.CONFIRMED}
        return known.get(self.verdict, Status.UNKNOWN)


def conditions_of(contract: Contract) -> Conditions:
    """Read the conditions from the docstring of the function as it is now.

    Raises:
        ContractError: There is no such function, no postcondition, or a text that is no expression.
    """
    module = import_module(f"billproof.model.{contract.module}")
    function = getattr(module, contract.function, None)
    if not isinstance(function, FunctionType):
        raise ContractError(contract.name, "the model has no such function", "name a function of model/")
    found: dict[str, list[str]] = {"pre": [], "post": [], "raises": []}
    for line in (function.__doc__ or "").splitlines():
        match = _LINE.fullmatch(line)
        if match is not None:
            found[match[1]].append(match[2])
    if not found["post"]:
        raise ContractError(contract.name, "no line 'post:' in its docstring", "state its law there")
    names = {**vars(module), **_defaults(function)}
    return Conditions(
        name=contract.name,
        function=function,
        pre=tuple(_condition(contract.name, text) for text in found["pre"]),
        post=tuple(_condition(contract.name, text) for text in found["post"]),
        raises=tuple(_exception(contract.name, text, names) for text in found["raises"]),
        names=names,
    )


def broken_by(
    conditions: Conditions, posts: Iterable[Condition], arguments: Arguments
) -> dict[str, str] | None:
    """Make one call; return what it breaks, by the text of the condition, each with the call and its result.

    An exception that the contract does not name breaks every condition, whether the function raises it or a
    function that a precondition asks. ``None`` is returned for a call that
    the preconditions do not allow: it says nothing.
    """
    scope = conditions.scope(arguments)
    try:
        if not conditions.is_allowed(scope):
            return None
    except Exception as error:  # noqa: BLE001 - whether the call is allowed depends on a function that fails
        told = f"{call_text(conditions, arguments)}: a precondition raises {type(error).__name__}: {error}"
        return {post.text: told for post in posts}
    try:
        result = conditions.function(**arguments)
    except conditions.raises:
        return {}
    except Exception as error:  # noqa: BLE001 - any other exception is a finding, whatever it is
        told = f"{call_text(conditions, arguments)} raises {type(error).__name__}: {error}"
        return {post.text: told for post in posts}
    scope[RESULT] = result
    broken: dict[str, str] = {}
    for post in posts:
        try:
            why = "" if post.holds(scope) else "."
        except Exception as error:  # noqa: BLE001 - a result of which the law cannot even be asked breaks it
            why = f", of which the condition raises {type(error).__name__}: {error}"
        if why:
            told = f"{call_text(conditions, arguments)} returns {_shown(result)}{why.rstrip('.')}"
            broken[post.text] = told
    return broken


def call_text(conditions: Conditions, arguments: Arguments) -> str:
    """Return a call as Python text."""
    inside = ", ".join(f"{name}={_shown(value)}" for name, value in arguments.items())
    return f"{conditions.function.__name__}({inside})"


def _defaults(function: FunctionType) -> Arguments:
    values = function.__defaults__ or ()
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return dict(zip(names[len(names) - len(values) :], values, strict=True))


def _condition(function: str, text: str) -> Condition:
    try:
        code = compile(text, f"<contract of {function}>", "eval")
    except SyntaxError as error:
        raise ContractError(function, f"{text!r} is no expression: {error.msg}", "write Python") from error
    return Condition(text=text, code=code)


def _exception(function: str, text: str, names: Mapping[str, object]) -> type[BaseException]:
    found = names.get(text.strip())
    if isinstance(found, type) and issubclass(found, BaseException):
        return found
    raise ContractError(function, f"{text!r} is no exception of its module", "name one on each line")


def _shown(value: object) -> str:
    design = getattr(value, "design", None)
    if design is not None and hasattr(value, "digest"):
        # A context in full would bury the call under fifty switches.
        return f"<context of {design.name}>"
    return repr(value)

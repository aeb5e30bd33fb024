"""Translation validation: does what was extracted say what the code does?

A proof is about terms. Here the terms are evaluated at concrete states and commands and compared with the
function itself: exactly one case applies, its outcome is the outcome, and the needs hold exactly where the
function does not fail. Run on random states in the tests, this is what ties the proofs to the code that runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast, get_args

from billproof.invariants.prove.containers import SymbolicLog, SymbolicMap
from billproof.invariants.prove.effects import Effect
from billproof.invariants.prove.formulas import Formula
from billproof.invariants.prove.merging import Cases
from billproof.invariants.prove.records import places
from billproof.invariants.prove.shapes import Shape, shape_of
from billproof.invariants.prove.symbols import BOOL, INT, Role, Symbol
from billproof.invariants.prove.terms import FALSE, TRUE, Term, integer, literal
from billproof.invariants.prove.traversal import Evaluator, Value, default_value
from billproof.model.containers import FrozenLog, FrozenMap
from billproof.model.portable import PortableError

Oracles = Mapping[str, Callable[[tuple[Value, ...]], Value]]
"""What each oracle gives for the leaves that it reads."""


class TranslationError(PortableError):
    """A term and the code that it was extracted from disagree: a defect of the proof engine.

    Args:
        where: The command or predicate.
        problem: What differs, with both values.
    """

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem


def constant(value: Value, sort: str) -> Term:
    """Return the constant term of a value of a sort."""
    if sort == BOOL:
        return TRUE if value else FALSE
    return integer(int(value)) if sort == INT else literal(sort, str(value))


def leaves_of(shape: Shape, value: object) -> tuple[Value, ...]:
    """Return the leaves of a concrete value."""
    if shape.record is None:
        assert isinstance(value, int | str)
        return (int(value) if shape.leaves[0].domain.sort == INT else value,)
    leaves: list[Value] = []
    for name, part in shape.parts:
        leaves += leaves_of(part, getattr(value, name))
    return tuple(leaves)


def _built(shape: Shape, args: Sequence[Value]) -> object:
    return shape.build(
        [constant(value, leaf.domain.sort) for value, leaf in zip(args, shape.leaves, strict=True)]
    )


def oracle_values(
    argument: type, omit: Sequence[str], function: Callable[[object], Value]
) -> Callable[[tuple[Value, ...]], Value]:
    """Return an oracle on leaves, from one on records that does not read the leaves in ``omit``."""
    shape = shape_of(cast("object", argument))

    def ask(args: tuple[Value, ...]) -> Value:
        given = iter(args)
        leaves = [
            default_value(leaf.domain.sort) if leaf.path in omit else next(given) for leaf in shape.leaves
        ]
        return function(_built(shape, leaves))

    return ask


def evaluator_of(
    state: object, command: object | None, oracles: Oracles, free: Mapping[Symbol, Value] | None = None
) -> Evaluator:
    """Return what evaluates terms.

    Args:
        state: A concrete state.
        command: A concrete command, where the terms are about one.
        oracles: What each oracle gives.
        free: The values of free variables of predicates.
    """
    given = dict(free or {})
    values = {place: (hint, value) for place, hint, value in places(state)}
    if command is not None:
        values.update({place: (hint, value) for place, hint, value in places(command, "command.")})
    contents: dict[str, _Content] = {}

    def interpret(name: Symbol, args: tuple[Value, ...]) -> Value:
        if name in given:
            return given[name]
        if name.role is Role.CONVERSION:
            return args[0]
        if name.role is Role.ORACLE:
            return oracles[name.name](args)
        content = contents.get(name.place)
        if content is None:
            content = _content_of(*values[name.place])
            contents[name.place] = content
        return _read(name, args, content)

    return Evaluator(interpret)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """A leaf or container as leaves."""

    entries: dict[tuple[Value, ...], tuple[Value, ...]]
    scalar: Value = 0
    items: tuple[object, ...] = ()
    leaves: tuple[tuple[Value, ...], ...] = ()


def _content_of(hint: object, value: object) -> _Content:
    if isinstance(value, FrozenMap):
        key, content = (shape_of(part) for part in get_args(hint))
        return _Content(entries={leaves_of(key, k): leaves_of(content, v) for k, v in value.items()})
    if isinstance(value, FrozenLog):
        items = tuple(value)
        shape = shape_of(get_args(hint)[0])
        return _Content(entries={}, items=items, leaves=tuple(leaves_of(shape, item) for item in items))
    return _Content(entries={}, scalar=leaves_of(shape_of(hint), value)[0])


def _read(name: Symbol, args: tuple[Value, ...], content: _Content) -> Value:
    role = name.role
    if role is Role.PRESENT:
        return args in content.entries
    if role is Role.LENGTH:
        return len(content.items)
    if role is Role.TOTAL:
        assert isinstance(name.detail, Effect)
        subject = _built(name.detail.subject, args[:-1])
        counted = content.items[: max(int(args[-1]), 0)]
        return sum(cast("int", name.detail.function(item, subject)) for item in counted)
    if role is Role.FIELD or role is Role.ITEM:
        leaves = _leaves_at(role, args, content)
        assert isinstance(name.detail, int)
        return default_value(name.result.sort) if leaves is None else leaves[name.detail]
    return content.scalar


def _leaves_at(role: Role, args: tuple[Value, ...], content: _Content) -> tuple[Value, ...] | None:
    if role is Role.FIELD:
        return content.entries.get(args)
    position = int(args[0])
    return content.leaves[position] if 0 <= position < len(content.leaves) else None


def check_case(where: str, cases: Cases, evaluator: Evaluator, run: Callable[[], object]) -> None:
    """Compare the cases of a command with one run of it.

    Args:
        where: The command, for messages.
        cases: What was extracted.
        evaluator: The state and command of the run.
        run: Executes the command there.

    Raises:
        TranslationError: They differ.
    """
    conditions = [case.condition for case in cases.cases]
    needs = [need.obligation for need in cases.needs]
    evaluator.values([*conditions, *needs])
    known = evaluator.known
    broken = [need for need in cases.needs if not known[need.obligation]]
    try:
        outcome = run()
    except Exception as error:
        if not broken:
            raise TranslationError(where, f"it fails with {error!r}, and no need says so") from error
        return
    if broken:
        raise TranslationError(where, f"it runs, but {broken[0].description} is said to be undefined")
    holding = [case for case in cases.cases if known[case.condition]]
    if len(holding) != 1:
        raise TranslationError(where, f"{len(holding)} cases apply: {[case.name for case in holding]}")
    problem = difference(holding[0].outcome, outcome, evaluator)
    if problem:
        raise TranslationError(f"{where} -> {holding[0].name}", problem)


def difference(symbolic: object, concrete: object, evaluator: Evaluator) -> str:
    """Return how a symbolic record differs from a concrete one under an interpretation; else nothing."""
    pairs = zip(places(symbolic), places(concrete), strict=True)
    for (place, hint, expected), (_, _, actual) in pairs:
        if isinstance(expected, SymbolicMap):
            assert isinstance(actual, FrozenMap)
            problem = _map_difference(expected, actual, hint, evaluator)
        elif isinstance(expected, SymbolicLog):
            assert isinstance(actual, FrozenLog)
            problem = _log_difference(expected, actual, hint, evaluator)
        else:
            shape = shape_of(hint)
            problem = _leaf_difference(shape.flatten(expected), leaves_of(shape, actual), evaluator)
        if problem:
            return f"{place}: {problem}"
    return ""


def _leaf_difference(expected: tuple[Term, ...], actual: tuple[Value, ...], evaluator: Evaluator) -> str:
    found = evaluator.values(expected)
    return "" if found == actual else f"extracted {found}, executed {actual}"


def _map_difference(
    expected: SymbolicMap[object, object],
    actual: FrozenMap[object, object],
    hint: object,
    evaluator: Evaluator,
) -> str:
    key_shape, value_shape = (shape_of(part) for part in get_args(hint))
    held = {leaves_of(key_shape, key): leaves_of(value_shape, value) for key, value in actual.items()}
    keys = {**held, **{evaluator.values(write.key): None for write in expected.writes}}
    for key in keys:
        domains = [leaf.domain for leaf in key_shape.leaves]
        terms = tuple(constant(value, domain.sort) for value, domain in zip(key, domains, strict=True))
        present = evaluator.value(expected.present_term(terms))
        if present != (key in held):
            return f"at {key} extracted present={present}, executed {key in held}"
        if present:
            problem = _leaf_difference(expected.field_terms(terms), held[key], evaluator)
            if problem:
                return f"at {key} {problem}"
    return ""


def _log_difference(
    expected: SymbolicLog[object], actual: FrozenLog[object], hint: object, evaluator: Evaluator
) -> str:
    items = tuple(actual)
    length = evaluator.value(expected.length_term)
    if length != len(items):
        return f"extracted length {length}, executed {len(items)}"
    shape = shape_of(get_args(hint)[0])
    for position, item in enumerate(items):
        problem = _leaf_difference(expected.item_terms(integer(position)), leaves_of(shape, item), evaluator)
        if problem:
            return f"at {position} {problem}"
    return ""


def check_formula(
    formula: Formula, evaluator: Evaluator, predicate: Callable[..., object], state: object, context: object
) -> bool:
    """Compare a formula with one run of its predicate.

    Args:
        formula: What was extracted.
        evaluator: Gives the meaning of the state and of the free variables.
        predicate: What the formula was extracted from.
        state: The concrete state of ``evaluator``.
        context: Handed to the predicate.

    Returns:
        What both say; False where both say that the predicate is undefined.

    Raises:
        TranslationError: They differ.
    """
    defined = all(evaluator.values(need.obligation for need in formula.needs))
    shapes = [(shape_of(hint), value) for hint, value in formula.arguments]
    arguments = [_built(shape, evaluator.values(shape.flatten(value))) for shape, value in shapes]
    try:
        actual = bool(predicate(state, context, *arguments))
    except Exception as error:
        if defined:
            raise TranslationError(formula.title, f"it fails with {error!r}, and no need says so") from error
        return False
    if not defined:
        raise TranslationError(formula.title, "it runs, but is said to be undefined")
    extracted = evaluator.value(formula.term)
    if extracted != actual:
        raise TranslationError(formula.title, f"extracted {extracted}, executed {actual}")
    return actual

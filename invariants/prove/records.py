"""Symbolic records: a fully unknown state, command or free variable, made from its type alone.

``symbolic_record`` gives every leaf a symbol that knows its place; ``lift`` takes a concrete record, such as
an initial state, into the same vocabulary; ``reader`` lets a formula about one state be read in another.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import TypeVar, cast, get_args, get_origin

from billproof.invariants.prove.containers import (
    SymbolicLog,
    SymbolicMap,
    Write,
    base_total,
    log_base,
    map_base,
)
from billproof.invariants.prove.effects import Effect
from billproof.invariants.prove.facts import choose
from billproof.invariants.prove.shapes import domain_of, hints_of, is_record, shape_of, wrap
from billproof.invariants.prove.symbols import Role, Symbol, SymbolicError, symbol
from billproof.invariants.prove.terms import TRUE, Term, add, apply, equal, integer
from billproof.invariants.prove.traversal import Reader
from billproof.invariants.prove.values import term_in
from billproof.model.containers import FrozenLog, FrozenMap, Log, PartialMap

R = TypeVar("R")

AnyMap = SymbolicMap[object, object]
AnyLog = SymbolicLog[object]


def symbolic_record(record: type[R], prefix: str = "", *, role: Role = Role.VALUE) -> R:
    """Return a record of which every leaf and every container is a symbol.

    Args:
        record: A dataclass of leaves, records and containers.
        prefix: Put before the name of each symbol, for example ``after.``.
        role: ``VALUE`` for a state, ``FREE`` for a command or a free variable.

    Raises:
        SymbolicError: A field has a type that cannot be made symbolic.
    """
    values = {name: _symbolic(hint, f"{prefix}{name}", role) for name, hint in hints_of(record)}
    return cast("Callable[..., R]", record)(**values)


def _symbolic(hint: object, place: str, role: Role) -> object:
    origin = get_origin(hint)
    if origin is PartialMap:
        key, value = get_args(hint)
        return SymbolicMap[object, object](map_base(place, shape_of(key), shape_of(value)))
    if origin is Log:
        return SymbolicLog[object](log_base(place, shape_of(get_args(hint)[0])))
    if is_record(hint):
        return symbolic_record(cast("type", hint), f"{place}.", role=role)
    return symbolic_leaf(hint, place, role)


def symbolic_leaf(hint: object, name: str, role: Role) -> object:
    """Return a symbolic scalar of the type ``hint``."""
    domain = domain_of(hint)
    if domain is None:
        raise SymbolicError(f"{name} has type {hint!r}", "see shapes for the types that can be made symbolic")
    return wrap(apply(symbol(name, (), domain, role=role, place=name)), domain)


def lift(record: R, prefix: str = "") -> R:
    """Return a concrete record with its frozen containers replaced by symbolic ones of equal content.

    Scalars stay as they are; symbolic scalars inside are allowed.
    """
    kind = cast("Callable[..., R]", type(record))
    return kind(
        **{
            name: _lifted(getattr(record, name), hint, f"{prefix}{name}")
            for name, hint in hints_of(type(record))
        }
    )


def _lifted(value: object, hint: object, place: str) -> object:
    origin = get_origin(hint)
    if origin is PartialMap and isinstance(value, FrozenMap):
        key, content = (shape_of(part) for part in get_args(hint))
        writes = tuple(Write(key=key.flatten(k), value=content.flatten(v)) for k, v in value.items())
        return AnyMap(map_base(place, key, content), empty=True, writes=writes)
    if origin is Log and isinstance(value, FrozenLog):
        item = shape_of(get_args(hint)[0])
        items = tuple(item.flatten(one) for one in value)
        return AnyLog(log_base(place, item), limit=integer(0), items=items)
    if is_record(hint) and is_record(type(value)):
        return lift(value, f"{place}.")
    return value


def places(record: object, prefix: str = "") -> Iterator[tuple[str, object, object]]:
    """Yield ``(place, annotation, value)`` for every leaf and container of a record, in order."""
    for name, hint in hints_of(type(record)):
        value = getattr(record, name)
        if is_record(hint):
            yield from places(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", hint, value


def reader(record: object, prefix: str = "", bindings: Mapping[Symbol, Term] | None = None) -> Reader:
    """Return what the symbols of ``symbolic_record(type(record), prefix)`` mean in ``record``.

    Args:
        record: The state to read in.
        prefix: The prefix of the symbols that are read there; all others keep their meaning.
        bindings: Terms for free variables.
    """
    values = {place: (hint, value) for place, hint, value in places(record, prefix)}
    free = dict(bindings or {})

    def read(name: Symbol, args: tuple[Term, ...]) -> Term | None:
        if name.role is Role.FREE:
            return free.get(name)
        found = values.get(name.place)
        return None if found is None else read_in(name, args, found[1], values)

    return read


def read_in(
    name: Symbol, args: tuple[Term, ...], value: object, values: Mapping[str, tuple[object, object]]
) -> Term | None:
    """Return what a symbol of one place means where that place has ``value``."""
    role = name.role
    if role is Role.VALUE:
        return term_in(value, name.result.sort)
    if role is Role.SAME:
        return _read_same(name, value, values)
    if isinstance(value, SymbolicMap):
        if role is Role.PRESENT:
            return value.present_term(args)
        assert isinstance(name.detail, int)
        return value.field_terms(args)[name.detail]
    assert isinstance(value, SymbolicLog)
    if role is Role.LENGTH:
        return value.length_term
    if role is Role.ITEM:
        assert isinstance(name.detail, int)
        return value.item_terms(args[0])[name.detail]
    assert role is Role.TOTAL
    assert isinstance(name.detail, Effect)
    return _read_total(value, name.detail, args)


def _read_total(log: AnyLog, effect: Effect, args: tuple[Term, ...]) -> Term:
    *subject, count = args
    result = base_total(log.base, effect, args)
    whole = AnyLog(log.base, limit=log.limit).total_term(effect, tuple(subject))
    for index, item in enumerate(log.items):
        whole = add(whole, effect.of(item, tuple(subject)))
        result = choose(equal(count, add(log.limit, integer(index + 1))), whole, result)
    return result


def _read_same(name: Symbol, value: object, values: Mapping[str, tuple[object, object]]) -> Term | None:
    other = values.get(str(name.detail))
    if other is None or not isinstance(value, SymbolicMap | SymbolicLog):
        return None
    same = other[1]
    if isinstance(value, SymbolicMap) and isinstance(same, SymbolicMap) and value.identical(same):
        return TRUE
    if isinstance(value, SymbolicLog) and isinstance(same, SymbolicLog) and value.identical(same):
        return TRUE
    raise SymbolicError(f"{value!r} == {same!r}", "compare containers at a key, not as a whole")


def label_of(command: object) -> str:
    """Return the name of a command with its enumerated fields, such as ``Charge[region=PRIMARY]``."""
    parts = [
        f"{name}={shown(getattr(command, name))}" for name, hint in hints_of(type(command)) if values_of(hint)
    ]
    return f"{type(command).__name__}[{', '.join(parts)}]" if parts else type(command).__name__


def variants_of(command: type[R], prefix: str = "command.") -> tuple[tuple[str, R], ...]:
    """Return the command with every combination of its top-level enumerations, all else symbolic.

    Args:
        command: A dataclass of leaves and records.
        prefix: Put before the name of each symbol.

    Returns:
        Pairs of a label such as ``Charge[region=PRIMARY]`` and the command.
    """
    hints = hints_of(command)
    choices = [values_of(hint) or (None,) for _, hint in hints]
    variants: list[tuple[str, R]] = []
    for combination in product(*choices):
        values = {
            name: value if values_of(hint) else _symbolic(hint, f"{prefix}{name}", Role.FREE)
            for (name, hint), value in zip(hints, combination, strict=True)
        }
        made = cast("Callable[..., R]", command)(**values)
        variants.append((label_of(made), made))
    return tuple(variants)


def values_of(hint: object) -> tuple[object, ...]:
    """Return the values of an annotation that is enumerated concretely: ``bool`` or an ``IntEnum``."""
    if hint is bool:
        return (False, True)
    domain = domain_of(hint)
    return tuple(domain.kind) if domain is not None and domain.kind is not None else ()


def shown(value: object) -> str:
    """Return an enumerated value for a label."""
    name = getattr(value, "name", None)
    return name if isinstance(name, str) else str(value)

"""Counterexamples to induction, as text: a state from which a step leads out of an invariant.

Such a state satisfies every instance of the invariants that was tried. It may be unreachable, and then it
only says that the invariants are too weak; it is never shown as a refutation.
"""

from collections.abc import Mapping

from billproof.invariants.prove.discharge import Unproved
from billproof.invariants.prove.effects import Effect
from billproof.invariants.prove.evidence import Failure, PreState
from billproof.invariants.prove.goals import Goal
from billproof.invariants.prove.solvers import Answer
from billproof.invariants.prove.symbols import Domain, Role, Symbol
from billproof.invariants.prove.terms import Op, Term, symbol_of
from billproof.invariants.prove.traversal import Value, post_order
from billproof.invariants.reachability import UNKNOWN_TEXT

Arguments = tuple[Value, ...]


def show(value: Value, domain: Domain) -> str:
    """Return a value for a reader; members of enumerations by name."""
    if domain.kind is not None and isinstance(value, int):
        return domain.kind(value).name if value in domain.kind._value2member_map_ else f"{value}"
    return str(value)


def _arguments(name: Symbol, args: Arguments) -> str:
    return ", ".join(show(value, domain) for value, domain in zip(args, name.parameters, strict=True))


def _scalars(terms: Mapping[Symbol, Value]) -> list[str]:
    return [f"{name.name} = {show(value, name.result)}" for name, value in terms.items()]


def _leaf_name(name: Symbol) -> str:
    return name.name.removeprefix(f"{name.place}.")


def _reads(applied: Mapping[tuple[Symbol, Arguments], Value]) -> list[str]:
    """Return one line for each key of a map and each position of a log that is read."""
    lines: dict[tuple[str, str], list[str]] = {}
    absent: set[tuple[str, str]] = set()
    other: list[str] = []
    for (name, args), value in applied.items():
        where = (name.place, _arguments(name, args))
        if name.role is Role.PRESENT:
            lines.setdefault(where, [])
            if not value:
                absent.add(where)
        elif name.role is Role.FIELD or name.role is Role.ITEM:
            lines.setdefault(where, []).append(f"{_leaf_name(name)}={show(value, name.result)}")
        elif name.role is Role.TOTAL:
            assert isinstance(name.detail, Effect)
            *subject, count = args
            shown = ", ".join(str(part) for part in subject)
            other.append(
                f"sum of {name.detail.name} for ({shown}) over the first {count} of {name.place} = {value}"
            )
        else:
            other.append(f"{name.name}({_arguments(name, args)}) = {show(value, name.result)}")
    found = []
    for where, parts in lines.items():
        place, key = where
        content = "absent" if where in absent else ", ".join(parts) or "present"
        found.append(f"{place}[{key}]: {content}")
    return found + other


def pre_state(goal: Goal, values: Mapping[Term, Value]) -> PreState:
    """Return the state and the command from which a goal fails, as far as the goal reads them.

    Args:
        goal: The goal that fails.
        values: The values of its terms.
    """
    scalars: dict[Symbol, Value] = {}
    applied: dict[tuple[Symbol, Arguments], Value] = {}
    for term in post_order((goal.refuted_by,)):
        if term.op != Op.APPLY or term not in values:
            continue
        if term.args:
            applied[symbol_of(term), tuple(values[arg] for arg in term.args)] = values[term]
        else:
            scalars[symbol_of(term)] = values[term]
    asked = {name: value for name, value in scalars.items() if name.role is Role.FREE}
    held = {name: value for name, value in scalars.items() if name.role is not Role.FREE}
    return PreState(state=(*_scalars(held), *_reads(applied)), command=tuple(_scalars(asked)))


def failure_of(unproved: Unproved) -> Failure:
    """Return an unproved goal as what is kept of it."""
    before = pre_state(unproved.goal, unproved.values) if unproved.answer is Answer.SAT else None
    return Failure(goal=unproved.goal.listed, answer=unproved.answer, before=before)


def render_counterexample(failure: Failure, reach: str = UNKNOWN_TEXT) -> str:
    """Return a counterexample to induction as text.

    Args:
        failure: A goal that fails, with the state before.
        reach: What is known of whether that state can be reached.
    """
    if failure.before is None:
        return ""
    return "\n".join(
        [
            f"counterexample to induction, not a refutation: {failure.goal.title} does not follow at "
            f"{failure.goal.where} from a state like this ({reach}):",
            *[f"  {line}" for line in failure.before.state],
            "by a command with:",
            *[f"  {line}" for line in failure.before.command],
        ]
    )

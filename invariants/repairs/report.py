"""Repairs as a document and as lines for people.

Source: ``cli.md``, the JSON minimum of ``repairs``.
"""

from collections.abc import Sequence
from typing import TypeAlias

from billproof.invariants.repairs.lattice import Lattice
from billproof.invariants.repairs.left_out import LeftOut
from billproof.invariants.repairs.repair import Bearing, RepairSet, TheoremRepairs
from billproof.invariants.report import counterexample_document, counterexample_lines

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

MARKS = {
    Bearing.NEEDED: "X",
    Bearing.ALTERNATIVE: "x",
    Bearing.READ: ".",
    Bearing.INDEPENDENT: "",
}
"""How the table shows what a switch is to a theorem."""


def repairs_document(found: Sequence[TheoremRepairs], lattice: Lattice) -> dict[str, Json]:
    """Return the repairs, by theorem."""
    return {item.theorem: _theorem(item, lattice) for item in found}


def repairs_lines(found: Sequence[TheoremRepairs], lattice: Lattice) -> list[str]:
    """Return the sets, what each switch is for, and the table of what bears on what."""
    lines = [
        f"from {lattice.start.name} to {lattice.end.name}: {len(lattice.switches)} switches differ, "
        f"{2 ** len(lattice.switches)} designs, {lattice.count_ill_formed()} of them ill-formed and skipped"
    ]
    for item in found:
        lines += ["", f"{item.theorem}: {_headline(item)}"]
        for one in item.minimal:
            lines.append(f"  {', '.join(one.switches) or 'nothing'}  {_evidence(one)}")
        for left in _shown(item).values():
            lines += _left_out_lines(left)
        for point, reason in item.unknown:
            lines.append(f"  unknown: {', '.join(point)}: {reason}")
    return [*lines, "", *bearing_table(found, lattice)]


def bearing_table(found: Sequence[TheoremRepairs], lattice: Lattice) -> list[str]:
    """Return the table switch x theorem."""
    if not lattice.switches:
        return ["the designs have the same switches"]
    width = max(len(name) for name in lattice.switches) + 2
    lines = [f"{'switch':<{width}}" + "".join(f"{item.theorem:<4}" for item in found).rstrip()]
    by_theorem = [dict(item.bearing) for item in found]
    for name in lattice.switches:
        cells = "".join(f"{MARKS[bearing[name]] if name in bearing else '?':<4}" for bearing in by_theorem)
        lines.append(f"{name:<{width}}{cells}".rstrip())
    lines += ["", "X in every minimal set, x in some, . read and never needed, blank never read, ? not known"]
    return lines


def _theorem(item: TheoremRepairs, lattice: Lattice) -> dict[str, Json]:
    return {
        "verdict": item.verdict.value,
        "minimal": [list(one.switches) for one in item.minimal],
        "sets": [_set(one) for one in item.minimal],
        "without": {name: _left_out(left) for name, left in _shown(item).items()},
        "left_out": [_left_out(left) for left in item.left_out],
        "bears_on": {name: bearing.value for name, bearing in item.bearing},
        "unknown": [{"switches": list(point), "reason": reason} for point, reason in item.unknown],
        "finished": item.is_finished,
        "designs": 2 ** len(lattice.switches),
        "ill_formed": lattice.count_ill_formed(),
        "judged": item.judged,
        "searches": item.searches,
    }


def _set(one: RepairSet) -> dict[str, Json]:
    return {
        "switches": list(one.switches),
        "verdict": one.verdict.value,
        "states": one.states,
        "depth": one.depth,
        "clauses": one.clauses,
        "clauses_proved": one.proved,
        "proof": one.proof,
    }


def _shown(item: TheoremRepairs) -> dict[str, LeftOut]:
    """Return for each switch the set of which it is left out with the shortest counterexample."""
    shown: dict[str, LeftOut] = {}
    for left in item.left_out:
        if left.switch not in shown or _length(left) < _length(shown[left.switch]):
            shown[left.switch] = left
    return shown


def _length(left: LeftOut) -> tuple[int, int]:
    # A set of which only the switch itself is left out says more than one that loses others with it.
    if left.counterexample is None:
        return (2, 0)
    return (1 if left.also else 0, len(left.counterexample.steps))


def _left_out(left: LeftOut) -> dict[str, Json]:
    document: dict[str, Json] = {
        "switch": left.switch,
        "of": list(left.of),
        "also_without": list(left.also),
        "verdict": left.verdict.value,
        "reason": left.reason,
        "steps": [],
    }
    if left.counterexample is not None:
        document |= counterexample_document(left.counterexample)
    return document


def _left_out_lines(left: LeftOut) -> list[str]:
    also = f" (and {', '.join(left.also)}: {left.reason})" if left.also else ""
    found = left.counterexample
    if found is None:
        return [f"  without {left.switch}{also}: {left.verdict.value} {left.reason}".rstrip()]
    lines = [f"  without {left.switch}{also}: {found.clause}"]
    return lines + [f"  {line}" for line in counterexample_lines(found)]


def _headline(item: TheoremRepairs) -> str:
    if not item.is_finished:
        return f"{len(item.minimal)} minimal sets found, there may be others: the time is used up"
    if item.unknown:
        return f"{len(item.minimal)} minimal sets found, there may be others among the unknown ones"
    if not item.minimal:
        return "no set of these repairs suffices"
    return f"{len(item.minimal)} minimal sufficient set{'s' if len(item.minimal) > 1 else ''}, all there are"


def _evidence(one: RepairSet) -> str:
    if one.proved == one.clauses:
        return f"PROVED, {one.clauses} clauses"
    proved = f", {one.proved} of {one.clauses} clauses proved" if one.proved else ""
    return f"{one.verdict.value} ({one.states} states, depth {one.depth}{proved})"

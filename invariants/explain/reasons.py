"""Why a counterexample is one, in words: "step 1 must come before step 2 because ...; contradiction".

Theory of operation. From what the violated clause reads, go back to the steps that wrote it, from what those
read to the steps that wrote that, and so on: the steps that matter. Two of them depend on each other as in
Elle: write-read (the later step reads what the earlier one wrote) or read-write (the earlier one read what
the later one changes). Whether an order is forced is tried: the earlier step is moved behind the later one
and all is executed again. Steps of one attempt are one operation; two operations that each must come before
the other are a contradiction by themselves.

Nothing here knows a theorem: all is derived from recorded reads and writes.

Source: Elle (``verification.md``, "What the best do that must be matched"); issue item "Explanations".
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Final

from billproof.invariants.counterexample import violates
from billproof.invariants.explain.places import is_length, key_words, place_words, value_words
from billproof.invariants.explain.recording import Place
from billproof.invariants.explain.trace import Trace, TracedStep, begin
from billproof.invariants.explore.search import StepFunction, UndefinedStepError
from billproof.invariants.story import REGION_NAMES, STATUS_WORDS
from billproof.invariants.theorem import Transition
from billproof.model.commands import Charge, Complete, LookUp
from billproof.model.containers import UndefinedLookupError
from billproof.model.outcomes import Region, Status

WRITE_READ: Final = "write-read"
READ_WRITE: Final = "read-write"

RANKS: Final = {"attempts": 0, "keys": 0, "rows": 1, "ledger": 1, "chain": 3, "heads": 3, "accounts": 3}
"""Which place says most about a pair of steps: the lowest; places that are not listed have 2."""

RANK_OF_CHAINS: Final = 3
"""From this rank on, a place says no more than that one entry came after another."""

RANK_OF_LENGTHS: Final = 4
"""The rank of the length of a log."""

CURRENCY: Final = "USD"
"""The currency of the domains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """One step before another, and why."""

    earlier: int
    later: int
    kind: str
    """``write-read`` or ``read-write``."""
    place: Place
    value: object
    """What the reader found."""
    otherwise: str = ""
    """What happens the other way round; empty where the clause is violated all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why the clause is violated."""

    dependencies: tuple[Dependency, ...]
    reasons: tuple[str, ...]
    """Sentences: the forced orders, what was not seen, what the clause demands, the contradiction."""


def explain(trace: Trace, step: StepFunction) -> Explanation:
    """Return why the clause of a trace is violated."""
    steps, found = _slice(trace)
    kept = sorted(_best(found), key=lambda item: (item.earlier, item.later))
    forced = tuple(
        Dependency(
            earlier=item.earlier,
            later=item.later,
            kind=item.kind,
            place=item.place,
            value=item.value,
            otherwise=_otherwise(trace, item, step),
        )
        for item in kept
    )
    reasons = [_order_words(item) for item in forced if item.otherwise or _rank(item)[0] < RANK_OF_CHAINS]
    reasons += _unseen(trace, steps)
    reasons += _outdated(trace, found)
    reasons += [_demand(trace), _contradiction(trace, found)]
    return Explanation(dependencies=forced, reasons=tuple(dict.fromkeys(reasons)))


def _slice(trace: Trace) -> tuple[list[int], list[Dependency]]:
    """Return the steps that the violation depends on, and every dependency between two of them."""
    last = len(trace.steps)
    queue = [last, *(trace.writer_of(place, last + 1) for place in trace.read)]
    needed: list[int] = []
    found: list[Dependency] = []
    while queue:
        number = queue.pop(0)
        if number == 0 or number in needed:
            continue
        needed.append(number)
        for place, value in trace.steps[number - 1].access.reads.items():
            writer = trace.writer_of(place, number)
            if writer:
                found.append(
                    Dependency(earlier=writer, later=number, kind=WRITE_READ, place=place, value=value)
                )
                queue.append(writer)
    for number in needed:
        for place, value in trace.steps[number - 1].access.reads.items():
            writer = trace.next_writer_of(place, number)
            if writer in needed:
                found.append(
                    Dependency(earlier=number, later=writer, kind=READ_WRITE, place=place, value=value)
                )
    return sorted(needed), found


def _best(found: list[Dependency]) -> list[Dependency]:
    """Keep one dependency for each pair of steps, the one that says most."""
    best: dict[tuple[int, int], Dependency] = {}
    for item in found:
        pair = (item.earlier, item.later)
        if pair not in best or _rank(item) < _rank(best[pair]):
            best[pair] = item
    return list(best.values())


def _rank(item: Dependency) -> tuple[int, int]:
    length = RANK_OF_LENGTHS if is_length(item.place) else RANKS.get(item.place.part, 2)
    return length, 0 if item.kind == WRITE_READ else 1


def _otherwise(trace: Trace, item: Dependency, step: StepFunction) -> str:
    """Execute the trace with the earlier step behind the later one; say what becomes of it."""
    commands = [it.command for it in trace.steps]
    numbers = [it.number for it in trace.steps]
    for row in (commands, numbers):
        row.insert(item.later - 1, row.pop(item.earlier - 1))  # type: ignore[arg-type]
    try:
        state, _ = begin(trace.domain, tuple(commands), step, trace.context)
        told = ""
        for number, command in zip(numbers, commands, strict=True):
            outcome = step(state, command, trace.context)
            transition = Transition(before=state, command=command, outcome=outcome)
            was = trace.steps[number - 1].access.outcome.status
            if violates(trace.clause, trace.domain, transition, trace.context):
                return ""
            if outcome.status != was and not told:
                told = f"step {number} would be {_status_words(outcome.status)}"
            if outcome.status == Status.NOT_POSSIBLE:
                return told
            state = outcome.state
    except (UndefinedLookupError, UndefinedStepError):
        return "nothing could be executed"
    return told or "the clause would hold"


def _status_words(status: Status) -> str:
    return "impossible" if status == Status.NOT_POSSIBLE else STATUS_WORDS[Status(status)]


def _order_words(item: Dependency) -> str:
    must = "must come before" if item.otherwise else "comes before"
    place, value = place_words(item.place), value_words(item.place, item.value, CURRENCY)
    if item.kind == WRITE_READ:
        why = f"step {item.later} reads {place}, which step {item.earlier} wrote ({value})"
    else:
        why = f"step {item.earlier} read {place} ({value}), which step {item.later} changes"
    end = f"; the other way round {item.otherwise}" if item.otherwise else ""
    return f"Step {item.earlier} {must} step {item.later}, because {why}{end}."


def _unseen(trace: Trace, needed: list[int]) -> Iterator[str]:
    """Say where a step found nothing although an earlier one had written something of the same name."""
    for number in needed:
        for place, value in trace.steps[number - 1].access.reads.items():
            if value is not None or not is_dataclass(place.key):
                continue
            for earlier in trace.steps[: number - 1]:
                for change in earlier.access.writes:
                    if _is_of_the_name(change.after, place.key):
                        yield (
                            f"Step {number} looked for {place_words(place)} and found nothing, though "
                            f"step {earlier.number} had written {place_words(change.place)}: "
                            f"{value_words(change.place, change.after, CURRENCY)}."
                        )


def _is_of_the_name(value: object, key: object) -> bool:
    """Tell whether a record has every field of a key, with the same value."""
    if not is_dataclass(value) or not is_dataclass(key) or isinstance(value, type(key)):  # pyright: ignore[reportGeneralTypeIssues] # records
        return False
    return all(getattr(value, item.name, None) == getattr(key, item.name) for item in fields(key))


def _outdated(trace: Trace, found: list[Dependency]) -> Iterator[str]:
    """Say what an attempt remembers that is no longer so when it acts on it."""
    for item in found:
        if item.kind != WRITE_READ or item.place.part != "attempts":
            continue
        for place, value in trace.steps[item.earlier - 1].access.reads.items():
            writer = trace.writer_of(place, item.later)
            if writer > item.earlier and place.part != "attempts" and not is_length(place):
                now = next(it.after for it in trace.steps[writer - 1].access.writes if it.place == place)
                yield (
                    f"Step {item.later} acts on what step {item.earlier} read of {place_words(place)} "
                    f"({value_words(place, value, CURRENCY)}), which step {writer} has changed since "
                    f"({value_words(place, now, CURRENCY)})."
                )


def _demand(trace: Trace) -> str:
    last = len(trace.steps)
    told = []
    for place, value in trace.read.items():
        writer = trace.writer_of(place, last + 1)
        if is_length(place):
            continue
        who = f"step {writer}" if writer else "before step 1"
        told.append(f"{place_words(place)} ({who}: {value_words(place, value, CURRENCY)})")
    free = ", ".join(f"{name} {_free_words(value)}" for name, value in trace.free)
    of = f", for {free}" if free else ""
    reads = f" It reads {'; '.join(told)}." if told else ""
    return f"The clause demands{of}: {trace.clause.statement}{reads}"


def _free_words(value: object) -> str:
    return REGION_NAMES[value] if isinstance(value, Region) else key_words(value)


def _contradiction(trace: Trace, found: list[Dependency]) -> str:
    for one, other in _cycle(trace, found):
        return (
            f"Contradiction: taken as whole operations, {_operation_words(trace, one.earlier)} must come "
            f"before {_operation_words(trace, one.later)}, because {_found_words(one)}; and "
            f"{_operation_words(trace, other.earlier)} before {_operation_words(trace, other.later)}, "
            f"because {_found_words(other)}. No order of whole operations does both."
        )
    last = len(trace.steps)
    writers = sorted({trace.writer_of(place, last + 1) for place in trace.read} - {0} | {last})
    names = " and ".join(f"step {number}" for number in writers)
    both = (
        "cannot all stand"
        if len(writers) > 2
        else "cannot both stand"
        if len(writers) == 2
        else "cannot stand"
    )
    return f"Contradiction: what {names} did {both} under the clause, and step {last} did it."


def _found_words(item: Dependency) -> str:
    place, value = place_words(item.place), value_words(item.place, item.value, CURRENCY)
    if item.kind == WRITE_READ:
        return f"step {item.later} read {value} from {place}, which step {item.earlier} wrote"
    return f"step {item.earlier} read {value} from {place}, which step {item.later} changed"


def _cycle(trace: Trace, found: list[Dependency]) -> Iterator[tuple[Dependency, Dependency]]:
    """Iterate over pairs of dependencies that order two operations either way, the best first."""
    across = sorted(
        (it for it in found if it.place.part != "attempts" and not is_length(it.place)), key=_rank
    )
    for one in across:
        for other in across:
            first, second = _operation(trace, one.earlier), _operation(trace, one.later)
            if first == second or (first[0] == "" and second[0] == ""):
                continue
            if (_operation(trace, other.earlier), _operation(trace, other.later)) == (second, first):
                yield one, other


def _operation(trace: Trace, number: int) -> tuple[str, int]:
    """Return the operation that a step belongs to: its attempt, and the step that began it."""
    command = trace.steps[number - 1].command
    if not isinstance(command, (LookUp, Charge, Complete)):
        return "", number
    begun = number
    for step in trace.steps[:number]:
        if isinstance(step.command, LookUp) and _is_same_attempt(step, command):
            begun = step.number
    return command.attempt, begun


def _is_same_attempt(step: TracedStep, command: LookUp | Charge | Complete) -> bool:
    other = step.command
    if not isinstance(other, (LookUp, Charge, Complete)):
        return False
    return (other.attempt, other.region) == (command.attempt, command.region)


def _operation_words(trace: Trace, number: int) -> str:
    attempt, _ = _operation(trace, number)
    return f"attempt {attempt}" if attempt else f"step {number}"

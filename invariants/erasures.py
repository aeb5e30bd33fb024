"""What notices that a guard of the core is gone: the searches of the domains, or else the proof.

Source: issue text "Deleting any guard of the core by hand flips at least one clause from PROVED";
``verification.md`` "Guards against empty passes".
"""

import inspect
import random
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from types import FunctionType, MappingProxyType, ModuleType
from typing import TypeAlias

from billproof.invariants.explore.domain import Domain
from billproof.invariants.explore.domains import DOMAINS
from billproof.invariants.explore.search import Limits, SearchResult, search
from billproof.invariants.searching import STATES_MAX, context_of
from billproof.invariants.theorems import BY_ID, all_clauses
from billproof.invariants.variants.guards import (
    GuardDeletion,
    deleted,
    guard_deletions,
    is_of_other_designs,
)
from billproof.invariants.variants.variant import substitute
from billproof.model import core
from billproof.model.design import REPAIRED

MODULES = (
    "charging", "screening", "posting", "corrections", "refunds", "holds", "closing", "maintenance",
    "replication", "restoration", "reconciliation", "custody", "effects", "verification", "adversary",
)  # fmt: skip
"""The modules whose functions ``core.step`` runs, and the reader of presented ledgers."""


TWICE = "another guard refuses the same wherever the repaired design comes"
IDLE = "without it, something is done again that changes nothing"
WORLD = (
    "a move of the world or of the adversary, which the guard keeps small; the system is not guarded by it"
)
UNREACHED = "the repaired design never comes here: an earlier guard or what always holds keeps it away"
ELSEWHERE = "the core does not add this up; the audit of the service does, and its tests miss it"
WORD = "it is what the theorems mean by a charge: without it they speak of more entries, and hold of them"
REFUSES = (
    "it refuses more registrations than it need; that none is refused wrongly is for tests of the service"
)
NAMING = "it decides what the reader calls a fault that it finds either way"
OPEN = "open: it matters once time passes between two rotations, which no small world lets happen"

_COMES_BACK = (
    "command.signing_key == exhibits.current_key or exhibits.retired_keys.contains(command.signing_key)"
)

SHARED = ("effects",)
"""Modules whose functions the predicates add up too: to delete a guard of the source changes both."""

Running: TypeAlias = Mapping[type, frozenset[tuple[str, str]]]
"""By command: module and name of the functions of the core that it runs."""

OTHER_DESIGNS = "of other designs"
"""Said of a guard that the repaired design never asks."""


ARGUED = {
    "charging.complete: snapshot.phase != AttemptPhase.HALF_WRITTEN": UNREACHED,
    "charging.acknowledge: context.design.ack_point == AckPoint.QUORUM_COMMIT in "
    "context.design.ack_point == AckPoint.QUORUM_COMMIT or "
    "not site.attempts.contains(command.attempt)": UNREACHED,
    "charging._second_write: not site.keys.contains(name_of_key)": UNREACHED,
    "corrections.register_key: as if always: request.refers_to != NO_SEQUENCE": REFUSES,
    "reconciliation.replayed_balance: state.exhibits.projected > ledger.length": UNREACHED,
    "maintenance.reconcile: account.balance == replayed": IDLE,
    "maintenance.reconcile: command.roll_back": UNREACHED,
    "maintenance.reconcile: context.design.repair_direction == RepairDirection.LOG_TO_PROJECTION": UNREACHED,
    "maintenance._reset_status: not site.accounts.contains(customer)": UNREACHED,
    "maintenance._reset_status: as if always: context.design.period_accounting == "
    "PeriodAccounting.RESET_JOB": UNREACHED,
    "maintenance._roll_back: site.ledger.length == 0": UNREACHED,
    "maintenance._roll_back: last.customer != command.customer": UNREACHED,
    "replication.is_accepted: not sender.leading": TWICE,
    "replication.is_accepted: not receiver.leading in not receiver.leading and sender.epoch "
    "== receiver.epoch": TWICE,
    "replication.confirm: receiver.ledger.length > sender.ledger.length": TWICE,
    "replication.confirm: receiver.ledger.length <= sender.confirmed in not "
    "is_accepted(sender, receiver, context) or receiver.ledger.length <= sender.confirmed": IDLE,
    "replication.heal: state.joined": WORLD,
    "replication.publish_checkpoint: context.design.head_publication == HeadPublication.NONE "
    "or not site.leading": TWICE,
    "replication.publish_checkpoint: not site.leading in context.design.head_publication == "
    "HeadPublication.NONE or not site.leading": TWICE,
    "restoration.take_backup: state.backup.ledger.length == leader.ledger.length": IDLE,
    "restoration.leave_quorum: not state.joined": WORLD,
    "reconciliation.corrupt_document: not state.exhibits.documents.contains(command.customer)": WORLD,
    "reconciliation.compare_document: not state.exhibits.alarms.contains(customer)": IDLE,
    "reconciliation.read_balance: is_labelled in is_labelled and site.epoch < state.epoch": UNREACHED,
    "reconciliation._as_of: ledger.length == 0": UNREACHED,
    "custody.sign_request: state.exhibits.signed.contains(name)": IDLE,
    f"custody.rotate_signing_key: {_COMES_BACK}": OPEN,
    f"custody.rotate_signing_key: command.signing_key == exhibits.current_key in {_COMES_BACK}": OPEN,
    f"custody.rotate_signing_key: exhibits.retired_keys.contains(command.signing_key) in {_COMES_BACK}": OPEN,
    "custody.archive: state.exhibits.archive.contains(position) in position < 0 or position "
    ">= site.ledger.length or state.exhibits.archive.contains(position)": IDLE,
    "custody.forge_checkpoint: not leader.solo in not leader.solo and leader.confirmed != "
    "leader.ledger.length": WORLD,
    "custody.forge_checkpoint: leader.confirmed != leader.ledger.length in not leader.solo "
    "and leader.confirmed != leader.ledger.length": WORLD,
    "custody.is_the_fold: not site.heads.contains(customer)": WORLD,
    "custody.is_the_fold: heads.get(customer) == site.heads.get(customer) in "
    "heads.contains(customer) and heads.get(customer) == site.heads.get(customer)": WORLD,
    "effects.release_effect: not is_about(entry, name)": ELSEWHERE,
    "effects.release_effect: entry.kind == EntryKind.RELEASE and entry.amount == 0": ELSEWHERE,
    "effects.release_effect: entry.kind == EntryKind.RELEASE in entry.kind == "
    "EntryKind.RELEASE and entry.amount == 0": ELSEWHERE,
    "effects.release_effect: entry.amount == 0 in entry.kind == EntryKind.RELEASE and "
    "entry.amount == 0": ELSEWHERE,
    "effects.is_charge_bearing: entry.amount > 0 in entry.kind == EntryKind.ADJUSTMENT and "
    "entry.amount > 0": WORD,
    "verification._out_of_sequence: entry.sequence <= head.sequence": NAMING,
    "adversary.present: state.presenting": WORLD,
    "adversary.delete: command.position >= len(items)": WORLD,
    "adversary.truncate: command.size >= len(items)": WORLD,
    "adversary.resign: entry.customer == target.customer": WORLD,
    "adversary.resign: as if always: entry.customer == target.customer": WORLD,
    "adversary.resign: len(rewritten) == command.position": WORLD,
    "adversary.resign: as if always: len(rewritten) == command.position": WORLD,
    "adversary._end: item.entry.customer == customer": WORLD,
}
"""Guards that no search misses under the repaired design, and why; record 0017 argues the kinds."""


def functions_of(module: str) -> tuple[str, ...]:
    """Return the names of the functions that a module of the model defines."""
    loaded = import_module(f"billproof.model.{module}")
    return tuple(
        name
        for name, value in vars(loaded).items()
        if isinstance(value, FunctionType) and inspect.getmodule(value) is loaded
    )


def guards_of(modules: Iterable[str] = MODULES) -> tuple[GuardDeletion, ...]:
    """Return every deletion of one guard in some modules of the model."""
    return tuple(
        deletion
        for module in modules
        for function in functions_of(module)
        for deletion in guard_deletions(module, function)
    )


def drawn(guards: tuple[GuardDeletion, ...], count: int, seed: int) -> tuple[GuardDeletion, ...]:
    """Return some of the guards: the same for the same seed."""
    return tuple(random.Random(seed).sample(guards, min(count, len(guards))))  # noqa: S311 - a choice, no secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """What the search of one domain does when nothing is missing."""

    domain: str
    functions: frozenset[tuple[str, str]]
    """Module and name of the functions of the core that were run."""
    met: frozenset[str]
    """The sometimes marks that were met."""


def quiet_searches() -> tuple[Quiet, ...]:
    """Search every domain with the model as it is, and record which functions are run.

    A guard of a function that the search of a domain does not run is not missed there.
    """
    return tuple(_recorded(domain) for domain in DOMAINS)


def _recorded(domain: Domain) -> Quiet:
    with noted() as ran:
        result = _search(domain)
    return Quiet(domain=domain.name, functions=frozenset(ran), met=result.met)


@contextmanager
def noted() -> Generator[set[tuple[str, str]], None, None]:
    """Yield a set to which module and name of every function of the core are added that the block runs."""
    ran: set[tuple[str, str]] = set()
    undo: list[tuple[ModuleType, str, object]] = []
    try:
        for short in MODULES:
            module = import_module(f"billproof.model.{short}")
            for name in functions_of(short):
                original = getattr(module, name)
                undo += substitute(module, original, _noting(original, (short, name), ran))
        yield ran
    finally:
        for module, name, value in reversed(undo):
            setattr(module, name, value)


def _noting(
    function: Callable[..., object], place: tuple[str, str], ran: set[tuple[str, str]]
) -> Callable[..., object]:
    @wraps(function)
    def noted(*args: object, **named: object) -> object:
        ran.add(place)
        return function(*args, **named)

    return noted


def notice_of(
    deletion: GuardDeletion,
    *,
    quiet: Sequence[Quiet] = (),
    ran: Running | None = None,
    seconds: float = 300.0,
) -> str:
    """Return what notices that a guard is gone; empty where nothing does.

    Args:
        deletion: The guard.
        quiet: What the searches do with it; without, every domain is searched.
        ran: What ``running`` says, if what no search notices is to be put to the proof.
        seconds: How long the proof engine may take over it.
    """
    if is_of_other_designs(deletion, REPAIRED):
        return OTHER_DESIGNS
    place = (deletion.module, deletion.function)
    idle = {item.domain: item.met for item in quiet if place not in item.functions}
    with deleted(deletion):
        found = searched(idle)
    if found or ran is None:
        return found
    with deleted(deletion, everywhere=deletion.module in SHARED):
        return proved(deletion, ran, seconds)


def missed_in(deletion: GuardDeletion, domain: str) -> bool:
    """Tell whether the search of one domain notices that a guard is gone."""
    found = next(item for item in DOMAINS if item.name == domain)
    with deleted(deletion):
        try:
            return bool(_search(found).violations)
        except Exception:  # noqa: BLE001 - a model that fails, however it fails, is noticed
            return True


def searched(idle: Mapping[str, frozenset[str]] = MappingProxyType({})) -> str:
    """Return what the searches notice of the model as it now is: a clause, or a mark that is never met.

    The searches are those of ``verify``, each of which ends at its first violation.

    Args:
        idle: Domains that need no search, and the marks that are met there.
    """
    met: set[str] = set()
    marks: dict[str, None] = {}
    for domain in DOMAINS:
        marks.update(dict.fromkeys(mark.name for name in domain.theorems for mark in BY_ID[name].sometimes))
        if domain.name in idle:
            met |= idle[domain.name]
            continue
        try:
            result = _search(domain)
        except Exception as error:  # noqa: BLE001 - a model that fails, however it fails, is noticed
            return f"explore: {type(error).__name__} in {domain.name}: {error}"
        if result.violations:
            return f"explore: {next(iter(result.violations))} in {domain.name}"
        met |= result.met
    unmet = [name for name in marks if name not in met]
    return f"explore: never met: {unmet[0]}" if unmet else ""


def _search(domain: Domain) -> SearchResult:
    theorems = [BY_ID[name] for name in domain.theorems]
    marks = {mark.name: mark for theorem in theorems for mark in theorem.sometimes}
    return search(
        domain,
        tuple(clause for theorem in theorems for clause in theorem.clauses),
        tuple(marks.values()),
        step=core.step,
        context=context_of(domain.design(REPAIRED)),
        limits=Limits(states_max=STATES_MAX, stop_at_first=True),
    )


def running() -> Running:
    """Return which functions of the core each command runs on some path, by symbolic execution."""
    from billproof.invariants.prove.clauses import COMMANDS, problem_of
    from billproof.invariants.prove.execution import runs_of
    from billproof.invariants.prove.records import symbolic_record

    problem = problem_of(REPAIRED, ())
    found: dict[type, frozenset[tuple[str, str]]] = {}
    for kind in COMMANDS:
        with noted() as ran:
            runs_of(problem.step, symbolic_record(problem.state), problem.context, commands=(kind,))
        found[kind] = frozenset(ran)
    return found


def proved(deletion: GuardDeletion, ran: Running, seconds: float) -> str:
    """Return the goal that no longer follows without a guard; empty where all do.

    Args:
        deletion: The guard, which must be gone.
        ran: What ``running`` says of the model as it was.
        seconds: After so many the answer is that time ran out, which is no proof.
    """
    # The solvers are loaded by whoever asks them.
    from billproof.invariants.prove.breaking import first_break
    from billproof.invariants.prove.clauses import COMMANDS

    place = (deletion.module, deletion.function)
    # What predicates add up is read by every command.
    kinds = tuple(kind for kind in COMMANDS if deletion.module in SHARED or place in ran[kind])
    provable = tuple(clause for clause in all_clauses() if clause.provable)
    goal = first_break(REPAIRED, provable, kinds, time.monotonic() + seconds)
    return f"prove: {goal}" if goal else ""

"""What notices that a guard of the core is gone: the searches of the domains, or else the proof.

Source: issue text "Deleting any guard of the core by hand flips at least one clause from PROVED";
``verification.md`` "Guards against empty passes".
"""

import inspect
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from types import FunctionType, MappingProxyType, ModuleType

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
from billproof.invariants.verdicts import Verdict
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

UNUSED = "without it, something is kept that the repaired design never reads"
OPEN = "open: it matters once time passes between two rotations, which no small world lets happen"

_COMES_BACK = (
    "command.signing_key == exhibits.current_key or exhibits.retired_keys.contains(command.signing_key)"
)

OTHER_DESIGNS = "of other designs"
"""Said of a guard that the repaired design never asks."""


ARGUED = {
    "charging.look_up: not context.design.reads_before_commit in "
    "not context.design.reads_before_commit or not site.leading": UNUSED,
    "replication.is_accepted: not sender.leading": TWICE,
    "replication.is_accepted: not receiver.leading in "
    "not receiver.leading and sender.epoch == receiver.epoch": TWICE,
    "replication.is_accepted: sender.epoch == receiver.epoch in "
    "not receiver.leading and sender.epoch == receiver.epoch": TWICE,
    "replication.confirm: receiver.ledger.length > sender.ledger.length": TWICE,
    "replication.confirm: receiver.ledger.length <= sender.confirmed in "
    "not is_accepted(sender, receiver, context) or receiver.ledger.length <= sender.confirmed": IDLE,
    "replication.heal: state.joined": WORLD,
    "replication.publish_checkpoint: context.design.head_publication == HeadPublication.NONE "
    "or not site.leading": TWICE,
    "replication.publish_checkpoint: not site.leading in "
    "context.design.head_publication == HeadPublication.NONE or not site.leading": TWICE,
    "custody.sign_request: state.exhibits.signed.contains(name)": IDLE,
    "custody.archive: state.exhibits.archive.contains(position) in position < 0 or "
    "position >= site.ledger.length or state.exhibits.archive.contains(position)": IDLE,
    "custody.forge_checkpoint: not leader.solo in "
    "not leader.solo and leader.confirmed != leader.ledger.length": WORLD,
    "custody.forge_checkpoint: leader.confirmed != leader.ledger.length in "
    "not leader.solo and leader.confirmed != leader.ledger.length": WORLD,
    "adversary.present: state.presenting": WORLD,
    "posting._with_standing: entry.kind == EntryKind.RELEASE in "
    "entry.kind == EntryKind.RELEASE and entry.amount == 0": UNUSED,
    f"custody.rotate_signing_key: {_COMES_BACK}": OPEN,
    f"custody.rotate_signing_key: command.signing_key == exhibits.current_key in {_COMES_BACK}": OPEN,
    f"custody.rotate_signing_key: exhibits.retired_keys.contains(command.signing_key) in {_COMES_BACK}": OPEN,
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
    ran: set[tuple[str, str]] = set()
    undo: list[tuple[ModuleType, str, object]] = []
    try:
        for short in MODULES:
            module = import_module(f"billproof.model.{short}")
            for name in functions_of(short):
                original = getattr(module, name)
                undo += substitute(module, original, _noting(original, (short, name), ran))
        result = _search(domain)
    finally:
        for module, name, value in reversed(undo):
            setattr(module, name, value)
    return Quiet(domain=domain.name, functions=frozenset(ran), met=result.met)


def _noting(
    function: Callable[..., object], place: tuple[str, str], ran: set[tuple[str, str]]
) -> Callable[..., object]:
    @wraps(function)
    def noted(*args: object, **named: object) -> object:
        ran.add(place)
        return function(*args, **named)

    return noted


def notice_of(deletion: GuardDeletion, *, quiet: Sequence[Quiet] = (), proof_seconds: float = 0.0) -> str:
    """Return what notices that a guard is gone; empty where nothing does.

    Args:
        deletion: The guard.
        quiet: What the searches do with it; without, every domain is searched.
        proof_seconds: How long the proof engine may take over what no search notices; zero for not at all.
    """
    if is_of_other_designs(deletion, REPAIRED):
        return OTHER_DESIGNS
    place = (deletion.module, deletion.function)
    idle = {item.domain: item.met for item in quiet if place not in item.functions}
    with deleted(deletion):
        return searched(idle) or (proved(proof_seconds) if proof_seconds > 0 else "")


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


def proved(seconds: float) -> str:
    """Return the clause that is no longer proved of the model as it now is; empty where all are."""
    # The solvers are loaded by whoever asks them.
    from billproof.invariants.prove.clauses import prove_clauses

    provable = tuple(clause for clause in all_clauses() if clause.provable)
    found = prove_clauses(REPAIRED, provable, time.monotonic() + seconds)
    lost = [name for name, finding in found.items() if finding.verdict != Verdict.PROVED]
    return f"prove: {lost[0]}" if lost else ""

"""Delete every guard of the core one at a time and list those that nothing misses.

Usage: ``python tools/guard_survivors.py [--prove] [MODULE ...]``; without a module, all of the core. Each
``if`` and each operand of an ``and`` or ``or`` is taken away by itself, and every domain is searched under
the repaired design; with ``--prove`` what the search does not miss is put to the proof engine. A guard that
only another design reaches - its condition reads a switch - is listed apart. Takes seconds for each guard, a
minute with ``--prove``; not for CI, which has a sample in ``tests/quality``. Exit code 1 if one survives.
"""

import inspect
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from types import FunctionType

from billproof.invariants.explore.domains import DOMAINS
from billproof.invariants.explore.search import Limits, UndefinedStepError, search
from billproof.invariants.prove.clauses import prove_clauses
from billproof.invariants.searching import context_of
from billproof.invariants.theorems import BY_ID, all_clauses
from billproof.invariants.variants.guards import GuardDeletion, deleted, guard_deletions
from billproof.invariants.verdicts import Verdict
from billproof.model import core
from billproof.model.design import REPAIRED

MODULES = ("charging", "corrections", "screening", "posting", "replication", "maintenance", "verification")
"""The modules of the core whose functions are weakened."""

STATES_MAX = 6_000
PROOF_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One guard, and whether to ask the proof engine too."""

    deletion: GuardDeletion
    prove: bool


def functions_of(module: str) -> list[str]:
    """Return the names of the functions that a module of the model defines."""
    loaded = import_module(f"billproof.model.{module}")
    return [
        name
        for name, value in vars(loaded).items()
        if isinstance(value, FunctionType) and inspect.getmodule(value) is loaded
    ]


def notice_of(task: Task) -> str:
    """Return what notices that a guard is gone; empty where nothing does."""
    with deleted(task.deletion):
        for domain in DOMAINS:
            clauses = tuple(clause for name in domain.theorems for clause in BY_ID[name].clauses)
            context = context_of(domain.design(REPAIRED))
            limits = Limits(states_max=STATES_MAX)
            try:
                result = search(domain, clauses, (), step=core.step, context=context, limits=limits)
            except (UndefinedStepError, ValueError) as error:
                return f"explore: {error}"
            if result.violations:
                return f"explore: {next(iter(result.violations))}"
        if task.prove:
            provable = tuple(clause for clause in all_clauses() if clause.provable)
            found = prove_clauses(REPAIRED, provable, time.monotonic() + PROOF_SECONDS)
            lost = [name for name, finding in found.items() if finding.verdict != Verdict.PROVED]
            return f"prove: {lost[0]}" if lost else ""
    return ""


def main(arguments: list[str]) -> int:
    """Report; return 1 if a guard of the repaired design survives."""
    modules = [name for name in arguments if not name.startswith("--")] or list(MODULES)
    tasks = [
        Task(deletion=deletion, prove="--prove" in arguments)
        for module in modules
        for function in functions_of(module)
        for deletion in guard_deletions(module, function)
    ]
    survivors: list[str] = []
    elsewhere: list[str] = []
    with ProcessPoolExecutor(2) as executor:
        for task, notice in zip(tasks, executor.map(notice_of, tasks), strict=True):
            print(f"{task.deletion.name}\n    {notice or 'SURVIVES'}", flush=True)
            if not notice:
                (elsewhere if "design" in task.deletion.guard else survivors).append(task.deletion.name)
    print(f"\n{len(tasks)} guards, {len(survivors)} survive, {len(elsewhere)} belong to other designs")
    for name in survivors:
        print(f"survives: {name}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

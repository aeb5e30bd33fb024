"""The table of seeds to kill: ``billproof simulate --variants``.

Data flow: variants that concern replication, crash, time, consumers or operations -> ``simulations.hunting``
-> a table and a document. A variant that no seed catches leaves the result inconclusive.

Source: ``verification.md`` "Guards against empty passes".
"""

from concurrent.futures import Executor

from billproof.cli.output import Json, Progress, print_result
from billproof.simulations.hunting import HuntTask, Kill, hunt_all, hunted

SEEDS = 2_000
"""How many seeds a variant is hunted with unless something else is asked for."""


def hunt_variants(executor: Executor, *, first_seed: int, seeds: int, output_format: str, quiet: bool) -> int:
    """Hunt every variant of the table, print it, and return the exit code: 0 if each was caught, else 2."""
    tasks = [HuntTask(variant=item.name, first_seed=first_seed, seeds=seeds) for item in hunted()]
    progress = Progress(quiet=quiet)
    kills = hunt_all(tasks, executor=executor, progress=progress.show)
    progress.end()
    document, code = document_of(kills, first_seed=first_seed, seeds=seeds)
    print_result(document, lines_of(kills), output_format=output_format, quiet=quiet)
    return code


def document_of(kills: tuple[Kill, ...], *, first_seed: int, seeds: int) -> tuple[dict[str, Json], int]:
    """Return the table as a document, and the exit code."""
    unkilled = [kill.variant for kill in kills if not kill.is_killed]
    code = 2 if unkilled else 0
    document: dict[str, Json] = {
        "first_seed": first_seed,
        "seeds_max": seeds,
        "variants": {
            kill.variant: {
                "theorem": kill.theorem,
                "clause": kill.clause,
                "seeds_to_kill": kill.seeds if kill.is_killed else None,
                "steps": kill.steps if kill.is_killed else None,
            }
            for kill in kills
        },
        "unkilled": unkilled,
        "exit_code": code,
    }
    return document, code


def lines_of(kills: tuple[Kill, ...]) -> list[str]:
    """Return the table for people, the hardest to catch first."""
    lines = [f"{'variant':34} {'clause':46} {'seeds':>6} {'commands':>9}"]
    for kill in sorted(kills, key=lambda item: (item.is_killed, -item.seeds, item.variant)):
        seeds = str(kill.seeds) if kill.is_killed else f">{kill.seeds}"
        lines.append(
            f"{kill.variant:34} {kill.theorem + '.' + kill.clause:46} {seeds:>6} {kill.steps or '-':>9}"
        )
    caught = sum(1 for kill in kills if kill.is_killed)
    return [*lines, "", f"{caught} of {len(kills)} variants were caught"]

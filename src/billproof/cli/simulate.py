"""``billproof simulate``: run the world with faults, judge it, and tell what broke.

Data flow: scenarios and seeds -> ``simulations.campaign`` -> rows in a database -> a summary; where a theorem
was violated, a shrunk failure file for ``billproof replay``.

Source: ``cli.md``; ``simulation.md``.
"""

import os
import signal
from collections.abc import Generator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import click

from billproof.cli.hunting import SEEDS as SEEDS_OF_VARIANTS
from billproof.cli.hunting import hunt_variants
from billproof.cli.output import Progress, example, output_options, print_result
from billproof.cli.parameters import FILE, DesignParameter
from billproof.invariants.counterexample import Counterexample
from billproof.invariants.failures import failure_page, parse_failure, render_failure
from billproof.model.core import step
from billproof.model.design import REPAIRED, Design
from billproof.simulations.campaign import (
    Inline,
    Row,
    Task,
    design_key,
    run_tasks,
    shrink_task,
    worth_shrinking,
)
from billproof.simulations.campaign_page import campaign_page
from billproof.simulations.results import Results
from billproof.simulations.scenarios.catalogue import CATALOGUE, NAMED
from billproof.simulations.scenarios.scenario import SWARM, Scenario
from billproof.simulations.summary import Story, Summary, document_of, lines_of

SEEDS = 10
"""How many seeds are run unless something else is asked for."""

SEEDS_OF_ALL = 2
"""As ``SEEDS``, of each entry of the whole catalogue."""

REPORT = Path("simulate-failures")
"""Where failure files are written unless something else is asked for."""


@click.command(
    epilog=example(
        "billproof simulate --swarm --seeds 200",
        "billproof simulate --scenario F-05 --design documented --seeds 20",
        "billproof simulate --all --design documented --db runs.db --page catalogue.html",
        "billproof simulate --variants --seeds 50",
        "billproof replay simulate-failures/swarm-documented-T1.failure.json",
    ),
    help="""Run the model in a world with faults, and judge every commit and reply.

    Exit 0 if every run holds and drains, 1 if one does not, 2 if a scenario was not run, a fault did not
    happen, or (with --swarm) a situation without which a clause is not tested was never met.""",
)
@click.option(
    "--scenario",
    "ids",
    multiple=True,
    type=click.Choice(list(NAMED)),
    metavar="ID",
    help="An entry of the fault catalogue, F-01 to F-35 and G-01 to G-14; may be repeated.",
)
@click.option("--all", "every", is_flag=True, help="Every entry of the fault catalogue.")
@click.option("--swarm", is_flag=True, help="Faults drawn from each seed.  [default]")
@click.option(
    "--variants",
    is_flag=True,
    help="Run the swarm on each known-bad variant and print how many seeds it takes to catch it.",
)
@click.option("--design", type=DesignParameter(), default=None, help="[default: repaired]")
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="The first seed."
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=None,
    help=f"How many seeds, from --seed on; of each scenario.  [default: {SEEDS}; with --all "
    f"{SEEDS_OF_ALL}; with --variants at most {SEEDS_OF_VARIANTS}]",
)
@click.option("--jobs", type=click.IntRange(min=1), help="Processes.  [default: one per core]")
@click.option("--cluster", metavar="ADDRESS", help="Run on the Dask cluster at this address instead.")
@click.option("--db", type=FILE, help="Keep the results in this SQLite file; what is in it is not run again.")
@click.option(
    "--judge-every",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Judge one step in so many, and everything at the end of a run; faster, and less sure to notice.",
)
@click.option(
    "--report",
    type=FILE,
    default=REPORT,
    show_default=True,
    help="Directory for failure files and their pages; made only if something is violated.",
)
@click.option("--page", type=FILE, help="Write the summary as one self-contained HTML page.")
@output_options
def command(
    *,
    ids: tuple[str, ...],
    every: bool,
    swarm: bool,
    variants: bool,
    design: Design | None,
    seed: int,
    seeds: int | None,
    jobs: int | None,
    cluster: str | None,
    db: Path | None,
    judge_every: int,
    report: Path,
    page: Path | None,
    output_format: str,
    quiet: bool,
) -> int:
    """Run, judge and print; return the exit code."""
    workers = jobs or os.cpu_count() or 1
    if variants:
        with _executor(workers, cluster) as executor:
            return hunt_variants(
                executor,
                first_seed=seed,
                seeds=seeds or SEEDS_OF_VARIANTS,
                output_format=output_format,
                quiet=quiet,
            )
    scenarios = _chosen(ids, every=every, swarm=swarm)
    chosen, seeds = design or REPAIRED, seeds or (SEEDS_OF_ALL if every else SEEDS)
    tasks = [
        Task(scenario=scenario, seed=number, design=chosen, judge_every=judge_every)
        for scenario in scenarios
        if not scenario.not_modelled
        for number in range(seed, seed + seeds)
    ]
    results, progress = Results(db), Progress(quiet=quiet)
    summary = Summary(design=chosen, scenarios=scenarios, first_seed=seed, seeds=seeds)

    def done(row: Row) -> None:
        results.add(row)
        summary.rows.append(row)
        progress.show(f"{len(summary.rows)} of {len(tasks)} runs, {summary.violating} violating")

    with _executor(workers, cluster) as executor:
        try:
            run_tasks(tasks, executor=executor, workers=workers, known=results.find, done=done)
            summary.stories = _stories(executor, tasks, summary.rows, report, progress)
        except KeyboardInterrupt:
            # What is done is in the database; the same command goes on from there.
            summary.interrupted = True
            if isinstance(executor, ProcessPoolExecutor):
                executor.shutdown(wait=False, cancel_futures=True)
    progress.end()
    results.close()
    document = document_of(summary)
    _write_page(summary, page)
    print_result(document, lines_of(summary), output_format=output_format, quiet=quiet)
    return summary.exit_code


def _chosen(ids: tuple[str, ...], *, every: bool, swarm: bool) -> tuple[Scenario, ...]:
    named = [NAMED[name] for name in ids]
    scenarios = (*named, *(CATALOGUE if every else ()), *((SWARM,) if swarm else ()))
    return tuple(dict.fromkeys(scenarios)) or (SWARM,)


@contextmanager
def _executor(workers: int, cluster: str | None) -> Generator[Executor, None, None]:
    if cluster is not None:
        with _cluster(cluster) as executor:
            yield executor
    elif workers == 1:
        yield Inline()
    else:
        with ProcessPoolExecutor(workers, initializer=_leave_interrupts_to_the_parent) as executor:
            yield executor


@contextmanager
def _cluster(address: str) -> Generator[Executor, None, None]:
    try:
        from distributed import Client
    except ImportError as error:
        raise click.UsageError(
            "a cluster needs the optional part 'cluster'; install billproof[cluster]",
            click.get_current_context(),
        ) from error
    # distributed ships no types.
    with Client(address) as client:  # type: ignore[no-untyped-call]
        yield client.get_executor(pure=False)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _stories(
    executor: Executor, tasks: list[Task], rows: list[Row], report: Path, progress: Progress
) -> dict[str, Story]:
    """Shrink the soonest violations of each theorem, and write the smallest of each to a failure file."""
    by_row = {(task.scenario.id, task.seed, design_key(task.design)): task for task in tasks}
    waiting = [
        (theorem, row, executor.submit(shrink_task, by_row[row.scenario, row.seed, row.design], theorem))
        for theorem, few in worth_shrinking(rows).items()
        for row in few
    ]
    smallest: dict[str, tuple[Counterexample, Row]] = {}
    for number, (theorem, row, future) in enumerate(waiting, start=1):
        progress.show(f"shrinking {number} of {len(waiting)} violations")
        found = future.result()
        kept = smallest.get(theorem)
        if found is not None and (kept is None or len(found.commands) < len(kept[0].commands)):
            smallest[theorem] = (found, row)
    stories = {}
    for theorem, (found, row) in smallest.items():
        report.mkdir(parents=True, exist_ok=True)
        design = by_row[row.scenario, row.seed, row.design].design
        file = report / f"{row.scenario}-{design.name}-{theorem}.failure.json"
        text = render_failure(found, design)
        file.write_text(text, encoding="utf-8")
        failure = parse_failure(text, source=str(file))
        _page_of(file).write_text(failure_page(failure, found, step=step), encoding="utf-8")
        stories[theorem] = Story(found=found, scenario=row.scenario, seed=row.seed, file=str(file))
    return stories


def _page_of(file: Path) -> Path:
    """Return where the story of a failure file is told."""
    return file.with_name(file.name.removesuffix(".failure.json") + ".html")


def _write_page(summary: Summary, page: Path | None) -> None:
    """Write the page of a campaign, with links to the stories as seen from there."""
    if page is None:
        return
    top = page.resolve().parent
    addresses = {
        theorem: Path(os.path.relpath(_page_of(Path(story.file)).resolve(), top)).as_posix()
        for theorem, story in summary.stories.items()
    }
    page.write_text(campaign_page(summary, addresses), encoding="utf-8")

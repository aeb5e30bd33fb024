"""The summary of a campaign: verdicts, rates with intervals, recovery beside what the documents promise.

A scenario that was not run is said not to have been; a rate is given with its exact interval, and nothing in
n runs is an upper bound.

Source: ``cli.md`` ``simulate``; ``simulation.md`` "Runs".
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from billproof.invariants.counterexample import Counterexample
from billproof.invariants.report import counterexample_document, counterexample_lines
from billproof.invariants.theorems import THEOREMS
from billproof.model.design import Design
from billproof.simulations.campaign import Row, history_hash
from billproof.simulations.measured import Measured, measure
from billproof.simulations.scenarios.scenario import SWARM_ID, Scenario
from billproof.simulations.statistics import Rate, rate_of
from billproof.simulations.world.buggify import POINTS
from billproof.simulations.world.faults import BY_NAME, FAMILIES

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"

HOLDS, VIOLATED, INCONCLUSIVE, NOT_MODELLED = "HOLDS", "VIOLATED", "INCONCLUSIVE", "NOT MODELLED"
"""The verdicts on a scenario."""

_CODES = {HOLDS: 0, VIOLATED: 1, INCONCLUSIVE: 2, NOT_MODELLED: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The smallest violation of a theorem that a campaign found."""

    found: Counterexample
    scenario: str
    seed: int
    file: str


@dataclass(frozen=False, slots=True, kw_only=True)
class Summary:
    """A campaign as it goes on."""

    design: Design
    scenarios: tuple[Scenario, ...]
    first_seed: int
    seeds: int
    rows: list[Row] = field(default_factory=list)
    stories: dict[str, Story] = field(default_factory=dict)
    """By theorem."""
    interrupted: bool = False

    @property
    def violating(self) -> int:
        """How many runs violated something."""
        return sum(1 for row in self.rows if row.violated)

    @property
    def unmet(self) -> tuple[str, ...]:
        """The marks that no run met; asked for only of a swarm, which is to meet them all."""
        if all(scenario.id != SWARM_ID for scenario in self.scenarios):
            return ()
        met = {name for row in self.rows for name in row.met}
        marks = dict.fromkeys(mark.name for theorem in THEOREMS for mark in theorem.sometimes)
        return tuple(name for name in marks if name not in met)

    @property
    def exit_code(self) -> int:
        """The worst of all, in the order 1, 2, 0."""
        codes = {_CODES[verdict_of(self, scenario)] for scenario in self.scenarios}
        if self.interrupted or self.unmet:
            codes.add(2)
        return 1 if 1 in codes else max(codes)


def rows_of(summary: Summary, scenario: Scenario) -> list[Row]:
    """Return the runs of a scenario."""
    return [row for row in summary.rows if row.scenario == scenario.id]


def verdict_of(summary: Summary, scenario: Scenario) -> str:
    """Return the verdict on a scenario; one whose faults did not happen in some run was not tested."""
    if scenario.not_modelled:
        return NOT_MODELLED
    rows = rows_of(summary, scenario)
    if any(row.violated or row.undrained for row in rows):
        return VIOLATED
    if len(rows) < summary.seeds or any(scenario.unfired(dict(row.fired)) for row in rows):
        return INCONCLUSIVE
    return HOLDS


def document_of(summary: Summary) -> dict[str, Json]:
    """Return the result as one document."""
    rows = summary.rows
    return {
        "design": summary.design.name,
        "first_seed": summary.first_seed,
        "seeds": summary.seeds,
        "runs": len(rows),
        "events": sum(row.events for row in rows),
        "violations": _violations(summary),
        "undrained": [
            {"scenario": row.scenario, "seed": row.seed, "left": list(row.undrained)}
            for row in rows
            if row.undrained
        ],
        "sometimes": dict(sorted(Counter(name for row in rows for name in row.met).items())),
        "unmet": list(summary.unmet),
        "fired": dict(sorted(_fired(rows).items())),
        "misbehaved": dict(sorted(_misbehaved(rows).items())),
        "families_unfired": list(_unfired_families(summary)),
        "rto_s": _seconds(max((row.rto_micros for row in rows), default=-1)),
        "rpo_events": _known(max((row.rpo_events for row in rows), default=-1)),
        "history_hash": history_hash(rows),
        "scenarios": [_scenario(summary, scenario) for scenario in summary.scenarios],
        "stories": {
            theorem: {
                "scenario": story.scenario,
                "seed": story.seed,
                "clause": story.found.clause,
                "file": story.file,
                **counterexample_document(story.found),
            }
            for theorem, story in summary.stories.items()
        },
        "interrupted": summary.interrupted,
        "exit_code": summary.exit_code,
    }


def lines_of(summary: Summary) -> list[str]:
    """Return the result for people."""
    rows = summary.rows
    runs = f"{len(rows)} runs, {sum(row.events for row in rows):,} events, design {summary.design.name}"
    lines = [runs, ""]
    for scenario in summary.scenarios:
        lines.extend(_scenario_lines(summary, scenario))
    for theorem, story in summary.stories.items():
        lines += ["", f"{theorem} {story.found.clause} (scenario {story.scenario}, seed {story.seed}):"]
        lines += counterexample_lines(story.found)
        lines.append(f"  billproof replay {story.file}")
    if summary.unmet:
        lines += ["", f"INCONCLUSIVE: never met in these runs: {', '.join(summary.unmet)}"]
    if summary.interrupted:
        lines += ["", "INCONCLUSIVE: interrupted; with --db the same command goes on from here"]
    lines += ["", f"history hash {history_hash(rows)}"]
    return lines


def _violations(summary: Summary) -> list[Json]:
    files = {(story.scenario, story.seed, theorem): story for theorem, story in summary.stories.items()}
    violations: list[Json] = []
    for row in summary.rows:
        for theorem in dict.fromkeys(name for name, _, _ in row.violated):
            first = min((item for item in row.violated if item[0] == theorem), key=lambda item: item[2])
            story = files.get((row.scenario, row.seed, theorem))
            violations.append(
                {
                    "scenario": row.scenario,
                    "seed": row.seed,
                    "theorem": theorem,
                    "clause": story.found.clause if story else first[1],
                    "steps": len(story.found.commands) if story else first[2],
                    "shrunk": story is not None,
                    "file": story.file if story else None,
                }
            )
    return violations


def _scenario(summary: Summary, scenario: Scenario) -> dict[str, Json]:
    rows = rows_of(summary, scenario)
    return {
        "id": scenario.id,
        "title": scenario.title,
        "verdict": verdict_of(summary, scenario),
        "not_modelled": scenario.not_modelled or None,
        "runs": len(rows),
        "violated": {theorem: _rate(rows, theorem) for theorem in _theorems(rows)},
        "promise": scenario.promise or None,
        "source": scenario.source or None,
        "documented_rto_s": scenario.rto_s,
        "rto_s": _seconds(max((row.rto_micros for row in rows), default=-1)),
        "documented_rpo": scenario.rpo or None,
        "rpo_events": _known(max((row.rpo_events for row in rows), default=-1)),
        "undrained": sum(1 for row in rows if row.undrained),
        "drained_s": _seconds(max((row.drained_micros for row in rows), default=-1)),
        "probability": _probability(measure(scenario, rows, summary.design)),
    }


def _probability(found: Measured) -> dict[str, Json]:
    return {
        "loss": _interval(found.loss),
        "duplication": _interval(found.duplication),
        "undetected": _interval(found.undetected),
        "forgotten_mean": round(found.forgotten_mean, 3),
        "derived_mean": None if found.derived_mean is None else round(found.derived_mean, 3),
        "derivation": found.derivation or None,
    }


def _scenario_lines(summary: Summary, scenario: Scenario) -> list[str]:
    verdict = verdict_of(summary, scenario)
    lines = [f"{scenario.id:<6} {verdict:<12} {scenario.title}"]
    if scenario.not_modelled:
        return [*lines, f"{'':19} {scenario.not_modelled}"]
    rows = rows_of(summary, scenario)
    rto = _seconds(max((row.rto_micros for row in rows), default=-1))
    rpo = _known(max((row.rpo_events for row in rows), default=-1))
    if rto is not None or rpo is not None:
        told = "never without a leader" if rto is None else f"{rto} s without a leader that answers"
        promised = f" (documented {scenario.rto_s} s)" if scenario.rto_s is not None else ""
        lost = "" if rpo is None else f", {rpo} acknowledged events forgotten"
        documented = f" (documented {scenario.rpo})" if scenario.rpo and rpo is not None else ""
        lines.append(f"{'':19} {told}{promised}{lost}{documented}")
    measured = measure(scenario, rows, summary.design)
    if rows and (measured.loss.happened or measured.derived_mean):
        derived = "" if measured.derived_mean is None else f"; derived {measured.derived_mean:.2f}"
        because = f" ({measured.derivation})" if measured.derivation else ""
        lines.append(
            f"{'':19} {measured.forgotten_mean:.2f} acknowledged charges forgotten a run{derived}{because}"
        )
    for theorem in _theorems(rows):
        rate = rate_of(sum(1 for row in rows if _has(row, theorem)), len(rows))
        lines.append(
            f"{'':19} {theorem} violated in {rate.happened} of {rate.runs} runs"
            f" (95 %: {rate.low:.3f} to {rate.high:.3f})"
        )
    if rows and not _theorems(rows):
        lines.append(
            f"{'':19} nothing violated in {len(rows)} runs (95 %: below {rate_of(0, len(rows)).high:.3f})"
        )
    late = [row for row in rows if row.undrained]
    if late:
        left = sorted({item for row in late for item in row.undrained})
        lines.append(f"{'':19} {len(late)} runs did not drain: {'; '.join(left)}")
    return lines


def _theorems(rows: list[Row]) -> tuple[str, ...]:
    return tuple(sorted({name for row in rows for name, _, _ in row.violated}))


def _has(row: Row, theorem: str) -> bool:
    return any(name == theorem for name, _, _ in row.violated)


def _rate(rows: list[Row], theorem: str) -> dict[str, Json]:
    return _interval(rate_of(sum(1 for row in rows if _has(row, theorem)), len(rows)))


def _interval(rate: Rate) -> dict[str, Json]:
    return {
        "happened": rate.happened,
        "runs": rate.runs,
        "low": round(rate.low, 6),
        "high": round(rate.high, 6),
    }


def _fired(rows: list[Row]) -> Counter[str]:
    fired: Counter[str] = Counter()
    for row in rows:
        fired.update(dict(row.fired))
    return fired


def _misbehaved(rows: list[Row]) -> Counter[str]:
    """Return in how many runs each point of the rim misbehaved; a point that never did stands with 0."""
    found: Counter[str] = Counter({name: 0 for name, _ in POINTS})
    found.update(name for row in rows for name, _ in row.misbehaved)
    return found


def _unfired_families(summary: Summary) -> tuple[str, ...]:
    met = {BY_NAME[kind].family for kind in _fired(summary.rows)}
    return tuple(f"{number}: {name}" for number, name in FAMILIES.items() if number not in met)


def _seconds(micros: int) -> float | None:
    return None if micros < 0 else round(micros / 1_000_000, 3)


def _known(count: int) -> int | None:
    return None if count < 0 else count

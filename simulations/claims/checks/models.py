"""Checks that run the model: a documented switch alone, or all of them, against a theorem.

What a claim says in words decides the switch; the running core, searched from the theorem's small worlds,
decides what follows. A counterexample is replayed before it counts. Finding none within the bound is no
proof, and is reported with the bound; it is taken for "goes together" only where the text no longer says what
was refuted.

Source: ``system.md`` section 1; the schedules of ``claims.md`` part 3.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Final

from billproof.invariants.counterexample import Counterexample, replay
from billproof.invariants.explore.domains import domains_of
from billproof.invariants.explore.search import Limits, search
from billproof.invariants.searching import context_of
from billproof.invariants.theorems import BY_ID
from billproof.model.core import step
from billproof.model.design import DOCUMENTED, REPAIRED, Design, violated_requirements, with_switch
from billproof.simulations.claims.quantities import quantity
from billproof.simulations.claims.reading import Reader
from billproof.simulations.claims.relations import Outcome, true

STEPS_MAX: Final = 4
"""How many steps a counterexample may have."""

STATES_MAX: Final = 20_000
"""How many states of each small world are looked at."""


@cache
def counterexample(design: Design, theorem: str, clause: str = "") -> Counterexample | None:
    """Return a shortest counterexample of a theorem within the bounds, replayed, or ``None``.

    Args:
        design: Under which design.
        theorem: Which theorem.
        clause: Which of its clauses; empty for all.
    """
    found: list[Counterexample] = []
    clauses = tuple(item for item in BY_ID[theorem].clauses if clause in {"", item.name})
    for domain in domains_of(theorem):
        steps = min([STEPS_MAX, domain.moves_max, *(len(shorter.commands) - 1 for shorter in found)])
        context = context_of(domain.design(design))
        result = search(
            replace(domain, moves_max=steps),
            clauses,
            (),
            step=step,
            context=context,
            limits=Limits(states_max=STATES_MAX, stop_at_first=True),
        )
        for item in clauses:
            if item.name in result.violations:
                commands = result.violations[item.name].commands
                shown = replay(item, domain, commands, step=step, context=context, money=BY_ID[theorem].money)
                found += [shown] if shown is not None else []
        if found and len(found[-1].commands) <= 1:
            break
    return min(found, key=lambda one: len(one.commands), default=None)


def design_with(switches: Mapping[str, str]) -> Design:
    """Return the repaired design with some switches turned, and with them what needs the old values."""
    design = REPAIRED
    for name, value in switches.items():
        design = with_switch(design, name, value)
    while rules := violated_requirements(design):
        name = rules[0].switch
        design = with_switch(design, name, getattr(DOCUMENTED, name).value)
    return replace(design, name="as written")


def switch_falls(
    c: Reader,
    theorem: str,
    what: str,
    *,
    said: Mapping[str, bool],
    against: str = "",
    values: Mapping[str, str] = MappingProxyType({}),
) -> Outcome:
    """Turn those switches that the text says to their documented values, and search for a violation.

    Args:
        c: The reader; kept so that every check looks alike.
        theorem: Which theorem.
        what: What is documented.
        said: By switch, whether the text says its documented value.
        against: The claims that a violation speaks against.
        values: Values of switches for which the documents have another reading.
    """
    del c
    documented = {name: str(getattr(DOCUMENTED, name).value) for name in said}
    turned = {name: values.get(name, documented[name]) for name, is_said in said.items() if is_said}
    if not turned:
        return true(what, f"the text says none of {', '.join(said)}", holds=True)
    return _told(
        what, theorem, design_with(turned), ", ".join(f"{k}={v}" for k, v in turned.items()), against
    )


def theorem_falls(c: Reader, theorem: str, what: str, against: str) -> Outcome:
    """Judge a theorem with the acknowledgement that the second theorem's proof describes."""
    if not c.says(against, "datacentres"):
        return true(what, "no loss of datacentres is claimed to be needed", holds=True)
    said = {"ack_point": c.says("T2-P1", "in memory")}
    return switch_falls(c, theorem, what, said=said, against=against)


def theorems_fall(c: Reader, claim: str, phrase: str) -> Outcome:
    """Judge every theorem under the documented design, if a claim says that they were verified."""
    if not c.says(claim, phrase):
        return true("no theorem is said to be verified", "nothing to judge", holds=True)
    found = {name: counterexample(DOCUMENTED, name) for name in BY_ID}
    refuted = [f"{name} in {len(item.commands)} step(s)" for name, item in found.items() if item is not None]
    outcome = true(
        f"all {len(BY_ID)} theorems are {phrase}",
        f"{len(refuted)} refuted under the documented design: {', '.join(refuted)}",
        holds=not refuted,
        against=claim,
    )
    return replace(outcome, values=(quantity(len(refuted)),))


def _told(what: str, theorem: str, design: Design, turned: str, against: str) -> Outcome:
    found = counterexample(design, theorem)
    if found is None:
        computed = f"no violation of {theorem} within {STEPS_MAX} steps under {turned}"
        return true(what, computed, holds=True)
    steps = " ".join(f"{number}. {text}" for number, text in enumerate(found.steps, 1))
    outcome = true(
        what, f"{theorem}.{found.clause} is violated under {turned}: {steps}", holds=False, against=against
    )
    return replace(outcome, values=(quantity(len(found.commands)),))

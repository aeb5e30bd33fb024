"""Each switch of the repaired design turned alone: refused, or refuted as claims.md predicts.

What is expected is read off the schedules of ``claims.md`` part 3: how many steps they number or, where they
number none, how many events they name. A switch that is not in the table is refuted within ``STEPS_MAX``.
"""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import pytest

from billproof.invariants.counterexample import Counterexample, replay
from billproof.invariants.explore.domains import domains_of
from billproof.invariants.explore.search import Limits, search
from billproof.invariants.repairs.lattice import Lattice
from billproof.invariants.searching import context_of
from billproof.invariants.theorems import BY_ID
from billproof.model.core import step
from billproof.model.design import DOCUMENTED, REPAIRED, Design, violated_requirements, with_switch
from billproof.model.design_files import inspect_design, render_design
from billproof.model.switch_table import SWITCHES, Switch
from tests.service.commands import billproof, inner

STEPS_MAX = 5
"""Within how many steps a switch that no schedule is named for must be refuted."""

PREDICTED: dict[str, tuple[str, str, int]] = {
    "ack_point": ("T2", "T2-S1", 2),
    "key_check": ("T1", "T1-S1", 4),
    "key_binding": ("T1", "T1-S7", 2),
    "key_retention": ("T1", "T1-S3", 3),
    "heal_merge": ("T1", "T1-S2", 5),
    "preimage": ("T3", "T3-S4", 4),
    "amount_evidence": ("T7", "T7-S1", 3),
    "authorisation": ("T7", "T7-S6", 3),
    "customer_keys": ("T7", "T7-S2", 4),
    "key_history": ("T7", "T7-S8", 3),
    "order_by": ("T6", "T6-S5", 4),
    "chain_head": ("T6", "T6-S2", 4),
    "period_accounting": ("T5", "T5-S2", 4),
    "period_of": ("T5", "T5-S3", 2),
    "quota_check": ("T5", "T5-S1", 4),
    "quota_limit": ("T5", "XB-02", 1),
    "hold_rule": ("T5", "XB-09", 3),
    "overflow": ("T2", "T2-S5", 4),
    "amount_rule": ("T5", "T5-S8", 1),
    "balance_rule": ("T5", "T5-S9", 1),
    "lag_control": ("T4", "T4-S1", 3),
    "consumer_dedupe": ("T1", "T1-S6", 3),
}
"""The theorem that falls, the schedule, and its steps."""

NOT_LOAD_BEARING = {
    "repair_direction": "with one commit a balance never differs from its replay (T1.balance_is_the_fold), "
    "so there is nothing to roll back; it bears on T2 where the ledger or the state is written first",
}
"""Switches that can be turned alone without harm, and why; ``heal_merge`` is not among them, for a returning
region that merges its tail charges twice even where promotion and fencing are repaired."""

CASES = [
    pytest.param(switch, value, id=f"{switch.name}={value.value}")
    for switch in SWITCHES
    for value in switch.values
    if value != getattr(REPAIRED, switch.name)
]


def shortest(design: Design, theorem: str, steps_max: int) -> Counterexample | None:
    """Return a shortest counterexample of a theorem of at most so many steps, replayed."""
    found: list[Counterexample] = []
    for domain in domains_of(theorem):
        steps = min([steps_max, domain.moves_max, *(len(item.commands) - 1 for item in found)])
        context = context_of(domain.design(design))
        clauses = BY_ID[theorem].clauses
        result = search(
            replace(domain, moves_max=steps),
            clauses,
            (),
            step=step,
            context=context,
            limits=Limits(states_max=20_000, stop_at_first=True),
        )
        for clause in clauses:
            if clause.name in result.violations:
                shown = replay(
                    clause,
                    domain,
                    result.violations[clause.name].commands,
                    step=step,
                    context=context,
                    money=BY_ID[theorem].money,
                )
                assert shown is not None, "what a search finds is replayed"
                found.append(shown)
    return min(found, key=lambda item: len(item.commands), default=None)


@pytest.mark.parametrize(("switch", "value"), CASES)
def test_a_switch_turned_alone_is_refused_or_refuted_as_predicted(switch: Switch, value: StrEnum) -> None:
    design = replace(with_switch(REPAIRED, switch.name, value.value), name="one switch turned")
    if rules := violated_requirements(design):
        problems = inspect_design(render_design(design), source="x")[1]
        assert rules[0].because in problems[0].problem
        return
    theorem, schedule, steps = PREDICTED.get(switch.name, ("", "no schedule", STEPS_MAX))
    others = [name for name in BY_ID if name not in switch.bears_on]
    theorems = [theorem] if theorem else [*switch.bears_on, *others]
    if switch.name in NOT_LOAD_BEARING:
        theorems = list(switch.bears_on)
    found = next((item for name in theorems if (item := shortest(design, name, steps))), None)
    if switch.name in NOT_LOAD_BEARING:
        assert found is None, f"it bears on {theorems} after all: {found}"
        return
    assert found is not None, f"not refuted within the {steps} steps of {schedule}"
    assert found.steps


@pytest.mark.parametrize(
    "name",
    [
        item.name
        for item in SWITCHES
        if violated_requirements(with_switch(REPAIRED, item.name, getattr(DOCUMENTED, item.name).value))
    ],
)
def test_a_switch_that_others_need_is_refuted_together_with_them(name: str) -> None:
    lattice = Lattice(start=DOCUMENTED, end=REPAIRED)
    point = lattice.without_dependants(frozenset(lattice.switches) - {name})
    (design, *_) = lattice.designs(point)
    switch = next(item for item in SWITCHES if item.name == name)
    assert any(shortest(design, theorem, STEPS_MAX) for theorem in (*switch.bears_on, *BY_ID))


def test_every_switch_is_turned_to_each_of_its_other_values() -> None:
    turned = {case.id for case in CASES}
    others = {
        f"{item.name}={value.value}"
        for item in SWITCHES
        for value in item.values
        if value.value != getattr(REPAIRED, item.name).value
    }
    assert turned == others
    assert {name.partition("=")[0] for name in others} == {item.name for item in SWITCHES}


def test_the_command_line_finds_it_in_a_design_file(tmp_path: Path) -> None:
    """With one rule switched off by hand in a file, the predicted theorem falls in the predicted steps."""
    theorem, _, steps = PREDICTED["lag_control"]
    turned = with_switch(REPAIRED, "lag_control", DOCUMENTED.lag_control.value)
    file = tmp_path / "off.toml"
    file.write_text(render_design(replace(turned, name="off")), encoding="utf-8")
    answer = billproof(
        "verify", "--design", file, "--theorem", theorem, "--engine", "explore", "--budget", "40",
        "--format", "json",
    )  # fmt: skip
    assert answer.code == 1, answer.err
    found = inner(inner(inner(inner(answer.document, "designs"), "off"), theorem), "counterexample")
    shown = found["steps"]
    assert isinstance(shown, list)
    assert 0 < len(shown) <= steps

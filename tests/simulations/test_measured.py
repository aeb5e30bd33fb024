"""Measured rates count what they say, and stand beside a derivation only where its cause strikes."""

from dataclasses import replace

import pytest

from billproof.model.design import DOCUMENTED, REPAIRED, Design
from billproof.simulations.campaign import Row
from billproof.simulations.measured import LAG_S, measure
from billproof.simulations.scenarios.catalogue import NAMED

ROW = Row(
    scenario="F-05",
    seed=0,
    design="",
    judge_every=1,
    events=1,
    committed=60,
    history="",
    violated=(),
    met=(),
    fired=(("region_loss", 1),),
    misbehaved=(),
    undrained=(),
    drained_micros=1_000_000,
    rto_micros=-1,
    rpo_events=0,
)
"""Sixty entries in three seconds: twenty in a second."""


def test_loss_is_the_share_of_runs_that_forgot_something() -> None:
    rows = [ROW, replace(ROW, rpo_events=3), replace(ROW, rpo_events=-1)]
    found = measure(NAMED["F-05"], rows, DOCUMENTED)
    assert (found.loss.happened, found.loss.runs, found.forgotten_mean) == (1, 3, 1.0)


def test_duplication_counts_runs_that_charged_a_key_twice() -> None:
    twice = replace(ROW, violated=(("T1", "one_charge_per_key", 9), ("T1", "balance_is_the_fold", 3)))
    assert measure(NAMED["F-05"], [ROW, twice], DOCUMENTED).duplication.happened == 1


def test_detection_is_asked_of_runs_in_which_a_ledger_was_edited() -> None:
    edited = replace(ROW, fired=(("tampering", 2),))
    missed = replace(edited, violated=(("T3", "accepted_presentation_is_the_log", 9),))
    found = measure(NAMED["F-24"], [ROW, edited, missed], DOCUMENTED)
    assert (found.undetected.happened, found.undetected.runs) == (1, 2)


@pytest.mark.parametrize(
    ("scenario", "design", "expected"),
    [
        ("F-05", DOCUMENTED, 20 * LAG_S),
        ("F-05", REPAIRED, 0.0),
        ("F-01", DOCUMENTED, 20 * 0.0042),
        ("F-01", REPAIRED, 0.0),
        ("F-07", DOCUMENTED, None),
    ],
)
def test_a_derivation_stands_where_its_cause_strikes(
    scenario: str, design: Design, expected: float | None
) -> None:
    """Expected by the rule of ``claims.md`` 3.8: exposure = rate x time, and nothing under a quorum."""
    assert measure(NAMED[scenario], [ROW], design).derived_mean == pytest.approx(expected)


def test_without_runs_nothing_is_derived() -> None:
    found = measure(NAMED["F-05"], [], DOCUMENTED)
    assert (found.loss.runs, found.derived_mean, found.forgotten_mean) == (0, None, 0.0)

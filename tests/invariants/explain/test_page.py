"""The page tells the whole story in one file, escapes what it is given, and needs nothing from outside."""

import re
from dataclasses import replace

from billproof.invariants.counterexample import replay
from billproof.invariants.explain.explained import explained
from billproof.invariants.explain.lanes import actor_of, lanes_of, rows_of
from billproof.invariants.explain.page import render_page
from billproof.invariants.registry import registry
from billproof.model.core import step
from tests.invariants.explain.examples import Example


def page(example: Example, design: str = "documented") -> str:
    """Return the page of an example."""
    found = replay(
        example.clause,
        example.domain,
        example.commands,
        step=step,
        context=example.context,
        money=example.theorem.money,
    )
    assert found is not None
    told = explained(
        found,
        example.clause,
        example.domain,
        step=step,
        context=example.context,
        money=example.theorem.money,
        smallest=False,
    )
    return render_page(replace(told, design=design), example.trace(), example.theorem)


def test_the_page_has_steps_lanes_money_clause_and_reasons() -> None:
    """Everything that the text says is on the page."""
    text = page(Example("T1", "one_charge_per_key", "retries"))
    for part in (
        "Violated: No log has two",
        "attempt a2",
        "us-central1",
        "inevitable from here",
        "Contradiction",
    ):
        assert part in text
    assert re.search(r'class="cash"[^>]*>200</text>', text), (
        "what was billed in the end stands in the money lane"
    )


def test_the_page_needs_nothing_from_outside() -> None:
    """No script, no image, no address but that of its own policy."""
    text = page(Example("T2", "acknowledged_survives_a_crash", "regions"))
    assert not re.search(r"<script|<img|<link|https?:|url\((?!#)|@import", text)
    assert "default-src 'none'" in text


def test_what_the_page_is_given_is_escaped() -> None:
    """A design is named by whoever wrote it."""
    text = page(Example("T1", "one_charge_per_key", "retries"), design="<script>alert(1)</script>")
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_every_command_of_every_domain_has_an_actor_and_lanes() -> None:
    """No command is drawn nowhere."""
    for domain in registry().domains:
        for command in domain.commands:
            assert actor_of(command)
    rows = rows_of(Example("T4", "replica_is_a_prefix", "replicas").trace())
    assert {row.actor for row in rows} <= set(lanes_of(rows))

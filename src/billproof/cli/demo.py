"""``billproof demo``: one charge, a lost reply, a retry, under both designs, by the functions that bill."""

import click

from billproof.cli.output import Json, output_options, print_result
from billproof.invariants.explore.cast import A1, A2, ALICE, FIRST, WIDE_TERMS, attempts, opened, request
from billproof.invariants.searching import context_of
from billproof.invariants.story import money_words, tell
from billproof.model.commands import Command
from billproof.model.core import step
from billproof.model.design import DOCUMENTED, REPAIRED, Design
from billproof.model.effects import balance_effect
from billproof.model.identifiers import Amount
from billproof.model.money import render_amount
from billproof.model.outcomes import Status
from billproof.model.posting import site_of
from billproof.model.state import State, initial_state

NEXT = (
    "Next: billproof verify --design documented    every theorem, with the shortest way to break it",
    "      billproof verify --design repaired      what is proved, and under which assumptions",
    "      billproof ingest FILE --db ledger.db    bill real usage; then billproof audit ledger.db",
)
"""Where to go from here."""


@click.command(
    epilog="Example: billproof demo",
    help="One minute: a charge of 100, a lost reply, a retry. Documented bills twice, repaired does not.",
)
@output_options
def command(*, output_format: str, quiet: bool) -> int:
    """Tell the story under both designs; return 0 when it ends as it should."""
    charge = request("k1", 100)
    first, retry = attempts(charge, A1), attempts(charge, A2)
    # The retry reaches another instance before the first one has written its key.
    story = (first[0], retry[0], first[1], first[2], retry[1], retry[2])
    documents: dict[str, Json] = {}
    text = ["A client charges 100 USD. The reply is lost, so it retries with the same key.", ""]
    expected = True
    for design, owed_times in ((DOCUMENTED, 2), (REPAIRED, 1)):
        told, billed = _run(design, story)
        expected = expected and billed == owed_times * charge.amount
        documents[design.name] = {
            "steps": list(told),
            "owed": render_amount(charge.amount),
            "billed": render_amount(billed),
            "difference": render_amount(Amount(billed - charge.amount)),
            "currency": "USD",
        }
        text += [f"{design.name}:", *(f"  {number}. {line}" for number, line in enumerate(told, 1))]
        text += [f"  owed {money_words(charge.amount, 'USD')}, billed {money_words(billed, 'USD')}", ""]
    code = 0 if expected else 1
    document: dict[str, Json] = {"designs": documents, "next": list(NEXT), "exit_code": code}
    print_result(document, [*text, *NEXT], output_format=output_format, quiet=quiet)
    return code


def _run(design: Design, story: tuple[Command, ...]) -> tuple[tuple[str, ...], Amount]:
    context = context_of(design)
    state: State = step(
        initial_state(regions=1, period=request("open", 0).period), opened(WIDE_TERMS), context
    ).state
    told = []
    for item in story:
        outcome = step(state, item, context)
        state = outcome.state
        if outcome.status != Status.NOT_POSSIBLE:
            told.append(tell(item, outcome))
    balance = site_of(state, FIRST).ledger.total(balance_effect, ALICE)
    return tuple(told), Amount(-balance)

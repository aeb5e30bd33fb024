"""Running again: a case by its name and seed, or the messages of a history."""

from billproof import __version__
from billproof.conformance.documents import Document, Value, text_of
from billproof.conformance.errors import KitInputError
from billproof.conformance.history import History
from billproof.conformance.judging.judge import Judgement, judge
from billproof.conformance.runner import DEFAULT_SEED, SCENARIOS, run_scenario
from billproof.conformance.session import Session
from billproof.conformance.transports.transport import Transport


def replay_case(transport: Transport, name: str, seed: int | None) -> Judgement:
    """Run one case by its name.

    Raises:
        KitInputError: No case has this name.
        AdapterError: The adapter did what the protocol does not allow.
    """
    try:
        scenario = next((scenario for scenario in SCENARIOS if scenario.name == name), None)
        if scenario is None:
            known = ", ".join(scenario.name for scenario in SCENARIOS)
            raise KitInputError(f"case {name}", "", "is not known", f"name a history file, or one of {known}")
        session = Session(transport, __version__, DEFAULT_SEED if seed is None else seed)
        return run_scenario(session, scenario).judgement
    finally:
        transport.close()


def replay_history(transport: Transport, history: History) -> Judgement:
    """Send the messages of a history again, one after another, and judge what comes of them.

    What the target now answers as an id takes the place of the one answered then. Calls that overlapped are
    sent in the order in which they began: a race is replayed by its case and seed instead.

    Raises:
        AdapterError: The adapter did what the protocol does not allow.
    """
    try:
        session = Session(transport, __version__, DEFAULT_SEED)
        names: dict[str, str] = {}
        for call in history.calls:
            if call.command in ("hello", "bye", ""):
                continue
            message = _renamed(call.message, names)
            assert isinstance(message, dict)
            reply = session.call(call.client or "kit", message)
            old, new = _id_of(call.reply), _id_of(reply)
            if old and new:
                names[old] = new
        return judge(session.recorder.history(), session.declaration)
    finally:
        transport.close()


def _id_of(reply: Document) -> str:
    value = reply.get("value")
    return text_of(value, "id", "") if isinstance(value, dict) and isinstance(value.get("id"), str) else ""


def _renamed(value: Value, names: dict[str, str]) -> Value:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, dict):
        return {name: _renamed(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return value

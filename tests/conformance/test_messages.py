"""The readers of replies take what the schemas take, and refuse what they refuse."""

import json
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from billproof.conformance.documents import Document
from billproof.conformance.errors import AdapterError, Fault
from billproof.conformance.messages import hello_message, read_declaration, read_reply

HELLO: Document = {
    "protocol": 1,
    "implementation": {"name": "acme", "version": "1"},
    "capabilities": {"operations": ["charge"], "observations": ["ledger"], "clock": "none"},
}


def schema(name: str, definition: str = "") -> Draft202012Validator:
    """Return the validator of a schema of the protocol, or of one definition in it."""
    document = json.loads(files("billproof.conformance.schemas").joinpath(f"{name}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(document)
    if definition:
        document = {**document["$defs"][definition], "$defs": document["$defs"]}
    return Draft202012Validator(document)


@pytest.mark.parametrize(
    ("definition", "reply", "is_sound"),
    [
        ("hello", HELLO, True),
        ("hello", {**HELLO, "protocol": 2}, False),
        ("hello", {"protocol": 1}, False),
        ("hello", {**HELLO, "implementation": {"name": "acme"}}, False),
        ("hello", {**HELLO, "capabilities": {"operations": ["fly"]}}, False),
        ("hello", {**HELLO, "capabilities": {"clock": "sundial"}}, False),
        ("hello", {**HELLO, "capabilities": {"concurrent": "yes"}}, False),
        ("hello", {**HELLO, "choices": {"refusals": "maybe"}}, False),
        ("hello", {**HELLO, "limits": {"max_in_flight": 8}}, True),
        ("hello", {**HELLO, "limits": {"max_in_flight": 0}}, False),
        ("hello", {**HELLO, "limits": {"money_scale": 13}}, False),
        ("hello", {**HELLO, "limits": {"max_line": 1}}, False),
        ("op", {"outcome": "ok", "value": {"id": "r"}, "receipt": "x"}, True),
        ("op", {"outcome": "ok"}, True),
        ("op", {"outcome": "yes"}, False),
        ("op", {}, False),
        ("op", {"outcome": "rejected"}, False),
        ("op", {"outcome": "rejected", "code": "BUSY"}, True),
        ("op", {"outcome": "ok", "receipt": 1}, False),
        ("observe", {"outcome": "unsupported"}, True),
    ],
)
def test_reader_and_schema_agree(definition: str, reply: Document, is_sound: bool) -> None:  # noqa: FBT001
    assert schema("reply", definition).is_valid({**reply, "seq": "s1"}) == is_sound
    try:
        read_declaration(reply) if definition == "hello" else read_reply(reply, definition)
    except AdapterError:
        assert not is_sound
    else:
        assert is_sound


def test_another_protocol_is_named() -> None:
    with pytest.raises(AdapterError) as caught:
        read_declaration({**HELLO, "protocol": 2})
    assert caught.value.fault == Fault.VERSION


def test_the_first_message_is_in_the_schema() -> None:
    schema("request").validate({**hello_message("0.1.0"), "seq": "s1"})

"""The head of a request is foreign text as well: in this process, as a server refuses some of it before."""

import pytest
from starlette.requests import Request
from starlette.types import Message

from billproof.service.http.core import read_body
from billproof.service.http.limits import BODY_BYTES_MAX
from billproof.service.http.problems import Code, ProblemError


async def nothing() -> Message:
    """Receive an empty body."""
    return {"type": "http.request", "body": b"", "more_body": False}


def request_of(length: str) -> Request:
    """Return a request that declares a length."""
    headers = [(b"content-length", length.encode("latin-1"))]
    return Request({"type": "http", "method": "POST", "headers": headers}, nothing)


@pytest.mark.parametrize("length", [str(BODY_BYTES_MAX + 1), "9" * 18, "9" * 19, "9" * 4_400])
def test_a_declared_length_beyond_the_limit_is_refused_however_long_its_number_is(length: str) -> None:
    """Found by fuzzing: 4,400 digits ended in 500. Without waiting: the body is not even asked for."""
    with pytest.raises(ProblemError) as raised:
        read_body(request_of(length)).send(None)
    assert raised.value.problem.code == Code.BODY_TOO_LARGE

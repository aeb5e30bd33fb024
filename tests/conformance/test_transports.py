"""Whatever an adapter does wrong ends as an adapter error with its name, over every transport."""

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from billproof.conformance.adapter import BaseAdapter, ok
from billproof.conformance.documents import Document
from billproof.conformance.errors import AdapterError, Fault
from billproof.conformance.messages import hello_message
from billproof.conformance.transports.in_process import InProcess
from billproof.conformance.transports.stdio import Stdio
from billproof.conformance.transports.transport import Transport

MALICE: dict[str, tuple[str, Fault]] = {
    "crashes": ("raise SystemExit(7)", Fault.CRASHED),
    "hangs": ("time.sleep(60)", Fault.HUNG),
    "floods": ("sys.stderr.write('x' * 100 * 2**20); sys.stderr.flush(); time.sleep(60)", Fault.FLOODED),
    "no_json": ("print('hello?', flush=True)", Fault.MALFORMED),
    "half_json": ('print(\'{"seq": "s1"\', flush=True)', Fault.MALFORMED),
    "floats": ('print(\'{"seq": "s1", "x": 1.5}\', flush=True)', Fault.MALFORMED),
    "twice_a_member": ('print(\'{"seq": "s1", "seq": "s1"}\', flush=True)', Fault.MALFORMED),
    "a_list": ("print('[]', flush=True)", Fault.MALFORMED),
    "wrong_seq": ('print(\'{"seq": "s9"}\', flush=True)', Fault.SEQUENCE),
    "no_seq": ("print('{}', flush=True)", Fault.SEQUENCE),
    "endless_line": ("sys.stdout.write('x' * 3 * 2**20); sys.stdout.flush()", Fault.TOO_LONG),
}
"""What a process does with each message, and what that is called."""


@pytest.mark.parametrize("malice", MALICE)
def test_malice_of_a_process_is_named(malice: str, tmp_path: Path) -> None:
    action, fault = MALICE[malice]
    script = tmp_path / "adapter.py"
    script.write_text(f"import sys, time\nfor line in sys.stdin:\n    {action}\n", encoding="utf-8")
    transport = Stdio(f"{sys.executable} {script}")
    try:
        with pytest.raises(AdapterError) as caught:
            transport.call(hello_message("0"), seconds=3 if fault != Fault.HUNG else 0.2)
        assert caught.value.fault == fault
        with pytest.raises(AdapterError) as again:
            transport.call(hello_message("0"), seconds=0.2)
        assert again.value.fault == fault
    finally:
        transport.close()


def test_what_a_process_says_before_it_dies_is_kept(tmp_path: Path) -> None:
    script = tmp_path / "adapter.py"
    script.write_text(
        "import sys\nprint('no such product', file=sys.stderr)\nsys.exit(3)\n", encoding="utf-8"
    )
    transport = Stdio(f"{sys.executable} {script}")
    try:
        with pytest.raises(AdapterError) as caught:
            transport.call(hello_message("0"), seconds=5)
        assert "no such product" in caught.value.log
    finally:
        transport.close()


def test_a_command_that_is_not_there_is_named() -> None:
    with pytest.raises(AdapterError) as caught:
        Stdio("./no-such-adapter")
    assert caught.value.fault == Fault.NOT_STARTED


class Raising(BaseAdapter):
    """An adapter with a bug."""

    def op(self, message: Document) -> Document:
        """Divide by nothing."""
        raise ZeroDivisionError(str(message))


class Floating(BaseAdapter):
    """An adapter that answers with a float."""

    def op(self, message: Document) -> Document:
        """Return what JSON of the protocol has not."""
        del message
        value: object = 1.5
        return ok(value)  # type: ignore[arg-type] # the point of this test


@pytest.mark.parametrize(("kind", "fault"), [(Raising, Fault.CRASHED), (Floating, Fault.MALFORMED)])
def test_malice_of_a_class_is_named(kind: Callable[[], BaseAdapter], fault: Fault) -> None:
    with pytest.raises(AdapterError) as caught:
        InProcess(kind()).call({"cmd": "op", "op": "charge", "args": {}})
    assert caught.value.fault == fault


def test_a_served_class_answers_as_in_process(tmp_path: Path) -> None:
    script = tmp_path / "adapter.py"
    script.write_text(
        textwrap.dedent("""
            from billproof.conformance.adapter import BaseAdapter, serve
            print("this goes to stderr after all") if False else None
            serve(BaseAdapter(), in_flight=2)
        """),
        encoding="utf-8",
    )
    stdio = Stdio(f"{sys.executable} {script}")
    try:
        ways: tuple[Transport, ...] = (stdio, InProcess(BaseAdapter()))
        messages: tuple[Document, ...] = (
            hello_message("0"), {"cmd": "op", "op": "x", "args": {}}, {"cmd": "fly"},
        )  # fmt: skip
        for message in messages:
            first, second = (way.call(message) for way in ways)
            assert first == second
    finally:
        stdio.close()

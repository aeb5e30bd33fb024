"""Targets of the kit: expectations, hooks, mappings, results, histories, months, replies of adapters."""

import hashlib
import http.client
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from billproof.conformance.cells import parse_cell
from billproof.conformance.documents import Document, MemberError, as_document
from billproof.conformance.errors import AdapterError, KitInputError
from billproof.conformance.expected import read_expected
from billproof.conformance.fault_hooks import read_hooks
from billproof.conformance.history import parse_history
from billproof.conformance.importers.edn import read_edn
from billproof.conformance.importers.month import read_month
from billproof.conformance.importers.registers import judge_registers, read_events
from billproof.conformance.mapping import MappedAdapter, read_mapping
from billproof.conformance.messages import read_declaration, read_reply
from billproof.conformance.offline import judge_offline
from billproof.conformance.reference.model_adapter import ReferenceAdapter
from billproof.conformance.report.compare import compare, read_result
from billproof.conformance.report.write import verify_report
from billproof.conformance.targets import read_registry
from billproof.conformance.transports.http import Http
from billproof.conformance.transports.in_process import InProcess
from billproof.conformance.vectors.group import read_group
from billproof.model.canonical import JsonInputError, parse_json
from tools.fuzzing.seeds import Seeds
from tools.fuzzing.target import Target, target, text_of, with_file
from tools.fuzzing.watching import ROOT

KIT_ERRORS: Final = (KitInputError, AdapterError)

_EXPECTED: Final = """schema = 1
[[fail]]
check = "retry-*"
fingerprint = "T1.one_charge_per_key"
reason = "not before 3.2"
issue = "https://example.org/7"
expires = 2027-01-01
max_matches = 2
"""
_HOOKS: Final = """nodes = ["n1", "n2"]
[hooks.crash]
argv = ["./ctl", "kill", "{node}"]
proof = "none"
timeout_s = 30
cwd = "."
[hooks.start]
argv = ["./ctl", "start"]
"""
_MAPPING: Final = """[hello.implementation]
name = "acme-billing"
version = "3.2"
[hello.capabilities]
operations = ["charge"]
observations = ["balance", "ledger"]
[reset.account]
method = "POST"
path = "/accounts"
body = {id = "{customer}", opening = "{balance}"}
[op.charge]
method = "POST"
path = "/customers/{customer}/charges"
headers = {"Idempotency-Key" = "{idem}"}
body = {amount = "{amount}", at = "{event_time}"}
value = {id = "charge.id"}
receipt = "charge.receipt"
[op.charge.codes]
402 = "INSUFFICIENT_BALANCE"
"422:code=reused" = "KEY_REUSED"
[observe.balance]
method = "GET"
path = "/customers/{customer}"
value = {balance = "balance", rows = {from = "rows", id = "id"}}
"""
_EDN: Final = """[{:process 0 :type :invoke :f :write :value 3 :time 1}
 {:process 0 :type :info :f :write :value [1 3] :error :timeout} ; a comment
 {:process 1 :type :invoke :f :read :value nil} #jepsen.Op{:process 1 :type :ok :f :read :value #{3 "x\\"y"}}
 {:process 1 :type :invoke :f :cas :value [1 2] #_ skipped} {:process 1 :type :ok :f :cas :value [1 2]}]
"""
_STORE: Final = """{:process 0, :type :invoke, :f :put, :key "a", :value "x"}
{:process 0, :type :ok, :f :put, :key "a", :value "x"}
{:process 1, :type :invoke, :f :append, :key "a", :value "y"}
{:process 2, :type :invoke, :f :get, :key "a", :value nil}
{:process 2, :type :ok, :f :get, :key "a", :value "xy"}
"""
_LINES: Final = """INFO  jepsen.util - 0\t:invoke\t:write\t1
INFO  jepsen.util - 1\t:invoke\t:read\tnil
INFO  jepsen.util - 0\t:ok\t:write\t1
INFO  jepsen.util - 1\t:ok\t:read\t1
INFO  jepsen.util - 2\t:invoke\t:cas\t[1 2]
INFO  jepsen.util - 2\t:fail\t:cas\t[1 2]
"""
_REPLIES: Final = (
    '{"outcome":"ok","value":{"id":"r1"},"receipt":"x","seq":"1"}',
    '{"outcome":"rejected","code":"KEY_REUSED","phase":"commit","detail":"no"}',
)
_MESSAGES: Final = (
    '{"cmd":"reset","world":{"id":"w","currency":"USD","entitlements":["e"],"accounts":[{"customer":"c",'
    '"currency":"USD","account":"prepaid","credit_limit":"0","quota":"10","limit":"10","balance":"50"}]},'
    '"now":"2026-11-26T03:10:15Z"}',
    '{"cmd":"op","op":"charge","idem":"k","args":{"customer":"c","amount":"1.5","currency":"USD","entitlement":"e",'
    '"event_time":"2026-11-26T03:10:16Z"}}',
    '{"cmd":"observe","what":"ledger","args":{"customer":"c"}}',
    '{"cmd":"op","op":"money.parse","args":{"text":"1.5"}}',
    '{"cmd":"clock","set":"2026-11-27T00:00:00Z"}',
    '{"cmd":"fault","fault":"crash","node":"eu","args":{"ms":"10"}}',
)


_REFERENCE: Final = InProcess(ReferenceAdapter())


def _calls(data: bytes) -> None:
    """Judge a history whose calls are the input, with the digests that it would have."""
    judge_offline(parse_history(_chained(data).split(b"\n"), "input"), ())


def _history_examples() -> tuple[bytes, ...]:
    """Return short histories of real targets, without the digests, each with its footer."""
    made = []
    for name in ("credit-ledger", "localstripe"):
        whole = (ROOT / "reports" / "conformance" / name / "history.jsonl").read_bytes().splitlines()
        documents = [json.loads(line) for line in whole[:24] if len(line) < 6_000]
        rows = [{key: value for key, value in item.items() if key != "prev"} for item in documents]
        rows.append({"footer": {"calls": len(rows) - 1}})
        made.append(b"\n".join(json.dumps(row).encode() for row in rows))
    return tuple(made)


def _registers(path: Path) -> None:
    judge_registers(read_events(path), 20_000)


def _document(data: bytes) -> Document:
    return as_document(parse_json(data, "input"), "input")


def _chained(rows: bytes) -> bytes:
    """Return the lines of a history with the digests that hold them together."""
    previous, lines = "0" * 64, []
    for line in rows.split(b"\n"):
        with suppress(ValueError, RecursionError):
            document = json.loads(line)
            if isinstance(document, dict):
                line = json.dumps({**document, "prev": previous}).encode()
        previous = hashlib.sha256(line).hexdigest()
        lines.append(line)
    return b"\n".join(lines)


class _Silent(http.client.HTTPConnection):
    """A connection that never reaches anybody: every attempt is refused."""

    def connect(self) -> None:
        """Refuse.

        Raises:
            ConnectionRefusedError: Always.
        """
        raise ConnectionRefusedError("nobody listens in the fuzzer")


def _mapped(path: Path) -> None:
    adapter = InProcess(MappedAdapter("localhost", 9, "", read_mapping(path)))
    connect, http.client.HTTPConnection = http.client.HTTPConnection, _Silent  # type: ignore[misc]
    try:
        for message in (json.loads(text) for text in _MESSAGES[:3]):
            with suppress(AdapterError):
                adapter.call(message)
    finally:
        http.client.HTTPConnection = connect  # type: ignore[misc]


def _month(directory: Path) -> Callable[[bytes], None]:
    folder = directory / "month"
    folder.mkdir(exist_ok=True)

    def run(data: bytes) -> None:
        parts = data.split(b"\x1e")
        for name, part in zip(("usage", "ledger", "invoices"), [*parts, b"", b""], strict=False):
            (folder / f"{name}.jsonl").write_bytes(part)
        history, extra = read_month(folder)
        judge_offline(history, extra)

    return run


_MONTH: Final = (
    '{"customer":"c","idempotency_key":"k1","amount":"10","currency":"USD","entitlement":"e",'
    '"event_time":"2026-03-10T12:00:00Z","outcome":"ok","id":"r0"}\n\x1e'
    '{"customer":"c","id":"r0","kind":"debit","key":"k1","amount":"10","currency":"USD","entitlement":"e",'
    '"period":"2026-03"}\n\x1e{"customer":"c","period":"2026-03","total":"10","currency":"USD"}\n'
)


def _report(directory: Path) -> Callable[[bytes], None]:
    folder = directory / "report"
    folder.mkdir(exist_ok=True)
    history = b"\n".join(
        (ROOT / "reports/conformance/credit-ledger/history.jsonl").read_bytes().splitlines()[:9]
    )
    (folder / "history.jsonl").write_bytes(history)
    first = read_result(ROOT / "reports" / "conformance" / "credit-ledger")

    def run(data: bytes) -> None:
        (folder / "result.json").write_bytes(data)
        verify_report(folder)
        compare(first, read_result(folder))

    return run


def _result_example() -> str:
    text = (ROOT / "reports" / "conformance" / "credit-ledger" / "result.json").read_text(encoding="utf-8")
    document = json.loads(text)
    document["cases"] = dict(list(document["cases"].items())[:3])
    return json.dumps(document)


def _asked(data: bytes) -> None:
    """Hand a message to the reference adapter, as the kit would."""
    _REFERENCE.call(json.loads(_MESSAGES[0]))
    _REFERENCE.call(_document(data))


def _message_targets() -> tuple[Target, ...]:
    json_errors = (JsonInputError, MemberError)
    group = json.loads((ROOT / "conformance" / "vectors" / "data" / "money.json").read_text("utf-8"))
    history = (ROOT / "reports" / "conformance" / "credit-ledger" / "history.jsonl").read_text("utf-8")
    hello = json.loads(history.split("\n")[0])
    http_reader = Http("http://localhost:9")
    return (
        target(
            "reply",
            lambda data: void(read_reply(_document(data), "op")),
            (*json_errors, AdapterError),
            *_REPLIES,
            is_json=True,
        ),
        target(
            "declaration",
            lambda data: void(read_declaration(_document(data))),
            (*json_errors, AdapterError),
            json.dumps(hello["header"]["hello"]),
            is_json=True,
        ),
        target(
            "http-reply",
            lambda data: void(http_reader.read(data, 200, "op")),
            (AdapterError,),
            *_REPLIES,
            is_json=True,
            weight=5,
        ),
        target("adapter-message", _asked, (*json_errors, AdapterError), *_MESSAGES, is_json=True, weight=8),
        target(
            "vector-group",
            lambda data: void(read_group(_document(data), "money")),
            (*json_errors, ValueError),
            *(json.dumps(item) for item in group["groups"][:2]),
            is_json=True,
            weight=5,
        ),
        target("cell", lambda data: void(parse_cell(text_of(data))), (KitInputError,), "CORE@L1", weight=2),
    )


def conformance_targets(seeds: Seeds) -> tuple[Target, ...]:
    """Return the targets of the kit."""
    directory = seeds.directory
    registry = (ROOT / "targets" / "targets.toml").read_bytes()
    return (
        target("expected-failures", with_file(directory, read_expected), (KitInputError,), _EXPECTED),
        target("fault-hooks", with_file(directory, read_hooks), (KitInputError,), _HOOKS),
        target("http-mapping", with_file(directory, _mapped), KIT_ERRORS, _MAPPING, weight=5),
        target(
            "target-registry",
            with_file(directory, lambda path: read_registry(path, path.parent)),
            (KitInputError,),
            registry,
        ),
        target(
            "history",
            lambda data: void(parse_history(data.splitlines(), "input")),
            (KitInputError,),
            *map(_chained, _history_examples()),
            is_json=True,
            weight=5,
        ),
        target("history-calls", _calls, KIT_ERRORS, *_history_examples(), is_json=True, weight=15),
        target(
            "registers", with_file(directory, _registers), (KitInputError,), _EDN, _STORE, _LINES, weight=15
        ),
        target(
            "edn",
            lambda data: void(list(read_edn(text_of(data), "input"))),
            (KitInputError,),
            _EDN,
            weight=15,
        ),
        target("month", _month(directory), KIT_ERRORS, _MONTH, is_json=True, weight=8),
        target("report", _report(directory), KIT_ERRORS, _result_example(), is_json=True, weight=5),
        *_message_targets(),
    )


def void(_value: object) -> None:
    """Take what a parser returned; nothing more is asked of it."""

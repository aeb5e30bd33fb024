"""Files from elsewhere that are not as they should be end in an error of the kit, never in one of Python.

Each case was found by fuzzing, and ended in another error before.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from billproof.conformance.documents import Document
from billproof.conformance.errors import AdapterError, KitInputError
from billproof.conformance.expected import read_expected
from billproof.conformance.fault_hooks import read_hooks
from billproof.conformance.history import Call, History, history_lines, parse_history
from billproof.conformance.importers.edn import read_edn
from billproof.conformance.importers.month import HELLO, read_month
from billproof.conformance.importers.registers import read_events
from billproof.conformance.judging.judge import judge
from billproof.conformance.mapping import read_mapping
from billproof.conformance.messages import read_declaration
from billproof.conformance.report.compare import compare, read_result
from billproof.conformance.report.write import verify_report
from billproof.conformance.targets import read_registry
from tests.repo.sources import ROOT

DEEP = "a = " + "[" * 20_000
DIGITS = "a = " + "9" * 5_000
ENTRY = '[[fail]]\ncheck = "a"\nfingerprint = "b"\nreason = "c"\n'
HOOKS = 'nodes = ["n1"]\n[hooks.crash]\nargv = ["./ctl"]\n'

FILES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "expected deep": (read_expected, DEEP, "too deep"),
    "expected digits": (read_expected, DIGITS, "cannot be read"),
    "expected no list": (read_expected, "schema = 1\nfail = 7", "no list of tables"),
    "expected no table": (read_expected, "schema = 1\nfail = [7]", "is no table"),
    "expected time": (read_expected, f"schema = 1\n{ENTRY}expires = 2027-01-01T00:00:00", "no date"),
    "expected most": (read_expected, f'schema = 1\n{ENTRY}max_matches = "x"', "no number"),
    "hooks deep": (read_hooks, DEEP, "too deep"),
    "hooks no table": (read_hooks, 'nodes = ["n1"]\nhooks = 7', "is no table"),
    "hooks timeout text": (read_hooks, f'{HOOKS}timeout_s = "x"', "timeout_s"),
    "hooks timeout nan": (read_hooks, f"{HOOKS}timeout_s = nan", "timeout_s"),
    "hooks timeout inf": (read_hooks, f"{HOOKS}timeout_s = inf", "timeout_s"),
    "mapping deep": (read_mapping, DEEP, "cannot be read"),
    "mapping names": (read_mapping, "[" + ".".join("a" * 20_000) + "]", "cannot be read"),
    "mapping date": (read_mapping, "a = 2027-01-01", "cannot be read"),
    "registry digits": (lambda path: read_registry(path, path.parent), DIGITS, "cannot be read"),
    "result list": (read_result, "[]", "cannot be read"),
}


@pytest.mark.parametrize(("read", "text", "problem"), FILES.values(), ids=FILES.keys())
def test_a_file_that_is_not_as_it_should_be_is_named_with_its_problem(
    read: Callable[[Path], object], text: str, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "given"
    path.write_text(text, "utf-8")
    with pytest.raises(KitInputError, match=problem) as raised:
        read(path)
    assert raised.value.source == str(path)
    assert raised.value.remedy


@pytest.mark.parametrize(
    "text", ["(" * 5_000, "#_" * 5_000 + "1", "#a " * 5_000 + "1", "9" * 5_000, "[" * 66 + "]" * 66]
)
def test_edn_that_is_too_deep_or_too_long_is_refused(text: str) -> None:
    with pytest.raises(KitInputError):
        list(read_edn(text, "text"))


def test_edn_at_the_bound_of_nesting_is_read() -> None:
    assert len(list(read_edn("[" * 65 + "]" * 65, "text"))) == 1


@pytest.mark.parametrize(
    ("name", "member", "value"),
    [("invoices", "total", "USD"), ("invoices", "period", 7), ("invoices", "currency", []),
     ("invoices", "currency", "XXXX"), ("usage", "outcome", 7), ("usage", "event_time", "1e5"),
     ("ledger", "amount", "many"), ("ledger", "kind", None)],
)  # fmt: skip
def test_a_month_with_a_wrong_member_is_refused_and_not_judged(
    name: str, member: str, value: object, tmp_path: Path
) -> None:
    files = {
        "usage": {"customer": "c", "idempotency_key": "k", "amount": "10", "currency": "USD",
                  "entitlement": "e", "event_time": "2026-03-10T12:00:00Z", "outcome": "ok", "id": "r"},
        "ledger": {"customer": "c", "id": "r", "kind": "debit", "key": "k", "amount": "10",
                   "currency": "USD", "entitlement": "e", "period": "2026-03"},
        "invoices": {"customer": "c", "period": "2026-03", "total": "10", "currency": "USD"},
    }  # fmt: skip
    for file, line in files.items():
        changed = {**line, member: value} if file == name else line
        (tmp_path / f"{file}.jsonl").write_text(json.dumps(changed) + "\n", "utf-8")
    with pytest.raises((KitInputError, AdapterError)):
        judge(read_month(tmp_path)[0], read_declaration(HELLO))


def test_a_message_that_is_none_of_the_protocol_ends_the_judging() -> None:
    message: Document = {"cmd": "reset", "world": {"accounts": [{"customer": 7}]}}
    call = Call(index=0, client="c", begin=0, end=1, message=message, reply={"ok": True})
    asked = Call(
        index=1, client="c", begin=2, end=3, message={"cmd": "op", "op": "charge", "args": "x"},
        reply={"outcome": "ok"},
    )  # fmt: skip
    with pytest.raises(AdapterError, match="cannot be judged"):
        judge(History(header={}, calls=(call, asked)), read_declaration(HELLO))


@pytest.mark.parametrize("line", [",", "", " , "])
def test_a_line_of_a_register_that_says_nothing_has_no_value(line: str, tmp_path: Path) -> None:
    path = tmp_path / "register.log"
    path.write_text(f"INFO  jepsen.util - 0\t:invoke\t:read\t{line}\n", "utf-8")
    assert [event.value for event in read_events(path)] == [None]


def test_a_history_whose_declaration_is_none_is_refused() -> None:
    lines = [line.encode() for line in history_lines(History(header={"hello": []}, calls=()))]
    with pytest.raises(KitInputError, match="hello"):
        parse_history(lines, "history.jsonl")


def test_a_result_with_a_member_of_another_type_is_no_result(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "reports" / "conformance" / "credit-ledger", tmp_path / "report")
    good = read_result(tmp_path / "report")
    with pytest.raises(KitInputError, match="cells"):
        compare(good, {**good, "cells": []})
    (tmp_path / "report" / "result.json").write_text("7", "utf-8")
    with pytest.raises(KitInputError):
        verify_report(tmp_path / "report")

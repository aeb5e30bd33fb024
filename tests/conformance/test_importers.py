"""Public forms of histories and the files of a month are read, and judged rightly."""

import json
from pathlib import Path

import pytest

from billproof.conformance.grading import Verdict
from billproof.conformance.importers.edn import read_edn
from billproof.conformance.importers.month import read_month
from billproof.conformance.importers.registers import judge_registers, read_events
from billproof.conformance.linearize import Order
from billproof.conformance.offline import judge_offline

LINES = """
INFO  jepsen.util - 0\t:invoke\t:write\t1
INFO  jepsen.util - 1\t:invoke\t:read\tnil
INFO  jepsen.util - 0\t:ok\t:write\t1
INFO  jepsen.util - 1\t:ok\t:read\t{seen}
INFO  jepsen.util - 2\t:invoke\t:cas\t[1 2]
INFO  jepsen.util - 2\t:{cas}\t:cas\t[1 2]
INFO  jepsen.util - 1\t:invoke\t:read\tnil
INFO  jepsen.util - 1\t:ok\t:read\t{last}
"""

STORE = """
{{:process 0, :type :invoke, :f :put, :key "a", :value "x"}}
{{:process 0, :type :ok, :f :put, :key "a", :value "x"}}
{{:process 1, :type :invoke, :f :append, :key "a", :value "y"}}
{{:process 2, :type :invoke, :f :get, :key "a", :value nil}}
{{:process 2, :type :ok, :f :get, :key "a", :value "{seen}"}}
{{:process 1, :type :ok, :f :append, :key "a", :value "y"}}
"""

JEPSEN = """[{{:process 0 :type :invoke :f :write :value 3 :time 1}}
 {{:process 0 :type :info :f :write :value 3 :error :timeout}}
 {{:process 1 :type :invoke :f :read :value nil}} {{:process 1 :type :ok :f :read :value {first}}}
 {{:process 1 :type :invoke :f :read :value nil}} {{:process 1 :type :ok :f :read :value {second}}}]"""


@pytest.mark.parametrize(
    ("text", "order"),
    [
        (LINES.format(seen="1", cas="ok", last="2"), Order.ORDERED),
        (LINES.format(seen="nil", cas="ok", last="2"), Order.ORDERED),
        (LINES.format(seen="7", cas="ok", last="2"), Order.ILLEGAL),
        (LINES.format(seen="1", cas="fail", last="1"), Order.ILLEGAL),
        (LINES.format(seen="1", cas="info", last="1"), Order.ORDERED),
        (LINES.format(seen="1", cas="info", last="2"), Order.ORDERED),
        (LINES.format(seen="1", cas="ok", last="1"), Order.ILLEGAL),
        (STORE.format(seen="x"), Order.ORDERED),
        (STORE.format(seen="xy"), Order.ORDERED),
        (STORE.format(seen="yx"), Order.ILLEGAL),
        (JEPSEN.format(first="nil", second="3"), Order.ORDERED),
        (JEPSEN.format(first="3", second="3"), Order.ORDERED),
        (JEPSEN.format(first="3", second="nil"), Order.ILLEGAL),
    ],
)
def test_public_histories_are_judged_rightly(text: str, order: Order, tmp_path: Path) -> None:
    path = tmp_path / "history.edn"
    path.write_text(text, "utf-8")
    assert judge_registers(read_events(path)).order == order


def test_a_search_without_a_budget_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "history.edn"
    path.write_text(LINES.format(seen="7", cas="ok", last="2"), "utf-8")
    assert judge_registers(read_events(path), budget=1).order == Order.UNKNOWN


def test_edn_is_read() -> None:
    text = '; a comment\n#jepsen.Op{:a [1 -2N nil true "q\\"x"] #_ skipped :b #{:c}, :d 1.5}'
    assert list(read_edn(text, "text")) == [
        {"a": [1, -2, None, True, 'q"x'], "b": ["c"], "d": "1.5"}
    ]  # fmt: skip


def write_month(folder: Path, *, twice: bool = False, total: str = "30.00") -> None:
    """Write the files of a month: two charges, the second of them sent twice."""
    usage = [
        {"customer": "c", "idempotency_key": key, "amount": amount, "currency": "USD", "entitlement": "e",
         "event_time": "2026-03-10T12:00:00Z"}
        for key, amount in (("k1", "10"), ("k2", "20"), ("k2", "20"))
    ]  # fmt: skip
    keys = ["k1", "k2", "k2"] if twice else ["k1", "k2"]
    ledger = [
        {"customer": "c", "id": f"r{n}", "kind": "debit", "key": key, "amount": "10" if key == "k1" else "20",
         "currency": "USD", "entitlement": "e", "period": "2026-03"}
        for n, key in enumerate(keys)
    ]  # fmt: skip
    invoices = [{"customer": "c", "period": "2026-03", "total": total, "currency": "USD"}]
    for name, lines in (("usage", usage), ("ledger", ledger), ("invoices", invoices)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")


def test_a_month_in_order_is_not_accused(tmp_path: Path) -> None:
    write_month(tmp_path)
    judged = judge_offline(*read_month(tmp_path))
    assert judged.findings == ()
    assert Verdict.VIOLATED not in judged.verdicts.values()
    assert judged.exit_code == 2, "three requests are too few to say that anything holds"


@pytest.mark.parametrize(("twice", "total"), [(True, "50"), (False, "31"), (False, "29.99")])
def test_a_month_that_was_billed_wrongly_is_accused(twice: bool, total: str, tmp_path: Path) -> None:  # noqa: FBT001
    write_month(tmp_path, twice=twice, total=total)
    judged = judge_offline(*read_month(tmp_path))
    assert judged.verdicts["T1"] == Verdict.VIOLATED
    assert judged.exit_code == 1

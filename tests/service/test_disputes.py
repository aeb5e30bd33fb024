"""A dispute about a real ledger: the verdict, the bundle, the page, and what damage does to them."""

import hashlib
import json
import re
import sqlite3
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from billproof.cli.dispute_study import interval_of
from billproof.model.disputes import Claim, Reason, Resolution
from billproof.model.identifiers import CustomerId, Sequence
from billproof.model.receipts import receipt_id
from billproof.service.dispute_report import CLAIM_WORDS, REASON_WORDS, VERDICT_WORDS
from billproof.service.published_plans import read_published
from tests.service.auditing import alter
from tests.service.commands import Document, asked, billproof, inner
from tests.service.conftest import Ledger
from tests.service.usage_files import write_events

PLAN = {"unit": "calls", "unit_price": "0.15"}
PLAN_HASH = hashlib.sha256(b'{"unit":"calls","unit_price":"0.15"}').hexdigest()
SCHEMA = json.loads(files("billproof.cli.schemas").joinpath("dispute.json").read_text("utf-8"))


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """A ledger of one customer: opened, 1,000 calls rightly rated, 1,000 at a hundred times as much."""
    events = write_events(
        tmp_path / "calls.jsonl",
        [
            {
                "amount": "150",
                "usage": "1000 calls",
                "price_plan_hash": PLAN_HASH,
                "idempotency_key": "right",
            },
            {
                "amount": "15000",
                "usage": "1000 calls",
                "price_plan_hash": PLAN_HASH,
                "idempotency_key": "wrong",
            },
        ],
    )
    asked("ingest", events, "--db", tmp_path / "calls.db")
    (tmp_path / "plans.json").write_text(json.dumps([PLAN]), encoding="utf-8")
    return tmp_path / "calls.db"


def disputed(database: Path, sequence: int, claim: str, *arguments: str | Path) -> tuple[int, Document]:
    """Dispute an entry of ``acme``, and return exit code and document, which fits its schema."""
    wanted = receipt_id(CustomerId("acme"), Sequence(sequence))
    answer = billproof(
        "dispute", "--db", database, "--receipt", wanted, "--claim", claim, "--format", "json", *arguments
    )
    assert answer.err == ""
    Draft202012Validator(SCHEMA).validate(answer.document)
    return answer.code, answer.document


def test_a_right_amount_is_upheld(calls: Path) -> None:
    """1,000 calls at 0.15 are 150."""
    code, document = disputed(calls, 2, "mis_rated", "--plans", calls.with_name("plans.json"))
    assert (code, document["verdict"]) == (0, "UPHELD")
    price = inner(inner(document, "evidence"), "price")
    assert (price["recomputed"], price["charged"]) == ("150", "150")


def test_a_wrong_amount_is_a_fault_and_the_difference_is_returned(calls: Path) -> None:
    """A valid signature does not make 15,000 of 150 (T7-S1)."""
    code, document = disputed(calls, 3, "mis-rated", "--plans", calls.with_name("plans.json"))
    assert (code, document["verdict"]) == (1, "SYSTEM_FAULT")
    assert inner(inner(document, "evidence"), "signature")["is_valid"] is True
    assert document["refundable"] == {"amount": "14850", "currency": "USD"}


def test_without_published_plans_an_amount_is_left_to_a_person(calls: Path) -> None:
    """Nothing is recomputed from nothing."""
    code, document = disputed(calls, 3, "mis_rated")
    assert (code, document["verdict"]) == (2, "INCONCLUSIVE")


def test_a_checkpoint_anchors_what_lies_below_it(calls: Path) -> None:
    """Inclusion is proved against the root of the checkpoint; an entry after it is not decided."""
    checkpoint = calls.with_name("head.json")
    asked("export", calls, "--to", "checkpoint", "--out", checkpoint)
    later = write_events(calls.with_name("later.jsonl"), [{"idempotency_key": "later"}])
    asked("ingest", later, "--db", calls)
    code, document = disputed(calls, 3, "issued", "--checkpoint", checkpoint)
    proof = inner(inner(document, "evidence"), "inclusion")
    assert (code, document["verdict"], proof["is_good"], proof["size"]) == (0, "UPHELD", True, 3)
    code, document = disputed(calls, 4, "issued", "--checkpoint", checkpoint)
    assert (code, inner(document, "evidence")["inclusion"]) == (2, None)


def test_an_altered_receipt_is_a_fault(calls: Path) -> None:
    """What is in the store and does not verify counts against the operator."""
    alter(calls, "UPDATE receipts SET jws = replace(jws, 'A', 'B') WHERE seq = 3")
    code, document = disputed(calls, 3, "altered")
    assert (code, document["verdict"]) == (1, "SYSTEM_FAULT")
    assert inner(inner(document, "evidence"), "signature")["is_valid"] is False


def test_a_receipt_that_has_gone_leaves_the_others_to_a_person(calls: Path) -> None:
    """Without an entry of its chain, a genuine receipt is not decided."""
    alter(calls, "DELETE FROM receipts WHERE seq = 2")
    assert disputed(calls, 3, "issued")[0] == 2


def test_a_forged_copy_proves_nothing(calls: Path) -> None:
    """A copy that the operator has not signed decides nothing; the genuine one does."""
    jws = sqlite3.connect(calls).execute("SELECT jws FROM receipts WHERE seq = 3").fetchone()[0]
    copy = calls.with_name("copy.jws")
    copy.write_text(jws, encoding="ascii")
    assert disputed(calls, 3, "missing", "--copy", copy)[0] == 0
    copy.write_text(jws[:-8] + "AAAAAAAA", encoding="ascii")
    code, document = disputed(calls, 3, "missing", "--copy", copy)
    assert (code, document["verdict"]) == (2, "INCONCLUSIVE")


def test_a_stored_digest_is_derived_and_does_not_decide_against_a_checkpoint(calls: Path) -> None:
    """With a derived column damaged, the receipts decide; the inclusion proof does not verify."""
    checkpoint = calls.with_name("head.json")
    asked("export", calls, "--to", "checkpoint", "--out", checkpoint)
    alter(calls, "UPDATE log SET digest = ? WHERE seq = 2", cells=("ab" * 32,))
    code, document = disputed(calls, 2, "issued", "--checkpoint", checkpoint)
    proof = inner(inner(document, "evidence"), "inclusion")
    assert (code, proof["is_good"]) == (0, False)


def test_unknown_receipts_and_other_checkpoints_are_input_errors(calls: Path, whole: Ledger) -> None:
    """Exit 3, with the place and the remedy, and no verdict."""
    unknown = billproof("dispute", "--db", calls, "--receipt", "r-" + "0" * 32, "--claim", "issued")
    assert unknown.code == 3
    assert "has no receipt" in unknown.err
    wanted = receipt_id(CustomerId("acme"), Sequence(2))
    foreign = billproof(
        "dispute", "--db", calls, "--receipt", wanted, "--claim", "issued", "--checkpoint", whole.checkpoint
    )
    assert foreign.code == 3
    assert billproof("dispute", "--db", calls).code == 3


class Reader(HTMLParser):
    """Collects tags and text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, and that it loads nothing."""
        self.tags.append(tag)
        assert not {"src", "href", "onload"} & {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


def test_the_page_is_whole_and_escapes_what_it_shows(tmp_path: Path) -> None:
    """No script, nothing loaded, and a name of markup is text."""
    events = write_events(tmp_path / "e.jsonl", [{"entitlement": "<script>alert(1)</script>"}])
    asked("ingest", events, "--db", tmp_path / "l.db")
    page = tmp_path / "page.html"
    assert disputed(tmp_path / "l.db", 2, "issued", "--html", page)[0] == 0
    reader = Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    assert "script" not in reader.tags
    assert "<script>alert(1)</script>" in reader.text
    assert re.search(r"UPHELD.*The charge stands", reader.text, re.DOTALL)


def test_everything_has_words() -> None:
    """Every claim, verdict and reason can be said to a person."""
    assert set(CLAIM_WORDS) == set(Claim)
    assert set(VERDICT_WORDS) == set(Resolution)
    assert set(REASON_WORDS) == set(Reason)


def test_the_study_finds_no_wrong_verdict_and_decides_what_can_be_decided() -> None:
    """Another seed than the default, small; the intervals hold the share."""
    document = asked("dispute", "--study", "--seed", "7", "--count", "40")
    assert (document["wrong"], document["below_the_share"]) == (0, [])
    classes = inner(document, "classes")
    open_kinds = [kind for kind in classes if inner(classes, kind)["is_decidable"] is False]
    for kind in open_kinds:
        assert inner(inner(classes, kind), "verdicts")["INCONCLUSIVE"] == 40


def test_the_interval_is_that_of_clopper_and_pearson() -> None:
    """299 of 299 shows more than 98.7 % at 95 % (two-sided); nothing of 50 at most 7.1 %."""
    assert interval_of(299, 299).low == pytest.approx(0.025 ** (1 / 299))
    assert interval_of(0, 50).high == pytest.approx(1 - 0.025 ** (1 / 50))


def test_the_documented_rules_of_evidence_give_wrong_verdicts() -> None:
    """A wrong amount, a double charge, a minted receipt and a stolen key are each settled wrongly."""
    answer = billproof("dispute", "--study", "--count", "10", "--design", "documented", "--format", "json")
    assert answer.code == 1
    classes = inner(answer.document, "classes")
    for kind in ("wrong amount", "charged twice", "minted", "stolen key, reported before"):
        assert inner(classes, kind)["wrong"] == 10


def test_the_study_is_its_seed() -> None:
    """The same seed gives the same document, another one another."""
    first = asked("dispute", "--study", "--seed", "3", "--count", "5")
    assert first == asked("dispute", "--study", "--seed", "3", "--count", "5")


@pytest.mark.parametrize(("amount", "verdict"), [("16.5", "UPHELD"), ("17", "SYSTEM_FAULT")])
def test_an_amount_by_a_graduated_plan_is_recomputed(tmp_path: Path, amount: str, verdict: str) -> None:
    """100 at 0.15 and 15 at 0.1 are 16.5."""
    plan = {
        "version": 1, "name": "calls", "currency": "USD", "unit": "calls", "decimals": 0,
        "model": "graduated", "package_size": "1",
        "tiers": [
            {"up_to": "100", "unit_price": "0.15", "flat_price": "0"},
            {"unit_price": "0.1", "flat_price": "0"},
        ],
    }  # fmt: skip
    plans = tmp_path / "plans.json"
    plans.write_text(json.dumps([plan, PLAN]), encoding="utf-8")
    (named,) = read_published(plans).plans
    event = {"amount": amount, "usage": "115 calls", "price_plan_hash": named, "idempotency_key": "one"}
    database = tmp_path / "calls.db"
    asked("ingest", write_events(tmp_path / "calls.jsonl", [event]), "--db", database)
    assert disputed(database, 2, "mis_rated", "--plans", plans)[1]["verdict"] == verdict

"""Writing a report, and checking one: the result, the history, counterexamples, and pages made from them.

``result.json`` says the digests of the history and of itself without them, so that a report that was edited
or cut is refused by ``report verify``.
"""

import hashlib
import json
from pathlib import Path
from typing import Final

from billproof.conformance.documents import Document, MemberError, as_document, inner_of, list_of
from billproof.conformance.errors import KitInputError
from billproof.conformance.history import (
    History,
    call_document,
    digest_of_document,
    read_history,
    write_history,
)
from billproof.conformance.judging.judge import judge
from billproof.conformance.messages import read_declaration
from billproof.conformance.report.document import run_document
from billproof.conformance.report.pages import badge, html_page, junit_page, markdown_page, timelines_of
from billproof.conformance.runner import Run
from billproof.model.canonical import JsonInputError, parse_json

RESULT: Final = "result.json"
HISTORY: Final = "history.jsonl"
COUNTEREXAMPLES: Final = "counterexamples"


def write_report(run: Run, folder: Path) -> None:
    """Write everything that a run leaves behind into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_history(run.history, folder / HISTORY)
    document = run_document(run)
    document["history_sha256"] = hashlib.sha256((folder / HISTORY).read_bytes()).hexdigest()
    document["result_sha256"] = digest_of_document(document)
    write_pages(document, run.history, folder)
    _write_counterexamples(run, folder / COUNTEREXAMPLES)


def write_pages(document: Document, history: History, folder: Path) -> None:
    """Write a result and the pages that are made from it."""
    calls = [call_document(call) for call in history.calls]
    texts = {
        RESULT: json.dumps(document, indent=2, ensure_ascii=False) + "\n",
        "report.html": html_page(document, timelines_of(document, calls)),
        "summary.md": markdown_page(document),
        "junit.xml": junit_page(document),
        "badge.json": json.dumps(badge(document), ensure_ascii=False) + "\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _write_counterexamples(run: Run, folder: Path) -> None:
    """Write, for the first violation of each theorem, the world in which it was found, as a history."""
    for name, item in run.grades.theorems.items():
        if not item.findings:
            continue
        first = min(item.findings, key=lambda finding: len(finding.calls))
        world = next(
            (calls for calls in run.history.worlds() if any(call.index == first.calls[-1] for call in calls)),
            None,
        )
        if world is not None:
            folder.mkdir(exist_ok=True)
            write_history(
                History(header=run.history.header, calls=world), folder / f"{name}-{first.clause}.jsonl"
            )


def verify_report(folder: Path) -> tuple[str, ...]:
    """Return what is wrong with a report: empty if it is whole, unedited, and its history shows what it says.

    Raises:
        KitInputError: It cannot be read at all.
    """
    path = folder / RESULT
    try:
        document = as_document(parse_json(path.read_bytes(), str(path)), RESULT)
    except (OSError, JsonInputError, MemberError) as error:
        raise KitInputError(
            str(path), "", f"cannot be read: {error}", "name the folder of a report"
        ) from error
    faults = []
    stated = document.pop("result_sha256", None)
    if stated != digest_of_document(document):
        faults.append("result.json was edited: its digest is another")
    data = (folder / HISTORY).read_bytes() if (folder / HISTORY).is_file() else b""
    if document.get("history_sha256") != hashlib.sha256(data).hexdigest():
        faults.append("history.jsonl is not the one that the result was made from")
        return tuple(faults)
    history = read_history(folder / HISTORY)
    if document.get("error") is None and history.calls:
        judged = judge(history, read_declaration(inner_of(history.header, "hello")))
        found = {finding.theorem for finding in judged.findings}
        told = {
            theorem
            for theorem, value in inner_of(document, "theorems").items()
            if list_of(as_document(value, theorem), "violations")
        }
        hidden = sorted(
            theorem for theorem in found - told
            if inner_of(document, "verdicts").get(theorem) == "HOLDS ON EVIDENCE"
        )  # fmt: skip
        if hidden:
            faults.append(f"the history shows violations that the result does not tell: {', '.join(hidden)}")
    return tuple(faults)

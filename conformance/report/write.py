"""Writing a report: the result, the history, and the pages made from them."""

import json
from pathlib import Path

from billproof.conformance.history import write_history
from billproof.conformance.report.document import run_document
from billproof.conformance.runner import Run


def write_report(run: Run, folder: Path) -> None:
    """Write everything that a run leaves behind into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    document = run_document(run)
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    (folder / "result.json").write_text(text, encoding="utf-8")
    write_history(run.history, folder / "history.jsonl")

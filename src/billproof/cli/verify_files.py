"""The directory of ``verify --report``: what people and programs read of a run.

``report.json`` is the document that the command prints; ``junit.xml`` and ``report.sarif`` are for other
programs; each counterexample has a failure file, which ``replay`` executes, and a page; ``index.html`` leads
to all.
"""

import json
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from billproof import __version__
from billproof.cli.output import Json
from billproof.invariants.failures import failure_page, parse_failure, render_failure
from billproof.invariants.judge import DesignReport
from billproof.invariants.machine_reports import junit_text, reason_of, sarif_document
from billproof.model.core import step
from billproof.model.design import Design, readings


def write_report(directory: Path, reports: list[DesignReport], document: dict[str, Json]) -> list[str]:
    """Write the directory and return the failure files."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    pages: dict[tuple[str, str], str] = {}
    for report in reports:
        for item in report.theorems:
            found = item.counterexample
            if found is None:
                continue
            name = f"{_file_name(report.design.name)}-{item.theorem.id}"
            path = directory / f"{name}.failure.json"
            text = render_failure(found, _reading(report, item.reading))
            path.write_text(text, encoding="utf-8")
            page = failure_page(parse_failure(text, source=str(path)), found, step=step)
            (directory / f"{name}.html").write_text(page, encoding="utf-8")
            pages[report.design.name, item.theorem.id] = name
            written.append(str(path))
    (directory / "index.html").write_text(_index(reports, pages), encoding="utf-8")
    (directory / "junit.xml").write_text(junit_text(reports), encoding="utf-8")
    _write_json(directory / "report.sarif", sarif_document(reports, __version__))
    _write_json(directory / "report.json", document)
    return written


def _index(reports: list[DesignReport], pages: dict[tuple[str, str], str]) -> str:
    text = files("billproof.cli").joinpath("report.html.jinja").read_text("utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(text)
    return template.render(reports=reports, pages=pages, reason_of=reason_of)


def _write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _file_name(name: str) -> str:
    """Return the name of a design as part of a file's name: a design is named by whoever wrote it."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)


def _reading(found: DesignReport, name: str) -> Design:
    return {reading.name: reading for reading in readings(found.design)}[name]

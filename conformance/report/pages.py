"""The result of a run as pages, made from its document alone: HTML, Markdown, JUnit, a badge.

Source: ``conformance.md`` section 9.
"""

import json
from collections.abc import Sequence
from html import escape
from typing import Final
from xml.etree import ElementTree

from billproof.conformance.cells import LEVEL_MAX, LEVELS
from billproof.conformance.documents import Document, Value, as_document, inner_of, list_of, text_of
from billproof.conformance.judging.witnesses import WITNESSES

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#1a1a1a}"
    "table{border-collapse:collapse;margin:1em 0}"
    "td,th{border:1px solid #bbb;padding:.3em .7em;text-align:left}"
    "code,pre{font-family:ui-monospace,monospace;font-size:.9em}"
    "pre{background:#f4f4f4;padding:.7em;overflow:auto}"
    ".holds{color:#0a6b2d}.violated{color:#a40000;font-weight:bold}.inconclusive{color:#8a5a00}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}pre{background:#222}"
    ".holds{color:#6fd38f}.violated{color:#ff8a8a}.inconclusive{color:#e8b45c}}"
)

STATEMENTS: Final = {
    "T1": "Each key is charged at most once, and balance, usage and invoice contain its amount at most once.",
    "T2": "What was acknowledged is in every later ledger, and in every balance derived from it.",
    "T3": "A ledger that is not the one that was committed is not accepted; the one that was is.",
    "T4": "Copies are beginnings of the log, say how old they are, and reconciliation reports what differs.",
    "T5": "Usage stays within its limit, balances above their floor, returns within what was captured.",
    "T6": "The entries of a customer are in one order, numbered and linked, which is that of their commits.",
    "T7": "The evidence decides a dispute rightly, and what it cannot decide goes to a person.",
}
"""What each theorem says, for readers of a report."""

_WHAT: Final = {witness.name: witness.what for witness in WITNESSES}


def html_page(result: Document, timelines: dict[str, list[Document]]) -> str:
    """Return the report as one HTML file without scripts.

    Args:
        result: The document of the run.
        timelines: The calls of each violation, by theorem.
    """
    implementation = inner_of(result, "implementation")
    title = f"{text_of(implementation, 'name', 'no answer')} {text_of(implementation, 'version', '')}"
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width'>",
        f"<title>{escape(title)}: conformance</title><style>{_STYLE}</style>",
        f"<h1>{escape(title)}</h1>",
        f"<p>Target <code>{escape(text_of(result, 'target'))}</code>"
        f" over {escape(text_of(result, 'transport'))}, kit {escape(text_of(result, 'kit'))},"
        f" spec {escape(text_of(result, 'spec'))},"
        f" seed {result['seed']}.</p>",
        *_error(result), *_matrix(result), *_theorems(result, timelines), *_cases(result),
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _error(result: Document) -> list[str]:
    if result.get("error") is None:
        return []
    error = inner_of(result, "error")
    return [
        f"<h2 class='violated'>Adapter error: {escape(text_of(error, 'fault'))}</h2>",
        f"<p>{escape(text_of(error, 'problem'))}. {escape(text_of(error, 'remedy'))}.",
        "Nothing is said of the product.</p>",
        f"<pre>{escape(text_of(error, 'log', ''))}</pre>",
    ]


def _matrix(result: Document) -> list[str]:
    cells = inner_of(result, "cells")
    rows = ["<h2>Cells</h2><table><tr><th>Profile</th>"]
    rows.append("".join(f"<th>L{level}</th>" for level in range(LEVEL_MAX + 1)) + "</tr>")
    for profile, levels in LEVELS.items():
        shown = []
        for level in range(LEVEL_MAX + 1):
            verdict = str(cells.get(f"{profile}@L{level}", "not claimed" if level in levels else ""))
            shown.append(f"<td class='{_class(verdict)}'>{escape(verdict)}</td>")
        rows.append(f"<tr><th>{profile}</th>{''.join(shown)}</tr>")
    return [*rows, "</table>"]


def _class(verdict: str) -> str:
    return verdict.split(" ", maxsplit=1)[0].lower()


def _theorems(result: Document, timelines: dict[str, list[Document]]) -> list[str]:
    parts = []
    for name, value in inner_of(result, "theorems").items():
        item = as_document(value, name)
        verdict = text_of(item, "verdict")
        parts.append(f"<h2 id='{name}'>{name} <span class='{_class(verdict)}'>{escape(verdict)}</span></h2>")
        parts.append(f"<p>{escape(STATEMENTS.get(name, ''))}</p>")
        parts.extend(f"<p>{escape(str(reason))}</p>" for reason in list_of(item, "reasons"))
        for found in list_of(item, "violations")[:5]:
            parts.append(_violation(as_document(found, "violation")))
        if timelines.get(name):
            parts.append(_timeline(timelines[name]))
        parts.append(_witnesses(inner_of(item, "witnesses")))
    return parts


def _violation(found: Document) -> str:
    text = f"<p class='violated'>{escape(text_of(found, 'clause'))}: {escape(text_of(found, 'text'))}</p>"
    if "owed" in found:
        money = ", ".join(f"{name} {found[name]}" for name in ("owed", "billed", "difference"))
        text += f"<p>{escape(money)} {escape(text_of(found, 'currency', ''))}</p>"
    return text


def _timeline(calls: Sequence[Document]) -> str:
    rows = ["<table><tr><th>call</th><th>client</th><th>message</th><th>reply</th></tr>"]
    for call in calls[:30]:
        message = json.dumps(call["message"], ensure_ascii=False)
        reply = json.dumps(call["reply"], ensure_ascii=False)
        rows.append(
            f"<tr><td>{call['n']}</td><td>{escape(str(call['client']))}</td>"
            f"<td><code>{escape(message[:600])}</code></td><td><code>{escape(reply[:600])}</code></td></tr>"
        )
    return "".join([*rows, "</table>"])


def _witnesses(witnesses: Document) -> str:
    if not witnesses:
        return ""
    rows = ["<table><tr><th>put to the test</th><th>met</th><th>needed</th></tr>"]
    for name, value in witnesses.items():
        counts = as_document(value, name)
        rows.append(
            f"<tr><td>{escape(_WHAT.get(name, name))}</td>"
            f"<td>{counts['met']}</td><td>{counts['needed']}</td></tr>"
        )
    return "".join([*rows, "</table>"])


def _cases(result: Document) -> list[str]:
    rows = ["<h2>Cases</h2><table><tr><th>case</th><th>level</th><th>status</th><th>found</th></tr>"]
    for name, value in inner_of(result, "cases").items():
        case = as_document(value, name)
        rows.append(
            f"<tr><td><code>{escape(name)}</code></td><td>L{case['level']}</td>"
            f"<td>{escape(str(case['status']))}</td><td>{escape(str(case['fingerprint']))}</td></tr>"
        )
    rows.append("</table>")
    again = f"billproof conform {text_of(result, 'target')} --seed {result['seed']}"
    rows.append(f"<h2>Again</h2><pre>{escape(again)}</pre></html>")
    return rows


def markdown_page(result: Document) -> str:
    """Return the report as Markdown."""
    implementation = inner_of(result, "implementation")
    lines = [
        f"# {text_of(implementation, 'name', 'no answer')}: conformance, spec {text_of(result, 'spec')}", "",
        "| theorem | verdict | found |", "|---|---|---|",
    ]  # fmt: skip
    for name, value in inner_of(result, "theorems").items():
        item = as_document(value, name)
        found = [text_of(as_document(v, "violation"), "text") for v in list_of(item, "violations")[:1]]
        reasons = found or [str(reason) for reason in list_of(item, "reasons")[:1]]
        lines.append(f"| {name} | {text_of(item, 'verdict')} | {'; '.join(reasons)} |")
    lines.extend(["", "| cell | verdict |", "|---|---|"])
    lines.extend(f"| {name} | {verdict} |" for name, verdict in inner_of(result, "cells").items())
    if result.get("error") is not None:
        error = inner_of(result, "error")
        lines.extend(["", f"Adapter error ({text_of(error, 'fault')}): {text_of(error, 'problem')}."])
        lines.append("Nothing is said of the product.")
    lines.extend(["", f"    billproof conform {text_of(result, 'target')} --seed {result['seed']}", ""])
    return "\n".join(lines)


def junit_page(result: Document) -> str:
    """Return the report as JUnit XML: one test case per case."""
    cases = inner_of(result, "cases")
    suite = ElementTree.Element("testsuite", name=f"billproof conform {text_of(result, 'target')}")
    failures = errors = skipped = 0
    for name, value in cases.items():
        case = as_document(value, name)
        status = str(case["status"])
        millis = case.get("millis")
        seconds = f"{millis // 1000}.{millis % 1000:03}" if isinstance(millis, int) else "0"
        element = ElementTree.SubElement(
            suite, "testcase", classname=f"L{case['level']}", name=name, time=seconds
        )
        told = f"{case['fingerprint']} {case['detail']}".strip()
        again = f"billproof conform {text_of(result, 'target')} --seed {result['seed']} --case {name}"
        if status in ("fail", "unexpected-pass"):
            failures += 1
            ElementTree.SubElement(element, "failure", message=told).text = again
        elif status in ("adapter-error", "kit-error", "untestable"):
            errors += 1
            ElementTree.SubElement(element, "error", message=told).text = again
        elif status in ("not-applicable", "inconclusive", "expected-fail"):
            skipped += 1
            ElementTree.SubElement(element, "skipped", message=f"{status}: {told}")
    suite.set("tests", str(len(cases)))
    for name, count in (("failures", failures), ("errors", errors), ("skipped", skipped)):
        suite.set(name, str(count))
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def badge(result: Document) -> Document:
    """Return a badge: the strongest cell of each profile that holds, and the revision; never a percentage."""
    held: dict[str, int] = {}
    for name, verdict in inner_of(result, "cells").items():
        if verdict == "HOLDS ON EVIDENCE":
            profile, _, level = name.partition("@L")
            held[profile] = max(held.get(profile, 0), int(level))
    violated = [name for name, verdict in inner_of(result, "verdicts").items() if verdict == "VIOLATED"]
    message = " ".join(f"{profile}@L{level}" for profile, level in held.items()) or "no cell"
    if violated:
        message = f"{', '.join(violated)} violated"
    label = f"billproof {text_of(result, 'spec')}"
    color = "red" if violated else "green" if held else "lightgrey"
    return {"schemaVersion": 1, "label": label, "message": message, "color": color}


def timelines_of(result: Document, calls: Sequence[Document]) -> dict[str, list[Document]]:
    """Return the calls that show the first violation of each theorem."""
    by_number = {call["n"]: call for call in calls if isinstance(call.get("n"), int)}
    shown: dict[str, list[Document]] = {}
    for name, value in inner_of(result, "theorems").items():
        violations: list[Value] = list_of(as_document(value, name), "violations")
        if violations:
            numbers = list_of(as_document(violations[0], "violation"), "calls")
            shown[name] = [
                by_number[number] for number in sorted(set(numbers), key=str) if number in by_number
            ]
    return shown

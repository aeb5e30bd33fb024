"""A violation as a story: what it costs, then each message that shows it, for people.

A ledger that was read is told entry by entry: those under the keys of the story, or all where it has none.

Source: ``conformance.md`` section 9.
"""

from collections.abc import Iterator

from billproof.conformance.documents import Document, as_document, inner_of, list_of, text_of
from billproof.conformance.history import Call, History
from billproof.conformance.judging.facts import Finding
from billproof.conformance.report.document import money_line


def story_lines(finding: Finding, history: History) -> list[str]:
    """Return a violation and what shows it, one line each."""
    by_index = {call.index: call for call in history.calls}
    calls = [by_index[index] for index in sorted(set(finding.calls)) if index in by_index]
    keys = {text_of(call.message, "idem", "") for call in calls} - {""}
    lines = [f"{finding.theorem} {finding.clause}: {finding.text}"]
    if money_line(finding):
        lines.append(money_line(finding))
    for call in calls:
        lines.append(f"  {call.index}  {_told(call)}")
        lines.extend(f"        {line}" for line in _entries(call, keys))
    return lines


def _told(call: Call) -> str:
    message, arguments = call.message, inner_of(call.message, "args")
    what = text_of(message, "op", "") or f"{call.command} {text_of(message, 'what', '')}".strip()
    money = f"{text_of(arguments, 'amount', '')} {text_of(arguments, 'currency', '')}".strip()
    key = text_of(message, "idem", "")
    reply = text_of(call.reply, "outcome", "no reply")
    told = " ".join(part for part in (f"{call.client}:", what, money, f"under {key}" if key else "") if part)
    detail = text_of(call.reply, "detail", "")
    return f"{told} -> {reply}{f' ({detail})' if detail else ''}"


def _entries(call: Call, keys: set[str]) -> Iterator[str]:
    value = call.reply.get("value")
    if call.message.get("what") != "ledger" or not isinstance(value, dict):
        return
    for item in list_of(value, "entries"):
        entry = as_document(item, "entries")
        if not keys or entry.get("key") in keys:
            yield _entry(entry)


def _entry(entry: Document) -> str:
    told = f"{text_of(entry, 'kind', '')} {text_of(entry, 'amount', '')} {text_of(entry, 'currency', '')}"
    before, after = (text_of(entry, f"balance_{side}", "?") for side in ("before", "after"))
    number, key = text_of(entry, "seq", "?"), text_of(entry, "key", "?")
    return f"entry {number}: {told} under {key}, balance {before} to {after}"

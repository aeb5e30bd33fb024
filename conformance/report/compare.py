"""Two runs held against each other: verdicts, cells, and the cases that came, went or changed."""

from pathlib import Path

from billproof.conformance.documents import Document, MemberError, Value, as_document, inner_of, text_of
from billproof.conformance.errors import KitInputError
from billproof.model.canonical import JsonInputError, parse_json


def read_result(path: Path) -> Document:
    """Read the result of a run: a file, or the folder of a report.

    Raises:
        KitInputError: It is none.
    """
    file = path / "result.json" if path.is_dir() else path
    try:
        document = as_document(parse_json(file.read_bytes(), str(file)), "result")
    except (OSError, JsonInputError, ValueError) as error:
        raise KitInputError(str(file), "", f"cannot be read: {error}", "name a result.json") from error
    if "verdicts" not in document or "cases" not in document:
        raise KitInputError(str(file), "", "is no result of a run", "name a result.json")
    return document


def compare(first: Document, second: Document) -> Document:
    """Return what differs between two runs; what is missing in the second one comes first.

    Raises:
        KitInputError: One of them is no result of a run.
    """
    try:
        return _compared(first, second)
    except MemberError as error:
        raise KitInputError("result.json", "", str(error), "take a result as the kit wrote it") from error


def _compared(first: Document, second: Document) -> Document:
    cases = [inner_of(document, "cases") for document in (first, second)]
    lost: list[Value] = [name for name in cases[0] if name not in cases[1]]
    new: list[Value] = [name for name in cases[1] if name not in cases[0]]
    changed: Document = {}
    for name in cases[0]:
        if name in cases[1]:
            statuses = [text_of(as_document(found[name], name), "status") for found in cases]
            prints = [str(as_document(found[name], name).get("fingerprint")) for found in cases]
            if statuses[0] != statuses[1] or prints[0] != prints[1]:
                told = [f"{s} {p}".strip() for s, p in zip(statuses, prints, strict=True)]
                changed[name] = {"from": told[0], "to": told[1]}
    return {
        "lost": lost,
        "new": new,
        "changed": changed,
        "verdicts": _moved(inner_of(first, "verdicts"), inner_of(second, "verdicts")),
        "cells": _moved(inner_of(first, "cells"), inner_of(second, "cells")),
    }


def _moved(first: Document, second: Document) -> Document:
    names = sorted({*first, *second})
    return {
        name: {"from": first.get(name), "to": second.get(name)}
        for name in names
        if first.get(name) != second.get(name)
    }


def is_same(difference: Document) -> bool:
    """Tell whether nothing differs."""
    return not any(difference.values())

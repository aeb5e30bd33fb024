"""Histories: every message of a run and its reply, to be judged again without the product.

A call has two ticks of one counter, when it was sent and when its reply was there; calls whose ticks
overlap were concurrent. A history file is JSON lines: a header, one line per call, a footer; each line
carries the digest of the one before, so that a file which was cut or edited is not judged as if it were
whole.

Source: ``conformance.md`` sections 7 and 9.
"""

import hashlib
import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final

from billproof.conformance.documents import Document, MemberError, as_document, inner_of, number_of, text_of
from billproof.conformance.errors import KitInputError
from billproof.model.canonical import JsonInputError, canonical_bytes, parse_json

VERSION: Final = 1
"""The version of the file."""

_GENESIS: Final = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One message and what came of it."""

    index: int
    """Its place in the order in which messages were sent."""
    client: str
    begin: int
    """The tick at which it was sent."""
    end: int | None
    """The tick at which its reply was there; None for one that never came."""
    message: Document
    reply: Document
    """Empty for one that never came."""
    millis: int = 0
    """When it was sent, since the start of the run."""

    @property
    def command(self) -> str:
        """The command of the message."""
        return str(self.message.get("cmd", ""))

    def is_before(self, other: "Call") -> bool:
        """Tell whether this call was over before the other one began."""
        return self.end is not None and self.end < other.begin

    def overlaps(self, other: "Call") -> bool:
        """Tell whether the two were in flight together."""
        return not self.is_before(other) and not other.is_before(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A run."""

    header: Document
    calls: tuple[Call, ...]

    def worlds(self) -> tuple[tuple[Call, ...], ...]:
        """Return the calls from each ``reset`` to the next one; what comes before the first is of none."""
        starts = [place for place, call in enumerate(self.calls) if call.command == "reset"]
        ends = [*starts[1:], len(self.calls)][: len(starts)]
        return tuple(self.calls[start:end] for start, end in zip(starts, ends, strict=True))


class Recorder:
    """Collects the calls of several clients."""

    def __init__(self, header: Document) -> None:
        self.header = header
        self._lock = threading.Lock()
        self._tick = 0
        self._begun = 0
        self._start = monotonic()
        self._calls: dict[int, Call] = {}

    def begin(self, client: str, message: Document) -> Call:
        """Note that a message is being sent."""
        with self._lock:
            call = Call(
                index=self._begun, client=client, begin=self._tick, end=None, message=message, reply={},
                millis=int((monotonic() - self._start) * 1_000),
            )  # fmt: skip
            self._tick += 1
            self._begun += 1
            self._calls[call.index] = call
            return call

    def end(self, call: Call, reply: Document) -> Call:
        """Note that its reply is there."""
        with self._lock:
            done = Call(
                index=call.index, client=call.client, begin=call.begin, end=self._tick,
                message=call.message, reply=reply, millis=call.millis,
            )  # fmt: skip
            self._tick += 1
            self._calls[call.index] = done
            return done

    def history(self) -> History:
        """Return what was collected so far."""
        with self._lock:
            return History(header=self.header, calls=tuple(self._calls[n] for n in sorted(self._calls)))


def write_history(history: History, path: Path) -> None:
    """Write a history file."""
    path.write_text("".join(f"{line}\n" for line in history_lines(history)), encoding="utf-8")


def history_lines(history: History) -> Iterator[str]:
    """Yield the lines of a history file."""
    previous = _GENESIS
    documents: list[Document] = [{"history": VERSION, "header": history.header}]
    documents.extend({"call": call_document(call)} for call in history.calls)
    documents.append({"footer": {"calls": len(history.calls)}})
    for document in documents:
        line = json.dumps({**document, "prev": previous}, ensure_ascii=False, separators=(",", ":"))
        previous = hashlib.sha256(line.encode("utf-8")).hexdigest()
        yield line


def call_document(call: Call) -> Document:
    """Return a call as it stands in a file."""
    return {
        "n": call.index, "client": call.client, "begin": call.begin, "end": call.end, "ms": call.millis,
        "message": call.message, "reply": call.reply,
    }  # fmt: skip


def read_history(path: Path) -> History:
    """Read a history file.

    Raises:
        KitInputError: It cannot be read, or it is not whole and as it was written.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise KitInputError(
            str(path), "", f"cannot be read: {error.strerror}", "name a history file"
        ) from error
    return parse_history(lines, str(path))


def parse_history(lines: Iterable[bytes], source: str) -> History:
    """Read the lines of a history file.

    Raises:
        KitInputError: They are not whole and as they were written.
    """
    previous = _GENESIS
    calls: list[Call] = []
    header: Document | None = None
    is_ended = False
    for number, line in enumerate(lines, 1):
        place = f"line {number}"
        if is_ended:
            raise KitInputError(source, place, "comes after the footer", "remove it")
        try:
            document = as_document(parse_json(line, source), "line")
            if document.get("prev") != previous:
                raise MemberError("prev", "is not the digest of the line before; the file was cut or edited")
            if header is None:
                if number_of(document, "history") != VERSION:
                    raise MemberError("history", f"is not {VERSION}")
                header = inner_of(document, "header")
                inner_of(header, "hello")
            elif "footer" in document:
                is_ended = True
                if number_of(inner_of(document, "footer"), "calls") != len(calls):
                    raise MemberError("footer.calls", f"is not {len(calls)}, the number of calls before it")
            else:
                calls.append(_call(inner_of(document, "call")))
        except (JsonInputError, MemberError) as error:
            raise KitInputError(source, place, str(error), "take a history as the kit wrote it") from error
        previous = hashlib.sha256(line).hexdigest()
    if header is None or not is_ended:
        raise KitInputError(source, "the end", "has no footer: the run did not end", "run it again")
    return History(header=header, calls=tuple(calls))


def _call(document: Document) -> Call:
    end = document.get("end")
    return Call(
        index=number_of(document, "n"),
        client=text_of(document, "client", ""),
        begin=number_of(document, "begin"),
        end=None if end is None else number_of(document, "end"),
        message=inner_of(document, "message"),
        reply=inner_of(document, "reply"),
        millis=number_of(document, "ms", 0),
    )


def digest_of_document(document: Document) -> str:
    """Return the SHA-256 of a document's canonical bytes, lowercase hex."""
    return hashlib.sha256(canonical_bytes(document)).hexdigest()

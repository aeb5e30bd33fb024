"""Memory: what was computed in an earlier run, by the digest of the text that it was computed from.

Two kinds of things are remembered. *Answers* of cvc5 to the text of an obligation, by text, version and
options. *Advice* of Z3: which goals follow and which hypotheses they need, by the text it was asked about.

What is trusted. Z3 decides every obligation afresh in every run, so no verdict rests on the memory alone: a
forged or damaged answer makes PROVED only where Z3, here and now, says unsat of the same text; where it does
not, the solvers disagree and the clause is INCONCLUSIVE. False advice can lose a proof, never make one. Who
can write to the user's cache directory and wants more than that can as well edit the program. An answer that
was remembered is reported as such, and ``--no-memory`` does without.

An entry that cannot be read, is of another form, or names another digest is as if it were not there.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

FORM = 1
"""The form of an entry; entries of another form are passed over."""


def user_directory() -> Path:
    """Return the directory of the user's cache (XDG base directory specification)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "billproof" / "proofs"


def digest_of(parts: Sequence[str]) -> str:
    """Return the digest of some texts in order; no two lists of texts share one by being joined."""
    found = hashlib.sha256()
    for part in parts:
        data = part.encode()
        found.update(len(data).to_bytes(8, "big"))
        found.update(data)
    return found.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """A directory of small files, each written at once and never changed."""

    directory: Path

    def recall(self, key: str) -> Json:
        """Return what is remembered under a key; ``None`` where there is nothing that can be used."""
        try:
            document = json.loads(self._path(key).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(document, dict) or document.get("form") != FORM or document.get("key") != key:
            return None
        return document.get("content")

    def keep(self, key: str, content: Json) -> None:
        """Remember something; a directory that cannot be written is no error, the run only saves nothing."""
        path = self._path(key)
        text = json.dumps({"form": FORM, "key": key, "content": content})
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Written beside and renamed: a reader sees a whole entry or none, whatever else runs.
            handle, name = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).replace(path)
        except OSError:
            return

    def _path(self, key: str) -> Path:
        return self.directory / key[:2] / f"{key}.json"

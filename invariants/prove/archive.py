"""The archive of obligations: every text that was decided, by digest, with the answers and an index.

A folder holds ``<sha256>.smt2.gz`` for each obligation and ``index.json``. The same proof makes the same
bytes: no times, no paths, no names of machines; gzip with no time stamp. Texts are compressed one by one, to
a tenth, so that a single one can be fetched, read (its head names the goals and the hypotheses) and given to
any solver, and a change of one command changes only the files of that command.

Not here: the proof itself (``engine``); what a verdict is (``assembly``).
"""

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from billproof.invariants.prove.evidence import Decided
from billproof.invariants.prove.solvers import BOTH, Answer, Reply, Solver, replies
from billproof.model.portable import PortableError

INDEX = "index.json"
SUFFIX = ".smt2.gz"

TEXT_BYTES_MAX = 16_000_000
"""The longest text that is read or unpacked, in bytes; those of the shipped proof have fifty thousand."""

_DIGEST = re.compile("[0-9a-f]{64}")


class ArchiveError(PortableError, ValueError):
    """An archive that is not what its index says; whoever changed it has to write it again.

    Args:
        path: The file.
        problem: What is wrong, with both values.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}; write the archive again with tools/write_obligations.py")
        self.path = path
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One obligation of an archive."""

    sha256: str
    text: str
    clauses: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    """(solver, answer), as they were when it was written."""

    def decide_again(self, solvers: Sequence[Solver] = BOTH) -> tuple[Reply, ...]:
        """Return what solvers say of it now."""
        return replies(self.text, solvers)


def write_archive(
    directory: Path, decided: Mapping[str, Sequence[Decided]], solvers: Sequence[Solver] = BOTH
) -> int:
    """Write an archive in place of what the folder holds, and return the number of obligations.

    Args:
        directory: The folder.
        decided: The obligations of each problem, by a name for the problem.
        solvers: Who decided them.
    """
    directory.mkdir(parents=True, exist_ok=True)
    entries = []
    for problem, items in decided.items():
        for item in items:
            found = item.obligation
            (directory / f"{found.sha256}{SUFFIX}").write_bytes(
                gzip.compress(found.text.encode(), compresslevel=9, mtime=0)
            )
            entries.append(
                {
                    "sha256": found.sha256,
                    "problem": problem,
                    "name": found.name,
                    "clauses": sorted({goal.clause or "core_is_defined" for goal in found.goals}),
                    "goals": len(found.goals),
                    "answers": {reply.solver: reply.answer.value for reply in item.replies},
                }
            )
    entries.sort(key=lambda entry: (str(entry["sha256"]), str(entry["problem"]), str(entry["name"])))
    known = {f"{entry['sha256']}{SUFFIX}" for entry in entries}
    for stale in directory.glob(f"*{SUFFIX}"):
        if stale.name not in known:
            stale.unlink()
    document = {
        "solvers": {solver.name: solver.version for solver in solvers},
        "obligations": entries,
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True)
    (directory / INDEX).write_text(text + "\n", encoding="utf-8")
    return len(entries)


def read_archive(directory: Path) -> tuple[Kept, ...]:
    """Return the obligations of an archive, in the order of the index.

    Raises:
        ArchiveError: A text is missing, damaged, or not the one that its name says; or an answer is not
            unsat.
    """
    path = directory / INDEX
    try:
        if path.stat().st_size > TEXT_BYTES_MAX:
            raise ArchiveError(str(path), f"is longer than {TEXT_BYTES_MAX} bytes")
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ArchiveError(str(path), f"cannot be read: {error}") from error
    listed = document.get("obligations") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ArchiveError(str(path), "has no list of obligations")
    return tuple(_kept(directory, number, entry) for number, entry in enumerate(listed))


def _kept(directory: Path, number: int, entry: object) -> Kept:
    name = entry.get("sha256") if isinstance(entry, dict) else None
    # The name becomes part of a path: nothing but a digest may.
    if not isinstance(entry, dict) or not isinstance(name, str) or not _DIGEST.fullmatch(name):
        raise ArchiveError(str(directory / INDEX), f"entry {number} has no digest")
    given, clauses = entry.get("answers"), entry.get("clauses")
    if not isinstance(given, dict) or not given or not isinstance(clauses, list):
        raise ArchiveError(str(directory / INDEX), f"entry {number} has no answers, or no clauses")
    path = directory / f"{name}{SUFFIX}"
    data = _decompressed(path)
    digest = hashlib.sha256(data).hexdigest()
    if digest != name:
        raise ArchiveError(str(path), f"has the digest {digest}, not that of its name")
    answers = tuple(sorted((str(solver), str(answer)) for solver, answer in given.items()))
    if any(answer != Answer.UNSAT for _, answer in answers):
        raise ArchiveError(str(path), f"was not decided unsat by all: {answers}")
    return Kept(sha256=digest, text=data.decode(), clauses=tuple(map(str, clauses)), answers=answers)


def _decompressed(path: Path) -> bytes:
    """Return a text, and no more of it than a text may have: a few bytes can stand for gigabytes."""
    try:
        with gzip.open(path) as file:
            data = file.read(TEXT_BYTES_MAX + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ArchiveError(str(path), f"cannot be read: {error}") from error
    if len(data) > TEXT_BYTES_MAX:
        raise ArchiveError(str(path), f"is longer than {TEXT_BYTES_MAX} bytes when it is unpacked")
    return data

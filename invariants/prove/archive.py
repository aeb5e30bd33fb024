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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from billproof.invariants.prove.evidence import Decided
from billproof.invariants.prove.solvers import BOTH, Answer, Reply, Solver, replies
from billproof.model.portable import PortableError

INDEX = "index.json"
SUFFIX = ".smt2.gz"


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
    document = json.loads((directory / INDEX).read_text(encoding="utf-8"))
    found = []
    for entry in document["obligations"]:
        path = directory / f"{entry['sha256']}{SUFFIX}"
        try:
            data = gzip.decompress(path.read_bytes())
        except (OSError, EOFError) as error:
            raise ArchiveError(str(path), f"cannot be read: {error}") from error
        digest = hashlib.sha256(data).hexdigest()
        if digest != entry["sha256"]:
            raise ArchiveError(str(path), f"has the digest {digest}, not that of its name")
        answers = tuple(sorted(entry["answers"].items()))
        if any(answer != Answer.UNSAT for _, answer in answers):
            raise ArchiveError(str(path), f"was not decided unsat by all: {answers}")
        found.append(
            Kept(
                sha256=digest,
                text=data.decode(),
                clauses=tuple(entry["clauses"]),
                answers=answers,
            )
        )
    return tuple(found)

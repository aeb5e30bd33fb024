"""Run the kit over every broken variant of the PostgreSQL target, and say which theorem each breaks.

    python targets/break_postgres.py [--out reports/conformance] [NAME ...]

Each variant is run by the one case that must show it. It is caught if its theorem is VIOLATED, and accused
falsely if any other theorem is that it does not truly break. Exit code 1 if one is not caught or is accused
falsely, 3 if an adapter fails.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from billproof.conformance.documents import Document, Value
from billproof.conformance.judging.facts import Finding
from billproof.conformance.report.document import finding_document
from billproof.conformance.runner import DEFAULT_SEED, Options, run
from billproof.conformance.targets import open_target
from targets.postgres.broken import VARIANTS
from targets.postgres.broken.variant import Variant

REPLY_SECONDS = 120.0
"""How long a reply may take: a search for mutants is no search for slowness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the kit said of a variant."""

    variant: Variant
    findings: tuple[Finding, ...]
    error: str

    @property
    def violated(self) -> tuple[str, ...]:
        """The theorems that were seen to fail."""
        return tuple(sorted({finding.theorem for finding in self.findings}))

    @property
    def verdict(self) -> str:
        """Return ``caught``, ``missed``, ``falsely accused`` or ``adapter error``."""
        if self.error:
            return "adapter error"
        if self.variant.violates not in self.violated:
            return "missed"
        falsely = set(self.violated) - {self.variant.violates, *self.variant.also}
        return "falsely accused" if falsely else "caught"

    @property
    def shown(self) -> Finding | None:
        """The counterexample of the theorem that must fail."""
        return next((item for item in self.findings if item.theorem == self.variant.violates), None)

    def document(self) -> Document:
        """Return it for machines."""
        also: list[Value] = [*self.variant.also]
        violated: list[Value] = [*self.violated]
        return {
            "name": self.variant.name,
            "rule": self.variant.rule,
            "case": self.variant.case,
            "violates": self.variant.violates,
            "also": also,
            "violated": violated,
            "verdict": self.verdict,
            "error": self.error,
            "counterexample": None if self.shown is None else finding_document(self.shown),
            "again": again(self.variant),
        }


def again(variant: Variant) -> str:
    """Return the command that shows the same again."""
    target = f"exec:python -m targets.postgres.broken {variant.name}"
    return f"billproof conform '{target}' --seed {DEFAULT_SEED} --case {variant.case}"


def judge_variant(variant: Variant) -> Result:
    """Run the kit over a variant."""
    target = f"exec:{sys.executable} -m targets.postgres.broken {variant.name}"
    options = Options(only=frozenset({variant.case}), reply_seconds=REPLY_SECONDS)
    done = run(variant.name, open_target(target), options)
    findings = tuple(finding for case in done.cases for finding in case.judgement.findings)
    return Result(variant=variant, findings=findings, error="" if done.error is None else str(done.error))


def table(documents: Sequence[Document]) -> str:
    """Return results as a page."""
    counts = {word: sum(item["verdict"] == word for item in documents) for word in ("caught", "missed")}
    return "\n".join(
        [
            "# Broken variants of the PostgreSQL target",
            "",
            "Written by `python targets/break_postgres.py`. Each row is a copy of the target with one rule"
            f" broken, run by one case under seed {DEFAULT_SEED}: {counts['caught']} of {len(documents)} are"
            f" caught, {counts['missed']} are missed. One is caught if its theorem is"
            " VIOLATED, and no other is that it keeps. To see one again:"
            " `billproof conform 'exec:python -m targets.postgres.broken NAME' --case CASE`.",
            "",
            "| variant | broken rule | must violate | violated | case | verdict | counterexample |",
            "|---|---|---|---|---|---|---|",
            *(_row(item) for item in documents),
            "",
        ]
    )


def _row(item: Document) -> str:
    violated, shown = item["violated"], item["counterexample"]
    names = ", ".join(map(str, violated)) if isinstance(violated, list) and violated else "none"
    text = shown["text"] if isinstance(shown, dict) else item["error"]
    return (
        f"| `{item['name']}` | {item['rule']} | {item['violates']} | {names} | `{item['case']}` |"
        f" {item['verdict']} | {text} |"
    )


def main() -> int:
    """Run the variants that are named, or all of them."""
    parser = argparse.ArgumentParser(description="Runs the kit over the broken variants.")
    parser.add_argument("names", nargs="*", help="variants; all of them if none is named")
    parser.add_argument("--out", type=Path, help="a folder for broken-postgres.md and broken-postgres.json")
    given = parser.parse_args()
    known = {variant.name for variant in VARIANTS}
    unknown = sorted(set(given.names) - known)
    if unknown:
        sys.stderr.write(f"unknown: {', '.join(unknown)}; python -m targets.postgres.broken lists them\n")
        return 3
    results: list[Result] = []
    for variant in VARIANTS:
        if not given.names or variant.name in given.names:
            results.append(judge_variant(variant))
            last = results[-1]
            found = ", ".join(last.violated) or last.error or "none"
            sys.stderr.write(f"{last.verdict}: {variant.name}: {found}\n")
            if given.out is not None:
                write(results, given.out)
    sys.stdout.write(table([result.document() for result in results]))
    if any(result.error for result in results):
        return 3
    return 0 if all(result.verdict == "caught" for result in results) else 1


def write(results: Sequence[Result], folder: Path) -> None:
    """Write what is known so far; what an earlier run has found of other variants is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "broken-postgres.json"
    found: dict[str, Document] = {}
    if path.exists():
        found = {str(item["name"]): item for item in json.loads(path.read_text(encoding="utf-8"))["variants"]}
    found |= {result.variant.name: result.document() for result in results}
    documents = [found[variant.name] for variant in VARIANTS if variant.name in found]
    text = json.dumps(
        {"seed": DEFAULT_SEED, "variants": documents}, indent=2, sort_keys=True, ensure_ascii=False
    )
    path.write_text(text + "\n", encoding="utf-8")
    (folder / "broken-postgres.md").write_text(table(documents), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

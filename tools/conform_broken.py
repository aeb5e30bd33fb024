"""Run the kit against every broken reference, and say which are caught for the theorem that they break.

    python tools/conform_broken.py [--jobs N] [--out reports/conformance] [VARIANT ...]

Each known-bad variant of the model whose theorem the kit judges is served by a process of its own. What
became of it:

- *caught*: its theorem is VIOLATED, and no other one is that it does not break as well. That it breaks
  another one is asked of the search of the model, which knows nothing of the kit, or argued in
  ``CONSEQUENCES``.
- *not told*: no reply of the whole run differs from those of the reference that is not broken, under the same
  seed: the kit does not try what would show it, or no protocol could. Receipts are compared too, so that a
  case whose receipts are made anew in each run says nothing here.
- *missed*: replies differ, and its theorem is not VIOLATED.
- *falsely accused*: a theorem is VIOLATED beside its own that the search finds unbroken.

Cases in which clients race are left out of the comparison of replies, for they differ from run to run. Exit
code 1 if one is falsely accused, 3 if an adapter fails.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from billproof.conformance.documents import Document, Value
from billproof.conformance.judging.facts import Finding
from billproof.conformance.report.document import finding_document
from billproof.conformance.runner import DEFAULT_SEED, Options, Run, run
from billproof.conformance.targets import open_target
from billproof.invariants.explore.domains import DOMAINS
from billproof.invariants.explore.search import Limits, search
from billproof.invariants.kills import clause_of, variant_named
from billproof.invariants.searching import STATES_MAX, context_of
from billproof.invariants.theorems import BY_ID
from billproof.invariants.variants.catalogue import VARIANTS
from billproof.invariants.variants.variant import Variant, installed
from billproof.model import core

JUDGED: Final = ("T1", "T2", "T3", "T4", "T5", "T6", "T7")
"""The theorems of the kit."""

WORDS: Final = ("caught", "not told", "missed", "falsely accused", "adapter error")

CONSEQUENCES: Final = {
    ("ledger_without_balance", "T5"): "the floor is kept of a balance that the ledger does not come to",
    ("answer_without_receipt", "T2"): "what a retry gets after a crash is not the receipt of before",
    ("reply_from_memory", "T1"): "what was told as accepted is refused, or another's, when it is written",
    ("reply_from_memory", "T5"): "what was told as accepted was decided before the hold or limit was known",
    ("reply_from_memory", "T6"): "what was told first is written second",
    ("repair_rolls_back", "T6"): "the place of the entry that was removed is taken by another one",
    ("ships_the_newest", "T6"): "the replica that is promoted has a hole, and numbers are given again",
    ("merged_by_receipt_id", "T6"): "entries of the region that returns come behind later ones",
}
"""What a variant breaks beside its own theorem once more happens than in the small worlds of the search."""

Replies = dict[str, tuple[str, ...]]
"""By case: every reply of it, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the kit said of a variant."""

    variant: Variant
    findings: tuple[tuple[str, Finding], ...]
    """Each with its case."""
    is_told: bool
    """Whether some reply differs from those of the reference."""
    also: tuple[str, ...]
    """Theorems beside its own that the variant breaks, by the search of the model."""
    error: str

    @property
    def violated(self) -> tuple[str, ...]:
        """The theorems that were seen to fail."""
        return tuple(sorted({finding.theorem for _, finding in self.findings}))

    @property
    def verdict(self) -> str:
        """One of ``WORDS``."""
        if self.error:
            return "adapter error"
        if set(self.violated) - {self.variant.theorem, *self.also}:
            return "falsely accused"
        if self.variant.theorem in self.violated:
            return "caught"
        return "missed" if self.is_told or self.violated else "not told"

    def document(self) -> Document:
        """Return it for machines."""
        shown = next(((case, it) for case, it in self.findings if it.theorem == self.variant.theorem), None)
        also: list[Value] = [*self.also]
        violated: list[Value] = [*self.violated]
        again = f"billproof conform broken:{self.variant.name} --seed {DEFAULT_SEED}"
        return {
            "name": self.variant.name,
            "rule": self.variant.breaks,
            "source": self.variant.source,
            "violates": self.variant.theorem,
            "clause": self.variant.clause,
            "also": also,
            "violated": violated,
            "verdict": self.verdict,
            "error": self.error,
            "case": None if shown is None else shown[0],
            "counterexample": None if shown is None else finding_document(shown[1]),
            "again": again if shown is None else f"{again} --case {shown[0]}",
        }


def replies_of(done: Run) -> Replies:
    """Return the replies of each case of a run."""
    calls = done.history.calls
    return {
        case.name: tuple(json.dumps(call.reply, sort_keys=True) for call in calls[slice(*case.calls)])
        for case in done.cases
    }


def served(name: str) -> Run:
    """Run the kit against a broken reference, or against ``none``."""
    target = f"broken:{name}"
    return run(target, open_target(target), Options())


def still_replies() -> Replies:
    """Return the replies of the reference itself, of the cases in which they are always the same."""
    first, second = replies_of(served("none")), replies_of(served("none"))
    return {name: replies for name, replies in first.items() if second.get(name) == replies}


def breaks(variant: Variant, theorem: str) -> bool:
    """Tell whether some clause of a theorem is violated by a variant, by the searches of the model."""
    clauses = BY_ID[theorem].clauses
    with installed(variant) as design:
        for domain in DOMAINS:
            if theorem in domain.theorems:
                context = context_of(domain.design(design))
                limits = Limits(states_max=STATES_MAX, stop_at_first=True)
                if search(domain, clauses, (), step=core.step, context=context, limits=limits).violations:
                    return True
    return False


def judge_variant(name: str, intact: Replies) -> Result:
    """Run the kit over a variant, and ask the search what it really breaks beside its theorem."""
    variant = variant_named(name)
    done = served(name)
    findings = tuple((case.name, finding) for case in done.cases for finding in case.judgement.findings)
    told = replies_of(done)
    beside = sorted({finding.theorem for _, finding in findings} - {variant.theorem})
    return Result(
        variant=variant,
        findings=findings,
        is_told=any(told.get(case) != replies for case, replies in intact.items()),
        also=tuple(it for it in beside if (name, it) in CONSEQUENCES or breaks(variant, it)),
        error="" if done.error is None else str(done.error),
    )


def table(documents: Sequence[Document]) -> str:
    """Return results as a page."""
    counts = ", ".join(f"{sum(it['verdict'] == word for it in documents)} {word}" for word in WORDS)
    return "\n".join(
        [
            "# Broken variants of the reference",
            "",
            f"Written by `python tools/conform_broken.py`, under seed {DEFAULT_SEED}. Each row is the"
            " reference with one rule of the model broken, run by the whole kit. What the words mean is in"
            " the head of that file; what is not told differs in no reply. To see one again: `billproof"
            " conform broken:NAME`.",
            "",
            f"{len(documents)} variants: {counts}.",
            "",
            "| variant | broken rule | must violate | violated | verdict | counterexample |",
            "|---|---|---|---|---|---|",
            *(_row(item) for item in documents),
            "",
        ]
    )


def _row(item: Document) -> str:
    violated, shown = item["violated"], item["counterexample"]
    names = ", ".join(map(str, violated)) if isinstance(violated, list) and violated else "none"
    text = shown["text"] if isinstance(shown, dict) else item["error"]
    return (
        f"| `{item['name']}` | {item['rule']} | {item['violates']} | {names} | {item['verdict']} | {text} |"
    )


def main(arguments: list[str]) -> int:
    """Judge the variants that are named, or all of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="VARIANT", help="all of them if none is named")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--out", type=Path, help="a folder for broken-reference.md and broken-reference.json")
    asked = parser.parse_args(arguments)
    known = [variant.name for variant in VARIANTS if clause_of(variant).theorem in JUDGED]
    unknown = sorted(set(asked.names) - set(known))
    if unknown:
        sys.stderr.write(f"no variant that the kit judges: {', '.join(unknown)}; see billproof variants\n")
        return 3
    results: list[Result] = []
    with ProcessPoolExecutor(asked.jobs) as executor:
        for result in executor.map(partial(judge_variant, intact=still_replies()), asked.names or known):
            results.append(result)
            beside = ", ".join(set(result.violated) - {result.variant.theorem}) or "none"
            print(
                f"{result.verdict}: {result.variant.theorem} {result.variant.name}; beside: {beside}",
                flush=True,
            )
    documents = [result.document() for result in results]
    if asked.out is not None:
        text = json.dumps(documents, indent=1, ensure_ascii=False)
        (asked.out / "broken-reference.json").write_text(text + "\n", encoding="utf-8")
        (asked.out / "broken-reference.md").write_text(table(documents), encoding="utf-8")
    if any(result.error for result in results):
        return 3
    return 1 if any(result.verdict == "falsely accused" for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Write the table of theorems in the README, the picture of a failure, and reports/index.html from records.

    python tools/make_reports.py             draw from the records again: a second
    python tools/make_reports.py --record    run verify, claims and capacity first: minutes
    python tools/make_reports.py --check     change nothing; exit code 1 if something is stale

The records are the JSON files of ``reports``. Nothing here has a time or a path of the machine in it, so that
the same records give the same bytes.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from jinja2 import Environment, StrictUndefined

from billproof.invariants.failures import failure_page, parse_failure, replay_failure
from billproof.invariants.theorems import THEOREMS
from billproof.model.core import step

Document: TypeAlias = "dict[str, object]"

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "reports"
STORY = ROOT / "docs" / "pictures" / "two-attempts.failure.json"
PICTURE = STORY.with_name("two-attempts.svg")
BEGIN, END = "<!-- theorems: made by tools/make_reports.py -->", "<!-- end of theorems -->"
MILESTONES = (10, 50, 150, 400, 800, 1_000, 1_200)
SVG = '<svg xmlns="http://www.w3.org/2000/svg"'
STYLE = (
    "<style>text{font:13px system-ui,sans-serif;fill:#1c2430}.name{font-weight:600}"
    ".number{fill:#fff;font-weight:600}.cash{font-variant-numeric:tabular-nums}</style>"
    '<rect width="100%" height="100%" fill="#fff"/>'
)


def read(name: str) -> Document:
    """Return a record."""
    found: Document = json.loads((REPORTS / name).read_text(encoding="utf-8"))
    return found


def part(document: object, *names: str) -> Document:
    """Return what lies below some names of a document."""
    for name in names:
        assert isinstance(document, dict), f"nothing lies below {name}"
        document = document[name]
    assert isinstance(document, dict), f"{names} is no object"
    return document


# --- records -------------------------------------------------------------------------------------------


def told(*arguments: str) -> Document:
    """Run a command of billproof and return its document."""
    call = ["billproof", *arguments, "--format", "json", "--quiet"]
    made = subprocess.run(call, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if made.returncode > 1:
        raise SystemExit(f"{' '.join(call)}: exit code {made.returncode} {made.stderr.strip()}")
    found: Document = json.loads(made.stdout)
    return found


def theorem_record(found: Mapping[str, object]) -> Document:
    """Return what is kept of one theorem under one design: nothing that depends on the machine."""
    clauses = part(found["clauses"])
    example = found.get("counterexample")
    kept: Document = {
        "verdict": found["verdict"],
        "safety": found["safety"],
        "clauses": {name: part(clause)["verdict"] for name, clause in clauses.items()},
    }
    if isinstance(example, dict):
        names = ("clause", "steps", "owed", "billed", "difference", "currency", "removed_by")
        kept["counterexample"] = {name: example[name] for name in names}
    return kept


def record() -> None:
    """Run what the records of this tool come from; those of deep runs have commands of their own."""
    verdicts = part(told("verify", "--budget", "600"), "designs")
    theorems = {
        design: {name: theorem_record(part(found)) for name, found in part(of).items()}
        for design, of in verdicts.items()
    }
    totals = part(told("claims"), "totals")
    months = {}
    for customers in MILESTONES:
        found = told("capacity", "--milestone", str(customers))
        names = ("peak_rps", "instances_p100", "p99_ms", "lost", "bottleneck", "cost_month_usd")
        months[str(customers)] = {name: found[name] for name in names}
    for name, document in (("theorems", theorems), ("claims", totals), ("capacity", months)):
        text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
        (REPORTS / f"{name}.json").write_text(text, encoding="utf-8")


# --- what is drawn from them ---------------------------------------------------------------------------


def cell(found: Document) -> str:
    """Return a verdict as a cell of the table in the README."""
    example = found.get("counterexample")
    if isinstance(example, dict):
        steps = len(example["steps"])
        return f"{found['verdict']}: `{example['clause']}`, {steps} step{'' if steps == 1 else 's'}"
    clauses = part(found, "clauses")
    proved = sum(verdict == "PROVED" for verdict in clauses.values())
    safety = "" if found["safety"] == found["verdict"] else f", safety {found['safety']}"
    return f"{found['verdict']}{safety} ({proved} of {len(clauses)} clauses proved)"


def table() -> str:
    """Return the table of theorems."""
    recorded = read("theorems.json")
    lines = ["| theorem | as documented | repaired |", "|---|---|---|"]
    for theorem in THEOREMS:
        cells = [cell(part(recorded, design, theorem.id)) for design in ("documented", "repaired")]
        lines.append(f"| {theorem.id} {theorem.title} | {cells[0]} | {cells[1]} |")
    return "\n".join([BEGIN, *lines, END])


def readme() -> str:
    """Return the README with the table that the records give."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    begin, end = text.index(BEGIN), text.index(END) + len(END)
    return text[:begin] + table() + text[end:]


def picture() -> str:
    """Return the lanes of the stored failure, replayed on the running code, as a picture of its own."""
    failure = parse_failure(STORY.read_text(encoding="utf-8"), source=STORY.name)
    found = replay_failure(failure, step=step)
    if found is None:
        raise SystemExit(f"{STORY.name} is not reproduced: store another failure")
    (lanes,) = re.findall(r"<svg.*?</svg>", failure_page(failure, found, step=step), flags=re.DOTALL)
    head, _, rest = str(lanes).partition(">")
    return f"{head.replace('<svg', SVG)}>{STYLE}{rest}\n"


def conformance() -> dict[str, Document]:
    """Return the verdicts on each implementation that was tested, by its name."""
    found = {}
    for path in sorted((REPORTS / "conformance").glob("*/result.json")):
        document: Document = json.loads(path.read_text(encoding="utf-8"))
        found[path.parent.name] = part(document, "verdicts")
    return found


def index() -> str:
    """Return the page of all reports."""
    text = Path(__file__).with_name("reports.html.jinja").read_text(encoding="utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(text)
    kills, guards = read("kill-matrix.json"), part(read("guards.json"), "notices")
    swarm = read("swarm.json") if (REPORTS / "swarm.json").exists() else None
    fuzz = read("fuzz.json") if (REPORTS / "fuzz.json").exists() else None
    hunted = read("seeds-to-kill.json") if (REPORTS / "seeds-to-kill.json").exists() else None
    return template.render(
        theorems=THEOREMS,
        recorded=read("theorems.json"),
        cell=cell,
        claims=read("claims.json"),
        months=read("capacity.json"),
        catalogue={name: read(f"scenarios-{name}.json") for name in ("documented", "repaired")},
        swarm=swarm,
        hunted=hunted,
        fuzz=fuzz,
        kills=kills,
        guards=guards,
        crash=read("service-crash-test.json"),
        load=read("service-load-test.json"),
        targets=conformance(),
    )


def wanted() -> dict[Path, str]:
    """Return the text of everything that is drawn, by its place."""
    return {ROOT / "README.md": readme(), PICTURE: picture(), REPORTS / "index.html": index()}


def main(arguments: list[str]) -> int:
    """Record, write or check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--record", action="store_true", help="run verify, claims and capacity first")
    parser.add_argument("--check", action="store_true", help="change nothing; 1 if something is stale")
    asked = parser.parse_args(arguments)
    if asked.record:
        record()
    texts = wanted()
    if asked.check:
        stale = [
            path
            for path, text in texts.items()
            if not path.exists() or path.read_text(encoding="utf-8") != text
        ]
        for path in stale:
            print(f"{path.relative_to(ROOT)}: not what the records give; run: python tools/make_reports.py")
        return 1 if stale else 0
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    print(f"wrote {', '.join(str(path.relative_to(ROOT)) for path in texts)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

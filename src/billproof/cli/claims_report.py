"""The judged register as a document, as lines for people, and as pages.

Source: ``cli.md``, ``claims``.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined

from billproof.cli.output import EXIT_HOLDS, EXIT_INCONCLUSIVE, EXIT_VIOLATION, Json
from billproof.simulations.claims.derived import Derivation
from billproof.simulations.claims.judging import Judged, JudgedClaim, Judgement, Status
from billproof.simulations.claims.register import Claim, Contradiction

SHOWN_WIDTH: Final = 150
"""How wide a cell of the table for people is before it is cut."""

_ORDER: Final = {"high": 0, "medium": 1, "low": 2}


def claims_document(
    made: Judgement, claims: Iterable[JudgedClaim], entries: Iterable[Judged], *, exit_code: int
) -> dict[str, Json]:
    """Return the chosen claims and contradictions as a document."""
    rows: dict[str, Json] = {item.claim.id: _claim_row(item) for item in claims}
    rows |= {item.id: _entry_row(item, made.register.contradictions[item.id]) for item in entries}
    return {
        "claims": rows,
        "totals": totals(made),
        "probability": [
            {
                "claim": item.claim,
                "what": item.what,
                "formula": item.formula,
                "value": f"{item.value:.6g}",
                "reads": list(item.reads),
            }
            for item in made.derivations
        ],
        "exit_code": exit_code,
    }


def totals(made: Judgement) -> dict[str, Json]:
    """Return how many there are of each status."""
    of_claims = Counter(item.status for item in made.claims.values())
    of_entries = Counter(item.status for item in made.contradictions.values())
    result: dict[str, Json] = {status.value: of_claims[status] for status in Status}
    result["claims"] = len(made.claims)
    result["contradictions"] = len(made.contradictions)
    result["contradictions_computed"] = sum(item.outcome is not None for item in made.contradictions.values())
    result["contradictions_by_status"] = {status.value: of_entries[status] for status in Status}
    return result


def exit_code_of(statuses: Iterable[Status]) -> int:
    """Return the exit code of some statuses: 1 for a contradicted one, 2 for an open one, else 0."""
    found = set(statuses)
    if Status.CONTRADICTED in found:
        return EXIT_VIOLATION
    return EXIT_INCONCLUSIVE if found - {Status.HOLDS} else EXIT_HOLDS


def themes(made: Judgement) -> dict[str, list[tuple[Contradiction, Judged]]]:
    """Return the contradictions by theme, the gravest first."""
    grouped: dict[str, list[tuple[Contradiction, Judged]]] = {}
    for name, item in made.contradictions.items():
        entry = made.register.contradictions[name]
        grouped.setdefault(entry.theme, []).append((entry, item))
    for rows in grouped.values():
        rows.sort(key=lambda row: _ORDER[row[0].severity])
    return grouped


def summary_lines(made: Judgement) -> list[str]:
    """Return the whole for a reader in a hurry: totals, and the grave contradictions of each theme."""
    counts = totals(made)
    lines = [
        f"{counts['claims']} claims: "
        + ", ".join(f"{counts[status.value]} {status.value}" for status in Status),
        f"{counts['contradictions']} contradictions, {counts['contradictions_computed']} of them computed: "
        + _counted(item.status for item in made.contradictions.values()),
    ]
    for theme, rows in themes(made).items():
        lines += ["", f"{theme}: {_counted(item.status for _, item in rows)}"]
        for entry, item in rows:
            if entry.severity == "high" and item.outcome is not None:
                lines.append(f"  {entry.id} {item.status.value:<13} {_cut(item.outcome.documented, 60)}")
                lines.append(f"      computed: {_cut(item.outcome.computed, SHOWN_WIDTH)}")
    lines += ["", "Probabilities, derived (all: --format json):"]
    lines += [f"  {item.claim:<6} {item.what}: {item.value:.7g}" for item in _first_of_each(made.derivations)]
    lines += ["", "One in full: billproof claims --id XD-18. All: --format json, or --report DIR."]
    return lines


def _first_of_each(derivations: Iterable[Derivation]) -> list[Derivation]:
    seen: dict[str, Derivation] = {}
    for item in derivations:
        seen.setdefault(item.claim, item)
    return list(seen.values())


def full_lines(made: Judgement, claims: Sequence[JudgedClaim], entries: Sequence[Judged]) -> list[str]:
    """Return the chosen ones in full."""
    lines: list[str] = []
    for item in claims:
        claim = item.claim
        lines += [
            f"{claim.id}: {item.status.value}",
            f"  documented  {claim.text}",
            f"  where       {claim.where}",
        ]
        lines += _filled({"computed": item.computed, "when": item.when, "reason": item.reason})
        lines += [f"  figure      {claim.id}.{place} is {f.text}" for place, f in enumerate(claim.figures, 1)]
        lines += [
            f"  derived     {one.what}: {one.value:.7g} ({one.formula})"
            for one in made.derivations
            if one.claim == claim.id
        ]
    for entry in entries:
        said = made.register.contradictions[entry.id]
        lines.append(
            f"{entry.id}: {entry.status.value} ({said.severity}, {said.kind}; {', '.join(said.claims)})"
        )
        outcome = entry.outcome
        lines += _filled(
            {
                "documented": outcome.documented if outcome else "",
                "computed": outcome.computed if outcome else "",
                "when": entry.when,
                "reason": entry.reason,
                "why": said.why,
                "register": said.recomputed,
            }
        )
    return lines


def write_report(directory: Path, made: Judgement, document: Mapping[str, Json]) -> list[str]:
    """Write ``claims.json``, ``claims.md`` and ``claims.html``; return their names."""
    directory.mkdir(parents=True, exist_ok=True)
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(
        files("billproof.cli").joinpath("claims.html.jinja").read_text("utf-8")
    )
    texts = {
        "claims.json": json.dumps(document, indent=2, ensure_ascii=False) + "\n",
        "claims.md": "\n".join(page_lines(made)) + "\n",
        "claims.html": template.render(made=made, themes=themes(made), totals=totals(made)),
    }
    for name, text in texts.items():
        (directory / name).write_text(text, encoding="utf-8")
    return [str(directory / name) for name in texts]


def page_lines(made: Judgement) -> list[str]:
    """Return the Markdown page: one table for each theme, then one for the claims of each theme."""
    lines = ["# Documented figures, judged", "", *summary_lines(made)[:2]]
    for theme, rows in themes(made).items():
        lines += ["", f"## {theme}", "", "| id | weight | status | documented | computed | it would hold |"]
        lines.append("|---|---|---|---|---|---|")
        for entry, item in rows:
            outcome = item.outcome
            cells = (
                entry.id, entry.severity, item.status.value,
                outcome.documented if outcome else ", ".join(entry.claims),
                outcome.computed if outcome else item.reason, item.when,
            )  # fmt: skip
            lines.append(_row(cells))
    lines += ["", "## Probabilities", "", "| claim | what | formula | value |", "|---|---|---|---|"]
    lines += [_row((item.claim, item.what, item.formula, f"{item.value:.7g}")) for item in made.derivations]
    lines += ["", "## Claims", "", "| id | status | documented | computed, or why not |", "|---|---|---|---|"]
    lines += [
        _row((name, item.status.value, item.claim.text, item.computed or item.reason))
        for name, item in made.claims.items()
    ]
    return lines


def _claim_row(item: JudgedClaim) -> dict[str, Json]:
    claim = item.claim
    return {
        "kind": "claim",
        "theme": claim.theme,
        "topic": claim.topic,
        "documented": claim.text,
        "where": claim.where,
        "figures": _figures(claim),
        "status": item.status.value,
        "computed": item.computed or None,
        "when": item.when,
        "reason": item.reason,
        "by": list(item.by),
        "changed": claim.is_changed,
    }


def _entry_row(item: Judged, entry: Contradiction) -> dict[str, Json]:
    outcome = item.outcome
    return {
        "kind": "contradiction",
        "theme": entry.theme,
        "severity": entry.severity,
        "type": entry.kind,
        "claims": list(entry.claims),
        "documented": outcome.documented if outcome else ", ".join(entry.claims),
        "computed": outcome.computed if outcome else None,
        "values": [f"{float(value.value):.9g}" for value in outcome.values] if outcome else [],
        "status": item.status.value,
        "when": item.when,
        "reason": item.reason,
        "reads": list(item.reads),
        "against": sorted(outcome.against) if outcome else [],
        "why": entry.why,
        "register": entry.recomputed,
    }


def _figures(claim: Claim) -> list[Json]:
    return [
        {
            "index": index, "text": figure.text, "unit": figure.unit,
            "value": f"{float(figure.quantity.value):.12g}", "dimension": list(figure.quantity.dimension),
        }
        for index, figure in enumerate(claim.figures, 1)
    ]  # fmt: skip


def _counted(statuses: Iterable[Status]) -> str:
    counts = Counter(statuses)
    return ", ".join(f"{counts[status]} {status.value}" for status in Status if counts[status])


def _filled(cells: Mapping[str, str]) -> list[str]:
    return [f"  {name:<11} {text}" for name, text in cells.items() if text]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

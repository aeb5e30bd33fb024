"""The register: 469 claims of the design documents with their figures, 325 contradictions, and outside facts.

Three tables lie beside this module: ``claims.csv`` (id, section, topic, claim, where), ``contradictions.csv``
(id, section, severity and kind, claims, what an analyst recomputed, why) and ``facts.csv`` (external facts
and measurements that some checks need). Entries of the fault catalogue (``F-``, ``G-``) repeat claims and
belong to the simulator.

A changed input is a claim with another text or another figure; the register that has it is a new value.

Source: ``claims.md`` parts 1, 2 and 5.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from billproof.model.portable import PortableError
from billproof.simulations.claims.figures import Figure, figures_of, quantity_of, skeleton_of
from billproof.simulations.claims.quantities import Quantity

CLAIM_FIELDS: Final = ("id", "section", "topic", "claim", "where")
CONTRADICTION_FIELDS: Final = ("id", "section", "severity", "claims", "recomputed", "why")

SEVERITIES: Final = MappingProxyType({"H": "high", "M": "medium", "L": "low"})
KINDS: Final = MappingProxyType(
    {"L": "logic", "A": "arithmetic", "U": "unit", "S": "specification", "E": "external fact"}
)

_CATALOGUE: Final = ("F-", "G-")


class RegisterError(PortableError, ValueError):
    """A register or a changed input that cannot be used; whoever gave it must mend it.

    Args:
        source: The file or option.
        place: Where in it.
        problem: What is wrong, with the value.
        remedy: What to write instead.
    """

    def __init__(self, source: str, place: str, problem: str, remedy: str) -> None:
        super().__init__(f"{source}: {place}: {problem}; {remedy}")
        self.source = source
        self.place = place
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim."""

    id: str
    section: str
    """Number and title of the group in the register; the theme of a report."""
    topic: str
    text: str
    where: str
    """Documents and sections that say so."""
    figures: tuple[Figure, ...]
    skeleton: str
    """The text with a mark for each figure."""
    is_changed: bool = False

    @property
    def theme(self) -> str:
        """The title of the section without its number."""
        return self.section.partition(" ")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """One entry of the list of claims that cannot all hold."""

    id: str
    section: str
    severity: str
    kind: str
    claims: tuple[str, ...]
    recomputed: str
    """What the analyst who wrote the register found; a check is compared with it."""
    why: str

    @property
    def theme(self) -> str:
        """The title of the section without number and code."""
        return self.section.partition(" ")[2].rpartition(" (")[0] or self.section.partition(" ")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Claims and facts by id, and the contradictions."""

    claims: Mapping[str, Claim]
    contradictions: Mapping[str, Contradiction]
    facts: Mapping[str, Claim]
    quantities: Mapping[tuple[str, int], Quantity] = field(default_factory=dict)
    """Figures that were set to something else, by claim and index; for searches of ranges."""

    def text_of(self, claim: str) -> Claim:
        """Return a claim or a fact.

        Raises:
            RegisterError: There is none of this id.
        """
        found = self.claims.get(claim) or self.facts.get(claim)
        if found is None:
            raise RegisterError(
                "the register", claim, "there is no such claim", "see billproof claims --help"
            )
        return found


def claim_of(row: Mapping[str, str], *, is_changed: bool = False) -> Claim:
    """Return a claim with its figures."""
    figures = figures_of(row["claim"], row["id"])
    return Claim(
        id=row["id"], section=row["section"], topic=row["topic"], text=row["claim"], where=row["where"],
        figures=figures, skeleton=skeleton_of(row["claim"], figures), is_changed=is_changed,
    )  # fmt: skip


def read_claims(text: str, source: str) -> dict[str, Claim]:
    """Read a table of claims.

    Raises:
        RegisterError: A column is missing, an id is empty or there twice, or a claim is empty.
    """
    claims: dict[str, Claim] = {}
    for line, row in _rows(text, CLAIM_FIELDS, source):
        if row["id"].startswith(_CATALOGUE):
            continue
        if row["id"] in claims:
            raise RegisterError(
                source, f"line {line}", f"{row['id']} is there twice", "give each claim its own id"
            )
        if not row["claim"].strip():
            raise RegisterError(source, f"line {line}", f"{row['id']} says nothing", "write what is claimed")
        claims[row["id"]] = claim_of(row)
    return claims


def read_contradictions(text: str, source: str, known: Iterable[str]) -> dict[str, Contradiction]:
    """Read a table of contradictions between known claims; ``LA-01..LA-05`` names a run of them.

    Raises:
        RegisterError: A column is missing, an id is there twice, or a claim or severity is not known.
    """
    ids = list(known)
    found: dict[str, Contradiction] = {}
    for line, row in _rows(text, CONTRADICTION_FIELDS, source):
        place = f"line {line}"
        severity, _, kind = row["severity"].partition(" ")
        if severity not in SEVERITIES or kind not in KINDS:
            raise RegisterError(source, place, f"severity {row['severity']!r}", "write one like 'H A'")
        if row["id"] in found:
            raise RegisterError(source, place, f"{row['id']} is there twice", "give each entry its own id")
        found[row["id"]] = Contradiction(
            id=row["id"], section=row["section"], severity=SEVERITIES[severity], kind=KINDS[kind],
            claims=_named(row["claims"], [*ids, *found], source, place), recomputed=row["recomputed"],
            why=row["why"],
        )  # fmt: skip
    return found


@cache
def shipped_register() -> Register:
    """Return the register that comes with billproof."""
    claims = read_claims(_packaged("claims.csv"), "claims.csv")
    return Register(
        claims=MappingProxyType(claims),
        contradictions=MappingProxyType(
            read_contradictions(_packaged("contradictions.csv"), "contradictions.csv", claims)
        ),
        facts=MappingProxyType(read_claims(_packaged("facts.csv"), "facts.csv")),
    )


def changed(register: Register, claim: str, value: str) -> Register:
    """Return the register with a changed claim.

    ``ID`` with one figure takes a figure of the same dimension; ``ID.2`` is its second figure; anything that
    is not one figure replaces the whole text.

    Raises:
        RegisterError: There is no such claim or figure, or the value has another dimension.
    """
    name, dot, number = claim.partition(".")
    if name not in register.claims and name not in register.facts:
        raise RegisterError("--set", claim, "there is no such claim", "see billproof claims for the ids")
    old = register.text_of(name)
    new = quantity_of(value)
    if dot or (new is not None and old.figures):
        text = _with_figure(old, number if dot else "", value, new)
    else:
        text = value
    row = {"id": name, "section": old.section, "topic": old.topic, "claim": text, "where": old.where}
    made = claim_of(row, is_changed=True)
    if name in register.facts:
        return replace(register, facts=MappingProxyType({**register.facts, name: made}))
    return replace(register, claims=MappingProxyType({**register.claims, name: made}))


def _with_figure(old: Claim, number: str, value: str, new: Quantity | None) -> str:
    listed = ", ".join(f"{old.id}.{place} is {item.text}" for place, item in enumerate(old.figures, 1))
    if not number and len(old.figures) > 1:
        raise RegisterError("--set", old.id, "it has several figures", f"say which: {listed}")
    index = int(number) if re.fullmatch("[0-9]{1,6}", number) else (0 if number else 1)
    if not 1 <= index <= len(old.figures):
        raise RegisterError("--set", f"{old.id}.{number}", "there is no such figure", listed or "it has none")
    figure = old.figures[index - 1]
    if new is None or (new.dimension != figure.quantity.dimension and any(new.dimension)):
        raise RegisterError(
            "--set", f"{old.id}.{index}", f"{value!r} is no figure like {figure.text}", "use the same unit"
        )
    return old.text[: figure.start] + value.strip() + old.text[figure.end :]


def _rows(text: str, fields: tuple[str, ...], source: str) -> Iterable[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        missing = [name for name in fields if name not in (reader.fieldnames or ())]
        if missing:
            raise RegisterError(
                source, "header", f"no column {', '.join(missing)}", f"use {','.join(fields)}"
            )
        for row in reader:
            if any(row.get(name) is None for name in fields) or not row["id"]:
                raise RegisterError(
                    source, f"line {reader.line_num}", "a cell is missing", "fill every column"
                )
            yield reader.line_num, {name: row[name] for name in fields}
    except csv.Error as error:
        raise RegisterError(
            source, f"line {reader.line_num}", f"is no CSV: {error}", "mend it there"
        ) from error


def _named(text: str, known: list[str], source: str, place: str) -> tuple[str, ...]:
    names: list[str] = []
    for part in text.split(", "):
        first, _, last = part.partition("..")
        for name in filter(None, (first, last)):
            if name not in known:
                raise RegisterError(
                    source, place, f"claim {name!r} is not known", "name a claim of the register"
                )
        run = known[known.index(first) : known.index(last) + 1] if last else [first]
        names += run
    return tuple(names)


def _packaged(name: str) -> str:
    return (resources.files(str(__package__)) / name).read_text(encoding="utf-8")

"""What is judged: our theorems, variants, designs and domains, and those of installed packages.

A package registers its own by entry points of the groups below; each names one value, or a tuple of values,
of the type of its group. They are judged and reported like ours, under their ids. An id is never taken twice,
and a registration that cannot be used is an error that names the package and the entry point: a theorem that
silently goes missing would be reported as nothing at all.

Source: issue text "Users' own theorems"; https://packaging.python.org/specifications/entry-points.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Final, TypeVar

from billproof.invariants.explore.domain import Domain
from billproof.invariants.explore.domains import DOMAINS
from billproof.invariants.property.worlds import world_of
from billproof.invariants.theorem import Clause, Theorem
from billproof.invariants.theorems import THEOREMS
from billproof.invariants.variants.catalogue import VARIANTS
from billproof.invariants.variants.variant import Variant
from billproof.model.design import SHIPPED, Design, DesignError, check_design
from billproof.model.portable import PortableError

T = TypeVar("T")

THEOREM_GROUP: Final = "billproof.theorems"
"""Entry points of ``Theorem``s."""

VARIANT_GROUP: Final = "billproof.variants"
"""Entry points of known-bad ``Variant``s."""

DESIGN_GROUP: Final = "billproof.designs"
"""Entry points of ``Design``s."""

DOMAIN_GROUP: Final = "billproof.domains"
"""Entry points of ``Domain``s."""

_ID = re.compile(r"[A-Z][A-Za-z0-9_-]{0,31}")


class PluginError(PortableError):
    """A registration of an installed package that cannot be used; its author's to mend.

    Args:
        package: The distribution, with its version.
        entry_point: Group and name.
        problem: What is wrong, with the value.
        remedy: What to do about it.
    """

    def __init__(self, package: str, entry_point: str, problem: str, remedy: str) -> None:
        super().__init__(f"package {package}: entry point {entry_point}: {problem}; {remedy}")
        self.source = package
        self.place = entry_point
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Everything that can be judged, ours first."""

    theorems: tuple[Theorem, ...]
    variants: tuple[Variant, ...]
    designs: tuple[Design, ...]
    domains: tuple[Domain, ...]

    @property
    def by_id(self) -> dict[str, Theorem]:
        """The theorems by id."""
        return {theorem.id: theorem for theorem in self.theorems}

    @property
    def designs_by_name(self) -> dict[str, Design]:
        """The designs by name."""
        return {design.name: design for design in self.designs}

    @property
    def places(self) -> dict[str, Domain]:
        """The domains and the worlds of the property engine, by name: where a counterexample can lie."""
        worlds = tuple(world_of(domain) for domain in self.domains)
        return {domain.name: domain for domain in (*self.domains, *worlds)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Where a value was registered."""

    package: str
    entry_point: str

    def error(self, problem: str, remedy: str) -> PluginError:
        return PluginError(self.package, self.entry_point, problem, remedy)


@lru_cache(maxsize=1)
def registry() -> Registry:
    """Return what is registered in this environment, read once.

    Raises:
        PluginError: A package registers something that cannot be used.
    """
    theorems = list(THEOREMS)
    clauses = {clause.name for theorem in THEOREMS for clause in theorem.clauses}
    for source, theorem in _registered(THEOREM_GROUP, Theorem):
        _check_theorem(source, theorem, {item.id for item in theorems}, clauses)
        theorems.append(theorem)
        clauses |= {clause.name for clause in theorem.clauses}
    domains = list(DOMAINS)
    for source, domain in _registered(DOMAIN_GROUP, Domain):
        _check_free(source, "domain", domain.name, {item.name for item in domains})
        domains.append(domain)
    designs = list(SHIPPED.values())
    for source, design in _registered(DESIGN_GROUP, Design):
        _check_free(source, "design", design.name, {item.name for item in designs})
        _check_design(source, design)
        designs.append(design)
    variants = list(VARIANTS)
    for source, variant in _registered(VARIANT_GROUP, Variant):
        _check_free(source, "variant", variant.name, {item.name for item in variants})
        _check_names_a_clause(source, variant, theorems)
        variants.append(variant)
    return Registry(
        theorems=tuple(theorems), variants=tuple(variants), designs=tuple(designs), domains=tuple(domains)
    )


def _registered(group: str, kind: type[T]) -> Iterator[tuple[_Source, T]]:
    """Yield every registered value of a group, by package and name, whatever order the environment has."""
    found = sorted(entry_points(group=group), key=lambda item: (_package(item), item.name))
    for point in found:
        source = _Source(package=_package(point), entry_point=f"{group}:{point.name}")
        try:
            value: object = point.load()
        except Exception as error:
            # Whatever a package does when it is imported, the answer has to name it.
            raise source.error(
                f"{point.value} cannot be loaded: {type(error).__name__}: {error}",
                "mend the package, or uninstall it",
            ) from error
        for item in value if isinstance(value, tuple) else (value,):
            if not isinstance(item, kind):
                raise source.error(
                    f"{point.value} is a {type(item).__name__}, not a {kind.__name__}",
                    f"name a {kind.__name__} or a tuple of them",
                )
            yield source, item


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else "unknown"


def _check_theorem(source: _Source, theorem: Theorem, ids: set[str], clauses: set[str]) -> None:
    if not _ID.fullmatch(theorem.id):
        raise source.error(f"{theorem.id!r} is no id", "use a capital letter, then letters and digits: X1")
    _check_free(source, "theorem", theorem.id, ids)
    if not theorem.clauses:
        raise source.error(f"theorem {theorem.id} has no clause", "give it at least one")
    marks = {mark.name for mark in theorem.sometimes}
    for clause in theorem.clauses:
        _check_clause(source, theorem, clause, marks)
        _check_free(source, "clause", clause.name, clauses)
    if len({clause.name for clause in theorem.clauses}) < len(theorem.clauses):
        raise source.error(f"theorem {theorem.id} has two clauses of one name", "rename one of them")


def _check_clause(source: _Source, theorem: Theorem, clause: Clause, marks: set[str]) -> None:
    if clause.theorem != theorem.id:
        raise source.error(
            f"clause {clause.name} says that it belongs to {clause.theorem}, not {theorem.id}",
            "make it with the id of its theorem",
        )
    if (clause.invariant is None) == (clause.step is None):
        raise source.error(
            f"clause {clause.name} needs either an invariant or a step", "use invariant_clause or step_clause"
        )
    missing = [name for name in clause.sometimes if name not in marks]
    if missing:
        raise source.error(
            f"clause {clause.name} names the sometimes mark {missing[0]!r}, which its theorem does not have",
            f"use one of {', '.join(sorted(marks)) or 'none'}, or add it to the theorem",
        )


def _check_free(source: _Source, what: str, name: str, taken: set[str]) -> None:
    if name in taken:
        raise source.error(
            f"{what} {name!r} exists already", "choose another name; ids are never taken twice"
        )


def _check_design(source: _Source, design: Design) -> None:
    try:
        check_design(design)
    except DesignError as error:
        raise source.error(str(error), "register a well-formed design") from error


def _check_names_a_clause(source: _Source, variant: Variant, theorems: list[Theorem]) -> None:
    known = {(theorem.id, clause.name) for theorem in theorems for clause in theorem.clauses}
    if (variant.theorem, variant.clause) not in known:
        raise source.error(
            f"variant {variant.name} is to break {variant.theorem}.{variant.clause}, which is no clause",
            "name a clause as THEOREM.clause",
        )

"""All targets, in the order of the report; whatever a group needs is imported when it is asked for."""

from collections.abc import Callable
from importlib import import_module
from typing import Final

from tools.fuzzing.planted import planted_targets
from tools.fuzzing.seeds import Seeds
from tools.fuzzing.target import Target

_GROUPS: Final = (
    ("of_model", "model_targets"), ("of_model", "receipt_targets"), ("of_service", "service_targets"),
    ("of_service", "audit_targets"), ("of_conformance", "conformance_targets"),
    ("of_analysis", "analysis_targets"), ("of_http", "http_targets"),
)  # fmt: skip


def all_targets(seeds: Seeds) -> tuple[Target, ...]:
    """Return every target that is run when none is named."""
    made: list[Target] = []
    for module, name in _GROUPS:
        group: Callable[[Seeds], tuple[Target, ...]] = getattr(import_module(f"tools.fuzzing.{module}"), name)
        made += group(seeds)
    return tuple(made)


def named_targets(seeds: Seeds, names: tuple[str, ...]) -> tuple[Target, ...]:
    """Return the targets of these names; the planted ones are made without any other.

    Raises:
        SystemExit: There is none of a name.
    """
    planted = {item.name: item for item in planted_targets()}
    if names and all(name in planted for name in names):
        return tuple(planted[name] for name in names)
    known = {item.name: item for item in all_targets(seeds)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"no target {', '.join(unknown)}; there are {', '.join((*known, *planted))}")
    for item in known.values():
        if names and item.name not in names:
            item.close()
    return tuple(known[name] for name in names) if names else tuple(known.values())

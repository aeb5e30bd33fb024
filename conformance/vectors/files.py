"""The vector files: written by one command, the same bytes each time, and never by hand.

Each family is one file. What was in the first revision is frozen in ``requirements-2026.1.toml``: a group
that was added later is run and not scored, and one that was changed has another digest there.
"""

import json
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from billproof.conformance.documents import Document, as_document, list_of, text_of
from billproof.conformance.errors import KitInputError
from billproof.conformance.messages import SPECIFICATION
from billproof.conformance.vectors.group import Group, read_group
from billproof.conformance.vectors.of_evidence import evidence_groups
from billproof.conformance.vectors.of_trees import tree_groups
from billproof.conformance.vectors.of_values import value_groups
from billproof.model.canonical import parse_json

FOLDER: Final = "data"
"""Where the files are, in this package."""


def generated() -> dict[str, tuple[Group, ...]]:
    """Return every group, by family, made anew."""
    families: dict[str, list[Group]] = {}
    for group in (*value_groups(), *evidence_groups(), *tree_groups()):
        families.setdefault(group.family, []).append(group)
    return {name: tuple(groups) for name, groups in sorted(families.items())}


def render(family: str, groups: tuple[Group, ...]) -> str:
    """Return the file of a family."""
    document: Document = {
        "vectors": 1, "spec": SPECIFICATION, "family": family,
        "groups": [group.document() for group in groups],
    }  # fmt: skip
    return json.dumps(document, indent=1, ensure_ascii=True, sort_keys=True) + "\n"


def build(folder: Path) -> dict[str, str]:
    """Write every file into a folder, and return what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {f"{family}.json": render(family, groups) for family, groups in generated().items()}
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    return made


def shipped() -> dict[str, tuple[Group, ...]]:
    """Return the groups of the files that are shipped, by family."""
    found: dict[str, tuple[Group, ...]] = {}
    for path in sorted(
        files("billproof.conformance.vectors").joinpath(FOLDER).iterdir(), key=lambda p: p.name
    ):
        if path.name.endswith(".json"):
            document = as_document(parse_json(path.read_text("utf-8"), path.name), path.name)
            family = text_of(document, "family")
            groups = (as_document(value, "group") for value in list_of(document, "groups"))
            found[family] = tuple(read_group(value, family) for value in groups)
    return found


def requirements() -> Mapping[str, str]:
    """Return the groups that the first revision requires, with the digests that they had then.

    Raises:
        KitInputError: The list cannot be read.
    """
    path = files("billproof.conformance.vectors").joinpath(f"requirements-{SPECIFICATION}.toml")
    table = tomllib.loads(path.read_text("utf-8"))
    found = table.get("groups")
    if not isinstance(found, dict):
        raise KitInputError(str(path), "groups", "is missing", "restore the file")
    return {str(name): str(digest) for name, digest in found.items()}


def render_requirements() -> str:
    """Return the list of what is required, as it would be frozen now."""
    lines = ["# The groups of the first revision, frozen: later ones are run and not scored.",
             f'spec = "{SPECIFICATION}"', "", "[groups]"]  # fmt: skip
    for groups in generated().values():
        lines.extend(f'"{group.id}" = "{group.document()["content_sha256"]}"' for group in groups)
    return "\n".join(lines) + "\n"

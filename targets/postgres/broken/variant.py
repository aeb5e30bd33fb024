"""A broken variant of the PostgreSQL target: words of its text replaced, so that one rule does not hold.

The target itself has no switch for it. A variant is a copy of the folder with its edits made, so what is run
is what a careless change of the real text would be, and nobody can ship it by a setting.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TARGETS: Final = Path(__file__).resolve().parents[2]
"""The folder that is copied."""

NEEDED: Final = ("__init__.py", "stdio.py", "postgres")
"""What of it the target needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A text of one file, and what stands there instead."""

    file: str
    """From the folder of the target."""
    old: str
    """Occurs once in it."""
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One broken rule."""

    name: str
    case: str
    """The case of the kit that must show it."""
    rule: str
    """What does not hold, in a sentence."""
    violates: str
    """The theorem that must fail."""
    also: tuple[str, ...] = ()
    """Other theorems that this truly breaks too, and that may fail."""
    edits: tuple[Edit, ...]


class EditError(ValueError):
    """An edit whose text does not occur once: the target has changed, so the variant must be written anew."""


def edited(text: str, edit: Edit) -> str:
    """Return a text with an edit made.

    Raises:
        EditError: The old text does not occur exactly once.
    """
    count = text.count(edit.old)
    if count != 1:
        raise EditError(f"{edit.file}: {edit.old[:80]!r} occurs {count} times, not once")
    return text.replace(edit.old, edit.new)


def write_variant(variant: Variant, folder: Path) -> None:
    """Write a copy of the target with the edits of a variant made, as the package ``targets`` of a folder.

    Raises:
        EditError: An edit does not fit the target as it is.
    """
    copy = folder / "targets"
    copy.mkdir()
    for name in NEEDED:
        if (TARGETS / name).is_dir():
            shutil.copytree(TARGETS / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(TARGETS / name, copy / name)
    for edit in variant.edits:
        path = copy / "postgres" / edit.file
        path.write_text(edited(path.read_text(encoding="utf-8"), edit), encoding="utf-8")

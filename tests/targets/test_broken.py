"""Each broken variant of the PostgreSQL target edits the target as it is, and still is a program."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from targets.postgres.broken import VARIANTS
from targets.postgres.broken.variant import TARGETS, Edit, EditError, Variant, edited, write_variant

THEOREMS = {f"T{number}" for number in range(1, 8)}


def test_there_are_enough_variants_and_every_theorem_has_two() -> None:
    counts = Counter(variant.violates for variant in VARIANTS)
    assert len(VARIANTS) >= 25
    assert set(counts) == THEOREMS
    assert min(counts.values()) >= 2


def test_names_are_unique_and_theorems_are_named() -> None:
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS)
    assert all({variant.violates, *variant.also} <= THEOREMS for variant in VARIANTS)
    assert not [variant.name for variant in VARIANTS if variant.violates in variant.also]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_edits_fit_the_target_and_leave_programs(variant: Variant) -> None:
    texts: dict[str, str] = {}
    for edit in variant.edits:
        path = TARGETS / "postgres" / edit.file
        texts[edit.file] = edited(texts.get(edit.file) or path.read_text(encoding="utf-8"), edit)
    for name, text in texts.items():
        if name.endswith(".py"):
            ast.parse(text)


def test_an_edit_that_does_not_fit_is_refused() -> None:
    with pytest.raises(EditError, match="occurs 0 times"):
        edited("a b", Edit(file="x.py", old="c", new="d"))
    with pytest.raises(EditError, match="occurs 2 times"):
        edited("a a", Edit(file="x.py", old="a", new="d"))


def test_a_variant_is_a_whole_copy_with_its_edit(tmp_path: Path) -> None:
    variant = VARIANTS[0]
    write_variant(variant, tmp_path)
    edit = variant.edits[0]
    text = (tmp_path / "targets" / "postgres" / edit.file).read_text(encoding="utf-8")
    assert edit.old not in text
    assert (tmp_path / "targets" / "stdio.py").is_file()

"""The pages of the repository lead somewhere, name what exists, and keep their own form."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.repo.sources import ROOT, list_files, name_of, read_text

LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
"""A Markdown link to a file of the repository."""

TERM = re.compile(r"^\*\*([^*]+)\*\* - ", re.MULTILINE)
"""How an entry of the glossary begins."""

RECORD_SECTIONS = ["Context", "Decision", "Options rejected", "Consequences"]


def find_dead_links(page: Path) -> list[str]:
    """Return the links of a page that lead to no file."""
    return [target for target in LINK.findall(read_text(page)) if not (page.parent / target).exists()]


def list_targets() -> list[str]:
    """Return the targets that ``make help`` teaches."""
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  make ([a-z-]+)", told, flags=re.MULTILINE)


def list_records() -> list[Path]:
    """Return the decision records in order of their numbers."""
    return sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))


def test_every_link_leads_to_a_file() -> None:
    pages = [path for path in list_files() if path.suffix == ".md" and path.name != "template.md"]
    assert pages
    assert {name_of(page): dead for page in pages if (dead := find_dead_links(page))} == {}


def test_dead_link_is_reported(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("[a](page.md) [b](gone.md#part) [c](https://example.org/x)", encoding="utf-8")
    assert find_dead_links(page) == ["gone.md"]


def test_make_alone_prints_help() -> None:
    assert {"verify", "test", "check"} <= set(list_targets())
    alone = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "make verify" in alone


def test_contributing_names_every_target() -> None:
    page = read_text(ROOT / "CONTRIBUTING.md")
    assert [target for target in list_targets() if f"| `make {target}` |" not in page] == []


def test_every_declared_phony_target_is_taught() -> None:
    declared = re.search(r"^\.PHONY: (.*)$", read_text(ROOT / "Makefile"), flags=re.MULTILINE)
    assert declared is not None
    assert sorted(declared.group(1).split()) == sorted(list_targets())


def test_decision_records_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in list_records()]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("record", list_records(), ids=lambda path: path.stem)
def test_decision_record_has_the_sections_of_the_template(record: Path) -> None:
    text = read_text(record)
    assert re.findall(r"^## (.*)$", text, flags=re.MULTILINE) == RECORD_SECTIONS
    assert text.startswith(f"# {record.name[:4]}. ")


def test_glossary_defines_each_term_once_in_order() -> None:
    terms = [term.casefold() for term in TERM.findall(read_text(ROOT / "docs" / "glossary.md"))]
    assert terms == sorted(set(terms))


def test_glossary_defines_the_words_that_others_use() -> None:
    page = read_text(ROOT / "docs" / "glossary.md")
    used = {word.casefold() for word in re.findall(r"(?<!\*)\*([A-Za-z ]+)\*(?!\*)", page)}
    terms = {term.casefold() for term in TERM.findall(page)}
    plurals = {f"{term}s" for term in terms} | {f"{term}es" for term in terms}
    assert used - {"italics"} <= terms | plurals

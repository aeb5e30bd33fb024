"""The provable modules of the model keep the provable form, and every departure from it is reported."""

import pytest

from tests.repo.provable import PROVABLE_MODULES, find_unprovable
from tests.repo.sources import ROOT, name_of, read_text

DEPARTURES = (
    ("for a in b: pass", "a for loop"),
    ("while a: pass", "a while loop"),
    ("a = [b for b in c]", "a comprehension"),
    ("a = {b for b in c}", "a comprehension"),
    ("a = {b: c for b in c}", "a comprehension"),
    ("a = any(b for b in c)", "a comprehension"),
    ("a = b is None", "an identity comparison (is)"),
    ("a = b is not None", "an identity comparison (is not)"),
    ("a = b in c", "a membership test (in)"),
    ("a = 0 < b not in c", "a membership test (not in)"),
    ("isinstance(a, B)", "a call of isinstance"),
    ("hash(a)", "a call of hash"),
    ("len(a)", "a call of len"),
    ("str(a)", "a call of str outside raise"),
    ("a = f'{b}'", "an f-string outside raise"),
    ("try:\n    a\nexcept B:\n    pass", "a try"),
    ("a = lambda b: b", "a lambda"),
)

SOUND = (
    "def f(a: str) -> bool:\n    if a == 'x' and not b:\n        return True\n    return a != c or d < 2",
    "match a:\n    case B(c=d): pass\n    case _: assert_never(a)",
    "raise E(f'{a} of {len_of(b)}', str(c))",
    "assert_never(f'{a}')",
)


@pytest.mark.parametrize(("text", "wanted"), DEPARTURES)
def test_departure_is_reported_with_its_line(text: str, wanted: str) -> None:
    assert f"bad.py:3: {wanted}" in list(find_unprovable("bad.py", f"# one\n# two\n{text}\n"))


@pytest.mark.parametrize("text", SOUND)
def test_provable_form_is_not_reported(text: str) -> None:
    assert list(find_unprovable("good.py", text)) == []


@pytest.mark.parametrize("module", PROVABLE_MODULES)
def test_provable_module_keeps_the_form(module: str) -> None:
    path = ROOT / "model" / f"{module}.py"
    if path.is_file():
        assert list(find_unprovable(name_of(path), read_text(path))) == []


def test_the_door_is_among_the_provable_modules() -> None:
    assert "core" in PROVABLE_MODULES

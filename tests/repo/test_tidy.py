"""Every source file keeps the rules of tidy.py, and every rule reports a text that breaks it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.repo import tidy
from tests.repo.sources import ROOT, list_files, list_python, name_of, read_text

Rule = Callable[[str, str], Iterator[str]]

ALLOWED: dict[str, int] = {}
"""What is longer than its limit and still borne with: ``file`` or ``file:function``, and the lines it has.
The list may only shrink: nothing is added, and an entry is lowered or removed when its code is."""

EVERYWHERE: tuple[Rule, ...] = (
    tidy.find_many_positionals,
    tidy.find_silent_raises,
)
IN_MODEL_AND_INVARIANTS: tuple[Rule, ...] = (tidy.find_unstated_dataclasses,)
IN_MODEL: tuple[Rule, ...] = (tidy.find_inexact_arithmetic,)

BINARY_SUFFIXES = frozenset(
    {".db", ".gif", ".gz", ".ico", ".jpg", ".pdf", ".png", ".webp", ".whl", ".woff2", ".zip"}
)

BROKEN: tuple[tuple[Rule, str, str], ...] = (
    (tidy.find_long, "\n" * 401, "401 lines"),
    (tidy.find_long, "def long():\n" + "    x = 1\n" * 60, "bad.py:long: 61 lines"),
    (
        tidy.find_long,
        "class A:\n    async def slow(self):\n" + "        x = 1\n" * 60,
        "bad.py:slow: 61 lines",
    ),
    (tidy.find_many_positionals, "def wide(a, b, c, d, e, f): ...", "wide takes 6"),
    (tidy.find_many_positionals, "class A:\n    def wide(self, a, b, /, c, d, e, f): ...", "wide takes 6"),
    (tidy.find_unstated_dataclasses, "@dataclass\nclass A: ...", "frozen"),
    (tidy.find_unstated_dataclasses, "@dataclass(slots=True, kw_only=True)\nclass A: ...", "frozen"),
    (
        tidy.find_unstated_dataclasses,
        "@dataclasses.dataclass(frozen=True, kw_only=True)\nclass A: ...",
        "slots=True",
    ),
    (
        tidy.find_unstated_dataclasses,
        "@dataclass(frozen=True, slots=True, kw_only=False)\nclass A: ...",
        "kw_only",
    ),
    (tidy.find_inexact_arithmetic, "share = total / 3", "true division"),
    (tidy.find_inexact_arithmetic, "total /= 3", "true division"),
    (tidy.find_inexact_arithmetic, "rate = 0.1", "float literal"),
    (tidy.find_inexact_arithmetic, "rate = 1e-3", "float literal"),
    (tidy.find_inexact_arithmetic, "rate = float(text)", "float"),
    (tidy.find_inexact_arithmetic, "cents = map(round, amounts)", "round"),
    (tidy.find_silent_raises, "raise ValueError", "raise without arguments"),
    (tidy.find_silent_raises, "raise errors.DesignError()", "raise without arguments"),
    (tidy.find_machine_paths, "data = '" + "/" + "work/data.csv'", "a path of one machine"),
    (tidy.find_machine_paths, "see " + "/" + "root.", "a path of one machine"),
    (tidy.find_machine_paths, "file://" + "/" + "home/somebody/x", "a path of one machine"),
    (tidy.find_missing_docstring, "import os", "no module docstring"),
)

SOUND: tuple[tuple[Rule, str], ...] = (
    (tidy.find_long, "\n" * 400),
    (tidy.find_long, "def fits():\n" + "    x = 1\n" * 59),
    (tidy.find_many_positionals, "class A:\n    def fits(self, a, b, c, d, e, *, f, g): ..."),
    (tidy.find_unstated_dataclasses, "@dataclass(frozen=False, slots=True, kw_only=True)\nclass A: ..."),
    (
        tidy.find_inexact_arithmetic,
        "share = total // 3; text = 'a / b 0.5 float'; isinstance(value, bool | float)",
    ),
    (
        tidy.find_silent_raises,
        "try: ...\nexcept OSError as error:\n    raise\n    raise error\n    raise E(1) from error",
    ),
    (tidy.find_silent_raises, "def __next__(self):\n    raise StopIteration"),
    (tidy.find_machine_paths, ".github/workflows and a/workload and ../" + "work/x"),
    (tidy.find_missing_docstring, '"""Claims something."""'),
)


def collect(rules: tuple[Rule, ...], paths: tuple[Path, ...]) -> list[str]:
    """Apply every rule to every file."""
    return [finding for path in paths for rule in rules for finding in rule(name_of(path), read_text(path))]


@pytest.mark.parametrize(("rule", "text", "wanted"), BROKEN)
def test_each_rule_reports_a_text_that_breaks_it(rule: Rule, text: str, wanted: str) -> None:
    findings = list(rule("bad.py", text))
    assert findings, f"{rule.__name__} is blind to this"
    assert any(wanted in finding and finding.startswith("bad.py:") for finding in findings), findings


@pytest.mark.parametrize(("rule", "text"), SOUND)
def test_each_rule_is_silent_at_its_limit(rule: Rule, text: str) -> None:
    assert list(rule("good.py", text)) == []


def test_every_rule_has_a_text_that_breaks_it_and_one_that_does_not() -> None:
    rules = {value for name, value in vars(tidy).items() if name.startswith("find_")}
    assert {rule for rule, _, _ in BROKEN} == rules
    assert {rule for rule, _ in SOUND} == rules


def test_nothing_is_longer_than_its_limit_or_its_allowance() -> None:
    measured = [length for path in list_python() for length in tidy.measure(name_of(path), read_text(path))]
    long = {place: count for place, count, limit in measured if count > limit}
    grown = {place: count for place, count in long.items() if count > ALLOWED.get(place, 0)}
    assert not grown, f"longer than the limit, split by concern: {grown}"
    assert long == ALLOWED, "the allowed list may only shrink: write down what these have now"


@pytest.mark.parametrize("rule", EVERYWHERE, ids=lambda rule: rule.__name__)
def test_every_python_file_keeps(rule: Rule) -> None:
    assert collect((rule,), list_python()) == []


@pytest.mark.parametrize("rule", IN_MODEL_AND_INVARIANTS, ids=lambda rule: rule.__name__)
def test_model_and_invariants_keep(rule: Rule) -> None:
    assert collect((rule,), list_python("model", "invariants")) == []


@pytest.mark.parametrize("rule", IN_MODEL, ids=lambda rule: rule.__name__)
def test_model_keeps(rule: Rule) -> None:
    assert collect((rule,), list_python("model")) == []


def test_every_test_module_says_what_it_claims() -> None:
    assert collect((tidy.find_missing_docstring,), list_python("tests")) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    texts = tuple(path for path in list_files() if path.suffix not in BINARY_SUFFIXES)
    assert collect((tidy.find_machine_paths,), texts) == []


def test_lock_file_names_no_index_and_no_link() -> None:
    lock = read_text(ROOT / "requirements.lock")
    assert "://" not in lock
    assert not [line for line in lock.splitlines() if line.startswith("--")]

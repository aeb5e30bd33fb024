"""Every computed contradiction follows its inputs: nothing is hard-coded, and no check cannot fail."""

import pytest

from billproof.simulations.claims.checks import CHECKS, REASONS, SUPPORTS
from billproof.simulations.claims.reading import Reader
from billproof.simulations.claims.register import shipped_register
from billproof.simulations.claims.relations import Check, Outcome, true
from tests.simulations.claims.changing import changes, effect

REGISTER = shipped_register()
THEMES = sorted({name[:2] for name in CHECKS})


def _seen(check: Check) -> tuple[Reader, Outcome]:
    reader = Reader(register=REGISTER)
    return reader, check(reader)


def _is_followed(check: Check) -> bool:
    """Tell whether some change of what was read changes what is said."""
    reader, first = _seen(check)
    for register in changes(REGISTER, reader, first):
        seen = effect(check, register)
        if seen is not None and (seen.holds, seen.computed) != (first.holds, first.computed):
            return True
    return False


@pytest.mark.parametrize("theme", THEMES)
def test_some_changed_input_changes_what_each_check_says(theme: str) -> None:
    deaf = [name for name, check in CHECKS.items() if name.startswith(theme) and not _is_followed(check)]
    assert deaf == []


def test_some_changed_input_changes_what_each_support_says() -> None:
    assert [name for name, check in SUPPORTS.items() if not _is_followed(check)] == []


def test_a_check_with_a_typed_answer_is_noticed() -> None:
    assert not _is_followed(lambda c: true(c("LA-04").shown(), "always", holds=False))


def test_each_contradiction_is_computed_or_has_a_reason() -> None:
    assert {*CHECKS, *REASONS} <= set(REGISTER.contradictions)
    assert not set(CHECKS) & set(REASONS)


@pytest.mark.parametrize("theme", THEMES)
def test_a_check_reads_claims_of_its_contradiction(theme: str) -> None:
    strangers = []
    for name, check in CHECKS.items():
        reader, _ = _seen(check) if name.startswith(theme) else (None, None)
        if reader is None:
            continue
        read = {key[0] for key in (*reader.figures, *reader.words)}
        if not read & set(REGISTER.contradictions[name].claims):
            strangers.append(name)
    assert strangers == []

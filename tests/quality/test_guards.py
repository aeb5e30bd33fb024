"""The guards of the core are missed when they are gone: CI deletes some anew, the record has the others.

Which are drawn is decided by the text of the core: the same commit draws the same, another core others.
``make guards`` deletes all of them and writes the record, which takes an hour.
"""

import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from billproof.invariants.erasures import ARGUED, MODULES, drawn, guards_of, missed_in, notice_of
from billproof.invariants.variants.guards import GuardDeletion, is_of_other_designs
from billproof.model.design import DOCUMENTED, REPAIRED

DOCUMENT = json.loads((Path(__file__).parents[2] / "reports" / "guards.json").read_text(encoding="utf-8"))
RECORD: dict[str, str] = DOCUMENT["notices"]
GUARDS = guards_of()
DRAWN = 6
NEW_MAX = 4
"""Guards that the record does not know yet and that CI deletes; with more, the record is to be made again."""

PLACE = re.compile(r"explore: .* in (\w+)(?::|$)")
DEAR = ("adversary", "disputed", "months")
"""Domains that take seconds each; their guards are left to the record."""


def seed() -> int:
    """Return a number that the text of the core decides."""
    texts = [files("billproof.model").joinpath(f"{name}.py").read_bytes() for name in MODULES]
    return int.from_bytes(hashlib.sha256(b"".join(texts)).digest()[:8])


def domain_of(guard: GuardDeletion) -> str:
    """Return the domain in which the record says that a guard is missed; empty where it names none."""
    found = PLACE.match(RECORD.get(guard.name, ""))
    return found[1] if found is not None and found[1] not in DEAR else ""


RECORDED = drawn(tuple(guard for guard in GUARDS if domain_of(guard)), DRAWN, seed())
NEW = tuple(
    guard
    for guard in guards_of(DOCUMENT["modules"])
    if not RECORD.get(guard.name) and guard.name not in ARGUED and not is_of_other_designs(guard, REPAIRED)
)


@pytest.mark.parametrize("guard", RECORDED, ids=lambda guard: guard.name)
def test_a_drawn_guard_is_missed_where_the_record_says(guard: GuardDeletion) -> None:
    assert missed_in(guard, domain_of(guard))


def test_guards_that_the_record_does_not_know_yet_are_missed() -> None:
    assert [guard.name for guard in NEW[:NEW_MAX] if not notice_of(guard)] == []


def test_the_record_knows_all_but_a_few_guards() -> None:
    assert [guard.name for guard in NEW[NEW_MAX:]] == []


def test_what_is_argued_is_a_guard_and_no_search_is_recorded_to_miss_it() -> None:
    names = {guard.name for guard in GUARDS}
    assert [name for name in ARGUED if name not in names or RECORD.get(name)] == []


def test_a_guard_that_nothing_needs_is_seen_to_survive() -> None:
    """The check can fail: a second signature on record changes nothing, and no search misses the guard."""
    idle = next(guard for guard in GUARDS if guard.name in ARGUED and guard.function == "sign_request")
    assert not missed_in(idle, "archived")


def test_switches_decide_what_belongs_to_other_designs() -> None:
    """A guard of a look-up is asked only by designs that read before they commit."""
    by_name = {guard.name: guard for guard in GUARDS}
    lookup = by_name["charging.charge: not site.attempts.contains(command.attempt)"]
    assert is_of_other_designs(lookup, REPAIRED)
    assert not is_of_other_designs(lookup, DOCUMENTED)
    assert not is_of_other_designs(by_name["charging.charge: not site.leading"], REPAIRED)

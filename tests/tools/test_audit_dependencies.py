"""The audit of dependencies accepts the lock file, and notices a bad pin, licence or advisory."""

import pytest

from tools.audit_dependencies import Pin, is_accepted, judge_advisories, judge_pin, main, read_lock

HASH = "a" * 64


def test_the_lock_file_has_no_problem(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0, capsys.readouterr().out


def test_pins_are_read_with_their_hashes() -> None:
    hashes = f"    --hash=sha256:{HASH} \\\n" * 2
    text = f"# made\nclick==8.1 \\\n{hashes}    # via x\nrfc8785==1\n"
    assert [(pin.name, pin.version, len(pin.hashes)) for pin in read_lock(text)] == [
        ("click", "8.1", 2), ("rfc8785", "1", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pin", "problem"),
    [
        (Pin(name="click", version="8.1"), "has no hash"),
        (Pin(name="click", version="0.0.1", hashes=[HASH]), "is installed as"),
        (Pin(name="no-such-package", version="1", hashes=[HASH]), "is not installed"),
    ],
)
def test_a_pin_that_is_not_as_it_should_be_is_named(pin: Pin, problem: str) -> None:
    assert problem in judge_pin(pin)


@pytest.mark.parametrize(
    ("licence", "is_good"),
    [
        ("MIT", True), ("Apache-2.0 AND BSD-3-Clause", True), ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False), ("GPL-2.0-only", False), ("AGPL-3.0-only", False), ("", False),
        ("MIT License; GNU General Public License v3 (GPLv3)", False), ("Proprietary", False),
    ],
)  # fmt: skip
def test_a_licence_is_accepted_if_all_its_parts_are(licence: str, is_good: bool) -> None:  # noqa: FBT001
    assert is_accepted(licence) == is_good


def test_an_advisory_is_told_and_a_package_that_was_not_looked_up_is_unknown() -> None:
    pins = [Pin(name=name, version="1", hashes=[HASH]) for name in ("bad_one", "good", "skipped", "absent")]
    report = {
        "dependencies": [
            {"name": "bad-one", "version": "1", "vulns": [{"id": "CVE-2026-1"}]},
            {"name": "good", "version": "1", "vulns": []},
            {"name": "skipped", "skip_reason": "not found"},
        ]
    }
    assert judge_advisories(report, pins) == (["bad_one 1: CVE-2026-1"], ["skipped 1", "absent 1"])
    assert judge_advisories([], pins)[1] == ["bad_one 1", "good 1", "skipped 1", "absent 1"]

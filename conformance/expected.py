"""The file of expected failures: known to be wrong, in public, with a reason and an end.

Every entry is still run. One that passes, fails otherwise, is out of date, matches nothing or more than
it says fails the run. It makes a build green; it never makes a cell claimable.

Source: ``conformance.md`` section 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from billproof.conformance.errors import KitInputError
from billproof.conformance.grading import Case, Status
from billproof.conformance.runner import Run
from billproof.model.toml_text import TomlTextError, parse_toml


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One known failure."""

    check: str
    """The name of a case, or a glob."""
    fingerprint: str
    """What the failure says of itself."""
    reason: str
    issue: str
    expires: date | None
    matches_max: int


def read_expected(path: Path) -> tuple[Expectation, ...]:
    """Read a file of expected failures.

    Raises:
        KitInputError: It cannot be read, or an entry lacks a member.
    """
    try:
        table = parse_toml(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, TomlTextError) as error:
        raise KitInputError(str(path), "", f"cannot be read: {error}", "mend it") from error
    if table.get("schema") != 1:
        raise KitInputError(str(path), "schema", f"is {table.get('schema')!r}, not 1", "write schema = 1")
    made = []
    listed = table.get("fail", [])
    if not isinstance(listed, list):
        raise KitInputError(str(path), "fail", "is no list of tables", "write [[fail]] before each entry")
    for number, entry in enumerate(listed, 1):
        place = f"[[fail]] {number}"
        if not isinstance(entry, dict):
            raise KitInputError(str(path), place, "is no table", "write [[fail]] before each entry")
        for name in ("check", "fingerprint", "reason"):
            if not isinstance(entry.get(name), str) or not entry[name]:
                raise KitInputError(str(path), place, f"{name} is missing", "say what fails, how and why")
        expires = entry.get("expires")
        # A time of day is a date too, for Python; it cannot be compared with one.
        if expires is not None and type(expires) is not date:
            raise KitInputError(str(path), place, "expires is no date", "write expires = 2027-03-31")
        most = entry.get("max_matches", 1)
        if not isinstance(most, int) or isinstance(most, bool) or most < 1:
            raise KitInputError(str(path), place, "max_matches is no number", "write max_matches = 1")
        made.append(
            Expectation(
                check=entry["check"], fingerprint=entry["fingerprint"], reason=entry["reason"],
                issue=str(entry.get("issue", "")), expires=expires,
                matches_max=most,
            )
        )  # fmt: skip
    return tuple(made)


def apply_expected(
    cases: Sequence[Case], expected: Sequence[Expectation], today: date | None = None
) -> tuple[tuple[Case, ...], tuple[str, ...]]:
    """Return the cases with what was expected marked, and what is wrong with the expectations.

    Args:
        cases: What was run.
        expected: What was expected to fail.
        today: The day that ``expires`` is compared with.
    """
    now = datetime.now(UTC).date() if today is None else today
    marked = {case.name: case for case in cases}
    faults: list[str] = []
    for entry in expected:
        matched = [case for case in cases if fnmatchcase(case.name, entry.check)]
        if not matched:
            faults.append(f"{entry.check}: matches no case that was run")
        if len(matched) > entry.matches_max:
            faults.append(
                f"{entry.check}: matches {len(matched)} cases, at most {entry.matches_max} are meant"
            )
        if entry.expires is not None and entry.expires < now:
            faults.append(f"{entry.check}: expired on {entry.expires}")
        for case in matched:
            if case.status == Status.PASS:
                marked[case.name] = replace(case, status=Status.UNEXPECTED_PASS, detail="expected to fail")
                faults.append(f"{case.name}: passes, and was expected to fail")
            elif case.status == Status.FAIL and case.fingerprint != entry.fingerprint:
                faults.append(f"{case.name}: fails as {case.fingerprint!r}, not as {entry.fingerprint!r}")
            elif case.status == Status.FAIL:
                marked[case.name] = replace(case, status=Status.EXPECTED_FAIL)
    return tuple(marked[case.name] for case in cases), tuple(faults)


def with_expected(run: Run, expected: Sequence[Expectation]) -> Run:
    """Return a run whose exit code is that of its expectations: 0 if each failure was expected.

    Verdicts and cells stay as they are: an expectation makes a build green, and nothing else.
    """
    cases, faults = apply_expected(run.cases, expected)
    code = run.grades.exit_code
    if code != 3:
        is_failing = any(case.status in (Status.FAIL, Status.UNEXPECTED_PASS) for case in cases)
        code = 1 if faults or is_failing else 0 if code == 1 else code
    notes = [replace(case, detail=case.detail) for case in cases]
    if faults:
        notes.append(
            Case(
                name="expected.stale", title="expectations that are not met", level=0, profiles=frozenset(),
                status=Status.UNEXPECTED_PASS, detail="; ".join(faults),
            )
        )  # fmt: skip
    return replace(run, cases=tuple(notes), grades=replace(run.grades, exit_code=code))

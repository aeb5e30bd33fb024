"""Check the locked dependencies: each pin has a hash, is installed as pinned, and has an accepted licence.

    python tools/audit_dependencies.py                   offline: pins, hashes, licences
    python tools/audit_dependencies.py --advisories FILE and what `pip-audit --format json` wrote to FILE

Known advisories need the network, and a tool that the project does not depend on: run
``pip-audit --requirement requirements.lock --require-hashes --disable-pip --format json --output FILE`` where
there is a network, never in CI, and hand over the file. A package that pip-audit could not look up counts as
not audited, not as sound.

Exit code 0: nothing found; 1: something was; 2: advisories of a package are not known.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
LOCK: Final = ROOT / "requirements.lock"

ACCEPTED: Final = (
    "0BSD", "Apache", "BSD", "CC0", "CNRI-Python", "HPND", "ISC", "MIT", "MPL", "Mozilla", "PSF",
    "Public Domain", "Python Software Foundation", "Unlicense", "ZPL", "Zlib", "Zope",
)  # fmt: skip
"""Beginnings of the names of licences under which nothing of ours has to be licensed otherwise."""

EXCEPTIONS: Final[Mapping[str, str]] = {
    "beancount": "GPL-2.0-only; only tests run it, as a program, and nothing of it is distributed",
    "cvc5": "declares none; its COPYING is BSD-3-Clause, and GMP and MPFR (LGPL) come as shared libraries",
    "psycopg": "LGPL-3.0-only; an optional extra, used as a library",
    "psycopg-binary": "LGPL-3.0-only; an optional extra, used as a library",
}
"""Packages under another licence, each with why it may be here all the same."""

_PIN: Final = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)")


@dataclass(frozen=False, slots=True, kw_only=True)
class Pin:
    """One line of the lock file."""

    name: str
    version: str
    hashes: list[str] = field(default_factory=list)


def read_lock(text: str) -> list[Pin]:
    """Return the pins of a lock file with their hashes."""
    pins: list[Pin] = []
    for line in text.splitlines():
        if match := _PIN.match(line):
            pins.append(Pin(name=match[1].lower(), version=match[2]))
        if pins:
            pins[-1].hashes += re.findall(r"--hash=sha256:([0-9a-f]{64})", line)
    return pins


def licence_of(name: str) -> tuple[str, str]:
    """Return the version and the licence of an installed package, as it declares it.

    Raises:
        PackageNotFoundError: It is not installed.
    """
    found = metadata(name)
    (expression,) = found.get_all("License-Expression") or ("",)
    classifiers = [
        line.rpartition(" :: ")[2]
        for line in found.get_all("Classifier") or ()
        if line.startswith("License ::") and not line.endswith("OSI Approved")
    ]
    (whole,) = found.get_all("License") or ("",)
    words = str(whole).strip().split("\n")[0][:80]
    return str(found["Version"]), str(expression or "; ".join(classifiers) or words)


def is_accepted(licence: str) -> bool:
    """Tell whether a licence is accepted: all parts of it, or one of those that may be chosen."""
    choices = re.split(r"\s+OR\s+", licence.strip("() "))
    return any(
        all(part.strip("() ").startswith(ACCEPTED) for part in re.split(r"\s+AND\s+|;\s*", choice))
        for choice in choices
    )


def judge_pin(pin: Pin) -> str:
    """Return what is wrong with a pin, or an empty text."""
    if not pin.hashes:
        return "has no hash"
    try:
        version, licence = licence_of(pin.name)
    except PackageNotFoundError:
        return "is not installed here: its licence is not known"
    if version != pin.version:
        return f"is installed as {version}, locked as {pin.version}"
    if pin.name in EXCEPTIONS or is_accepted(licence):
        return ""
    return f"has the licence {licence or '(none declared)'!r}, which is neither accepted nor excepted"


def judge_advisories(document: object, pins: list[Pin]) -> tuple[list[str], list[str]]:
    """Return the advisories of a report of pip-audit, and the pins that it says nothing certain of."""
    listed = document.get("dependencies") if isinstance(document, dict) else None
    known: dict[tuple[str, str], list[str]] = {}
    for item in listed if isinstance(listed, list) else []:
        if isinstance(item, dict) and "skip_reason" not in item and isinstance(item.get("vulns"), list):
            name = re.sub(r"[-_.]+", "-", str(item.get("name"))).lower()
            known[name, str(item.get("version"))] = [str(found.get("id")) for found in item["vulns"]]
    advisories, unknown = [], []
    for pin in pins:
        found = known.get((re.sub(r"[-_.]+", "-", pin.name), pin.version))
        if found is None:
            unknown.append(f"{pin.name} {pin.version}")
        elif found:
            advisories.append(f"{pin.name} {pin.version}: {', '.join(found)}")
    return advisories, unknown


def main(arguments: list[str]) -> int:
    """Check and report; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--advisories", type=Path, help="a report of pip-audit as JSON")
    asked = parser.parse_args(arguments)
    pins = read_lock(LOCK.read_text(encoding="utf-8"))
    wrong = [f"{pin.name} {pin.version} {problem}" for pin in pins if (problem := judge_pin(pin))]
    print(f"{len(pins)} pins, {sum(len(pin.hashes) for pin in pins)} hashes, {len(wrong)} problems")
    unknown: list[str] = []
    if asked.advisories is None:
        print("advisories: not looked up; see --help")
    else:
        report = json.loads(asked.advisories.read_text(encoding="utf-8"))
        advisories, unknown = judge_advisories(report, pins)
        wrong += advisories
        print(f"advisories: {len(advisories)} packages have some, {len(unknown)} packages are not known")
    for line in (*wrong, *(f"{name}: advisories not known" for name in unknown)):
        print(f"  {line}")
    return 1 if wrong else 2 if unknown or not pins else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

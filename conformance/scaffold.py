"""Scaffolding an adapter: files that run as they are, and say what to replace."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from billproof.conformance.errors import KitInputError

_TEMPLATES: Final = {"python": ("toy_adapter.py", "adapter.py"), "node": ("adapter.mjs", "adapter.mjs")}

_FAULTS: Final = """\
# Faults by your own commands: lists of words, never a shell. Pass it with --faults faults.toml.
# Declare only what is there; each must have the effect that it names.
nodes = ["n1"]
[hooks]
# crash   = {argv = ["./ctl", "kill", "-9", "{node}"], proof = "boot_id_changes", timeout_s = 30}
# restart = {argv = ["./ctl", "restart", "{node}"], proof = "boot_id_changes", timeout_s = 60}
"""

_EXPECTED: Final = """\
# What is known to fail, in public, with a reason and an end. Pass it with --expected expected.toml.
schema = 1
# [[fail]]
# check = "retry-keys"
# fingerprint = "T1.one_charge_per_key"
# reason = "keys are not stored until 3.2"
# issue = "https://issues.example/41"
# expires = 2027-03-31
"""

_WORKFLOW: Final = """\
# A workflow for GitHub: runs the kit and keeps its report.
name: conformance
on: [push, pull_request]
jobs:
  conformance:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {python-version: "3.11"}
      - run: pip install billproof
      - run: billproof conform 'exec:COMMAND' --claim CORE@L1 --expected expected.toml --report report
      - if: always()
        run: cat report/summary.md >> "$GITHUB_STEP_SUMMARY"
      - if: always()
        uses: actions/upload-artifact@v4
        with: {name: conformance, path: report}
"""


def scaffold(folder: Path, language: str) -> tuple[str, ...]:
    """Write the files of a new adapter, and return their names; nothing that is there is written over.

    Raises:
        KitInputError: The folder has one of the files already.
    """
    template, name = _TEMPLATES[language]
    source = files("billproof.conformance.templates").joinpath(template).read_text("utf-8")
    command = f"{'python3' if language == 'python' else 'node'} {name}"
    texts = {
        name: source,
        "faults.toml": _FAULTS,
        "expected.toml": _EXPECTED,
        "conformance.yml": _WORKFLOW.replace("COMMAND", command),
    }
    there = [each for each in texts if (folder / each).exists()]
    if there:
        raise KitInputError(str(folder), there[0], "is there already", "name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    for each, text in texts.items():
        (folder / each).write_text(text, encoding="utf-8")
    return tuple(texts)

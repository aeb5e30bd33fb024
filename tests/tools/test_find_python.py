"""The search for an interpreter runs each candidate and passes over what does not start."""

import subprocess
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "find-python.sh"


def find_python(folder: Path, **commands: str) -> str:
    """Search among commands whose whole program is given; return what was found, or nothing."""
    for name, program in commands.items():
        command = folder / name.replace("_", ".")
        command.write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
        command.chmod(0o755)
    told = subprocess.run(
        ["/bin/sh", str(SCRIPT)], env={"PATH": str(folder)}, capture_output=True, text=True, check=True
    )
    return told.stdout.strip()


def test_oldest_supported_version_is_preferred(tmp_path: Path) -> None:
    assert find_python(tmp_path, python3_12="exit 0", python3_11="exit 0") == str(tmp_path / "python3.11")


def test_command_that_exists_but_refuses_to_start_is_passed_over(tmp_path: Path) -> None:
    found = find_python(tmp_path, python3_11="exit 127", python3_12="exit 1", python3="exit 0")
    assert found == str(tmp_path / "python3")


def test_nothing_is_printed_when_there_is_none(tmp_path: Path) -> None:
    assert find_python(tmp_path, python3="exit 1") == ""

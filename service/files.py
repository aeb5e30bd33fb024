"""Small files in and out: read with a limit, written whole or not at all.

Ledgers are streamed elsewhere; these are checkpoints, key sets, policies, evidence.
"""

import os
from pathlib import Path
from typing import Final

from billproof.service.errors import InputFileError, RimError

FILE_BYTES_MAX: Final = 100_000_000
"""The largest small file that is read, in bytes."""


class OutputFileError(RimError):
    """A file that cannot be written."""


def read_input(path: Path) -> bytes:
    """Read a small file.

    Raises:
        InputFileError: It cannot be read, or is too large for what it should be.
    """
    try:
        with path.open("rb") as file:
            # Not by the size that is stated: a device states none and gives for ever; a pipe is fine.
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise InputFileError(
            str(path), "", f"cannot be read: {error.strerror}", "check the path and its permissions"
        ) from error
    if len(content) > FILE_BYTES_MAX:
        raise InputFileError(str(path), "", "is too large for what it should be", "name the right file")
    return content


def write_output(path: Path, content: bytes) -> None:
    """Write a small file under another name, and rename it when it is durable.

    Raises:
        OutputFileError: It cannot be written; what was there is as it was.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise OutputFileError(
            str(path), "", f"cannot be written: {error.strerror}", "check the directory and the free space"
        ) from error

"""Errors that survive the way between processes.

An exception is pickled as its class and the arguments of ``Exception``; a constructor that takes others then
fails in the process that waits for it, and the whole pool is lost. These are taken over as they are.
"""

from typing import Self


class PortableError(Exception):
    """An exception that pickles by its content; every error of the project derives from it."""

    def __reduce__(self) -> tuple[object, ...]:
        """Return how to make it again: without running the constructor a second time."""
        return (_restored, (type(self), self.args, dict(vars(self))))

    @classmethod
    def restored(cls, args: tuple[object, ...], content: dict[str, object]) -> Self:
        """Return the exception with these arguments of ``Exception`` and these attributes."""
        error = cls.__new__(cls)
        error.args = args
        error.__dict__.update(content)
        return error


def _restored(
    kind: type[PortableError], args: tuple[object, ...], content: dict[str, object]
) -> PortableError:
    return kind.restored(args, content)

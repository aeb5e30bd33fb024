"""What a target is: a parser, valid examples of what it reads, and the errors that it documents."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from tools.fuzzing.mutation import Damage
from tools.fuzzing.watching import BrokenContractError

SCRATCH: Final = "input"
"""The name of the file that an input is written to where a parser reads a path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One parser."""

    name: str
    run: Callable[[bytes], None]
    """Hand an input to the parser; it also checks the laws of what is returned."""
    documented: tuple[type[Exception], ...]
    """What the documentation says that it raises."""
    make: Callable[[Random], bytes]
    """Make an input."""
    examples: tuple[bytes, ...] = ()
    """What is damaged; the parser accepts each, or nothing behind its first check would ever be tried."""
    weight: int = 10
    """Its share of the inputs."""
    finish: Callable[[], None] = field(default=lambda: None)
    """What must hold after all inputs."""
    close: Callable[[], None] = field(default=lambda: None)
    """Stop what was started; may be called twice."""


def text_of(data: bytes) -> str:
    """Return an input as text for parsers that take text: UTF-8, with what is none as lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def target(
    name: str, run: Callable[[bytes], None], documented: tuple[type[Exception], ...], *examples: bytes | str,
    words: tuple[bytes, ...] = (), is_json: bool = False, weight: int = 10,
) -> Target:  # fmt: skip
    """Return a target whose inputs are damaged examples."""
    plain = tuple(item.encode("utf-8") if isinstance(item, str) else item for item in examples)
    damage = Damage(examples=plain, words=words, is_json=is_json)
    return Target(name=name, run=run, documented=documented, make=damage.make, examples=plain, weight=weight)


def with_file(
    directory: Path, read: Callable[[Path], object], name: str = SCRATCH
) -> Callable[[bytes], None]:
    """Return what writes an input into a file and hands its path to a reader."""
    path = directory / name

    def run(data: bytes) -> None:
        path.write_bytes(data)
        read(path)

    return run


def law(is_kept: bool, text: str) -> None:  # noqa: FBT001 - it reads as an assertion does
    """Check a law of what a parser returned.

    Raises:
        BrokenContractError: It is broken.
    """
    if not is_kept:
        raise BrokenContractError(text)

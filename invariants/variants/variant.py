"""How one rule of the model is broken: a switch turned, or a line of the source edited.

A rule edit takes the source of one function of ``model``, replaces a text that must occur exactly once, and
puts the edited function in the place of the original for as long as a ``with`` block lasts. The core has no
hooks for this; an edit whose text no longer occurs is an error, never a silent no-op.

Theorems are judged by their own copies of the yardsticks (``usage_effect``, ``floor_of``, ...): the edited
function replaces the original inside ``model`` only. The exceptions are the reader's side, ``verification``
and ``disputes``, which the predicates about presented ledgers call as the thing under test.

Source: ``verification.md`` "Guards against empty passes"; ``known-bugs.md``.
"""

import __future__

import inspect
import sys
import textwrap
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import FunctionType, ModuleType

from billproof.model.design import REPAIRED, Design, with_switch
from billproof.model.portable import PortableError

READER_SIDE = (
    "billproof.model.verification",
    "billproof.model.disputes",
    "billproof.model.customer_keys",
)
"""Modules whose functions the predicates themselves call as the subject under test."""


class VariantError(PortableError):
    """A variant that cannot be made: its text does not occur exactly once; the variant's author's to mend.

    Args:
        variant: The name of the variant.
        problem: What does not fit, with both values.
    """

    def __init__(self, variant: str, problem: str) -> None:
        super().__init__(f"variant {variant}: {problem}")
        self.variant = variant
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One replacement in the source of one function."""

    module: str
    """For example ``charging``, of ``billproof.model``."""
    function: str
    old: str
    """Must occur exactly once."""
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A known-bad system."""

    name: str
    theorem: str
    clause: str
    """The clause that must be found violated; another one does not count."""
    breaks: str
    """What is wrong with it, in one sentence."""
    source: str
    """The incident or schedule that it is taken from."""
    switches: tuple[tuple[str, str], ...] = ()
    """Switches turned away from the repaired design; the combination need not be well-formed."""
    edits: tuple[Edit, ...] = ()

    @property
    def design(self) -> Design:
        """The repaired design with the switches turned."""
        design = REPAIRED
        for name, value in self.switches:
            design = with_switch(design, name, value)
        return design


@contextmanager
def installed(variant: Variant) -> Generator[Design, None, None]:
    """Install the edits of a variant while the block runs; yield its design.

    Not for threads: the functions of ``billproof.model`` are replaced for the whole process.

    Raises:
        VariantError: A text to be replaced does not occur exactly once.
    """
    undo: list[tuple[ModuleType, str, object]] = []
    try:
        for edit in variant.edits:
            module = import_module(f"billproof.model.{edit.module}")
            original = getattr(module, edit.function)
            undo.extend(substitute(module, original, edited_function(variant.name, module, edit)))
        yield variant.design
    finally:
        for module, name, value in reversed(undo):
            setattr(module, name, value)


def edited_function(variant: str, module: ModuleType, edit: Edit) -> Callable[..., object]:
    """Return the function of ``module`` with the edit made.

    Raises:
        VariantError: The text does not occur exactly once in the function, or the function is imported.
    """
    original = getattr(module, edit.function)
    if original.__module__ != module.__name__:
        # Compiled among the names of another module, it would fail only when it is run.
        raise VariantError(variant, f"{edit.module}.{edit.function} is that of {original.__module__}")
    source = textwrap.dedent(inspect.getsource(original))
    occurrences = source.count(edit.old)
    if occurrences != 1:
        raise VariantError(
            variant, f"{edit.old!r} occurs {occurrences} times in {edit.module}.{edit.function}, not once"
        )
    return compiled(module, edit.function, source.replace(edit.old, edit.new))


def compiled(module: ModuleType, name: str, source: str) -> Callable[..., object]:
    """Return the function ``name`` that ``source`` defines, with the globals of ``module``."""
    namespace: dict[str, object] = {}
    code = compile(
        source, f"<variant of {module.__name__}.{name}>", "exec", __future__.annotations.compiler_flag
    )
    exec(code, module.__dict__, namespace)  # noqa: S102 - the source is our own, edited by our own variant
    function = namespace[name]
    if not isinstance(function, FunctionType):
        raise VariantError(name, f"the edited source defines {type(function).__name__}, not a function")
    return function


def substitute(
    module: ModuleType, original: object, replacement: object, *, in_predicates: bool = False
) -> list[tuple[ModuleType, str, object]]:
    """Put ``replacement`` wherever the model refers to ``original``; return what to undo.

    Args:
        module: The module of the model that defines the original.
        original: What is replaced.
        replacement: What takes its place.
        in_predicates: Whether predicates get it too; they always do on the reader's side.
    """
    reaches_predicates = in_predicates or module.__name__ in READER_SIDE
    undo: list[tuple[ModuleType, str, object]] = []
    for name, loaded in list(sys.modules.items()):
        in_model = name.startswith("billproof.model")
        if not (in_model or (reaches_predicates and name.startswith("billproof.invariants"))):
            continue
        for attribute, value in list(vars(loaded).items()):
            if value is original:
                undo.append((loaded, attribute, value))
                setattr(loaded, attribute, replacement)
    return undo

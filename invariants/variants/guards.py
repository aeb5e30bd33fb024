"""Deleting guards one by one: every ``if`` of a function, and every operand of its ``and`` and ``or``.

What a human reviewer would do with an eraser. Each deletion is a function that takes the place of the
original; the theorems must notice, or the guard guards nothing that anybody demands.

Source: issue text "Deleting any guard of the charge path by hand flips a clause"; ``verification.md``,
pitfall 5.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

from billproof.invariants.variants.variant import compiled, substitute


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardDeletion:
    """One guard taken away."""

    module: str
    """For example ``charging``, of ``billproof.model``."""
    function: str
    guard: str
    """The condition or operand that was deleted, as source text."""
    source: str
    """The function without it."""

    @property
    def name(self) -> str:
        """A name for reports: where, and which guard."""
        return f"{self.module}.{self.function}: {self.guard}"


def guard_deletions(module: str, function: str) -> tuple[GuardDeletion, ...]:
    """Return every deletion of one guard in a function of ``billproof.model``."""
    loaded = import_module(f"billproof.model.{module}")
    source = textwrap.dedent(inspect.getsource(getattr(loaded, function)))
    deletions = []
    for edit, guard in _edits(ast.parse(source)):
        tree = ast.parse(source)
        edit(tree)
        deletions.append(
            GuardDeletion(
                module=module,
                function=function,
                guard=guard,
                source=ast.unparse(ast.fix_missing_locations(tree)),
            )
        )
    return tuple(deletions)


@contextmanager
def deleted(deletion: GuardDeletion) -> Iterator[None]:
    """Put the function without its guard in place of the original while the block runs."""
    module = import_module(f"billproof.model.{deletion.module}")
    original = getattr(module, deletion.function)
    undo = substitute(module, original, compiled(module, deletion.function, deletion.source))
    try:
        yield
    finally:
        for where, name, value in reversed(undo):
            setattr(where, name, value)


def _edits(tree: ast.Module) -> Iterator[tuple[Callable[[ast.Module], None], str]]:
    for place, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.If):
            yield _without_branch(place), ast.unparse(node.test)
        if isinstance(node, ast.BoolOp):
            for index, operand in enumerate(node.values):
                yield _without_operand(place, index), f"{ast.unparse(operand)} in {ast.unparse(node)}"


def _without_branch(place: int) -> Callable[[ast.Module], None]:
    def edit(tree: ast.Module) -> None:
        node = list(ast.walk(tree))[place]
        assert isinstance(node, ast.If), "the walk of equal trees is equal"
        # The branch is never taken; what follows, or the else, always is.
        node.test = ast.Constant(value=False)

    return edit


def _without_operand(place: int, index: int) -> Callable[[ast.Module], None]:
    def edit(tree: ast.Module) -> None:
        node = list(ast.walk(tree))[place]
        assert isinstance(node, ast.BoolOp), "the walk of equal trees is equal"
        neutral = isinstance(node.op, ast.And)
        node.values[index] = ast.Constant(value=neutral)

    return edit

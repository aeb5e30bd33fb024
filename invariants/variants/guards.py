"""Deleting guards one by one: every ``if`` of a function, and every operand of its ``and`` and ``or``.

What a human reviewer would do with an eraser: the branch goes, or its condition goes and what it guarded is
always done. A branch that ends the function is only taken away: always done, it would be the function. Each
deletion is a function that takes the place of the original; the theorems must notice, or the guard guards
nothing that anybody demands.

Source: issue text "Deleting any guard of the charge path by hand flips a clause"; ``verification.md``,
pitfall 5.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

from billproof.invariants.variants.folding import folded
from billproof.invariants.variants.variant import compiled, substitute
from billproof.model.design import Design

ALWAYS = "as if always:"
"""Stands before a condition that was deleted and not the branch with it."""


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
    original: str
    """The function with it."""

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
                original=source,
            )
        )
    return tuple(deletions)


def is_of_other_designs(deletion: GuardDeletion, design: Design) -> bool:
    """Tell whether a design does the same with and without a guard, because its switches decide so."""
    module = import_module(f"billproof.model.{deletion.module}")
    return folded(deletion.source, module, design) == folded(deletion.original, module, design)


@contextmanager
def deleted(deletion: GuardDeletion, *, everywhere: bool = False) -> Generator[None, None, None]:
    """Put the function without its guard in place of the original while the block runs.

    Args:
        deletion: The guard.
        everywhere: Predicates get it too, as when the source is edited by hand.
    """
    module = import_module(f"billproof.model.{deletion.module}")
    original = getattr(module, deletion.function)
    replacement = compiled(module, deletion.function, deletion.source)
    undo = substitute(module, original, replacement, in_predicates=everywhere)
    try:
        yield
    finally:
        for where, name, value in reversed(undo):
            setattr(where, name, value)


def _edits(tree: ast.Module) -> Iterator[tuple[Callable[[ast.Module], None], str]]:
    for place, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.If):
            yield _decided(place, taken=False), ast.unparse(node.test)
            if not isinstance(node.body[-1], ast.Return | ast.Raise):
                yield _decided(place, taken=True), f"{ALWAYS} {ast.unparse(node.test)}"
        if isinstance(node, ast.IfExp):
            yield _decided(place, taken=False), ast.unparse(node.test)
            yield _decided(place, taken=True), f"{ALWAYS} {ast.unparse(node.test)}"
        if isinstance(node, ast.BoolOp):
            for index, operand in enumerate(node.values):
                yield _without_operand(place, index), f"{ast.unparse(operand)} in {ast.unparse(node)}"


def _decided(place: int, *, taken: bool) -> Callable[[ast.Module], None]:
    def edit(tree: ast.Module) -> None:
        node = list(ast.walk(tree))[place]
        assert isinstance(node, ast.If | ast.IfExp), "the walk of equal trees is equal"
        node.test = ast.Constant(value=taken)

    return edit


def _without_operand(place: int, index: int) -> Callable[[ast.Module], None]:
    def edit(tree: ast.Module) -> None:
        node = list(ast.walk(tree))[place]
        assert isinstance(node, ast.BoolOp), "the walk of equal trees is equal"
        neutral = isinstance(node.op, ast.And)
        node.values[index] = ast.Constant(value=neutral)

    return edit

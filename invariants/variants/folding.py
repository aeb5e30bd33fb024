"""Folding: a function of the model as one design sees it, for telling which guards are another design's.

Comparisons of switches become truth values, and what they decide is decided. Two functions that fold to the
same text do the same under that design: what was deleted between them belongs to other designs. Nothing but
switches is known, so functions that fold to different texts may still do the same.
"""

import ast
from enum import Enum
from types import ModuleType, SimpleNamespace

from billproof.model.design import Design

DESIGN_NAMES = frozenset({"design", "context"})
"""What functions of the model call the design, and what has it."""


def folded(source: str, module: ModuleType, design: Design) -> str:
    """Return a function with everything decided that the switches of a design decide.

    Args:
        source: The text of one function.
        module: Where its names are known.
        design: The design.
    """
    tree = _Folding(module, design).visit(ast.parse(source))
    return ast.unparse(ast.fix_missing_locations(tree))


class _Folding(ast.NodeTransformer):
    def __init__(self, module: ModuleType, design: Design) -> None:
        self.names: dict[str, object] = {
            **vars(module),
            "design": design,
            "context": SimpleNamespace(design=design),
        }
        self.kinds = {
            name
            for name, value in vars(module).items()
            if isinstance(value, type) and issubclass(value, Enum)
        }

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """Decide a comparison of switches."""
        return self._decided(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Decide a switch that is a truth value."""
        return self._decided(node)

    def _decided(self, node: ast.expr) -> ast.expr:
        used = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
        if used & DESIGN_NAMES and used <= DESIGN_NAMES | self.kinds:
            try:
                code = compile(ast.Expression(body=node), "<switch>", "eval")
                value = eval(code, dict(self.names))  # noqa: S307 - a comparison of our own source
            except AttributeError:
                return node
            if isinstance(value, bool):
                return ast.copy_location(ast.Constant(value=value), node)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        """Decide a negation."""
        self.generic_visit(node)
        known = _truth(node.operand)
        if isinstance(node.op, ast.Not) and known is not None:
            return ast.copy_location(ast.Constant(value=not known), node)
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """Leave out operands that change nothing, and those after one that decides."""
        self.generic_visit(node)
        neutral = isinstance(node.op, ast.And)
        kept: list[ast.expr] = []
        for operand in node.values:
            known = _truth(operand)
            if known is neutral:
                continue
            kept.append(operand)
            if known is not None:
                break
        if len(kept) < 2:
            return kept[0] if kept else ast.copy_location(ast.Constant(value=neutral), node)
        node.values = kept
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        """Choose where the condition is decided."""
        self.generic_visit(node)
        known = _truth(node.test)
        if known is None:
            return node
        return node.body if known else node.orelse

    def visit_If(self, node: ast.If) -> ast.stmt | list[ast.stmt]:
        """Take the branch that is decided."""
        self.generic_visit(node)
        known = _truth(node.test)
        node.body, node.orelse = _until_end(node.body), _until_end(node.orelse)
        if known is None:
            return node
        return node.body if known else node.orelse

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Leave out what comes after the end."""
        self.generic_visit(node)
        node.body = _until_end(node.body)
        return node


def _truth(node: ast.expr) -> bool | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return node.value
    return None


def _until_end(block: list[ast.stmt]) -> list[ast.stmt]:
    for index, statement in enumerate(block):
        if isinstance(statement, ast.Return | ast.Raise):
            return block[: index + 1]
    return block

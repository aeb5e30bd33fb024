"""The form in which the provable part of the model is written.

The prover runs the model itself on symbolic values. An ``if`` on a symbolic value forks the run; a loop
over one does not end, identity and membership ask a question that a symbolic value cannot answer, and a
``try`` hides which path was taken. So the provable modules keep to comparisons, ``if``, ``and``, ``or``,
``not``, ``match`` and early ``return``.
"""

import ast
from collections.abc import Iterator

PROVABLE_MODULES = (
    "core",
    "charging",
    "corrections",
    "accounts",
    "effects",
    "refunds",
    "holds",
    "closing",
    "posting",
    "replication",
    "reconciliation",
    "maintenance",
    "screening",
)
"""The modules of the model that the prover executes. A name without a file yet is passed over.

``adversary`` is not among them: it edits a presented ledger, item by item, and the clauses about a
presented ledger are explored, not proved (``provable`` in ``billproof.invariants.theorem``).
"""

BANNED_NODES: dict[type[ast.AST], str] = {
    ast.For: "a for loop",
    ast.AsyncFor: "a for loop",
    ast.While: "a while loop",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.Is: "an identity comparison (is)",
    ast.IsNot: "an identity comparison (is not)",
    ast.In: "a membership test (in)",
    ast.NotIn: "a membership test (not in)",
    ast.Try: "a try",
    ast.TryStar: "a try",
    ast.Lambda: "a lambda",
}
BANNED_CALLS = frozenset({"isinstance", "hash", "len"})
TEXT_CALLS = frozenset({"str", "repr", "format"})


def _name_called(node: ast.AST) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id
    return ""


def _excused(tree: ast.Module) -> set[int]:
    """Return the nodes below a ``raise`` or an ``assert_never``: text made there is for people only."""
    ends = (
        node for node in ast.walk(tree) if isinstance(node, ast.Raise) or _name_called(node) == "assert_never"
    )
    return {id(part) for end in ends for part in ast.walk(end)}


def find_unprovable(name: str, text: str) -> Iterator[str]:
    """Yield each place that leaves the provable form, as ``file:line: what``."""
    tree = ast.parse(text)
    excused = _excused(tree)
    # Operators carry no line of their own: they are reported at the comparison that holds them.
    lines = {
        id(part): node.lineno for node in ast.walk(tree) if isinstance(node, ast.Compare) for part in node.ops
    }
    found: set[tuple[int, str]] = set()
    for node in ast.walk(tree):
        line = lines.get(id(node), getattr(node, "lineno", 0))
        if type(node) in BANNED_NODES:
            found.add((line, BANNED_NODES[type(node)]))
        elif _name_called(node) in BANNED_CALLS:
            found.add((line, f"a call of {_name_called(node)}"))
        elif id(node) not in excused and _name_called(node) in TEXT_CALLS:
            found.add((line, f"a call of {_name_called(node)} outside raise"))
        elif id(node) not in excused and isinstance(node, ast.JoinedStr):
            found.add((line, "an f-string outside raise"))
    for line, what in sorted(found):
        yield f"{name}:{line}: {what}"

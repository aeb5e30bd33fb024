"""What tidy means here: each rule is a function from a source text to its findings.

A finding is one line, ``file:line: what is wrong``. The rules are functions of a text, not of a file, so
that ``test_tidy.py`` can hand each of them a text that breaks it and see it reported.
"""

import ast
import re
from collections.abc import Iterator

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
POSITIONAL_MAX = 5

DATACLASS_WORDS = {"frozen": "True (or False, aloud)", "slots": "True", "kw_only": "True"}
"""What every dataclass of the model says aloud, and the values it may say."""

MACHINE_FOLDERS = ("work", "root", "home", "Users", "opt", "private")
"""First parts of absolute paths that exist on somebody's machine and mean nothing on another."""

MACHINE_PATH = re.compile(rf"(?<![\w.$~)}}-])/(?:{'|'.join(MACHINE_FOLDERS)})(?![\w-])")

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(tree: ast.Module) -> Iterator[FunctionNode]:
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode):
            yield node


def _last_name(node: ast.expr) -> str:
    """Return the last part of a dotted name, or nothing."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def function_lines(node: FunctionNode) -> int:
    """Count the lines of a function, docstring included, decorators not."""
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def measure(name: str, text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each place, a file or ``file:function``, with its lines and the lines it may have."""
    yield name, len(text.splitlines()), FILE_LINES_MAX
    for node in _functions(ast.parse(text)):
        yield f"{name}:{node.name}", function_lines(node), FUNCTION_LINES_MAX


def find_long(name: str, text: str) -> Iterator[str]:
    """A file has at most 400 lines, a function at most 60."""
    for place, count, limit in measure(name, text):
        if count > limit:
            yield f"{place}: {count} lines, at most {limit}: split it by concern"


def find_many_positionals(name: str, text: str) -> Iterator[str]:
    """A function takes at most five positional parameters, ``self`` and ``cls`` not counted."""
    for node in _functions(ast.parse(text)):
        words = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        count = len(words) - (words[:1] in (["self"], ["cls"]))
        if count > POSITIONAL_MAX:
            yield f"{name}:{node.lineno}: {node.name} takes {count} positionals, at most {POSITIONAL_MAX}"


def find_unstated_dataclasses(name: str, text: str) -> Iterator[str]:
    """A dataclass says ``frozen=..., slots=True, kw_only=True`` itself, defaults or not."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.ClassDef):
            continue
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            if _last_name(call.func if call else decorator) != "dataclass":
                continue
            said = {word.arg: word.value for word in (call.keywords if call else ())}
            for word in DATACLASS_WORDS:
                value = said.get(word)
                if not (isinstance(value, ast.Constant) and (word == "frozen" or value.value is True)):
                    yield f"{name}:{node.lineno}: {node.name} does not say {word}={DATACLASS_WORDS[word]}"


def find_inexact_arithmetic(name: str, text: str) -> Iterator[str]:
    """The model computes in integers: no float, no ``round``, no division that does not name its rounding."""
    tree = ast.parse(text)
    # To refuse a float one has to name it: inside isinstance the type is allowed.
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    checks = (call for call in calls if _last_name(call.func) == "isinstance")
    refused = {id(part) for call in checks for argument in call.args for part in ast.walk(argument)}
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield f"{name}:{node.lineno}: true division; name the rounding (floor_div, ceil_div, allocate)"
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield f"{name}:{node.lineno}: float literal {node.value!r}"
        # The name is banned, not only the call: passed on as a function it rounds just the same.
        if (
            isinstance(node, ast.Name)
            and node.id in {"float", "round", "complex"}
            and id(node) not in refused
        ):
            yield f"{name}:{node.lineno}: {node.id}"


def find_silent_raises(name: str, text: str) -> Iterator[str]:
    """An exception carries what it is about: no ``raise SomeError`` and no ``raise SomeError()``.

    The end of an iteration is a signal of the language, about nothing.
    """
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Raise) or node.exc is None:
            continue
        if _last_name(node.exc) in {"StopIteration", "StopAsyncIteration"}:
            continue
        is_bare_class = _last_name(node.exc)[:1].isupper()
        is_empty_call = isinstance(node.exc, ast.Call) and not node.exc.args and not node.exc.keywords
        if is_bare_class or is_empty_call:
            yield f"{name}:{node.lineno}: raise without arguments; say what was found and what was expected"


def find_machine_paths(name: str, text: str) -> Iterator[str]:
    """No file names a path of somebody's machine."""
    for number, line in enumerate(text.splitlines(), start=1):
        if MACHINE_PATH.search(line):
            yield f"{name}:{number}: a path of one machine: {line.strip()[:80]}"


def find_missing_docstring(name: str, text: str) -> Iterator[str]:
    """A test module says what it claims."""
    if ast.get_docstring(ast.parse(text)) is None:
        yield f"{name}:1: no module docstring; say what the tests below claim"

"""Damage: from a valid example and a generator of random numbers to bytes that a parser may meet.

Three ways, mixed: bytes (bit flips, cuts, copies, splices of two examples), tokens (a word, number or string
of any text format takes the place of another, or an odd one does), and members of JSON (a value of a wrong
type, a member twice, deep nesting, a number that no machine holds). The same generator gives the same bytes.

Not here: databases (``databases``), and what is done with the bytes.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Final, TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

INPUT_BYTES_MAX: Final = 400_000
"""The longest input that is made; limits beyond it have tests of their own."""

_DEEP: Final = 100_000

ODD_JSON: Final = (
    "null", "true", "0", "-0", "-1", "1.5", "1e999", "-1E-999", "NaN", "-Infinity", "9" * 16, "9" * 30,
    "9" * 5_000, '""', '" "', r'"\ud800"', r'"\u0000"', '"\x7f"', "[]", "{}", "[null]", '[["a"]]', '{"":{}}',
    '{"a":1,"a":2}', '"-1"', '"0"', '"1e5"', '"00"', '"0.0000000000001"', f'"{"9" * 27}"', f'"{"9" * 6_000}"',
    '"2024-02-30T00:00:00Z"', '"0000-01-01T00:00:00Z"', '"9999-12-31T23:59:59.999999Z"', '"2024-13"',
    '"\N{ARABIC-INDIC DIGIT THREE}"', '"\N{SUPERSCRIPT TWO}"', '"../../etc/passwd"', f'"{"x" * 70_000}"',
    "[" * 70 + "]" * 70, "[" * _DEEP, '{"a":' * 5_000, "[" * 5_000 + "]" * 5_000, '"USD"', '"XXX"', "[1,2,3]",
)  # fmt: skip
"""Values that have the wrong type, no value, or too much of one somewhere."""

ODD_TEXT: Final = (
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xc0\x80", b"\r", b"\n", b"\r\n\r\n", b'"',
    b"\\", b"\\u", b"{", b"}", b"[", b"]", b"(", b")", b",", b":", b"=", b";", b"#", b"'", b"-", b"+", b".",
    b"%s", b"{0}", b"inf", b"nan", b"1979-05-27", b"07:32:00", b"1979-05-27T00:32:00Z",
    b"0x7fffffffffffffffff", b"1e400", b"'''", b'"""', b"{a = 1}", b"[[a]]", b"[a.b.c]", b"a.b.c = 1",
    b"true", b"false", b"[1, 'a', {}]", b"#{", b"#_", b"#tag", b"nil", b":ok", b"(" * 5_000, b"[" * 20_000,
    b"a." * 5_000, b"#_" * 5_000, b"#a " * 5_000, b"{a=" * 3_000, b"9" * 5_000, b"x" * 70_000,
    b"-----BEGIN", b"~", b"*", b"?", b"/", b"..", b"\xe2\x80\xa8", b"\x1c",
)  # fmt: skip
"""Pieces that mean something in one of the formats, or that no text has."""

_TOKEN: Final = re.compile(
    rb'"(?:\\.|[^"\\]){0,4000}"|[A-Za-z_][A-Za-z0-9_.-]*|[0-9]+(?:\.[0-9]+)?|\s+|.', re.DOTALL
)
_RAW: Final = "\x01raw\x01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """How the examples of one format are damaged."""

    examples: tuple[bytes, ...]
    """Valid inputs; at least one."""
    words: tuple[bytes, ...] = ()
    """Pieces that mean something to this parser alone."""
    is_json: bool = False
    """Whether each example, or each of its lines, is JSON."""

    def make(self, random: Random) -> bytes:
        """Return an example with one to four kinds of damage; one in fifty stays whole."""
        data = random.choice(self.examples)
        if random.randrange(50) == 0:
            return data
        for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4))):
            way = random.randrange(10)
            if self.is_json and way < 5:
                data = damaged_json(data, random)
            elif way < 8:
                data = self._damaged_tokens(data, random)
            else:
                data = damaged_bytes(data, random, self.examples)
        return data[:INPUT_BYTES_MAX]

    def _damaged_tokens(self, data: bytes, random: Random) -> bytes:
        tokens = list(_tokens(data))
        if not tokens:
            return random.choice(ODD_TEXT)
        place, other = random.randrange(len(tokens)), random.randrange(len(tokens))
        way = random.randrange(7)
        if way == 0:
            del tokens[place : place + random.choice((1, 1, 2, 5, 50))]
        elif way == 1:
            tokens[place:place] = tokens[other : other + random.choice((1, 3, 20))] * random.choice(
                (1, 1, 2, 300)
            )
        elif way == 2:
            tokens[place], tokens[other] = tokens[other], tokens[place]
        elif way == 3:
            tokens[place] = tokens[other]
        else:
            pool = (*ODD_TEXT, *self.words) if way < 6 else tuple(odd.encode() for odd in ODD_JSON)
            tokens[place] = random.choice(pool)
        return b"".join(tokens)


@lru_cache(maxsize=256)
def _tokens(data: bytes) -> tuple[bytes, ...]:
    return tuple(_TOKEN.findall(data[:INPUT_BYTES_MAX]))


def damaged_bytes(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Return bytes with one place flipped, cut, copied, filled, or spliced with another example."""
    if not data:
        return random.choice(ODD_TEXT)
    start = random.randrange(len(data))
    end = min(len(data), start + random.choice((1, 2, 4, 16, 256)))
    way = random.randrange(7)
    if way <= 1:
        return data[:start] + bytes([data[start] ^ 1 << random.randrange(8)]) + data[start + 1 :]
    if way == 2:
        return data[:start]
    if way == 3:
        return data[:start] + data[end:]
    if way == 4:
        return data[:start] + data[start:end] * random.choice((2, 3, 1_000)) + data[end:]
    if way == 5:
        other = random.choice(others)
        return data[:start] + other[random.randrange(len(other) + 1) :]
    return data[:start] + random.choice(ODD_TEXT) + data[end:]


def damaged_json(data: bytes, random: Random) -> bytes:
    """Return JSON, or a line of JSON lines, with one value or member that is not as it should be."""
    lines = data.split(b"\n") if _parsed(data) is None else [data]
    place = random.randrange(len(lines))
    tree = _parsed(lines[place])
    if tree is None:
        return data
    # A copy: what is remembered must not be changed.
    value: Json = json.loads(json.dumps(tree[0]))
    odd = random.choice(ODD_JSON)
    edited = _edited(value, random)
    text = json.dumps(edited, ensure_ascii=random.random() < 0.5, separators=(",", ":"))
    lines[place] = text.replace(json.dumps(_RAW), odd).encode("utf-8", "surrogatepass")
    return b"\n".join(lines)


@lru_cache(maxsize=1_024)
def _parsed(data: bytes) -> tuple[Json] | None:
    if len(data) > 50_000:
        return None
    try:
        return (json.loads(data),)
    except (ValueError, RecursionError):
        return None


def _edited(root: Json, random: Random) -> Json:
    """Return a tree with one edit somewhere; the way there is a random walk."""
    if not isinstance(root, (list, dict)) or not root or random.randrange(12) == 0:
        return _RAW
    node: list[Json] | dict[str, Json] = root
    while True:
        key: int | str = random.randrange(len(node)) if isinstance(node, list) else random.choice(list(node))
        below = node[key]  # type: ignore[index] # the key was chosen from this very node
        if isinstance(below, (list, dict)) and below and random.randrange(4):
            node = below
            continue
        _edit(node, key, random)
        return root


def _edit(node: "list[Json] | dict[str, Json]", key: int | str, random: Random) -> None:
    way = random.randrange(8)
    if isinstance(node, list):
        place = int(key)
        if way == 0:
            del node[place]
        elif way == 1:
            node.extend([node[place]] * random.choice((1, 200)))
        elif way == 2:
            node[place] = node[random.randrange(len(node))]
        else:
            node[place] = _RAW
        return
    name = str(key)
    if way == 0:
        del node[name]
    elif way == 1:
        node[random.choice((name + "x", "", name.upper(), "\ud800", "x" * 300, "\x00"))] = node.pop(name)
    elif way == 2:
        node[name] = node[random.choice(list(node))]
    elif way == 3:
        node[name] = [node[name]]
    else:
        node[name] = _RAW

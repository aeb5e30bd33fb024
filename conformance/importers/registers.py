"""Public histories of registers and key-value stores, judged by the same search for an order.

A Jepsen history is a list of EDN maps, ``{:process 0 :type :invoke :f :write :value 3}``, and the reply
to it by the same process: ``:ok``, ``:fail`` (it did not happen) or ``:info`` (nobody knows). The logs
that Porcupine is tested with are lines for a register, ``INFO jepsen.util - 0 :invoke :write 3``, where
a failed ``cas`` says that the value was another one, and maps for a key-value store, ``{:process 0,
:type :invoke, :f :put, :key "x", :value "y"}``. A register has ``read``, ``write`` and ``cas``; a store
has ``get``, ``put`` and ``append``. Keys are independent of each other and are judged one by one.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from billproof.conformance.errors import KitInputError
from billproof.conformance.importers.edn import Edn, read_edn
from billproof.conformance.linearize import Answer, Item, Order, find_order

BUDGET: Final = 5_000_000
"""How many times a register may be asked: it costs next to nothing."""

REGISTER: Final = frozenset({"read", "write", "cas"})
"""What is done to a register."""

STORE: Final = frozenset({"get", "put", "append"})
"""What is done to a key of a store."""

_LINE: Final = re.compile(r"INFO\s+jepsen\.util\s+-\s+(\d+)\s+:(invoke|ok|fail|info)\s+:(\w+)\s*(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a history."""

    process: str
    type: str
    function: str
    key: str
    value: Edn
    tells_failure: bool = False
    """Whether a failed ``cas`` says that the value was another one."""


@dataclass(frozen=False, slots=True, kw_only=True)
class _Open:
    event: Event
    begin: int
    end: int | None = None
    returned: Edn = None
    is_failed: bool = False
    is_refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterVerdict:
    """What a public history shows."""

    order: Order
    operations: int
    keys: int
    illegal: tuple[str, ...] = field(default_factory=tuple)
    """The keys that have no order."""


def read_events(path: Path) -> list[Event]:
    """Read a history in either form.

    Raises:
        KitInputError: It is neither.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KitInputError(str(path), "", f"cannot be read: {error}", "name a text file") from error
    lines = [match for line in text.splitlines() if (match := _LINE.search(line)) is not None]
    if lines:
        return _checked([_of_line(match, str(path)) for match in lines], str(path))
    events: list[Event] = []
    for value in read_edn(text, str(path)):
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and "process" in item and "type" in item:
                events.append(_of_map(item))
    if not events:
        raise KitInputError(
            str(path), "", "has no event of a history", "give EDN maps or lines of jepsen.util"
        )
    return _checked(events, str(path))


def _checked(events: list[Event], source: str) -> list[Event]:
    """Return the events of clients; what is no history of registers or stores must not pass for ordered."""
    kept: list[Event] = []
    busy: set[str] = set()
    kinds: dict[str, frozenset[str]] = {}
    for number, event in enumerate(events, 1):
        if not event.process.isdigit():
            # The nemesis, which does no operation.
            continue
        problem = _problem(event, busy, kinds.setdefault(event.key, _kind(event.function)))
        if problem:
            raise KitInputError(source, f"event {number}", problem, "give a history of a register or a store")
        if event.type == "invoke":
            busy.add(event.process)
        else:
            busy.discard(event.process)
        kept.append(event)
    return kept


def _problem(event: Event, busy: set[str], kind: frozenset[str]) -> str:
    """Return what is wrong with an event, empty if nothing is."""
    if event.function not in REGISTER | STORE:
        return f":f :{event.function} is none of {', '.join(sorted(REGISTER | STORE))}"
    if event.function not in kind:
        return f":{event.function} is of another kind than what was done to the key before"
    if event.function == "cas" and not (isinstance(event.value, list) and len(event.value) == 2):
        return "a cas has no pair of values"
    if event.type not in ("invoke", "ok", "fail", "info"):
        return f":type :{event.type} is none of invoke, ok, fail, info"
    if (event.type == "invoke") == (event.process in busy):
        return (
            f"process {event.process} {'has an operation open' if event.process in busy else 'has none open'}"
        )
    return ""


def _kind(function: str) -> frozenset[str]:
    return STORE if function in STORE else REGISTER


def _of_line(match: re.Match[str], source: str) -> Event:
    values = list(read_edn(match[4], source))
    value = values[0] if values else None
    return Event(process=match[1], type=match[2], function=match[3], key="", value=value, tells_failure=True)


def _of_map(item: dict[str, Edn]) -> Event:
    key, value = str(item.get("key", "")), item.get("value")
    function = str(item.get("f"))
    if (
        isinstance(value, list)
        and len(value) == 2
        and "key" not in item
        and function in ("read", "write", "cas")
    ):
        # Jepsen's independent keys: the value is [key value]; a cas of one register is a pair too.
        is_keyed = function != "cas" or isinstance(value[1], list)
        if is_keyed:
            key, value = str(value[0]), value[1]
    return Event(
        process=str(item["process"]), type=str(item["type"]), function=function, key=key, value=value
    )


def judge_registers(events: Iterable[Event], budget: int = BUDGET) -> RegisterVerdict:
    """Search an order for the operations on each key."""
    by_key: dict[str, list[_Open]] = {}
    total = 0
    for done in _paired(events):
        if not done.is_failed:
            by_key.setdefault(done.event.key, []).append(done)
            total += 1
    answers = {key: _search(operations, budget) for key, operations in by_key.items()}
    illegal = tuple(key for key, answer in answers.items() if answer.order == Order.ILLEGAL)
    orders = {answer.order for answer in answers.values()}
    order = next((o for o in (Order.ILLEGAL, Order.UNKNOWN) if o in orders), Order.ORDERED)
    return RegisterVerdict(order=order, operations=total, keys=len(by_key), illegal=illegal)


def _paired(events: Iterable[Event]) -> Iterator[_Open]:
    open_by: dict[str, _Open] = {}
    every: list[_Open] = []
    for tick, event in enumerate(events):
        if event.type == "invoke":
            made = _Open(event=event, begin=tick)
            open_by[event.process] = made
            every.append(made)
            continue
        begun = open_by.pop(event.process)
        if event.type == "ok":
            begun.end, begun.returned = tick, event.value
        elif event.type == "fail" and event.tells_failure and event.function == "cas":
            begun.end, begun.is_refused = tick, True
        elif event.type == "fail":
            begun.is_failed = True
    yield from every


def _search(operations: list[_Open], budget: int) -> Answer:
    items = []
    for number, operation in enumerate(operations):
        if operation.end is None and operation.event.function in ("read", "get"):
            continue
        apply: Callable[[str], str | None] = partial(_apply, operation)
        items.append(Item(index=number, begin=operation.begin, end=operation.end, apply=apply))
    is_store = any(operation.event.function in ("get", "put", "append") for operation in operations)
    return find_order(items, "" if is_store else "nil", str, budget)


def _apply(operation: _Open, state: str) -> str | None:
    function, given = operation.event.function, operation.event.value
    if function in ("read", "get"):
        return state if state == _shown(operation.returned, is_store=function == "get") else None
    if function in ("write", "put"):
        return _shown(given, is_store=function == "put")
    if function == "append":
        return state + _shown(given, is_store=True)
    assert isinstance(given, list), "a cas has a pair of values, as was checked"
    if operation.is_refused:
        return state if state != _shown(given[0]) else None
    return _shown(given[1]) if state == _shown(given[0]) else None


def _shown(value: Edn, *, is_store: bool = False) -> str:
    if value is None:
        return "" if is_store else "nil"
    return str(value)

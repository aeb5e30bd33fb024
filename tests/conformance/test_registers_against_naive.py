"""Public histories are judged as by an independent checker that tries every order."""

import itertools
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from billproof.conformance.errors import KitInputError
from billproof.conformance.importers.registers import judge_registers, read_events
from billproof.conformance.linearize import Order

CLIENTS = 3
OPERATIONS = 6


@dataclass(frozen=False, slots=True, kw_only=True)
class Done:
    """One operation as a client saw it."""

    client: int
    function: str
    given: str
    begin: int
    end: int
    told: str = ""
    outcome: str = "ok"


def is_ordered(done: list[Done], *, is_store: bool) -> bool:
    """Try every order of every choice of what is in doubt: nothing is shared with the kit."""
    sure = [one for one in done if one.outcome == "ok"]
    doubtful = [one for one in done if one.outcome == "info"]
    for size in range(len(doubtful) + 1):
        for some in itertools.combinations(doubtful, size):
            if any(_explains(order, is_store=is_store) for order in itertools.permutations([*sure, *some])):
                return True
    return False


def _explains(order: tuple[Done, ...], *, is_store: bool) -> bool:
    for place, one in enumerate(order):
        if any(later.outcome == "ok" and later.end < one.begin for later in order[place + 1 :]):
            return False
    state = "" if is_store else "nil"
    for one in order:
        if one.function in ("read", "get"):
            if one.outcome == "ok" and one.told != state:
                return False
        elif one.function in ("write", "put"):
            state = one.given
        elif one.function == "append":
            state += one.given
        else:
            expected, new = one.given.split()
            if state != expected:
                return False
            state = new
    return True


def played(draw: random.Random, *, is_store: bool) -> list[Done]:
    """Play clients against one register or key that now and then answers from the past or forgets."""
    clock = itertools.count(1)
    state, before = "" if is_store else "nil", "" if is_store else "nil"
    done: list[Done] = []
    open_: dict[int, Done] = {}
    while len(done) < OPERATIONS or open_:
        client = draw.randrange(CLIENTS)
        if client not in open_:
            if len(done) >= OPERATIONS:
                client = next(iter(open_))
            else:
                functions = ("get", "put", "append") if is_store else ("read", "write", "cas")
                function = draw.choice((functions[0], *functions))
                given = {"cas": f"{draw.randrange(3)} {draw.randrange(3)}"}.get(
                    function, str(draw.randrange(3))
                )
                one = Done(client=client, function=function, given=given, begin=next(clock), end=0)
                done.append(one)
                open_[client] = one
                continue
        one = open_.pop(client)
        one.end = next(clock)
        forgets, is_old = draw.random() < 0.1, draw.random() < 0.2
        if one.function in ("read", "get"):
            one.told = before if is_old else state
        elif one.function == "cas" and state != one.given.split()[0]:
            one.outcome = "fail"
        elif not forgets:
            before = state
            state = {"cas": one.given.split()[-1], "append": state + one.given}.get(one.function, one.given)
        if draw.random() < 0.15:
            one.outcome = "info"
    return done


def written(done: list[Done]) -> str:
    """Return a history as Jepsen writes it; who is in doubt goes on under another number."""
    lines: list[tuple[int, str]] = [(0, "{:process :nemesis :type :info :f :start :value nil}")]
    for number, one in enumerate(done):
        process = one.client + CLIENTS * number
        is_read = one.function in ("read", "get")
        value = f"[{one.given}]" if one.function == "cas" else one.given
        shown = {"get": f'"{one.told}"', "put": f'"{value}"', "append": f'"{value}"', "read": one.told}
        key = ', :key "x"' if one.function in ("get", "put", "append") else ""
        given = "nil" if is_read else shown.get(one.function, value)
        told = shown.get(one.function, value) if one.outcome == "ok" else given
        head = f"{{:process {process}, :f :{one.function}{key}"
        lines.append((one.begin, f"{head}, :type :invoke, :value {given}}}"))
        lines.append((one.end, f"{head}, :type :{one.outcome}, :value {told}}}"))
    return "\n".join(line for _, line in sorted(lines))


@pytest.mark.parametrize("kind", ["register", "store"])
def test_hundreds_of_histories_are_judged_as_by_trying_every_order(kind: str, tmp_path: Path) -> None:
    path, seen, is_store = tmp_path / "history.edn", {True: 0, False: 0}, kind == "store"
    for seed in range(200):
        done = played(random.Random(seed), is_store=is_store)  # noqa: S311 - a test is no secret
        path.write_text(written(done), "utf-8")
        wanted = is_ordered(done, is_store=is_store)
        assert (judge_registers(read_events(path)).order == Order.ORDERED) == wanted, seed
        seen[wanted] += 1
    assert min(seen.values()) > 20, seen


@pytest.mark.parametrize(
    "text",
    [
        "{:process 0 :type :invoke :f :txn :value [[:append 1 2]]}",
        "{:process 0 :type :invoke :f :cas :value 1}",
        "{:process 0 :type :ok :f :read :value 1}",
        "{:process 0 :type :invoke :f :read :value nil} {:process 0 :type :invoke :f :read :value nil}",
        "{:process 0 :type :maybe :f :read :value nil}",
        "{:process 0 :type :invoke :f :write :value 1} {:process 1 :type :invoke :f :get :value nil}",
    ],
)
def test_what_is_no_history_of_registers_is_refused_and_not_ordered(text: str, tmp_path: Path) -> None:
    path = tmp_path / "history.edn"
    path.write_text(text, "utf-8")
    with pytest.raises(KitInputError):
        read_events(path)

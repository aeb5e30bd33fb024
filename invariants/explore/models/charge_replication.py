"""Keyed charges with retries, a primary that replicates, and a crash that promotes the replica.

Clients send each keyed charge at least once over a network that loses requests and replies. The leader
applies a key once, queues it for the follower, and replies; with ``sync_ack`` it replies only after the
charge has been shipped. A crash drops what was not shipped and what was not yet answered, and the follower
leads, followed by a copy of itself.

Sites are told apart by what they do, leader or follower, and not by number: a crash exchanges the two, so
the number of the leader follows from the number of crashes and adds no state.

Source: the protocol for the peers TLC and SPIN that ``benchmarks/explore.py`` runs; five independent engines
agree on its counts.
"""

from dataclasses import dataclass, replace
from functools import partial
from itertools import permutations, product

from billproof.invariants.explore.models.model import (
    Field,
    Invariant,
    Model,
    Relabelling,
    Symmetry,
    actions_of,
    put,
)

OPERATION = "operation"
CLIENT = "client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The size of the world, and whether a reply waits for the follower."""

    clients: int = 2
    keys: int = 2
    sends: int = 2
    """How often a client may send one operation."""
    crashes: int = 1
    sync_ack: bool = True

    @property
    def operations(self) -> int:
        """Number of operations: every client has its own keys."""
        return self.clients * self.keys

    def client_of(self, operation: int) -> int:
        """Return whose operation it is."""
        return operation // self.keys

    def operations_of(self, client: int) -> range:
        """Return the operations of a client."""
        return range(client * self.keys, (client + 1) * self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Clients, network, leader, follower, and the queue between them."""

    tries: tuple[int, ...]
    """How often each operation was sent."""
    requests: tuple[int, ...]
    """How many copies of it are under way."""
    done: tuple[bool, ...]
    """Whether its client has had the reply."""
    replies: tuple[bool, ...]
    """Whether a reply is under way."""
    pending: tuple[bool, ...]
    """Whether the leader owes a reply."""
    applied: tuple[bool, ...]
    """The keys that the leader has seen."""
    copied: tuple[bool, ...]
    """The keys that the follower has seen."""
    charged: tuple[int, ...]
    """What the leader has charged each client."""
    charged_copy: tuple[int, ...]
    """What the follower has charged each client."""
    queue: tuple[int, ...]
    """The operations to be shipped, first one first, by their number and one; 0 is an empty place."""
    crashes: int


def can_send(setting: Setting, state: State, operation: int) -> bool:
    """A client retries until it has its reply or has tried often enough."""
    return not state.done[operation] and state.tries[operation] < setting.sends


def send(state: State, operation: int) -> State:
    """Put a copy on the network."""
    return replace(
        state,
        tries=put(state.tries, operation, state.tries[operation] + 1),
        requests=put(state.requests, operation, state.requests[operation] + 1),
    )


def can_arrive(state: State, operation: int) -> bool:
    """Only what is under way arrives, or is lost."""
    return state.requests[operation] > 0


def drop(state: State, operation: int) -> State:
    """Lose one copy of a request."""
    return replace(state, requests=put(state.requests, operation, state.requests[operation] - 1))


def apply(setting: Setting, state: State, operation: int) -> State:
    """Charge at the leader unless the key is known, and owe a reply in either case."""
    heard = replace(
        state,
        requests=put(state.requests, operation, state.requests[operation] - 1),
        pending=put(state.pending, operation, True),
    )
    if state.applied[operation]:
        return heard
    client = setting.client_of(operation)
    return replace(
        heard,
        applied=put(state.applied, operation, True),
        charged=put(state.charged, client, state.charged[client] + 1),
        queue=append(state.queue, operation + 1),
    )


def append(queue: tuple[int, ...], entry: int) -> tuple[int, ...]:
    """Return a queue with an entry at its first empty place."""
    for place, here in enumerate(queue):
        if here == 0:
            return put(queue, place, entry)
    raise OverflowError(f"no place for {entry} in {queue}: a key is queued twice")


def can_ship(state: State, _: int) -> bool:
    """There is something to ship."""
    return state.queue[0] != 0


def ship(setting: Setting, state: State, _: int) -> State:
    """Apply the first of the queue at the follower."""
    rest = (*state.queue[1:], 0)
    for operation in range(setting.operations):
        if state.queue[0] == operation + 1:
            client = setting.client_of(operation)
            return replace(
                state,
                copied=put(state.copied, operation, True),
                charged_copy=put(state.charged_copy, client, state.charged_copy[client] + 1),
                queue=rest,
            )
    raise LookupError(f"no operation {state.queue[0]!r}")


def can_reply(setting: Setting, state: State, operation: int) -> bool:
    """With ``sync_ack``, not while the charge waits to be shipped."""
    if not state.pending[operation]:
        return False
    return not setting.sync_ack or not any(entry == operation + 1 for entry in state.queue)


def reply(state: State, operation: int) -> State:
    """Put the reply on the network."""
    return replace(
        state,
        pending=put(state.pending, operation, False),
        replies=put(state.replies, operation, True),
    )


def can_receive(state: State, operation: int) -> bool:
    """Only a reply that is under way is received, or lost."""
    return state.replies[operation]


def receive(state: State, operation: int) -> State:
    """Let the client have its reply."""
    return replace(state, replies=put(state.replies, operation, False), done=put(state.done, operation, True))


def drop_reply(state: State, operation: int) -> State:
    """Lose a reply."""
    return replace(state, replies=put(state.replies, operation, False))


def can_crash(setting: Setting, state: State, _: int) -> bool:
    """So many crashes, and no more."""
    return state.crashes < setting.crashes


def crash(state: State, _: int) -> State:
    """Promote the follower; what was not shipped or not answered is gone."""
    return replace(
        state,
        applied=state.copied,
        charged=state.charged_copy,
        pending=tuple(False for _ in state.pending),
        queue=tuple(0 for _ in state.queue),
        crashes=state.crashes + 1,
    )


def is_charged_once(setting: Setting, state: State, client: int) -> bool:
    """Both sites have charged a client once for each key they have seen."""
    operations = setting.operations_of(client)
    return state.charged[client] == sum(1 if state.applied[number] else 0 for number in operations) and (
        state.charged_copy[client] == sum(1 if state.copied[number] else 0 for number in operations)
    )


def is_durable(state: State, operation: int) -> bool:
    """What a client was told is done, the leader knows."""
    return not state.done[operation] or state.applied[operation]


def charge_replication(setting: Setting) -> Model[State]:
    """Return the protocol at a setting."""
    count, clients = setting.operations, setting.clients
    each = tuple(
        f"client {setting.client_of(number) + 1} key {number % setting.keys + 1}" for number in range(count)
    )
    no, none = (False,) * count, (0,) * clients
    return Model(
        name="charge-replication",
        story="keyed charges with retries, an asynchronous replica and a fail-over",
        settings={
            "clients": clients, "keys": setting.keys, "sends": setting.sends,
            "crashes": setting.crashes, "sync_ack": setting.sync_ack,
        },
        fields=fields_of(setting),
        initial=State(
            tries=(0,) * count, requests=(0,) * count, done=no, replies=no, pending=no, applied=no, copied=no,
            charged=none, charged_copy=none, queue=(0,) * count, crashes=0,
        ),
        actions=(
            *actions_of("send", each, can=partial(can_send, setting), do=send, kind=OPERATION),
            *actions_of("lose request", each, can=can_arrive, do=drop, kind=OPERATION),
            *actions_of("apply", each, can=can_arrive, do=partial(apply, setting), kind=OPERATION),
            *actions_of("reply", each, can=partial(can_reply, setting), do=reply, kind=OPERATION),
            *actions_of("receive reply", each, can=can_receive, do=receive, kind=OPERATION),
            *actions_of("lose reply", each, can=can_receive, do=drop_reply, kind=OPERATION),
            *actions_of("ship", ("",), can=can_ship, do=partial(ship, setting)),
            *actions_of("crash", ("",), can=partial(can_crash, setting), do=crash),
        ),
        invariants=(
            Invariant(
                name="NoDoubleCharge", statement="each site has charged a client once for each key it saw",
                kind=CLIENT, arguments=tuple(range(clients)), holds=partial(is_charged_once, setting),
            ),
            Invariant(
                name="AckDurable", statement="what a client was told is done, the leader knows",
                kind=OPERATION, arguments=tuple(range(count)), holds=is_durable,
            ),
        ),
        symmetry=symmetry_of(setting),
    )  # fmt: skip


def fields_of(setting: Setting) -> tuple[Field, ...]:
    """Return what the fields hold at a setting."""
    count, clients = setting.operations, setting.clients
    flags = ("done", "replies", "pending", "applied", "copied")
    return (
        Field(name="tries", highest=setting.sends, places=count, indexed_by=OPERATION),
        Field(name="requests", highest=setting.sends, places=count, indexed_by=OPERATION),
        *(Field(name=name, is_flag=True, places=count, indexed_by=OPERATION) for name in flags),
        Field(name="charged", highest=setting.keys, places=clients, indexed_by=CLIENT),
        Field(name="charged_copy", highest=setting.keys, places=clients, indexed_by=CLIENT),
        Field(name="queue", highest=count, places=count, names=OPERATION),
        Field(name="crashes", highest=setting.crashes),
    )


def symmetry_of(setting: Setting) -> Symmetry:
    """Return the symmetry: clients are interchangeable, and so are the keys of each client."""
    found: list[Relabelling] = []
    keys = range(setting.keys)
    for clients, *orders in product(
        permutations(range(setting.clients)), *[tuple(permutations(keys))] * setting.clients
    ):
        operations = tuple(
            clients[client] * setting.keys + orders[client][key]
            for client in range(setting.clients)
            for key in keys
        )
        found.append({CLIENT: clients, OPERATION: operations})
    # All of them, not only generators: the group is small, and then nothing has to be closed.
    return Symmetry(generators=tuple(found))

"""Memorystore: a copy of what a store said some time ago.

Theory of operation. A value is kept until its time to live has passed, it is pushed out, or the cache
restarts empty. Nobody tells the cache that the store has changed.

Source: ``system.md`` section 2; LF-02, XA-70, G-12.
"""

from dataclasses import dataclass, replace
from typing import Final, Generic, NamedTuple, TypeVar

from billproof.model.identifiers import Instant
from billproof.model.platform.law import Law, SharpEdge
from billproof.model.platform.table import Table
from billproof.model.platform.units import Micros, RowKey

V = TypeVar("V")


class Kept(NamedTuple, Generic[V]):
    """A value and when it was read from the store."""

    value: V
    fetched: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache(Generic[V]):
    """One cache."""

    time_to_live: Micros
    kept: Table[Kept[V]]


def new_cache(time_to_live: Micros) -> "Cache[V]":
    """Return an empty cache."""
    return Cache(time_to_live=time_to_live, kept=Table())


def look_up(cache: "Cache[V]", key: RowKey, now: Instant) -> V | None:
    """Return the value, or None if it must be read from the store."""
    kept = cache.kept.get(key)
    if kept is None or now - kept.fetched >= cache.time_to_live:
        return None
    return kept.value


def keep(cache: "Cache[V]", key: RowKey, value: V, now: Instant) -> "Cache[V]":
    """Keep what was just read from the store."""
    return replace(cache, kept=cache.kept.put(key, Kept(value, now)))


def push_out(cache: "Cache[V]", key: RowKey) -> "Cache[V]":
    """Drop a value, for want of room or because its writer asks."""
    return replace(cache, kept=cache.kept.without(key))


def restart(cache: "Cache[V]") -> "Cache[V]":
    """Drop everything."""
    return replace(cache, kept=Table())


class Seen(NamedTuple):
    """A cache beside its store, for the law: what each key was, since when, and what the cache answers."""

    cache: Cache[int]
    truth: tuple[tuple[Instant, int], ...]
    """The values of key 0 in the store, each with the time from which it held; oldest first."""
    now: Instant


def answers_are_recent(before: Seen, after: Seen) -> bool:
    """Tell whether an answer was the truth at some moment less than a time to live ago."""
    del before
    answer = look_up(after.cache, RowKey(0), after.now)
    if answer is None:
        return True
    horizon = after.now - after.cache.time_to_live
    ends = [since for since, _ in after.truth[1:]] + [Instant(after.now + 1)]
    return any(
        value == answer and since <= after.now and end > horizon
        for (since, value), end in zip(after.truth, ends, strict=True)
    )


LAWS: Final[tuple[Law[Seen], ...]] = (
    Law(
        name="staleness_bounded",
        statement="an answer was true at some moment less than the time to live ago",
        source="LF-02, XA-70",
        holds=answers_are_recent,
    ),
)

SHARP_EDGES: Final = (
    SharpEdge(
        name="suspension_waits_for_expiry",
        statement="a customer that was suspended is served until the cached status expires",
        source="LF-02, T5-D3, XA-70, G-12",
    ),
)

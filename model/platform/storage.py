"""Cloud Storage: objects that are written once, and how firmly: retention, locked or not, and versioning.

Theory of operation. A name has a live object or none, and with versioning on also the ones before it. An
object under retention can be neither replaced nor deleted before its age has passed, by anybody. But the
policy is the administrator's to shorten or remove until it is locked; a locked one can only be lengthened.
Without retention a replacement is final where versioning is off, and where it is on the older object stays
until somebody deletes it.

Choices. "Versioning disabled" (LF-06) is no protection: it is what makes an overwrite final (XA-38).

Source: ``system.md`` section 2; LF-06, T3-A2, XA-38, BK-02 [E1].
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final, NamedTuple

from billproof.model.identifiers import Count, Instant
from billproof.model.platform.law import Law, SharpEdge
from billproof.model.platform.table import Table
from billproof.model.platform.units import ContentNumber, Micros, RowKey


class Answer(IntEnum):
    """What an operation comes to."""

    DONE = 0
    NOT_FOUND = 1
    """There is no such object."""
    EXISTS = 2
    """The name has an object and the write demanded that it had none."""
    RETAINED = 3
    """The object has not reached its age; not even an administrator may."""
    LOCKED = 4
    """The policy is locked and would be shortened."""


class Stored(NamedTuple):
    """One object."""

    content: ContentNumber
    generation: Count
    """How often its name was written, from 1."""
    created: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """One bucket."""

    retention: Micros
    """How old an object must be before it may go; 0 for no policy."""
    locked: bool
    versioning: bool
    live: Table[Stored]
    older: Table[tuple[Stored, ...]]
    """By name: what was replaced or deleted and is kept by versioning, oldest first."""
    generations: Table[Count]
    """By name: how often it was written."""


def new_bucket(retention: Micros, *, locked: bool, versioning: bool) -> Bucket:
    """Return an empty bucket."""
    return Bucket(
        retention=retention,
        locked=locked,
        versioning=versioning,
        live=Table(),
        older=Table(),
        generations=Table(),
    )


def is_retained(bucket: Bucket, stored: Stored, now: Instant) -> bool:
    """Tell whether an object has not reached its age."""
    return now - stored.created < bucket.retention


def put(
    bucket: Bucket, name: RowKey, content: ContentNumber, now: Instant, *, must_be_new: bool
) -> tuple[Bucket, Answer]:
    """Write an object; with ``must_be_new`` only where there is none."""
    there = bucket.live.get(name)
    if there is not None:
        if must_be_new:
            return bucket, Answer.EXISTS
        if is_retained(bucket, there, now):
            return bucket, Answer.RETAINED
    generation = Count((bucket.generations.get(name) or 0) + 1)
    emptied = _moved_away(bucket, name, there)
    return (
        Bucket(
            retention=bucket.retention,
            locked=bucket.locked,
            versioning=bucket.versioning,
            live=emptied.live.put(name, Stored(content, generation, now)),
            older=emptied.older,
            generations=bucket.generations.put(name, generation),
        ),
        Answer.DONE,
    )


def delete(bucket: Bucket, name: RowKey, now: Instant) -> tuple[Bucket, Answer]:
    """Delete the live object of a name, as anybody with that permission may."""
    there = bucket.live.get(name)
    if there is None:
        return bucket, Answer.NOT_FOUND
    if is_retained(bucket, there, now):
        return bucket, Answer.RETAINED
    return _moved_away(bucket, name, there), Answer.DONE


def purge_older(bucket: Bucket, name: RowKey, now: Instant) -> tuple[Bucket, Answer]:
    """Delete the oldest of the objects that versioning kept of a name."""
    kept = bucket.older.get(name)
    if kept is None:
        return bucket, Answer.NOT_FOUND
    if is_retained(bucket, kept[0], now):
        return bucket, Answer.RETAINED
    older = bucket.older.put(name, kept[1:]) if kept[1:] else bucket.older.without(name)
    return replace(bucket, older=older), Answer.DONE


def set_retention(bucket: Bucket, retention: Micros) -> tuple[Bucket, Answer]:
    """Change the policy, as an administrator may; a locked one only to a longer age."""
    if bucket.locked and retention < bucket.retention:
        return bucket, Answer.LOCKED
    return replace(bucket, retention=retention), Answer.DONE


def lock(bucket: Bucket) -> tuple[Bucket, Answer]:
    """Lock the policy; that cannot be undone, and without a policy there is nothing to lock."""
    if bucket.retention == 0:
        return bucket, Answer.NOT_FOUND
    return replace(bucket, locked=True), Answer.DONE


def set_versioning(bucket: Bucket, *, versioning: bool) -> Bucket:
    """Turn versioning on or off; what it kept so far stays."""
    return replace(bucket, versioning=versioning)


def _moved_away(bucket: Bucket, name: RowKey, there: Stored | None) -> Bucket:
    if there is None:
        return bucket
    older = bucket.older
    if bucket.versioning:
        older = older.put(name, (*(older.get(name) or ()), there))
    return replace(bucket, live=bucket.live.without(name), older=older)


class Seen(NamedTuple):
    """A bucket and the time: what a law about ages needs."""

    bucket: Bucket
    now: Instant


def locked_objects_stay(before: Seen, after: Seen) -> bool:
    """Tell whether under a locked policy every object younger than the age is as it was."""
    if not before.bucket.locked:
        return True
    for name, stored in before.bucket.live.items():
        if is_retained(before.bucket, stored, after.now) and after.bucket.live.get(name) != stored:
            return False
    return True


def locked_policy_never_shrinks(before: Seen, after: Seen) -> bool:
    """Tell whether a locked policy stayed locked and did not become shorter."""
    old, new = before.bucket, after.bucket
    return not old.locked or (new.locked and new.retention >= old.retention)


def retained_objects_stay_under_their_policy(before: Seen, after: Seen) -> bool:
    """Tell whether, while the policy is not changed, no younger object was replaced or deleted."""
    old, new = before.bucket, after.bucket
    if new.retention < old.retention:
        return True
    return all(
        new.live.get(name) == stored or not is_retained(old, stored, after.now)
        for name, stored in old.live.items()
    )


LAWS: Final[tuple[Law[Seen], ...]] = (
    Law(
        name="locked_objects_stay",
        statement="under a locked policy an object is what was written until it has its age, for everybody",
        source="E1, T3-A2",
        holds=locked_objects_stay,
    ),
    Law(
        name="locked_policy_stays",
        statement="a locked policy is never unlocked or shortened",
        source="E1",
        holds=locked_policy_never_shrinks,
    ),
    Law(
        name="retained_objects_stay",
        statement="an object under retention is not replaced or deleted while the policy stands",
        source="E1",
        holds=retained_objects_stay_under_their_policy,
    ),
)

SHARP_EDGES: Final = (
    SharpEdge(
        name="unlocked_policy_protects_from_all_but_its_administrator",
        statement="an administrator shortens an unlocked policy and then rewrites the archive",
        source="XA-38, G-09",
    ),
    SharpEdge(
        name="versioning_disabled_makes_overwrites_final",
        statement="without retention and versioning an overwrite leaves no trace of what was there",
        source="LF-06, XA-38",
    ),
    SharpEdge(
        name="versioning_is_no_retention",
        statement="what versioning keeps, somebody with the permission deletes",
        source="XA-38",
    ),
)

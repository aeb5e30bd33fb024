"""Which of 2f+1 failure domains hold which prefix of one log, and whether a commit survives.

Theory of operation. Every commit is a number; a domain holds a prefix, known by its length. A commit needs
a majority of all domains that are up, whole and up to date; it is held by those and by no other until they
catch up. A domain that lost its storage is not whole: it may not vote as if it knew, and is whole again
only when it has copied everything committed from a majority. If a majority is gone for good, an operator
may start again from what is left, by force; what was committed and is not there is then lost, and counted.

Choices. The election and the two phases of the protocol below a commit are not modelled: the platform
promises their result. That a reply may be lost is a choice of the caller (``spanner.commit``).

Source: C1, C2; R2.1, R9 (a replica that lost its disk may not vote); T2-P3 (2 of 3 replicas).
"""

from dataclasses import dataclass
from typing import Final

from billproof.model.identifiers import Count
from billproof.model.platform.law import Assumption, Law, SharpEdge
from billproof.model.platform.units import (
    NO_COMMIT,
    CommitNumber,
    DomainIndex,
    Mask,
    all_below,
    is_in,
    with_number,
    without_number,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumLog:
    """Where the commits of one store are."""

    committed: CommitNumber
    """The last commit."""
    held: tuple[CommitNumber, ...]
    """By domain: the length of the prefix that its storage has."""
    up: Mask
    """Which domains can be reached."""
    whole: Mask
    """Which domains have what they ever had: only these vote."""
    lost: Count
    """Commits that a forced restart gave up."""


def new_log(domains: Count) -> QuorumLog:
    """Return an empty log over so many domains, all up."""
    everyone = all_below(domains)
    held = (CommitNumber(0),) * domains
    return QuorumLog(committed=CommitNumber(0), held=held, up=everyone, whole=everyone, lost=Count(0))


def majority(log: QuorumLog) -> Count:
    """Return how many domains a commit needs: more than half of all, whatever is up."""
    return Count(len(log.held) // 2 + 1)


def losses_tolerated(log: QuorumLog) -> Count:
    """Return f: how many domains may lose their storage."""
    return Count((len(log.held) - 1) // 2)


def voters(log: QuorumLog, answering: Mask) -> Mask:
    """Return which of the answering domains may vote for the next commit."""
    able = Mask(answering & log.up & log.whole)
    committed = log.committed
    for domain, held in enumerate(log.held):
        if held != committed:
            able = without_number(able, domain)
    return able


def is_available(log: QuorumLog, answering: Mask) -> bool:
    """Tell whether these domains can commit and serve strong reads."""
    return voters(log, answering).bit_count() >= majority(log)


def commit(log: QuorumLog, answering: Mask) -> QuorumLog | None:
    """Commit one more, or return None if no majority answers; nothing is held then."""
    able = voters(log, answering)
    if able.bit_count() < len(log.held) // 2 + 1:
        return None
    number = CommitNumber(log.committed + 1)
    held = tuple([number if able >> domain & 1 else held for domain, held in enumerate(log.held)])
    return QuorumLog(committed=number, held=held, up=log.up, whole=log.whole, lost=log.lost)


def catch_up(log: QuorumLog, domain: DomainIndex) -> QuorumLog:
    """Let a domain copy what is committed, if it and a majority that knows it are up; else change nothing."""
    if not is_in(log.up, domain) or not is_available(log, log.up):
        return log
    held = (*log.held[:domain], log.committed, *log.held[domain + 1 :])
    whole = with_number(log.whole, domain)
    return QuorumLog(committed=log.committed, held=held, up=log.up, whole=whole, lost=log.lost)


def cut_off(log: QuorumLog, domain: DomainIndex) -> QuorumLog:
    """Let a domain be unreachable: crashed or partitioned; it keeps its storage."""
    return QuorumLog(
        committed=log.committed,
        held=log.held,
        up=without_number(log.up, domain),
        whole=log.whole,
        lost=log.lost,
    )


def bring_back(log: QuorumLog, domain: DomainIndex) -> QuorumLog:
    """Let a domain be reachable again, with what its storage has."""
    return QuorumLog(
        committed=log.committed,
        held=log.held,
        up=with_number(log.up, domain),
        whole=log.whole,
        lost=log.lost,
    )


def lose_storage(log: QuorumLog, domain: DomainIndex) -> QuorumLog:
    """Let a domain lose what it held; it is reachable, and votes no more until it has caught up."""
    held = (*log.held[:domain], CommitNumber(0), *log.held[domain + 1 :])
    whole = without_number(log.whole, domain)
    return QuorumLog(committed=log.committed, held=held, up=log.up, whole=whole, lost=log.lost)


def start_by_force(log: QuorumLog) -> QuorumLog:
    """Start again from the longest prefix that is up, copied to all that are up, asking no majority.

    An operator's last resort. A domain that is not up and held more is not whole when it comes back.
    """
    left = max([held for domain, held in enumerate(log.held) if is_in(log.up, domain)], default=NO_COMMIT)
    whole = log.up
    held = list(log.held)
    for domain, had in enumerate(log.held):
        held[domain] = left if is_in(log.up, domain) else min(had, left)
        if had == left and is_in(log.whole, domain):
            whole = with_number(whole, domain)
    lost = Count(log.lost + log.committed - left)
    return QuorumLog(committed=left, held=tuple(held), up=log.up, whole=whole, lost=lost)


def survives(before: QuorumLog, after: QuorumLog) -> bool:
    """Tell whether some domain has everything committed, while at most f are not whole."""
    del before
    if len(after.held) - after.whole.bit_count() > losses_tolerated(after):
        return True
    return any(held == after.committed for held in after.held)


def quorums_intersect(before: QuorumLog, after: QuorumLog) -> bool:
    """Tell whether every majority of voters has a member that knows the last commit."""
    del before
    behind = sum(
        1 for domain, held in enumerate(after.held) if is_in(after.whole, domain) and held < after.committed
    )
    return behind < majority(after)


def nothing_is_lost_unforced(before: QuorumLog, after: QuorumLog) -> bool:
    """Tell whether the log did not shrink, unless the step counts what it lost."""
    return after.committed + after.lost >= before.committed + before.lost


LAWS: Final[tuple[Law[QuorumLog], ...]] = (
    Law(
        name="survives",
        statement="while at most f of 2f+1 domains lack their storage, some domain holds every commit",
        source="T2-P3, R2.1",
        holds=survives,
        grounds=(Assumption.STORE, Assumption.FAULT_SET),
    ),
    Law(
        name="quorums_intersect",
        statement="every majority of voting domains has a member that holds the last commit",
        source="R2.1; system.md section 4 step 4",
        holds=quorums_intersect,
        grounds=(Assumption.STORE,),
    ),
    Law(
        name="no_silent_loss",
        statement="the committed prefix shrinks only by a forced restart, which counts what it gave up",
        source="XA-22, RS-05",
        holds=nothing_is_lost_unforced,
        grounds=(Assumption.STORE,),
    ),
)

SHARP_EDGES: Final = (
    SharpEdge(
        name="more_than_f_losses_lose_commits",
        statement="f+1 domains that lose their storage can take acknowledged commits with them",
        source="T2-C; C2 is the boundary",
    ),
    SharpEdge(
        name="minority_refuses",
        statement="a side of a partition without a majority refuses writes and strong reads, however healthy",
        source="XA-18, SC-22",
    ),
)

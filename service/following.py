"""Following a log from where one has seen it last: the new entries judged, the tree and the map grown.

What is kept between two rounds (``Seen``) is a few hashes of the tree and the end of every chain, so that a
round costs what is new. The entries are judged by the functions of an audit: encoding, key, signature, link,
balance rule, and whatever a database stores beside them.

Source: rules R3.4 and R3.5.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from billproof.model.checkpoints import ChainHead, heads_root
from billproof.model.design import REPAIRED
from billproof.model.identifiers import Amount, CurrencyCode, CustomerId, Digest, Position
from billproof.model.key_sets import JsonWebKeySet
from billproof.model.merkle import EMPTY_RANGE, CompactRange, append_digest, root_of
from billproof.model.outcomes import AccountKind
from billproof.model.state import Head, Terms
from billproof.model.verification import Finding
from billproof.service.fold import AccountFold
from billproof.service.inspection import Presented, Rules, inspect
from billproof.service.joining import Joined
from billproof.service.ledgers import (
    STRETCH_POSITIONS,
    LedgerKind,
    database_spans,
    file_spans,
    ledger_kind,
    open_raw,
    read_database,
    read_file,
)
from billproof.service.schema import stored_design

_NO_TERMS: Final = Terms(kind=AccountKind.PREPAID, credit_limit=Amount(0), quota=Amount(0), limit=Amount(0))
"""Stands for terms that nobody looks at: what goes on from a chain's end is its head and its balance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainEnd:
    """Where one chain has ended."""

    head: Head
    balance: Amount
    """In units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A log as far as it has been followed."""

    tree: CompactRange = EMPTY_RANGE
    chains: Mapping[CustomerId, ChainEnd] = field(default_factory=dict)

    @property
    def heads_root(self) -> bytes:
        """The root of the map that is the fold of the log."""
        return heads_root(self.heads)

    @property
    def heads(self) -> Iterator[ChainHead]:
        """The map, in no order."""
        for customer, end in self.chains.items():
            head = end.head
            yield ChainHead(customer=customer, sequence=head.sequence, digest=head.digest)

    @property
    def root(self) -> bytes:
        """The root of the log."""
        return root_of(self.tree)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a round of following has come to."""

    seen: Seen
    """The log with the new entries; as far as they are sound."""
    leaves: tuple[Digest, ...]
    """The digests of the new entries."""
    finding: Finding | None
    """What is wrong with the first bad entry."""
    position: Position
    """Where that is."""
    changed: frozenset[CustomerId]
    """Whose chains have grown."""
    problem: str
    """The finding in words, or that entries are missing or not signed; empty if nothing is wrong."""


def follow(source: Path, keys: JsonWebKeySet, seen: Seen, size: Position) -> Round:
    """Judge the entries of a ledger from where it was seen last to a size.

    Args:
        source: A database or a file of JSON lines.
        keys: The keys that are trusted.
        seen: The log as far as it has been followed.
        size: How far to follow; not below what was seen.

    Raises:
        RimError: The ledger cannot be read as one.
    """
    start = seen.tree.size
    rules = _rules(source, keys)
    joined = Joined(rules.design, size, start)
    joined.tree = seen.tree
    for customer, end in seen.chains.items():
        joined.fold.accounts[customer] = AccountFold(
            currency=CurrencyCode(""), balance=end.balance, balance_after=end.balance,
            terms=_NO_TERMS, head=end.head,
        )  # fmt: skip
    leaves: list[Digest] = []
    changed: set[CustomerId] = set()
    finding: Finding | None = None
    items = read_entries(source, start, size)
    while finding is None and (batch := list(islice(items, STRETCH_POSITIONS))):
        stretch = inspect(batch, rules)
        changed.update(stretch.fold.accounts)
        leaves += stretch.leaves
        finding = joined.add(stretch)
    chains = {
        customer: ChainEnd(head=account.head, balance=account.balance)
        for customer, account in joined.fold.accounts.items()
    }
    return Round(
        seen=Seen(tree=joined.tree, chains=chains),
        leaves=tuple(leaves),
        finding=finding,
        position=joined.position_of_finding,
        changed=frozenset(changed),
        problem=_problem(joined, finding, size, start),
    )


def read_entries(source: Path, start: Position, end: Position) -> Iterator[Presented]:
    """Read the entries of a ledger from one position to before another, as they lie there."""
    if ledger_kind(source) == LedgerKind.DATABASE:
        with closing(open_raw(source)) as connection:
            for span in database_spans(connection, start, end):
                yield from read_database(connection, span)
        return
    spans = file_spans(source)
    lines = (item for span in spans for item in read_file(source, span))
    yield from _between(lines, start, end)


def read_leaves(source: Path, keys: JsonWebKeySet, end: Position) -> Iterator[Digest]:
    """Yield the digests of the first entries of a ledger, up to the first one that cannot be read."""
    rules = _rules(source, keys)
    items = read_entries(source, Position(0), end)
    while batch := list(islice(items, STRETCH_POSITIONS)):
        stretch = inspect(batch, rules)
        yield from stretch.leaves
        if stretch.first is not None:
            return


def judged_again(
    source: Path, keys: JsonWebKeySet, start: Position, end: Position
) -> Iterator[Digest | Finding]:
    """Judge old entries again: yield the digest of each, and end with the first finding, if there is one.

    The links at the beginning of the stretch are not judged: the digests are compared with remembered ones.
    """
    rules = _rules(source, keys)
    items = read_entries(source, start, end)
    while batch := list(islice(items, STRETCH_POSITIONS)):
        stretch = inspect(batch, rules)
        if stretch.first is not None:
            yield stretch.first.finding
            return
        yield from stretch.leaves


def roots_at(source: Path, keys: JsonWebKeySet, sizes: Iterable[Position]) -> dict[Position, bytes]:
    """Return the roots of the first entries of a ledger at the sizes that it reaches."""
    wanted = set(sizes)
    tree = EMPTY_RANGE
    found = {tree.size: root_of(tree)} if tree.size in wanted else {}
    for digest in read_leaves(source, keys, Position(max(wanted, default=0))):
        tree = append_digest(tree, digest)
        if tree.size in wanted:
            found[tree.size] = root_of(tree)
    return found


def _rules(source: Path, keys: JsonWebKeySet) -> Rules:
    design, has_tables = REPAIRED, ledger_kind(source) == LedgerKind.DATABASE
    if has_tables:
        with closing(open_raw(source)) as connection:
            design = stored_design(connection, source)
    return Rules(design=design, keys=keys, witnessed={}, is_counting_leaves=True, has_tables=has_tables)


def _between(lines: Iterable[Presented], start: Position, end: Position) -> Iterator[Presented]:
    """Yield the lines from a position on; a file is in log order, and a line that breaks it is judged."""
    is_begun = False
    for item in lines:
        if is_begun or item.position >= start:
            if item.position >= end:
                return
            is_begun = True
            yield item


def _problem(joined: Joined, finding: Finding | None, size: Position, start: Position) -> str:
    if finding is not None:
        place = f"customer {finding.customer!r}, seq {finding.sequence}" if finding.customer else "the log"
        return f"{finding.code.value}: {place}: {finding.reason}"
    for missing in joined.missing:
        return f"GAP: customer {missing.customer!r}, seq {missing.sequence} is not there"
    if joined.tree.size < size:
        return f"TRUNCATED: the ledger has {start + joined.entries} entries, the checkpoint names {size}"
    if joined.unsigned:
        return f"{joined.unsigned} entries are not signed yet"
    return ""

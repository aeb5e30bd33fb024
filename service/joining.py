"""Joining judged stretches of a log, in order: what only shows across a seam.

A stretch knows all but how it follows from the one before. Here its first entry of each customer is linked
to the head so far by the same ``check_link``, and money and time must go on from where they were.
"""

from billproof.model.design import Design
from billproof.model.identifiers import NO_POSITION, Amount, Position
from billproof.model.merkle import EMPTY_RANGE, CompactRange, append_digest
from billproof.model.outcomes import ReceiptCode
from billproof.model.state import NO_HEAD
from billproof.model.verification import Finding, check_link
from billproof.service.fold import Fold
from billproof.service.inspection import Located, Missing, Seam, Stretch, check_position, check_succession

_RANK = {code: rank for rank, code in enumerate(ReceiptCode)}


class Joined:
    """The stretches so far."""

    def __init__(self, design: Design, size: Position, start: Position = Position(0)) -> None:
        """Begin at ``start``; whoever goes on from there sets ``fold`` and ``tree`` as they were."""
        self._design = design
        self._size = size
        self._position = start
        self.fold = Fold(design=design)
        self.entries = 0
        self.unsigned = 0
        self.tree: CompactRange = EMPTY_RANGE
        """Over the first entries, up to the size of the checkpoint."""
        self.missing: list[Missing] = []
        self.position_of_finding = NO_POSITION

    def add(self, stretch: Stretch) -> Finding | None:
        """Join the next stretch, and return the first thing wrong with it or with its seams, or None."""
        if stretch.start == NO_POSITION:
            return None
        self.entries += stretch.entries
        self.unsigned += stretch.unsigned
        self.missing += stretch.missing
        finding = check_position(stretch.start, self._position)
        self._position = stretch.end
        if finding is not None:
            self.position_of_finding = stretch.start
            return finding
        found = [] if stretch.first is None else [stretch.first]
        found += [located for seam in stretch.seams if (located := self._at_seam(seam)) is not None]
        if found:
            first = min(found, key=lambda located: (located.position, _RANK[located.finding.code]))
            self.position_of_finding = first.position
            return first.finding
        self.fold.merge(stretch.fold)
        for digest in stretch.leaves:
            if self.tree.size < self._size:
                self.tree = append_digest(self.tree, digest)
        return None

    def _at_seam(self, seam: Seam) -> Located | None:
        entry = seam.entry
        account = self.fold.accounts.get(entry.customer)
        head = NO_HEAD if account is None else account.head
        finding = check_link(head, entry)
        if finding is None:
            balance = Amount(0) if account is None else account.balance
            finding = check_succession(balance, head.commit_time, entry, self._design)
        return None if finding is None else Located(position=seam.position, finding=finding)

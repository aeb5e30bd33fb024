"""Lines of usage as commands of the model, and the count of what the core answered.

Nothing is decided here: which command a line is follows from its operation, and what becomes of it from the
core. An account that the core does not know is opened, and the line asked again.

Source: issue text "Store and rim"; ``system.md`` section 4 "Rules of the commit".
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import assert_never

from billproof.model.commands import Adjust, Charge, Complete, GiveCredit, LookUp, OpenAccount, Refund, TopUp
from billproof.model.context import Outcome
from billproof.model.design import Design
from billproof.model.identifiers import NO_POSITION, AttemptId, CurrencyCode, IdempotencyKey, Instant
from billproof.model.outcomes import STORED_REFUSALS, Region, Status
from billproof.model.posting import invoice_effect
from billproof.model.state import KeyName, Request, Terms
from billproof.service.store import Transaction
from billproof.service.usage import Operation, Signature, UsageLine, line_request, opening_request

UNSTORED_LISTED_MAX = 100
"""How many lines refused without a stored outcome a report lists; all are counted."""

_HOME = Region.PRIMARY
_ATTEMPT = AttemptId("ingest")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLine:
    """A line that the core refused without storing an outcome."""

    line: int
    code: str


@dataclass(frozen=False, slots=True, kw_only=True)
class Tally:
    """What the core answered, counted; each row counts once: charged, duplicate or refused."""

    rows: int = 0
    charged: int = 0
    """Rows that were newly billed: debits, credits and adjustments."""
    duplicates: int = 0
    """Rows whose key had an outcome already, which was given again."""
    accounts_opened: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Rows newly refused, by code."""
    refused_before: Counter[str] = field(default_factory=Counter)
    """Duplicates whose stored outcome is a refusal, by code."""
    unstored: list[RefusedLine] = field(default_factory=list)
    """The first lines that were refused without a stored outcome."""
    charged_total: Counter[CurrencyCode] = field(default_factory=Counter)
    """What the newly billed rows amount to in the ledger, in units; credits are negative."""
    total: Counter[CurrencyCode] = field(default_factory=Counter)
    """The same for all rows of the file that are in the ledger, duplicates included."""


class Biller:
    """Bills lines, batch after batch."""

    def __init__(
        self, design: Design, terms: Terms, as_of: Instant, by: Signature, *, is_retrying_refused: bool
    ) -> None:
        self._design = design
        self._terms = terms
        self._as_of = as_of
        self._by = by
        self._is_retrying_refused = is_retrying_refused
        self.tally = Tally()

    def bill(self, transaction: Transaction, batch: Iterable[UsageLine]) -> None:
        """Bill lines in one transaction and count the answers."""
        for line in batch:
            self._count(transaction, line, self._outcome(transaction, line))

    def _outcome(self, transaction: Transaction, line: UsageLine) -> Outcome:
        """Ask for a line under its key; after a stored refusal, under the keys of later attempts."""
        key = line.key
        attempt = 1
        while True:
            outcome = self._ask(transaction, line, line_request(line, key, self._by))
            if not (outcome.replayed and outcome.status in STORED_REFUSALS):
                return outcome
            attempt += 1
            key = IdempotencyKey(f"{line.key}:attempt-{attempt}")
            # Attempts that were made before belong to the row, whether or not new ones are wanted.
            is_made = transaction.is_known(KeyName(customer=line.customer, key=key))
            if not is_made and not self._is_retrying_refused:
                return outcome

    def _ask(self, transaction: Transaction, line: UsageLine, request: Request) -> Outcome:
        outcome = self._execute(transaction, line, request)
        if outcome.status != Status.UNKNOWN_CUSTOMER:
            return outcome
        opening = opening_request(line.customer, line.currency, self._terms, self._as_of, self._by)
        opened = transaction.execute(OpenAccount(region=_HOME, request=opening))
        assert opened.status == Status.ACCEPTED, f"an unknown account was not opened: {opened.status.name}"
        self.tally.accounts_opened += 1
        return self._execute(transaction, line, request)

    def _execute(self, transaction: Transaction, line: UsageLine, request: Request) -> Outcome:
        match line.operation:
            case Operation.CHARGE:
                return self._charge(transaction, request)
            case Operation.CREDIT:
                return transaction.execute(GiveCredit(region=_HOME, request=request))
            case Operation.ADJUSTMENT:
                return transaction.execute(Adjust(region=_HOME, request=request))
            case Operation.REFUND:
                return transaction.execute(Refund(region=_HOME, request=request))
            case Operation.TOP_UP:
                return transaction.execute(TopUp(region=_HOME, request=request))
            case _:
                assert_never(line.operation)

    def _charge(self, transaction: Transaction, request: Request) -> Outcome:
        charge = Charge(region=_HOME, attempt=_ATTEMPT, request=request)
        if not self._design.reads_before_commit:
            return transaction.execute(charge)
        # A design that looks first and writes twice does so here too, but nothing comes in between: its
        # races and crash windows are what ``verify`` explores.
        transaction.execute(LookUp(region=_HOME, attempt=_ATTEMPT, request=request))
        outcome = transaction.execute(charge)
        if outcome.replayed or outcome.position == NO_POSITION:
            transaction.forget_attempts()
        else:
            transaction.execute(Complete(region=_HOME, attempt=_ATTEMPT))
        return outcome

    def _count(self, transaction: Transaction, line: UsageLine, outcome: Outcome) -> None:
        tally = self.tally
        tally.rows += 1
        if outcome.position == NO_POSITION:
            tally.refused[outcome.status.name] += 1
            if len(tally.unstored) < UNSTORED_LISTED_MAX:
                tally.unstored.append(RefusedLine(line=line.line, code=outcome.status.name))
            return
        entry = transaction.entry(outcome.position)
        effect = invoice_effect(entry)
        if outcome.replayed:
            tally.duplicates += 1
            if outcome.status in STORED_REFUSALS:
                tally.refused_before[outcome.status.name] += 1
                return
        elif outcome.status in STORED_REFUSALS:
            tally.refused[outcome.status.name] += 1
            return
        else:
            tally.charged += 1
            tally.charged_total[entry.currency] += effect
        tally.total[entry.currency] += effect

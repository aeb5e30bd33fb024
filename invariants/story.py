"""A trace told in numbered sentences, with the money: owed, billed, difference.

Source: ``verification.md`` "What the best do that must be matched"; ``theorems.md`` on refutations.
"""

from billproof.invariants.story_outside import outside_deed
from billproof.model import commands, outside_commands
from billproof.model.commands import Command
from billproof.model.context import Outcome
from billproof.model.identifiers import Amount
from billproof.model.money import render_amount
from billproof.model.outcomes import Region, Status
from billproof.model.outside_commands import ExhibitCommand, OutsideCommand
from billproof.model.periods import render_instant, render_period
from billproof.model.state import Request

REGION_NAMES = {Region.PRIMARY: "us-central1", Region.STANDBY: "us-east1"}
"""What the regions are called in stories."""

STATUS_WORDS = {
    Status.ACCEPTED: "accepted",
    Status.ACCEPTED_LATE: "accepted late: an adjustment on the next invoice",
    Status.ACCEPTED_WITH_WARNING: "accepted with a warning: above the quota, within its buffer",
    Status.DONE: "done",
    Status.NOT_POSSIBLE: "not possible",
    Status.NOT_LEADER: "503, this region does not lead; no effect",
    Status.UNKNOWN_CUSTOMER: "404, no such account; no effect",
    Status.KEY_REUSED: "422, the key is bound to another request; no effect",
    Status.BAD_AMOUNT: "422, not an amount that this operation takes; no effect",
    Status.BAD_CURRENCY: "422, not the currency of the account; no effect",
    Status.BAD_PERIOD: "422, not a month or a time that this operation takes; no effect",
    Status.UNKNOWN_RECEIPT: "404, no such receipt of the kind that is meant; no effect",
    Status.REFUND_ABOVE_CAPTURE: "422, more than the debit has left to return; no effect",
    Status.RECEIPT_DISPUTED: "422, a dispute in progress holds what could be returned; no effect",
    Status.BACKLOG_FULL: "429, the replica is too far behind; no effect",
    Status.ACCOUNT_EXISTS: "422, the account is open already; no effect",
    Status.PERIOD_CLOSED: "403, the month of the event is closed; stored as the outcome of the key",
    Status.ACCOUNT_HELD: "403, a hold is active; stored as the outcome of the key",
    Status.QUOTA_EXCEEDED: "403, above the limit of the period; stored as the outcome of the key",
    Status.INSUFFICIENT_BALANCE: "402, the balance does not suffice; stored as the outcome of the key",
}
"""Every status in words."""


def tell(command: Command, outcome: Outcome) -> str:
    """Return one sentence: who did what, and what came of it."""
    result = STATUS_WORDS[Status(outcome.status)]
    if outcome.replayed:
        result = f"the stored outcome again: {result}"
    return f"{_deed(command)}: {result}."


def money_words(amount: Amount, currency: str) -> str:
    """Return an amount for a reader, for example ``100 USD``."""
    return f"{render_amount(amount)} {currency}"


def _request(body: Request) -> str:
    return f"{money_words(body.amount, body.currency)} under key {body.key} of {body.customer}"


def _where(region: Region) -> str:
    return REGION_NAMES[Region(region)]


def _where_of(command: ExhibitCommand | OutsideCommand) -> str:
    if isinstance(
        command, (outside_commands.ReadBalance, outside_commands.Archive, outside_commands.RestoreBackup)
    ):
        return _where(command.region)
    return ""


def _deed(command: Command) -> str:
    match command:
        case commands.OpenAccount(region=region, request=body):
            return f"{_where(region)} opens the account of {body.customer}"
        case commands.ChangeTier(region=region, request=body):
            limit = render_amount(body.terms.limit)
            return f"{_where(region)} changes the terms of {body.customer} to a limit of {limit}"
        case commands.TopUp(region=region, request=body):
            return f"{_where(region)} records a payment of {_request(body)}"
        case commands.GiveCredit(region=region, request=body):
            return f"{_where(region)} credits {_request(body)}"
        case commands.Adjust(region=region, request=body):
            return f"{_where(region)} adjusts by {_request(body)}"
        case commands.Refund(region=region, request=body):
            return f"{_where(region)} refunds {_request(body)}, of receipt {body.refers_to}"
        case commands.RegisterKey(region=region, request=body):
            what = f"revokes registration {body.refers_to}, key" if body.refers_to else "registers key"
            return f"{_where(region)} {what} {body.usage} of {body.customer}, vouched for by {body.issuer}"
        case commands.Void(region=region, request=body):
            return f"{_where(region)} voids receipt {body.refers_to}: {_request(body)}"
        case commands.Chargeback(region=region, request=body):
            return f"{_where(region)} charges back {_request(body)}, of receipt {body.refers_to}"
        case commands.Hold(region=region, request=body):
            what = f"{_request(body)}, of receipt {body.refers_to}" if body.refers_to else body.customer
            return f"{_where(region)} places a hold on {what}"
        case commands.Release(region=region, request=body):
            return f"{_where(region)} ends the hold of receipt {body.refers_to} for {body.customer}"
        case commands.OpenPeriod(region=region, request=body):
            return f"{_where(region)} opens {render_period(body.period)} for {body.customer}"
        case commands.ClosePeriod(region=region, request=body):
            return f"{_where(region)} closes {render_period(body.period)} for {body.customer}"
        case commands.Erase(region=region, request=body):
            return f"{_where(region)} records that the personal data of {body.customer} is erased"
        case commands.LookUp(region=region, attempt=attempt, request=body):
            return f"attempt {attempt} at {_where(region)} reads key, usage and head for {_request(body)}"
        case commands.Charge(region=region, attempt=attempt, request=body):
            return f"attempt {attempt} at {_where(region)} commits the charge of {_request(body)}"
        case commands.Complete(region=region, attempt=attempt):
            return f"attempt {attempt} at {_where(region)} makes its second write"
        case commands.Acknowledge(region=region, request=body):
            return f"{_where(region)} gives the client its definite reply for {_request(body)}"
        case commands.Deliver(region=region, position=position):
            return f"{_where(region)} delivers log entry {position} to the invoice consumer"
        case commands.Replicate(source=region):
            return f"{_where(region)} ships the next log entry to the other region"
        case commands.Confirm(source=region):
            return f"the other region confirms to {_where(region)} what it holds"
        case commands.PublishCheckpoint(region=region):
            return f"{_where(region)} publishes a checkpoint to the witness"
        case commands.Crash(region=region):
            return f"the instances of {_where(region)} crash and lose their memory"
        case commands.FailOver():
            return "the other region is promoted; the old leader is not told"
        case commands.Heal():
            return "the region that does not lead returns"
        case _:
            return _other_deed(command)


def _other_deed(command: Command) -> str:
    match command:
        case commands.AdvanceTime(now=now, period=period):
            return f"the clock shows {render_instant(now)}, in {render_period(period)}"
        case commands.PurgeKey(region=region, name=name):
            return f"the purge job of {_where(region)} deletes key {name.key} of {name.customer}"
        case commands.ResetUsage(region=region, name=name):
            return f"the monthly job of {_where(region)} resets the usage of {name.customer}"
        case commands.Reconcile(region=region, customer=customer, roll_back=roll_back):
            how = "by removing the last entry" if roll_back else "by moving the balance"
            return f"reconciliation at {_where(region)} repairs {customer}, {how}"
        case _:
            return _presented_deed(command)


def _presented_deed(command: Command) -> str:
    match command:
        case commands.Present():
            return "the operator presents the ledger to a reader"
        case commands.AlterPresented(position=position, amount=amount):
            return f"the adversary alters presented entry {position} to {render_amount(amount)}"
        case commands.DeletePresented(position=position):
            return f"the adversary removes presented entry {position}"
        case commands.TruncatePresented(size=size):
            return f"the adversary cuts the presented ledger to its first {size} entries"
        case commands.ReorderPresented(position=position):
            return f"the adversary swaps presented entries {position} and {position + 1}"
        case commands.ForkPresented(position=position, amount=amount):
            return f"the adversary adds a signed twin of entry {position} with {render_amount(amount)}"
        case commands.ResignPresented(position=position, amount=amount):
            return f"the adversary changes entry {position} to {render_amount(amount)} and re-signs the rest"
        case (
            outside_commands.SignRequest()
            | outside_commands.RotateSigningKey()
            | outside_commands.TakeBackup()
            | outside_commands.Project()
            | outside_commands.CorruptDocument()
            | outside_commands.CompareDocument()
            | outside_commands.ReadBalance()
            | outside_commands.Archive()
            | outside_commands.OverwriteArchive()
            | outside_commands.ForgeCheckpoint()
            | outside_commands.LeaveQuorum()
            | outside_commands.RestoreBackup()
        ):
            return outside_deed(command, _where_of(command))
        case _:
            # What the callers have told already; a new kind of command is named until it has a sentence.
            return type(command).__name__

"""Sentences about what happens outside the stores.

Source: ``theorems.md`` on refutations.
"""

from typing import assert_never

from billproof.model import outside_commands
from billproof.model.money import render_amount
from billproof.model.outside_commands import ExhibitCommand, OutsideCommand


def outside_deed(command: ExhibitCommand | OutsideCommand, where: str) -> str:
    """Return who did what, without the outcome.

    Args:
        command: What happened.
        where: The name of the region that the command names; empty where it names none.
    """
    match command:
        case outside_commands.SignRequest(customer_key=customer_key, fingerprint=fingerprint):
            return f"key {customer_key} signs the request {fingerprint}"
        case outside_commands.RotateSigningKey(signing_key=signing_key):
            return f"the operator signs with key {signing_key} from now on"
        case outside_commands.TakeBackup():
            return "the leader's log is backed up"
        case outside_commands.Project():
            return "the next durable log entry reaches the ledger documents"
        case outside_commands.CorruptDocument(customer=customer, amount=amount):
            return f"a fault moves the document of {customer} by {render_amount(amount)}"
        case outside_commands.CompareDocument(customer=customer):
            return f"reconciliation compares the document of {customer} with the ledger"
        case outside_commands.ReadBalance(customer=customer):
            return f"a reader asks {where} for the balance of {customer}"
        case outside_commands.Archive(position=position):
            return f"{where} archives the receipt of log entry {position}"
        case outside_commands.OverwriteArchive(position=position):
            return f"an administrator overwrites the archived receipt of log entry {position}"
        case outside_commands.ForgeCheckpoint(customer=customer):
            return f"whoever may sign publishes a map of heads without {customer}"
        case outside_commands.LeaveQuorum():
            return "the region that does not lead leaves the quorum, by a new epoch"
        case outside_commands.RestoreBackup():
            return f"{where} is restored from the backup"
        case _:
            assert_never(command)

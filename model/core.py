"""The one door: ``step(state, command, context)``.

Read it as a table of contents. The same function serves requests (``service``), is explored and replayed
(``invariants.explore``) and is executed symbolically for the proofs (``invariants.prove``). There is no
second specification.

Source: ``verification.md`` "The central idea"; house style rule 3.
"""

from typing import assert_never

from billproof.model import (
    adversary,
    charging,
    closing,
    commands,
    corrections,
    custody,
    holds,
    maintenance,
    outside_commands,
    reconciliation,
    refunds,
    replication,
    restoration,
)
from billproof.model.commands import Command, CorrectionCommand, PresentedCommand
from billproof.model.context import Context, Outcome
from billproof.model.outside_commands import ExhibitCommand, OutsideCommand
from billproof.model.state import State


def step(state: State, command: Command, context: Context) -> Outcome:
    """Execute one command.

    Args:
        state: What is.
        command: What happens.
        context: The design and the digest oracle.

    Returns:
        The next state and the status. A command that its actor could not issue here has status
        ``NOT_POSSIBLE`` and the same state; a refusal without effect has the same state.
    """
    match command:
        case commands.OpenAccount():
            return corrections.open_account(state, command, context)
        case commands.ChangeTier():
            return corrections.change_tier(state, command, context)
        case commands.TopUp():
            return corrections.top_up(state, command, context)
        case commands.GiveCredit():
            return corrections.give_credit(state, command, context)
        case commands.Adjust():
            return corrections.adjust(state, command, context)
        case commands.Refund():
            return refunds.refund(state, command, context)
        case commands.RegisterKey():
            return corrections.register_key(state, command, context)
        case commands.LookUp():
            return charging.look_up(state, command, context)
        case commands.Charge():
            return charging.charge(state, command, context)
        case commands.Complete():
            return charging.complete(state, command, context)
        case commands.Acknowledge():
            return charging.acknowledge(state, command, context)
        case commands.Deliver():
            return replication.deliver(state, command, context)
        case commands.Replicate():
            return replication.replicate(state, command, context)
        case commands.Confirm():
            return replication.confirm(state, command, context)
        case commands.PublishCheckpoint():
            return replication.publish_checkpoint(state, command, context)
        case commands.Crash():
            return replication.crash(state, command, context)
        case commands.FailOver():
            return replication.fail_over(state, command, context)
        case commands.Heal():
            return replication.heal(state, command, context)
        case commands.AdvanceTime():
            return maintenance.advance_time(state, command, context)
        case commands.PurgeKey():
            return maintenance.purge_key(state, command, context)
        case commands.ResetUsage():
            return maintenance.reset_usage(state, command, context)
        case commands.Reconcile():
            return maintenance.reconcile(state, command, context)
        case _:
            return _step_correction(state, command, context)


def _step_correction(
    state: State, command: CorrectionCommand | OutsideCommand | PresentedCommand, context: Context
) -> Outcome:
    match command:
        case commands.Void():
            return refunds.void(state, command, context)
        case commands.Chargeback():
            return refunds.charge_back(state, command, context)
        case commands.Hold():
            return holds.hold(state, command, context)
        case commands.Release():
            return holds.release(state, command, context)
        case commands.OpenPeriod():
            return closing.open_period(state, command, context)
        case commands.ClosePeriod():
            return closing.close_period(state, command, context)
        case commands.Erase():
            return corrections.erase(state, command, context)
        case _:
            return _step_outside(state, command, context)


def _step_outside(state: State, command: OutsideCommand | PresentedCommand, context: Context) -> Outcome:
    match command:
        case outside_commands.Archive():
            return custody.archive(state, command, context)
        case outside_commands.OverwriteArchive():
            return custody.overwrite_archive(state, command, context)
        case outside_commands.ForgeCheckpoint():
            return custody.forge_checkpoint(state, command, context)
        case outside_commands.LeaveQuorum():
            return restoration.leave_quorum(state, command, context)
        case outside_commands.RestoreBackup():
            return restoration.restore_backup(state, command, context)
        case _:
            return _step_presented(state, command, context)


def _step_presented(state: State, command: PresentedCommand, context: Context) -> Outcome:
    match command:
        case commands.Present():
            return adversary.present(state, command, context)
        case commands.AlterPresented():
            return adversary.alter(state, command, context)
        case commands.DeletePresented():
            return adversary.delete(state, command, context)
        case commands.TruncatePresented():
            return adversary.truncate(state, command, context)
        case commands.ReorderPresented():
            return adversary.reorder(state, command, context)
        case commands.ForkPresented():
            return adversary.fork(state, command, context)
        case commands.ResignPresented():
            return adversary.resign(state, command, context)
        case _:
            return _step_exhibited(state, command, context)


def _step_exhibited(state: State, command: ExhibitCommand, context: Context) -> Outcome:
    match command:
        case outside_commands.SignRequest():
            return custody.sign_request(state, command, context)
        case outside_commands.RotateSigningKey():
            return custody.rotate_signing_key(state, command, context)
        case outside_commands.TakeBackup():
            return restoration.take_backup(state, command, context)
        case outside_commands.Project():
            return reconciliation.project(state, command, context)
        case outside_commands.CorruptDocument():
            return reconciliation.corrupt_document(state, command, context)
        case outside_commands.CompareDocument():
            return reconciliation.compare_document(state, command, context)
        case outside_commands.ReadBalance():
            return reconciliation.read_balance(state, command, context)
        case _:
            assert_never(command)

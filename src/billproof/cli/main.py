"""The command ``billproof``: a group whose subcommands are imported only when they are called.

Each subcommand is a module of this package with a ``click`` command named ``command``, which returns its
exit code: 0 all holds, 1 a violation, 2 inconclusive, 3 usage, input or internal error. A command whose
module is not there is not offered.

Source: ``cli.md``.
"""

import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Final

import click

from billproof import __version__
from billproof.cli.failures import (
    EXIT_ERROR,
    INTERNAL_REMEDY,
    Explained,
    explained,
    is_json_wanted,
    print_failure,
)
from billproof.cli.output import mark_start

COMMANDS: Final = {
    "verify": "Judge the theorems under the designs.",
    "repairs": "Find every minimal set of repairs of a theorem, and what each is for.",
    "variants": "Run every known-bad variant against every engine.",
    "design": "Print, compare, validate and scaffold designs.",
    "explore": "Search every state of a named model.",
    "simulate": "Run the model in a world with faults, and judge it.",
    "claims": "Recompute every documented figure, and what contradicts what.",
    "capacity": "Simulate what a scenario carries, where it breaks first, and what it costs.",
    "cost": "Compute what a scenario costs and earns, and how sure that is.",
    "contracts": "Check the contracts of the model's pure functions.",
    "replay": "Replay a stored failure and tell its story.",
    "demo": "One minute: a charge, a lost reply, a retry.",
    "ingest": "Bill a file of usage into a signed ledger.",
    "audit": "Verify a ledger offline.",
    "keys": "List and rotate the signing keys of a database.",
    "witness": "Co-sign checkpoints after checking them.",
    "auditor": "Follow published heads, and raise an alarm with evidence.",
    "personal": "Keep personal data where it can be erased.",
    "retention": "Say what a store keeps, where it belongs, and what may go.",
    "erase": "Erase the personal data of a customer.",
    "migration": "Compare the old billing system with the ledger, event by event.",
    "export": "Write a ledger as JSON lines, beancount, checkpoint or key set.",
    "invoice": "Invoice one customer for one month.",
    "reconcile": "Compare and repair what is derived from a ledger, at one index.",
    "dispute": "Decide a dispute from evidence, or study how often evidence decides.",
    "account": "Open accounts, make tokens, register keys.",
    "serve": "Serve the HTTP API on a ledger.",
    "trace": "Check the commits of a service against the core.",
    "conform": "Test another implementation of billing.",
}
"""The subcommands in the order of the help, each with its line there."""

EXAMPLE: Final = """\b
Bill real usage, audit the ledger, invoice one customer:
  billproof ingest usage.csv --db ledger.db
  billproof audit ledger.db
  billproof invoice --db ledger.db --customer ID --period 2024-09"""
"""The end of the help."""

DEBUG_VARIABLE: Final = "BILLPROOF_DEBUG"
"""Set to 1, internal errors show their traceback."""


class LazyGroup(click.Group):
    """A group that knows its subcommands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the subcommands that are there."""
        del ctx
        return [name for name in COMMANDS if importlib.util.find_spec(_module(name)) is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a subcommand, imported, or None if there is none of this name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: object = importlib.import_module(_module(cmd_name)).command
        assert isinstance(command, click.Command), f"{_module(cmd_name)}.command is no click command"
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


@click.group(
    cls=LazyGroup,
    epilog=EXAMPLE,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="billproof")
def billproof() -> None:
    """A reference model of a billing system that bills, proves and audits with the same functions.

    Exit codes: 0 all holds, 1 a violation, 2 inconclusive, 3 usage, input or internal error.
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; every error becomes a message and 3."""
    mark_start()
    wants_json = is_json_wanted(arguments)
    try:
        result = billproof.main(list(arguments), prog_name="billproof", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.ClickException as error:
        print_failure(_of_click(error), wants_json=wants_json)
        return EXIT_ERROR
    except (click.Abort, KeyboardInterrupt):
        stopped = Explained(
            kind="Interrupted", source="", place="", problem="stopped by the user",
            remedy="run the same command again",
        )  # fmt: skip
        print_failure(stopped, wants_json=wants_json)
        return EXIT_ERROR
    except SystemExit:
        # This is how click ends when whoever read the output has seen enough; its code 1 would be a verdict.
        return EXIT_ERROR
    except BrokenPipeError:
        # The same at the last flush. Without a new end the interpreter would complain once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_ERROR
    except Exception as error:  # noqa: BLE001 - the last resort: an error must end in a message and exit 3
        failure = explained(error)
        if failure.remedy == INTERNAL_REMEDY and os.environ.get(DEBUG_VARIABLE) == "1":
            traceback.print_exc()
        print_failure(failure, wants_json=wants_json)
        return EXIT_ERROR
    return result if isinstance(result, int) else 0


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:]))


def _module(name: str) -> str:
    return f"billproof.cli.{name}"


def _of_click(error: click.ClickException) -> Explained:
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context is not None else "billproof"
    return Explained(
        kind="UsageError", source=path, place="", problem=error.format_message(),
        remedy=f"see {path} --help",
    )  # fmt: skip

"""``billproof conform``: test another implementation, or judge what it recorded.

``conform TARGET`` runs the kit; the other subcommands work on its files.
"""

import click

from billproof.cli.conform_files import (
    compare_command,
    judge_command,
    replay_command,
    report_command,
    vectors_command,
)
from billproof.cli.conform_init import check_command, init_command
from billproof.cli.conform_run import run_command
from billproof.cli.output import example

SUBCOMMANDS = {
    "run": run_command, "init": init_command, "check-adapter": check_command, "judge": judge_command,
    "replay": replay_command, "compare": compare_command, "vectors": vectors_command,
    "report": report_command,
}  # fmt: skip
"""By their names; a first word that is none of them is a target."""


class TargetGroup(click.Group):
    """A group in which a first word that is no subcommand is the target of ``run``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``run`` before a target."""
        first = next((word for word in args if not word.startswith("-")), None)
        if first is not None and first not in self.commands and args[0] not in ("-h", "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


command = TargetGroup(
    "conform",
    commands=SUBCOMMANDS,
    epilog=example(
        "billproof conform reference --claim CORE@L2",
        "billproof conform 'exec:python3 my_adapter.py' --report out",
        "billproof conform init my-adapter",
    ),
    help=(
        "Test another implementation: conform TARGET [OPTIONS].\n\n"
        "TARGET is http://HOST:PORT, 'exec:COMMAND', python:MODULE:CLASS, or a name such as reference."
        " The options of a run: conform run --help. The protocol: docs/conformance-protocol.md."
    ),
)

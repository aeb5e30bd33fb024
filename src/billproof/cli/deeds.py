"""What commands that leave an entry in the audit log share: who does it, who approves, and when."""

import getpass
from collections.abc import Callable
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar

import click

from billproof.cli.parameters import InstantParameter
from billproof.model.access import ActorId
from billproof.model.identifiers import Instant
from billproof.model.periods import MICROS_PER_SECOND
from billproof.service.personal import Deed

P = ParamSpec("P")
R = TypeVar("R")


def deed_options(function: Callable[P, R]) -> Callable[P, R]:
    """Give a command ``--actor``, ``--approved-by`` and ``--as-of``."""
    actor = click.option("--actor", help="Who does it, for the audit log; default: the user of this process.")
    approver = click.option("--approved-by", "approver", help="The second person, for the audit log.")
    as_of = click.option("--as-of", type=InstantParameter(), help="When; default: now.")
    return actor(approver(as_of(function)))


def deed(actor: str | None, approver: str | None, as_of: Instant | None) -> Deed:
    """Return who does something, who approves, and when.

    Raises:
        click.UsageError: One person in both roles.
    """
    who = actor or _user()
    if approver is not None and approver == who:
        raise click.UsageError(f"{who!r} cannot approve what {who!r} does; name a second person")
    return Deed(
        actor=ActorId(who), approver=ActorId(approver or ""), now=as_of if as_of is not None else now()
    )


def now() -> Instant:
    """Return this instant, in whole seconds."""
    return Instant(int(datetime.now(tz=UTC).timestamp()) * MICROS_PER_SECOND)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown user"

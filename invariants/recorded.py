"""A recorded trace as a domain: what ranges over what, taken from the commands themselves.

A search starts from a domain that somebody has chosen. A trace that a run of the simulator has left names its
customers, keys and periods itself; its domain is made of them, and its name says the rest, so that a failure
file needs nothing besides.
"""

import re
from typing import Final

from billproof.invariants.explore.domain import Domain
from billproof.model.commands import Command, Complete, Confirm, Replicate
from billproof.model.identifiers import CustomerId, EntitlementId, IdempotencyKey, Period
from billproof.model.posting import RESET_JOB_PERIOD
from billproof.model.state import KeyName, Request, RowName

START: Final = Period(1970 * 12)
"""The month in which recorded traces start."""

_NAME: Final = re.compile(r"recorded/regions=([12])/lag=([0-9]{1,9})")


def recorded_name(*, regions: int, lag_entries_max: int) -> str:
    """Return the name of the domains of traces of so many regions, under so large a K."""
    return f"recorded/regions={regions}/lag={lag_entries_max}"


def recorded_domain(name: str, commands: tuple[Command, ...]) -> Domain | None:
    """Return the domain that a name and a trace stand for; None if it is no name of one."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    customers: dict[CustomerId, None] = {}
    keys: dict[IdempotencyKey, None] = {}
    entitlements: dict[EntitlementId, None] = {}
    periods: dict[Period, None] = {START: None}
    for command in commands:
        for part in _parts(command):
            customers[part.customer] = None
            if isinstance(part, (Request, KeyName)):
                keys[part.key] = None
            if isinstance(part, (Request, RowName)):
                entitlements[part.entitlement] = None
            # The only row of a design with a reset job has a period that is no month.
            if isinstance(part, (Request, RowName)) and part.period != RESET_JOB_PERIOD:
                periods[part.period] = None
    finishing = tuple(
        dict.fromkeys(item for item in commands if isinstance(item, (Complete, Replicate, Confirm)))
    )
    return Domain(
        name=name,
        story="a run of the simulator",
        theorems=(),
        regions=int(match[1]),
        setup=(),
        commands=finishing,
        customers=tuple(customers),
        keys=tuple(keys),
        entitlements=tuple(entitlements),
        periods=tuple(periods),
        ledger_max=len(commands) + 1,
        epoch_max=len(commands) + 1,
        lag_entries_max=int(match[2]),
    )


def _parts(command: Command) -> tuple[Request | KeyName | RowName, ...]:
    named = (getattr(command, "request", None), getattr(command, "name", None))
    return tuple(part for part in named if isinstance(part, (Request, KeyName, RowName)))

"""What an extra of the distribution brings, and the message where it is missing."""

import importlib.util
from typing import Final

import click

from billproof.cli.failures import EXIT_ERROR

NEEDED: Final = ("starlette", "uvicorn", "prometheus_client", "structlog")
"""What the extra ``service`` brings."""


class MissingExtraError(click.ClickException):
    """The distribution was installed without what a command needs."""

    exit_code = EXIT_ERROR


def check_service_extra() -> None:
    """Check that the extra ``service`` is installed.

    Raises:
        MissingExtraError: It is not.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"the service needs {', '.join(missing)}; install it with: pip install 'billproof[service]'"
        )

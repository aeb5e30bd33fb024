"""What an extra of the distribution brings, and the message where it is missing."""

import gc
import importlib.util
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import click

from billproof.cli.failures import EXIT_ERROR

NEEDED: Final = ("starlette", "uvicorn", "prometheus_client")
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


@contextmanager
def importing() -> Generator[None, None, None]:
    """Import a lot at once, without looking for garbage among modules and classes, which all stay.

    The collector walks over every class that was made so far, again and again: a quarter of a cold start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()

"""``billproof conform init`` and ``check-adapter``: from nothing to an adapter that runs."""

from pathlib import Path

import click

from billproof import __version__
from billproof.cli.output import Json, example, output_options, print_result
from billproof.cli.parameters import FILE
from billproof.conformance.probes import probe
from billproof.conformance.runner import DEFAULT_SEED
from billproof.conformance.scaffold import scaffold
from billproof.conformance.session import Session
from billproof.conformance.targets import open_target


@click.command("init", epilog=example("billproof conform init my-adapter && cd my-adapter"))
@click.argument("folder", type=FILE)
@click.option("--language", type=click.Choice(["python", "node"]), default="python", show_default=True)
@output_options
def init_command(folder: Path, *, language: str, output_format: str, quiet: bool) -> int:
    """Scaffold an adapter in FOLDER: it runs as it is, against a toy product inside it.

    Replace the toy by calls of your product, one method after another.
    """
    made = scaffold(folder, language)
    command = f"exec:{'python3 adapter.py' if language == 'python' else 'node adapter.mjs'}"
    lines = [f"wrote {', '.join(made)} in {folder}", "next:", f"  cd {folder}",
             f"  billproof conform check-adapter '{command}'",
             f"  billproof conform '{command}' --claim CORE@L1 --report out"]  # fmt: skip
    document: dict[str, Json] = {
        "folder": str(folder),
        "files": list(made),
        "target": command,
        "exit_code": 0,
    }
    print_result(document, lines, output_format=output_format, quiet=quiet)
    return 0


@click.command("check-adapter", epilog=example("billproof conform check-adapter 'exec:python3 adapter.py'"))
@click.argument("target")
@click.option("--map", "mapping", type=FILE, help="Maps operations to the routes of an HTTP product (TOML).")
@click.option("--reply-seconds", type=click.FloatRange(0.1), default=30.0, show_default=True)
@output_options
def check_command(
    target: str, *, mapping: Path | None, reply_seconds: float, output_format: str, quiet: bool
) -> int:
    """Probe the adapter of TARGET before anything is graded.

    Exit code 0: it does what it declares; 3: it does not, and the message names what. Nothing is said of the
    product.
    """
    transport = open_target(target, mapping=mapping)
    try:
        session = Session(transport, __version__, DEFAULT_SEED, reply_seconds)
        passed = probe(session)
    finally:
        transport.close()
    name = session.declaration.implementation.name
    lines = [
        f"{name}: the adapter does what it declares",
        *(f"  {item.name}: {item.found}" for item in passed),
    ]
    probes: list[Json] = [{"name": item.name, "found": item.found} for item in passed]
    document: dict[str, Json] = {
        "implementation": name, "probes": probes, "hello": session.declaration.document, "exit_code": 0
    }  # fmt: skip
    print_result(document, lines, output_format=output_format, quiet=quiet)
    return 0

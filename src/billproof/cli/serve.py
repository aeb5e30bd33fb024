"""``billproof serve``: the reference service."""

import sys
from pathlib import Path

import click

from billproof.cli.extras import check_service_extra, importing
from billproof.cli.failures import EXIT_ERROR
from billproof.cli.output import EXIT_HOLDS, example, output_options, print_result
from billproof.cli.parameters import FILE, DesignParameter
from billproof.model.design import Design


@click.command(
    "serve",
    epilog=example(
        "billproof account create --db ledger.db --customer acme --plan startup --credit-limit 100",
        "billproof serve --db ledger.db --port 8080",
    ),
)
@click.option("--db", "database", type=FILE, required=True, help="The ledger; made where there is none.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8080, show_default=True, help="0 takes a free port."
)
@click.option(
    "--design", type=DesignParameter(), help="documented, repaired or FILE.toml; fixed for a ledger."
)
@click.option("--plans", type=FILE, help="Published price plans (JSON), for disputes about amounts.")
@click.option("--trace", type=FILE, help="Append every commit to FILE, for: billproof trace FILE --db DB.")
@click.option(
    "--metrics", type=click.Choice(["local", "token"]), default="local", show_default=True,
    help="Who reads /metrics without a token: a collector on this machine, or nobody.",
)  # fmt: skip
@output_options
def command(
    database: Path,
    host: str,
    port: int,
    *,
    design: Design | None,
    trace: Path | None,
    plans: Path | None,
    metrics: str,
    output_format: str,
    quiet: bool,
) -> int:
    """Serve the HTTP API on a ledger, until SIGTERM or Ctrl-C.

    The interface is at /openapi.json, a page for customers at /, metrics at /metrics: over the
    network with the token of a monitor or an operator. Logs go to stderr, one
    JSON object per request. Stopping is graceful; killing loses nothing that was acknowledged.
    """
    check_service_extra()
    # Imported here: without the extra the help and the message above must work.
    with importing():
        from billproof.service.http.app import Settings, make_app
        from billproof.service.http.server import make_server

    settings = Settings(
        database=database, design=design, trace=trace, plans=plans, is_logging=not quiet,
        is_metering_local=metrics == "local",
    )  # fmt: skip
    app = make_app(settings)

    def tell(url: str) -> None:
        lines = [f"serving {database} on {url}"]
        print_result({"url": url, "db": str(database)}, lines, output_format=output_format, quiet=False)
        sys.stdout.flush()

    server = make_server(app, host, port, tell)
    server.run()
    return EXIT_HOLDS if server.started else EXIT_ERROR

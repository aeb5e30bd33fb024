"""The adapter for stripe-stateful-mock; ``install.sh`` beside it installs the package."""

import sys
import tempfile
from pathlib import Path
from typing import Final

from targets.processes import ServerProcess, free_port
from targets.stdio import serve
from targets.stripe_api import StripeAdapter

SCRIPT: Final = Path(__file__).resolve().parent / "node_modules" / "stripe-stateful-mock" / "autostart.js"
VERSION: Final = "0.0.16"
WORKERS: Final = 8


def main() -> None:
    """Answer messages until ``bye`` or the end of input."""
    with tempfile.TemporaryDirectory(prefix="stripe-mock-") as folder:
        port = free_port()
        settings = {"PORT": str(port), "LOG_LEVEL": "silent"}
        server = ServerProcess(["node", str(SCRIPT)], port, cwd=Path(folder), env=settings)
        try:
            server.start()
            adapter = StripeAdapter(
                server, "stripe-stateful-mock", VERSION, language="JavaScript", receipts="opaque"
            )
            if "--charges-only" in sys.argv[1:]:
                adapter.declare(["charge"])
            serve(adapter.answer, WORKERS)
        finally:
            server.kill()


if __name__ == "__main__":
    main()

"""The adapter for localstripe; ``install.sh`` beside it installs the package.

localstripe keeps its state in one file of a fixed name in the folder for temporary files, so only one runs
on a machine at a time; the file is removed before and after.
"""

import tempfile
from pathlib import Path
from typing import Final

from targets.processes import ServerProcess, free_port
from targets.stdio import serve
from targets.stripe_api import StripeAdapter

FOLDER: Final = Path(__file__).resolve().parent
VERSION: Final = "1.15.10"
STATE: Final = Path("/tmp/localstripe.pickle")  # noqa: S108 - the package has no other place
WORKERS: Final = 8


class Adapter(StripeAdapter):
    """Charges customers by a payment method, since localstripe knows no ready-made tokens."""

    def make_customer(self, name: str) -> str:
        """Make a payment method and a customer who has it."""
        card = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2099", "cvc": "123"}
        form = {"type": "card", **{f"card[{member}]": value for member, value in card.items()}}
        method = self.made("/v1/payment_methods", form)
        default = "invoice_settings[default_payment_method]"
        return self.made("/v1/customers", {"payment_method": method, default: method, "description": name})


def main() -> None:
    """Answer messages until ``bye`` or the end of input."""
    STATE.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="localstripe-") as folder:
        port = free_port()
        command = [str(FOLDER / ".venv" / "bin" / "python"), "-m", "localstripe", "--port", str(port)]
        server = ServerProcess(command, port, cwd=Path(folder), env={})
        try:
            server.start()
            adapter = Adapter(server, "localstripe", VERSION, language="Python", receipts="none")
            serve(adapter.answer, WORKERS)
        finally:
            server.kill()
            STATE.unlink(missing_ok=True)


if __name__ == "__main__":
    main()

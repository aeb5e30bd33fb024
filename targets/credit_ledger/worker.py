"""The process that holds the library: one JSON request per line of a connection, one reply per line.

A library has no server of its own. It runs here so that it can be killed without the adapter, and does what
a web service around it would do: call it, and answer what it says.
"""

import json
import sys
from decimal import Decimal
from socketserver import StreamRequestHandler, ThreadingTCPServer

import credit_ledger

Request = dict[str, str]


class Handler(StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        """Answer its requests."""
        for line in self.rfile:
            reply = perform(json.loads(line))
            self.wfile.write(json.dumps(reply).encode("utf-8") + b"\n")


class Server(ThreadingTCPServer):
    """A thread per connection."""

    allow_reuse_address = True
    daemon_threads = True


def perform(request: Request) -> dict[str, object]:
    """Call the library."""
    call = {"grant": credit_ledger.grant, "decrement": credit_ledger.decrement}[request["call"]]
    try:
        charge = call(
            request["tenant"],
            Decimal(request["amount"]),
            reason=request["reason"],
            idempotency_key=request["key"] or None,
        )
    except ValueError as error:
        return {"refused": str(error)}
    return {"ok": charge.ok, "balance": str(charge.balance), "deduped": charge.deduped}


def main() -> None:
    """Serve on the port that is given, with the database that is given."""
    port, url = int(sys.argv[1]), sys.argv[2]
    credit_ledger.configure(url)
    with Server(("127.0.0.1", port), Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()

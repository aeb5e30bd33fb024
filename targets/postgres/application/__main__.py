"""Start the application: ``python -m targets.postgres.application --database DSN --keys FOLDER``."""

import argparse
import sys
import threading
from pathlib import Path

from targets.postgres.application.database import Database
from targets.postgres.application.keys import open_keys
from targets.postgres.application.web import Service, serve


def main() -> None:
    """Serve until the process is killed; the line ``ready PORT`` says where."""
    parser = argparse.ArgumentParser(description="Bills usage, on PostgreSQL.")
    parser.add_argument("--database", required=True, help="like 'host=/run/pg dbname=billing user=app'")
    parser.add_argument("--keys", required=True, type=Path, help="a folder; missing keys are made in it")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    given = parser.parse_args()
    # Short switches between threads: a request that waits for its signature should not hold up the others.
    sys.setswitchinterval(0.001)
    server = serve(Service(Database(given.database), open_keys(given.keys)), given.host, given.port)
    sys.stdout.write(f"ready {server.server_port}\n")
    sys.stdout.flush()
    # Whoever started this holds the other end of its standard input: at its end nobody is left to serve.
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()

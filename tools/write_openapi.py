"""Write the shipped interface, ``service/http/openapi.json``, or check that it is fresh.

python tools/write_openapi.py [--check]
"""

import argparse
import sys
from pathlib import Path

from billproof.service.http.openapi import FILE, document_text

TARGET = Path(__file__).resolve().parents[1] / "service" / "http" / FILE


def main() -> int:
    """Write or check."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when it is stale")
    is_check: bool = parser.parse_args().check
    made = document_text()
    if is_check:
        is_fresh = TARGET.exists() and TARGET.read_bytes() == made
        print(f"{TARGET.name} is {'fresh' if is_fresh else 'stale: run python tools/write_openapi.py'}")
        return 0 if is_fresh else 1
    TARGET.write_bytes(made)
    print(f"{TARGET.name}: {len(made)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())

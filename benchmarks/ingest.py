"""Receipts per second of ``ingest``, with real signatures and real commits, against openssl signing.

python benchmarks/ingest.py --receipts 5000
"""

import argparse
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from peers import mean, measure_openssl, print_ratio, write_usage

from billproof.model.identifiers import Amount
from billproof.model.money import UNITS
from billproof.model.outcomes import AccountKind
from billproof.model.tiers import Tier, terms_of
from billproof.service.ingest import IngestOptions, ingest
from billproof.service.survey import Watch


def main() -> None:
    """Measure the peer, the ingest and the peer again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--receipts", type=int, default=5_000)
    receipts: int = parser.parse_args().receipts
    cores = os.cpu_count() or 1
    options = IngestOptions(terms=terms_of(Tier.ENTERPRISE, AccountKind.CREDIT, Amount(10**9 * UNITS)))
    with TemporaryDirectory() as directory:
        usage = Path(directory) / "usage.csv"
        write_usage(usage, receipts)
        # Making the keys is no part of the rate.
        small = Path(directory) / "small.csv"
        write_usage(small, 1)
        ingest(small, Path(directory) / "ledger.db", options, Watch())
        before = measure_openssl(cores)
        start = perf_counter()
        report = ingest(usage, Path(directory) / "ledger.db", options, Watch())
        seconds = perf_counter() - start
        peer = mean(before, measure_openssl(cores))
    made = report.tally.charged + report.tally.accounts_opened
    print_ratio("ingest, two readings, one commit per 500 rows", made / seconds, "sign", peer.signs, cores)


if __name__ == "__main__":
    main()

"""Receipts per second of ``audit``, by signatures and by hashes alone, against openssl verifying.

    python benchmarks/audit.py --receipts 20000 [--ledger ledger.db]

The ledger is made by the real store first, which takes most of the time; --ledger keeps it for the next run.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from peers import mean, measure_openssl, print_ratio, write_usage

from billproof.model.identifiers import Amount, Count
from billproof.model.money import UNITS
from billproof.model.outcomes import AccountKind, ReceiptVerdict
from billproof.model.tiers import Tier, terms_of
from billproof.service.audit import AuditOptions, AuditReport, audit
from billproof.service.binding import audit_hashes
from billproof.service.export import ExportForm, export
from billproof.service.ingest import IngestOptions, ingest
from billproof.service.survey import Watch


def main() -> None:
    """Make the ledger, then measure the peer, the audits and the peer again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--receipts", type=int, default=20_000)
    parser.add_argument("--ledger", type=Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    with TemporaryDirectory() as directory:
        ledger: Path = arguments.ledger or Path(directory) / "ledger.db"
        if not ledger.exists():
            _make(ledger, arguments.receipts, Path(directory))
        lines, keys = Path(directory) / "ledger.jsonl", Path(directory) / "keys.json"
        export(ledger, ExportForm.JSONL, lines)
        export(ledger, ExportForm.JWKS, keys)
        head = Path(directory) / "head.json"
        export(ledger, ExportForm.CHECKPOINT, head)
        before = measure_openssl(arguments.jobs)
        rates = {
            "audit of the database": _rate(ledger, AuditOptions(jobs=Count(arguments.jobs))),
            "audit of JSON lines": _rate(lines, AuditOptions(jwks=keys, jobs=Count(arguments.jobs))),
        }
        bound = AuditOptions(jwks=keys, checkpoint=head)
        hashes = _rate(lines, bound, audit_hashes)
        peer = mean(before, measure_openssl(arguments.jobs))
    for name, rate in rates.items():
        print_ratio(name, rate, "verify", peer.verifies, arguments.jobs)
    print_ratio("hashes against a checkpoint, one core", hashes, "verify", peer.verifies / arguments.jobs, 1)


def _make(ledger: Path, receipts: int, directory: Path) -> None:
    usage = directory / "usage.csv"
    write_usage(usage, receipts)
    terms = terms_of(Tier.ENTERPRISE, AccountKind.CREDIT, Amount(10**9 * UNITS))
    ingest(usage, ledger, IngestOptions(terms=terms), Watch())


def _rate(
    ledger: Path, options: AuditOptions, judge: Callable[[Path, AuditOptions], AuditReport] = audit
) -> float:
    start = perf_counter()
    report = judge(ledger, options)
    seconds = perf_counter() - start
    if report.verdict != ReceiptVerdict.VALID:
        raise ValueError(f"the ledger is {report.verdict}: {report.first}")
    return report.entries / seconds


if __name__ == "__main__":
    main()

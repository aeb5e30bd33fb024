"""credit-ledger from PyPI: credit metering by guarded updates on PostgreSQL, as a Python library."""

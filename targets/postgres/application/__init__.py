"""The billing application: HTTP in front, SQL in SERIALIZABLE transactions behind, signed receipts between.

Nothing here knows the conformance kit. ``python -m targets.postgres.application --help`` starts it.
"""

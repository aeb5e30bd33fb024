"""The lines of the detailed budget, each recomputed as a rate of money from its own volumes and unit prices.

Source: ``claims.md`` 1.19; XE-01 to XE-21.
"""

from typing import Final

from billproof.simulations.claims.quantities import (
    BYTES,
    DAY,
    MONTH,
    YEAR,
    Quantity,
    quantity,
    seconds,
    total,
)
from billproof.simulations.claims.reading import Reader

GIGABYTE: Final = quantity(10**9, BYTES)
"""What a price per GB is per."""

THIRTY_DAYS: Final = seconds(30 * DAY)
"""The month in which the documents count volumes."""

A_MONTH: Final = seconds(MONTH)
"""The month of a monthly price."""


def compute(c: Reader, instances: Quantity, cpus: Quantity) -> Quantity:
    """Return what instances cost that run all the time."""
    return instances * cpus * c("CT-01", "= # x @ =") / seconds(1)


def costed_cpus(c: Reader) -> Quantity:
    """Return the CPUs of the instance that is paid for."""
    return c("CT-01", "# x @ vCPU")


def stored(size: Quantity, price: Quantity) -> Quantity:
    """Return what storing costs at a price per GB and month."""
    each = price if price.dimension[2] else price / GIGABYTE
    return size * each / A_MONTH


def balancer(c: Reader) -> Quantity:
    """Return the load balancer: a fixed part, and its requests."""
    return c.yearly("CT-04") + c("CT-04", "+ @ x") * c("CT-04", "x @ =")


def spanner(c: Reader) -> Quantity:
    """Return Spanner: nodes of both regions, storage and backups, all at monthly prices."""
    price = c("CT-06", "storage # at @")
    return (
        c.yearly("CT-06", ": @ +")
        + c.yearly("CT-06", ": # + @")
        + stored(c("CT-06", "storage @"), price)
        + (stored(c("CT-06", "backups @"), price))
    )


def firestore(c: Reader) -> dict[str, Quantity]:
    """Return the lines of Firestore."""
    return {
        "writes": c("CT-07", "Writes @") * c("CT-07", "Writes # at @"),
        "reads": c("CT-07", "reads @") * c("CT-07", "reads # at @"),
        "deletes": c("CT-07", "deletes @") * c("CT-07", "deletes # at @"),
        "storage": stored(c("CT-07", "; @ at # #; total"), c("CT-07", "; # at @ #; total")),
    }


def archive(c: Reader) -> Quantity:
    """Return the archive at its monthly price, with the monthly backups."""
    return stored(c("CT-08", '"= @"'), c("CT-08", "at @ #;")) + c("CT-08", "backups @") / A_MONTH


def messages(c: Reader) -> Quantity:
    """Return Pub/Sub: messages and subscriptions."""
    return c("CT-10") * c("CT-10", "at @") + c.yearly("CT-10", "subs @")


def logging(c: Reader) -> Quantity:
    """Return logging: what is written, and what is kept at a monthly price."""
    written = c("CT-11", "Logging @") * c("CT-11", "Logging # at @") / GIGABYTE
    return written + stored(c("CT-11", "+ @ at"), c("CT-11", "+ # at @"))


def secrets(c: Reader) -> Quantity:
    """Return the secret manager: a fixed part and accesses."""
    accesses = c("CT-12", "+ @ accesses") * c("CT-12", "accesses at @")
    return c.yearly("CT-12", "Manager @") + accesses / seconds(YEAR)


def keys(c: Reader) -> Quantity:
    """Return key management: keys at a monthly price, and operations."""
    monthly = c("CT-12", "KMS @") * c("CT-12", "keys x @") / A_MONTH
    return monthly + c.yearly("CT-12", "x # + @ =")


def firewall(c: Reader) -> Quantity:
    """Return Armor: a fixed part, and requests at the assumed price."""
    return c.yearly("CT-12", "Armor @") + c("CS-15", "avg @") * c("A11")


def components(c: Reader) -> dict[str, Quantity]:
    """Return every component, recomputed from the documents' own volumes and prices."""
    return {
        "compute": compute(c, c("CT-01"), costed_cpus(c)),
        "egress": c("CT-03", "= @ x") * c("CT-03", "x @ ="),
        "load balancer": balancer(c),
        "Spanner": spanner(c),
        "Firestore": total(firestore(c).values()),
        "archive": archive(c),
        "Pub/Sub": messages(c),
        "monitoring": c.yearly("CT-11", "Monitoring @"),
        "logging": logging(c),
        "tracing": c("CT-11", "Trace @") * c("CT-11", "Trace # at @"),
        "keys": keys(c),
        "secrets": secrets(c),
        "firewall": firewall(c),
    }


def recomputed_total(c: Reader) -> Quantity:
    """Return the yearly cost: components, support as a share of them, audit and penetration tests."""
    infrastructure = total(components(c).values())
    support = infrastructure * c("CT-13", "support @")
    return infrastructure + support + c.yearly("CT-13", "audit @") + c.yearly("CT-13", "quarterly @")


def formula(c: Reader, customers: Quantity) -> Quantity:
    """Return the documented cost function at a number of customers."""
    return c.yearly("CM-03", "= @ + # N") + c.yearly("CM-03", "= # + @ N") * customers


def node(c: Reader) -> Quantity:
    """Return what a Spanner node costs."""
    return c.monthly("CT-06", "nodes at @")

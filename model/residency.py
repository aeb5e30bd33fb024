"""Residency: in which regions data of a customer may be stored and processed, and where a request goes.

A customer has a residency, fixed when the account is opened. Data of a class may lie only in the regions
that its row names; where a request goes follows from its customer's residency and from which regions are up.
If no allowed region is up, the request is refused: availability does not buy a transfer.

Choices: the documents have European data "in eu-west1", "computed in the primary" and "replicated from the
US on failover" (XH-01 to XH-03). Here the personal key and the personal data of a European customer stay in
``eu-west1``; the ledger holds no personal data, only commitments (``erasure``), and may be replicated to
every region. So one global log and residency do not exclude each other. The region names are the documents';
that Google's Belgian region is called europe-west1 is noted there (XH-08).

Source: ``system.md`` section 7; claims CP-1 to CP-3; contradictions XH-01, XH-02, XH-03, XH-08.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Site(StrEnum):
    """The regions."""

    US_CENTRAL1 = "us-central1"
    """Primary."""
    US_EAST1 = "us-east1"
    """Standby."""
    EU_WEST1 = "eu-west1"
    """For residency."""


class Residency(StrEnum):
    """Where a customer's personal data has to stay."""

    ANYWHERE = "anywhere"
    EU = "eu"


class DataClass(StrEnum):
    """What is stored."""

    PERSONAL = "personal"
    """Personal data and the key under which it is committed to."""
    LEDGER = "ledger"
    """Receipts, heads and checkpoints: commitments, no personal data."""
    AUDIT_LOG = "audit_log"
    """Actors, who are the operator's people, and pseudonyms."""


_US: Final = (Site.US_CENTRAL1, Site.US_EAST1)
_EU: Final = (Site.EU_WEST1,)
_ALL: Final = (*_US, *_EU)

ALLOWED_SITES: Final[Mapping[tuple[Residency, DataClass], tuple[Site, ...]]] = MappingProxyType(
    {
        (Residency.ANYWHERE, DataClass.PERSONAL): _US,
        (Residency.ANYWHERE, DataClass.LEDGER): _ALL,
        (Residency.ANYWHERE, DataClass.AUDIT_LOG): _ALL,
        (Residency.EU, DataClass.PERSONAL): _EU,
        (Residency.EU, DataClass.LEDGER): _ALL,
        (Residency.EU, DataClass.AUDIT_LOG): _ALL,
    }
)
"""Where data may be, in order of preference; both storing and processing count as being there."""


def may_be_at(residency: Residency, data: DataClass, site: Site) -> bool:
    """Tell whether data may be stored or processed at a site."""
    return site in ALLOWED_SITES[(residency, data)]


def route(residency: Residency, data: DataClass, up: frozenset[Site]) -> Site | None:
    """Return where a request for data goes, or None where no allowed site is up.

    Law: what is returned is up and allowed; it is None only if no site is both.
    """
    for site in ALLOWED_SITES[(residency, data)]:
        if site in up:
            return site
    return None


def failover_is_allowed(residency: Residency, data: DataClass, target: Site) -> bool:
    """Tell whether a failover may bring data to a site: the rule is the same as on any other day."""
    return may_be_at(residency, data, target)

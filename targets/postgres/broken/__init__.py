"""The broken variants of the PostgreSQL target, theorem by theorem."""

from targets.postgres.broken.evidence import EVIDENCE
from targets.postgres.broken.limits import LIMITS
from targets.postgres.broken.money import MONEY
from targets.postgres.broken.storage import STORAGE
from targets.postgres.broken.variant import Variant

VARIANTS: tuple[Variant, ...] = (*MONEY, *LIMITS, *STORAGE, *EVIDENCE)
"""Every broken variant."""

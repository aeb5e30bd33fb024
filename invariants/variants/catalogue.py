"""The known-bad variants, theorem by theorem, in one explicit tuple."""

from billproof.invariants.variants.first_half import (
    CONSISTENCY_BOUND,
    CORRUPTION_DETECTION,
    NO_DATA_LOSS,
    NO_DOUBLE_BILLING,
)
from billproof.invariants.variants.incidents import INCIDENTS
from billproof.invariants.variants.second_half import DISPUTES, ORDERING, QUOTA
from billproof.invariants.variants.variant import Variant

VARIANTS: tuple[Variant, ...] = (
    *NO_DOUBLE_BILLING,
    *NO_DATA_LOSS,
    *CORRUPTION_DETECTION,
    *CONSISTENCY_BOUND,
    *QUOTA,
    *ORDERING,
    *DISPUTES,
    *INCIDENTS,
)
"""Every known-bad variant."""

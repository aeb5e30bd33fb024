"""The known-bad variants, theorem by theorem, in one explicit tuple."""

from billproof.invariants.variants.conservation import CONSERVATION
from billproof.invariants.variants.evidence import (
    ARCHIVES_AND_HEADS,
    DOCUMENTS_AND_READERS,
    RESTORES,
)
from billproof.invariants.variants.first_half import (
    CONSISTENCY_BOUND,
    CORRUPTION_DETECTION,
    NO_DATA_LOSS,
    NO_DOUBLE_BILLING,
)
from billproof.invariants.variants.incidents import INCIDENTS
from billproof.invariants.variants.money import MONEY
from billproof.invariants.variants.second_half import DISPUTES, ORDERING, QUOTA
from billproof.invariants.variants.variant import Variant

VARIANTS: tuple[Variant, ...] = (
    *CONSERVATION,
    *NO_DOUBLE_BILLING,
    *NO_DATA_LOSS,
    *CORRUPTION_DETECTION,
    *CONSISTENCY_BOUND,
    *QUOTA,
    *ORDERING,
    *DISPUTES,
    *INCIDENTS,
    *RESTORES,
    *ARCHIVES_AND_HEADS,
    *DOCUMENTS_AND_READERS,
    *MONEY,
)
"""Every known-bad variant."""

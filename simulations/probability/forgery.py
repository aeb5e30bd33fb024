"""Chances of an undetected change of a witnessed history: collisions, forged signatures, corrupt witnesses.

The bound of work is generic: an adversary who spends ``2**work`` evaluations against ``2**strength`` finds
what it seeks with at most their ratio. It is dominated by people, which is why witnesses are counted.

Source: ``claims.md`` 3.8, "10^-15 x 10^-12"; NIST SP 800-57 for the strengths of RSA.
"""

from fractions import Fraction
from typing import Final

from billproof.simulations.probability.proportions import binomial_tail

RSA_STRENGTH_BITS: Final = {2048: 112, 3072: 128}
"""Security strength by the length of the modulus."""


def collision_of_hash(work_bits: int, digest_bits: int) -> Fraction:
    """Bound the chance of any collision among ``2**work_bits`` digests."""
    work = 2**work_bits
    return Fraction(work * (work - 1), 2 * 2**digest_bits)


def forged_signature(work_bits: int, strength_bits: int) -> Fraction:
    """Bound the chance to forge a signature with ``2**work_bits`` of work."""
    return min(Fraction(1), Fraction(2**work_bits, 2**strength_bits))


def corrupt_witnesses(witnesses: int, needed: int, corruption: Fraction) -> Fraction:
    """Return the chance that at least ``needed`` of independent witnesses are corrupt."""
    return binomial_tail(witnesses, needed, corruption)

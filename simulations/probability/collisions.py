"""Collisions of random keys: the birthday bound and its inverse.

A collision makes a second charge look like a repetition: it loses a charge and never doubles one.

Source: ``claims.md`` 3.8, "1 in 10^27"; RFC 9562 for the 122 random bits of a UUID of version 4.
"""

import math
from fractions import Fraction


def birthday_bound(keys: int, bits: int) -> Fraction:
    """Bound the chance that any two of ``keys`` random keys are equal: pairs over ``2**bits``.

    Law: never below the exact chance.
    """
    return Fraction(keys * (keys - 1), 2 * 2**bits)


def birthday_exact(keys: int, space: int) -> Fraction:
    """Return the chance that any two of ``keys`` keys out of ``space`` are equal; for small numbers."""
    apart = Fraction(1)
    for drawn in range(keys):
        apart *= Fraction(max(0, space - drawn), space)
    return 1 - apart


def keys_below(chance: Fraction, bits: int) -> int:
    """Return the most keys for which the birthday bound does not exceed a chance."""
    pairs = math.floor(chance * 2 * 2**bits)
    keys = (1 + math.isqrt(1 + 4 * pairs)) // 2
    return keys if keys * (keys - 1) <= pairs else keys - 1


def expected_collisions(namespaces: int, keys: int, bits: int) -> Fraction:
    """Bound the chance of a collision in any of several separate namespaces of ``keys`` keys each."""
    return namespaces * birthday_bound(keys, bits)

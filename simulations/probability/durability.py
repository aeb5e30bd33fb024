"""Loss of replicated data: a Markov chain of failed domains with repair, and causes that take all at once.

Theory of operation. Each of ``domains`` fails at rate ``loss`` and, once failed, is rebuilt at rate
``rebuild``; a common cause fails all at once at rate ``common * loss``. Loss is the state in which all have
failed; it absorbs. ``chance_of_loss`` is exact for the chain (a matrix exponential); ``rate_of_loss`` is its
leading term.

Choices. Rebuilding runs in parallel, one crew per failed domain; a single crew would double the leading term.

Source: ``claims.md`` 3.8, "10^-9"; the birth-death chain of RAID analysis (Patterson, Gibson, Katz 1988).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import expm

from billproof.model.portable import PortableError


class ReplicaParametersError(PortableError, ValueError):
    """Parameters that no chain has.

    Args:
        name: Which.
        found: Its value.
        allowed: What is allowed.
    """

    def __init__(self, name: str, found: float, allowed: str) -> None:
        super().__init__(f"{name} = {found:g} cannot be used; allowed is {allowed}")
        self.name = name
        self.found = found
        self.allowed = allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """Replicated data, with rates per year."""

    domains: int
    """Copies in separate failure domains."""
    loss: float
    """How often one domain is lost, per year."""
    rebuild: float
    """How fast a lost domain is rebuilt: one over the time in years."""
    common: float = 0.0
    """The share of losses whose cause takes all domains."""

    def __post_init__(self) -> None:
        if self.domains < 1:
            raise ReplicaParametersError("domains", self.domains, "at least 1")
        for name, value in (("loss", self.loss), ("rebuild", self.rebuild)):
            if not 0 < value < math.inf:
                raise ReplicaParametersError(name, value, "a rate above 0")
        if not 0 <= self.common <= 1:
            raise ReplicaParametersError("common", self.common, "a share from 0 to 1")


def rate_of_loss(replicas: Replicas) -> float:
    """Return the leading term of the loss per year: ``n l (l/m)^(n-1)``, and the common cause.

    For three domains that is ``3 l^3 / m^2 + b l``: the combinations of who fails first cancel against the
    crews.
    """
    ratio = replicas.loss / replicas.rebuild
    return (
        replicas.domains * replicas.loss * ratio ** (replicas.domains - 1) + replicas.common * replicas.loss
    )


def chance_of_loss(replicas: Replicas, years: float) -> float:
    """Return the exact chance that the chain, begun with all domains up, has lost all within some years."""
    size = replicas.domains
    rates = np.zeros((size + 1, size + 1))
    for failed in range(size):
        rates[failed, failed + 1] += (size - failed) * replicas.loss
        rates[failed, size] += replicas.common * replicas.loss
        if failed:
            rates[failed, failed - 1] += failed * replicas.rebuild
        rates[failed, failed] = -rates[failed].sum()
    return float(expm(rates * years)[0, size])


def loss_for(chance: float, replicas: Replicas) -> float:
    """Return the loss rate of one domain at which the independent leading term is a chance per year."""
    power = 1 / replicas.domains
    return float((chance * replicas.rebuild ** (replicas.domains - 1) / replicas.domains) ** power)

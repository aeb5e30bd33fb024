"""Quantities that several checks derive from the same claims, and what they say in the same form."""

from fractions import Fraction

from billproof.simulations.claims.quantities import YEAR, Quantity, quantity, seconds, total
from billproof.simulations.claims.reading import Reader
from billproof.simulations.claims.relations import Outcome, at_most, beside, true


def not_both(what: str, first: bool, second: bool, computed: str, against: str = "") -> Outcome:  # noqa: FBT001
    """Two statements exclude each other; it holds where one of them is no longer made."""
    said = computed if first and second else "only one of the two is said"
    return true(what, said, holds=not (first and second), against=against)


def one(text: str) -> Fraction:
    """Return a plain number, for factors that are definitions and no figures of the documents."""
    return Fraction(text)


def year() -> Quantity:
    """Return a year."""
    return seconds(YEAR)


def two_writes(c: Reader) -> Quantity:
    """Return the time of the two serial store writes of one event."""
    return c("LA-04") + c("LA-05")


def latency_sum(c: Reader) -> Quantity:
    """Return the sum of the stages of one event."""
    return total(c(f"LA-0{stage}") for stage in range(1, 8))


def workers(c: Reader, cpus: Quantity) -> Quantity:
    """Return the workers of an instance: the documented minimum of a multiple of its CPUs and a cap."""
    by_cpu = cpus * c("PO-03", "CPU x @")
    cap = c("PO-03", "CPU x #, @)")
    return by_cpu if by_cpu <= cap else cap


def served(c: Reader, cpus: Quantity) -> Quantity:
    """Return what an instance serves by Little's law: workers over the time that each event holds one."""
    return workers(c, cpus) / two_writes(c)


def chain_rate(c: Reader) -> Quantity:
    """Return the events per second that one chain takes: its links are written one after another."""
    return 1 / two_writes(c)


def customer_rate(c: Reader) -> Quantity:
    """Return the events per second of one customer at the design load."""
    return c("SC-02") / c("SC-01")


def yearly_events(c: Reader) -> Quantity:
    """Return the events of a year at the design load."""
    return c("SC-02") * year()


def volume(c: Reader) -> Quantity:
    """Return the events of a year at the average of the cost model."""
    return c("CS-15", "avg @") * year()


def rows(c: Reader) -> Quantity:
    """Return the rows that one event writes."""
    return c("A1", "@ rows")


def average_below_peak(c: Reader, claim: str, average: str, peak: str) -> Outcome:
    """An average is not above the peak of the same load."""
    mean, most = c(claim, average), c.rate(claim, peak)
    told = [("average", quantity(1) * mean), ("average over peak", mean / most)]
    return beside(at_most("events/s on average", mean, most), told)

"""What a crash or a failover leaves behind: acknowledged and not written, or written and not replicated.

Source: ``claims.md`` 3.8, "double billing" and "data loss"; T1-S2, T2-S1, T4-R2.
"""


def unwritten(rate: float, dwell_s: float, slots: float) -> float:
    """Return what one instance acknowledged and has not written: Little's law, up to its slots."""
    return min(rate * dwell_s, slots)


def unreplicated(rate: float, lag_s: float) -> float:
    """Return the committed events that a failover does not find on the other side."""
    return rate * lag_s


def double_charges(failovers: float, rate: float, lag_s: float, retried: float) -> float:
    """Return the second charges per year of a design whose replica may lack the keys."""
    return failovers * unreplicated(rate, lag_s) * retried

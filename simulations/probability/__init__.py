"""What each documented probability could defensibly be: pure functions of their parameters.

``collisions`` and ``forgery`` (birthday and work bounds), ``durability`` (a Markov chain of replicas with a
common cause), ``lag`` (the tail of a replica's delay), ``proportions`` (binomial intervals), ``rare``
(Poisson and repeated trials), ``exposure`` (what a crash or a failover leaves behind). ``table`` evaluates
every figure of ``claims.md`` 3.8 from the register. Each is tested against a closed form and against a seeded
simulation.

Source: ``claims.md`` 3.8.
"""

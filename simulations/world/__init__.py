"""The world: clients, instances, two regions, consumers, jobs and an operator over a network with faults.

What they do to billing is done through ``model.core.step`` and through nothing else, so a run is a trace of
commands of the core, and whatever is said of the core can be asked of it.
"""

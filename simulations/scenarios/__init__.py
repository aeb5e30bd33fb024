"""The fault catalogue as named scenarios, one module per family, and the swarm."""

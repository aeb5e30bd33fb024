"""Hypothesis on the running model: strategies for users, a state machine, and the engine ``property``."""

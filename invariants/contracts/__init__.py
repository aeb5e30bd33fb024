"""Contracts of the pure functions of the model, checked on the functions that run."""

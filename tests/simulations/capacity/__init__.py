"""Tests of ``billproof.simulations.capacity``."""

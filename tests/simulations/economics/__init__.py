"""Tests of ``billproof.simulations.economics``."""

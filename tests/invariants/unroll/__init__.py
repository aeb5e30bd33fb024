"""Tests of ``billproof.invariants.unroll``."""

"""Bounded unrolling: the transition relation that was extracted from the core, k times over."""

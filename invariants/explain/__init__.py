"""Explanations: what each step of a counterexample reads and writes, why their order matters, its story."""

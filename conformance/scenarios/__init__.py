"""What is done to a product: one module for each strength of evidence, each scenario in worlds of its own."""

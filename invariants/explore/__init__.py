"""Exhaustive search of the running functions over small domains."""

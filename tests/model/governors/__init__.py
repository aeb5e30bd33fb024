"""Tests of the governors and lifecycles."""

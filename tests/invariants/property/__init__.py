"""Tests of the property engine."""

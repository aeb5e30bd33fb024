"""Tests of the rim, one module per module."""

"""Tests of the model, one module per module."""

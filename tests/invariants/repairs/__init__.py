"""Tests of the search for repairs."""

"""Tests of the proof engine."""

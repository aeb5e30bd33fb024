"""Tests of the platform models."""

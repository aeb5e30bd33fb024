"""Tests of the derivations of documented probabilities."""

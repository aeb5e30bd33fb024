"""Judging a run while it goes on."""

"""Checks of the checkers."""

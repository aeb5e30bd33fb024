"""Tests of the theorems and the engines."""

"""Tests of the repository itself: layout, size, form and the checkers that guard them."""

"""Tests of the contracts and of what checks them."""

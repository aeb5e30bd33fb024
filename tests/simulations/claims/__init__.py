"""Tests of the judged register."""

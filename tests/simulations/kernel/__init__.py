"""Tests of the kernel of the simulator."""

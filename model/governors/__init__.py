"""Governors and lifecycles as data: one transition table each, from which diagrams and steps are made.

``machine`` says what a table is and what is wrong with one; each other module has one governor or lifecycle
in its readings; ``catalogue`` lists them all.
"""

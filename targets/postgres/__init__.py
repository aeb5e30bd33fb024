"""An independent implementation of the billing protocol on PostgreSQL, and its adapter for the kit.

It shares no code with the reference model, which a test enforces: two systems that were written apart and
agree say more than one system that agrees with itself.
"""

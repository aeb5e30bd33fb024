"""Judging a history: from recorded messages and replies alone, the same for a live run and for a file."""

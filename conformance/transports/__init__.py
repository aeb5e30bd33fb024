"""The ways in which messages travel: in-process, JSON lines over a process, HTTP."""

"""The JSON Schemas of what commands print with ``--format json``: the members that a caller may rely on."""

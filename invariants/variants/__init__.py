"""Known-bad variants: one rule broken in each, naming the clause that must notice."""

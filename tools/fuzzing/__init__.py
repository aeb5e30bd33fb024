"""Generated inputs for everything that reads what a stranger wrote."""

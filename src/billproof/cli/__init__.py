"""The command line of billproof."""

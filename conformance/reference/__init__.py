"""The reference as a target: the core in this process, the service over HTTP, and bad systems."""

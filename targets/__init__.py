"""Systems that the conformance kit is tried on: not part of the package, and never imported by it."""

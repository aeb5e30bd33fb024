"""The compiled search: a named model, executed symbolically and translated to operations on arrays."""

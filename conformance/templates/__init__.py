"""What ``conform init`` writes: adapters that run as they are, against a toy product inside them."""

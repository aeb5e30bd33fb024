"""The world in which the model is tried: deterministic, with every fault that it may meet."""

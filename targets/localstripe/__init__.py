"""localstripe from PyPI: a stateful imitation of Stripe's API that keeps its state in a pickle."""

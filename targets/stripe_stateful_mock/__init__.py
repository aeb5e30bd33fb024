"""stripe-stateful-mock from npm: a stateful imitation of Stripe's API that keeps its state in memory."""

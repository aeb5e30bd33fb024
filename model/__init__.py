"""The billing system: a pure model, parameterised by a design."""

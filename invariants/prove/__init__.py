"""The proof engine: the core and the theorems, executed symbolically, decided by Z3 and cvc5."""

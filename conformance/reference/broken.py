"""A reference with one rule broken, as a process.

``python -m billproof.conformance.reference.broken VARIANT``

The variants are those that the theorems are tested with. Their edits replace functions of the model for the
whole process, which is why each has a process of its own: the kit judges by the model as it is.
"""

import sys

from billproof.conformance.adapter import serve
from billproof.conformance.reference.model_adapter import ReferenceAdapter
from billproof.invariants.variants.catalogue import VARIANTS
from billproof.invariants.variants.variant import Variant, installed


def find_variant(name: str) -> Variant | None:
    """Return the variant of this name, or None."""
    return next((variant for variant in VARIANTS if variant.name == name), None)


def main(arguments: list[str]) -> int:
    """Serve the reference with a variant installed, or as it is for ``none``."""
    name = arguments[0] if arguments else ""
    if name == "none":
        serve(ReferenceAdapter(), in_flight=ReferenceAdapter.concurrent)
        return 0
    variant = find_variant(name)
    if variant is None:
        sys.stderr.write(f"no variant is called {name!r}; see: billproof variants --help\n")
        return 3
    with installed(variant) as design:
        serve(ReferenceAdapter(design), in_flight=ReferenceAdapter.concurrent)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Short ways to write a variant down."""

from billproof.invariants.variants.variant import Edit, Variant


def turned(name: str, clause: str, breaks: str, source: str, **switches: str) -> Variant:
    """Make a variant by turning switches away from the repaired design; ``clause`` is ``T1.name``."""
    return edited(name, clause, breaks, source, **switches)


def edited(name: str, clause: str, breaks: str, source: str, *edits: Edit, **switches: str) -> Variant:
    """Make a variant by editing rules, and turning switches if need be; ``clause`` is ``T1.name``."""
    theorem, _, clause_name = clause.partition(".")
    return Variant(
        name=name,
        theorem=theorem,
        clause=clause_name,
        breaks=breaks,
        source=source,
        switches=tuple(switches.items()),
        edits=edits,
    )


def edit(place: str, old: str, new: str) -> Edit:
    """Make an edit of ``module.function``: ``old``, which occurs once in it, becomes ``new``."""
    module, _, function = place.partition(".")
    return Edit(module=module, function=function, old=old, new=new)

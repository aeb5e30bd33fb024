"""Effects are extracted from the core as it now is, not as it was when somebody asked before."""

from billproof.invariants.erasures import guards_of
from billproof.invariants.prove.effects import effect_of, forget_effects
from billproof.invariants.prove.shapes import shape_of
from billproof.invariants.variants.guards import deleted
from billproof.model.effects import return_effect
from billproof.model.state import Entry

FOREIGN = "effects.is_about: entry.customer != name.customer in "
"""The operand without which an entry is about the debits of other customers too."""


def test_an_effect_whose_helper_is_edited_is_another_effect() -> None:
    guard = next(guard for guard in guards_of(("effects",)) if guard.name.startswith(FOREIGN))
    item = shape_of(Entry)
    before = effect_of(return_effect, item)
    with deleted(guard):
        forget_effects()
        assert effect_of(return_effect, item).body != before.body
    forget_effects()
    assert effect_of(return_effect, item) is before

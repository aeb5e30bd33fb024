"""Every place of a state has words of its own, so that nothing is told by the name of a field."""

import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from billproof.invariants.explain.places import PART_WORDS, SITE_NAMES, place_words, value_words
from billproof.invariants.explain.recording import LENGTH, SITES, Place
from billproof.model.containers import Log, PartialMap
from billproof.model.identifiers import CustomerId, IdempotencyKey
from billproof.model.outcomes import Region
from billproof.model.state import KeyName, State


def parts(record: type, path: str = "") -> Iterator[str]:
    """Iterate over the names of all places that a record can have."""
    assert is_dataclass(record)
    hints = typing.get_type_hints(record)
    for item in fields(record):
        sort = hints[item.name]
        name = f"{path}.{item.name}" if path else item.name
        origin = typing.get_origin(sort)
        if origin is PartialMap:
            yield name
        elif origin is Log:
            yield from (name, name + LENGTH)
        elif is_dataclass(sort):
            assert isinstance(sort, type)
            yield from parts(sort, "" if item.name in SITES else name)
        else:
            yield name


def test_every_place_has_words_and_no_word_is_left_over() -> None:
    """A field that is added to the state must be added here."""
    assert set(parts(State)) == set(PART_WORDS)
    assert set(SITE_NAMES) == set(SITES)


def test_words_name_the_key_and_the_site() -> None:
    """A place is told by what it is looked up by and by where it lies."""
    name = KeyName(customer=CustomerId("alice"), key=IdempotencyKey("k1"))
    place = Place(site="standby", part="keys", key=name)
    assert place_words(place) == "the record of key k1 of alice at us-east1"
    assert value_words(place, None, "USD") == "nothing"
    assert value_words(Place(site="", part="leader"), Region.STANDBY, "USD") == "us-east1"

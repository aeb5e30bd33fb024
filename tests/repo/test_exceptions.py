"""Every exception survives the way between processes: a worker's error arrives as what it was."""

import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import get_args, get_origin, get_type_hints

import pytest

import billproof
from billproof.model.identifiers import CurrencyCode

SAMPLES: dict[object, object] = {str: "text", int: 7, float: 0.5, bool: True, CurrencyCode: "EUR"}
"""A value for each annotation of a constructor; others are tried with a text."""


def sample(hint: object) -> object:
    """Return a value for an annotation."""
    if get_origin(hint) is Sequence:
        return [sample(get_args(hint)[0])]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    plain = getattr(hint, "__supertype__", hint)
    return SAMPLES.get(hint, SAMPLES.get(plain, "text"))


def exception_classes() -> Iterator[type[Exception]]:
    """Yield every exception class that the project defines, once."""
    seen: set[type[Exception]] = set()
    for info in pkgutil.walk_packages(billproof.__path__, "billproof."):
        module = importlib.import_module(info.name)
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, Exception) and kind.__module__ == info.name and kind not in seen:
                seen.add(kind)
                yield kind


def made(kind: type[Exception]) -> Exception:
    """Return an instance with a sample for every required argument."""
    if "__init__" not in vars(kind) and kind.__init__ in (Exception.__init__, ValueError.__init__):
        return kind("text")
    hints = get_type_hints(kind.__init__)
    positional: list[object] = []
    named: dict[str, object] = {}
    for name, parameter in list(inspect.signature(kind).parameters.items()):
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        value = sample(hints.get(name))
        if parameter.kind is parameter.KEYWORD_ONLY:
            named[name] = value
        else:
            positional.append(value)
    return kind(*positional, **named)


@pytest.mark.parametrize("kind", list(exception_classes()), ids=lambda kind: kind.__qualname__)
def test_an_exception_survives_pickling(kind: type[Exception]) -> None:
    """Type, message and attributes are the same on the other side."""
    error = made(kind)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is kind
    assert str(again) == str(error)
    assert {name: str(value) for name, value in vars(again).items()} == {
        name: str(value) for name, value in vars(error).items()
    }

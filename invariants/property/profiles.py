"""Hypothesis profiles: ``ci`` for every run of the tests, ``deep`` for long ones.

``ci`` is derandomised: the same commit gives the same answer. ``deep`` draws afresh every time and keeps
what failed. Choose one by ``--hypothesis-profile`` of pytest, or load one in a ``conftest.py``:

>>> from hypothesis import settings
>>> from billproof.invariants.property.profiles import CI, register_profiles
>>> register_profiles()
>>> settings.get_profile(CI).derandomize
True

Source: issue text "profiles for CI and for long runs".
"""

from typing import Final

from hypothesis import settings

CI: Final = "billproof-ci"
"""Few examples, always the same."""

DEEP: Final = "billproof-deep"
"""Many examples, and long executions of state machines."""

CI_EXAMPLES: Final = 50
DEEP_EXAMPLES: Final = 5_000
DEEP_STEPS: Final = 200


def register_profiles() -> None:
    """Register both profiles with Hypothesis under their names."""
    # A deadline for one example says more of the machine than of the model.
    settings.register_profile(
        CI, max_examples=CI_EXAMPLES, deadline=None, derandomize=True, database=None, print_blob=True
    )
    settings.register_profile(
        DEEP,
        max_examples=DEEP_EXAMPLES,
        stateful_step_count=DEEP_STEPS,
        deadline=None,
        derandomize=False,
        print_blob=True,
    )

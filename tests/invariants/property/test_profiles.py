"""The profiles are registered, and the one for CI is in force here and always draws the same."""

from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.invariants.property.profiles import CI, CI_EXAMPLES, DEEP, DEEP_EXAMPLES, register_profiles


def test_the_profiles_have_what_they_promise() -> None:
    register_profiles()
    assert settings.get_profile(CI).derandomize
    assert settings.get_profile(CI).max_examples == CI_EXAMPLES
    assert not settings.get_profile(DEEP).derandomize
    assert settings.get_profile(DEEP).max_examples == DEEP_EXAMPLES


def test_the_profile_for_ci_draws_the_same_twice() -> None:
    drawn: list[int] = []

    @settings(settings.get_profile(CI))
    @given(st.integers())
    def draw(value: int) -> None:
        drawn.append(value)

    draw()
    first = list(drawn)
    drawn.clear()
    draw()
    assert drawn == first
    assert len(set(first)) > 1

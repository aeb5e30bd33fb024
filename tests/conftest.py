"""What all tests share: property tests run by the profile for CI unless another is asked for."""

from hypothesis import settings

from billproof.invariants.property.profiles import CI, register_profiles

register_profiles()
settings.load_profile(CI)

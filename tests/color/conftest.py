"""Settings for the tests of color."""

from hypothesis import settings

# A busy machine is no failure, and its time says nothing about the numbers that are tested here.
settings.register_profile("color", deadline=None)
settings.load_profile("color")

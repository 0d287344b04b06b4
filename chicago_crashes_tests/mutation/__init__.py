"""Planting mistakes: whether the tests notice when the core goes wrong.

`python -m chicago_crashes_tests.mutation` draws mistakes at random from the core, plants one at a time in a copy of the
project, runs the tests that judge it, and says which mistakes nobody noticed. `core.py` declares what the core is and
which tests judge it; `equivalents.toml` lists mistakes that change nothing, with the reason.
"""

"""The conformance suite's runner, our own adapter, and the generators of the suite's vectors (spec/vectors.md)."""

HARNESS = 1
"""The version of the harness protocol (VEC-031)."""

"""Settings that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# `make test` repeats to the example; `make long` searches anew and further each time (HYPOTHESIS_PROFILE=long).
# No deadlines: shared machines stall, and a slow example is not a wrong one.
settings.register_profile("quick", derandomize=True, deadline=None, print_blob=True)
settings.register_profile(
    "long", max_examples=5000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT

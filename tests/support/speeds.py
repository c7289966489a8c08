"""Where benchmarks leave lines for the end of the test run's report."""

from __future__ import annotations

import pytest

_LINES = pytest.StashKey[list[str]]()


def said(config: pytest.Config) -> list[str]:
    """The lines of this run."""
    return config.stash.setdefault(_LINES, [])

"""What the tests of the guests share."""

from __future__ import annotations

import functools

import pytest

from tracework.protocol.machine.engine import Engine, EngineCache, EngineUnavailable
from tracework.protocol.machine.executor import ExecutorFactory


@pytest.fixture(scope="session")
def engine() -> ExecutorFactory:
    """The engine, its translations kept for the session."""
    try:
        return functools.partial(Engine, cache=EngineCache())
    except EngineUnavailable as error:
        pytest.skip(f"no engine here: {error}")

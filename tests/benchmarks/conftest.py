"""Prints what benchmarks have to say in units of their own."""

from __future__ import annotations

import pytest

from support.speeds import said


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Lines below pytest-benchmark's table."""
    for line in said(config):
        terminalreporter.write_line(line)

"""How long `tracework --help` takes as a process, beside bare Python: `make speeds`."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

COMMANDS = {
    "bare Python": [sys.executable, "-S", "-c", ""],
    "tracework --help": [sys.executable, "-c", "from tracework.cli import main; main()", "--help"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_startup(name: str, benchmark: BenchmarkFixture) -> None:
    done = benchmark(subprocess.run, COMMANDS[name], capture_output=True, check=True)
    assert done.returncode == 0

"""What docs/lab.md shows and claims; its tutorial is run by test_readme, as every page's console is."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from support.cli import environment, ok
from tracework.lab.simulation.strategies import LIBRARY, MEASURED

PAGE = Path(__file__).resolve().parents[2] / "docs" / "lab.md"


def test_the_page_has_every_strategy() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"| `{strategy.name}` | {strategy.meaning} |" in text for strategy in LIBRARY.values())


def test_the_table_says_that_every_adversary_loses() -> None:
    table = PAGE.read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    profits, least = table.split("The least that deters")
    lines = [line for line in profits.splitlines() if line.split(" ")[0] in LIBRARY]
    assert {line.split(" ")[0] for line in least.splitlines()} >= set(LIBRARY) - set(MEASURED)
    assert {line.split(" ")[0] for line in lines} == set(LIBRARY) - set(MEASURED)
    assert all(line.endswith("  loses") for line in lines)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_table_is_what_the_command_makes() -> None:
    table = PAGE.read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    assert ok("simulate", "library", "--break-even", "--jobs", "2", "--strict") == table


@pytest.mark.long
def test_a_million_worker_epochs_in_thirty_seconds_of_two_cores(tmp_path: Path) -> None:
    """Counted as processor time of all processes, which doesn't depend on who else is at work."""
    path = tmp_path / "million.toml"
    path.write_text("runs=10\nepochs=50\n[network]\nworkers=1000\n[[adversary]]\nstrategy='skipper'\nshare=0.05\n")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", "from tracework.cli import main; main()", "simulate", str(path), "--jobs", "2"]
    subprocess.run(command, env=environment(), check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 60

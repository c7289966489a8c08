"""Runs the command line: inside the test's process, and as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from tracework.cli.app import app

COMMAND = (sys.executable, "-c", "from tracework.cli import main; main()")
"""The command, by this Python and with this tree's package."""


def call(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    """Run the command line in this process; check what holds for every call."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)
    assert "Traceback" not in result.output, result.output
    assert result.exit_code in (0, 1, 2, 3), result.output
    if result.exit_code == 2:
        assert result.stderr.count("\n") == 1 and result.stderr.startswith("Error: "), result.stderr
        assert result.stdout == ""
    return result


def ok(*arguments: str | Path, stdin: bytes | None = None) -> str:
    """Run the command line, which has to succeed; what it printed on stdout."""
    result = call(*arguments, stdin=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout


def environment(**variables: str) -> dict[str, str]:
    """The environment of a process, without what would change how it prints."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM", "COLUMNS")}
    source = Path(__file__).resolve().parent.parent.parent / "src"
    return kept | {"PYTHONPATH": str(source), "TERM": "xterm", "COLUMNS": "100", **variables}


def spawn(
    *arguments: str | Path, cwd: Path | None = None, variables: Mapping[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a process."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment(**(variables or {})),
        text=True,
        encoding="utf-8",
        timeout=120,
        **options,
    )

"""The Node adapter's dependencies, installed from its lock when a test first needs them."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "adapters" / "node"
LEAST = (20, 19)
"""The oldest Node that the libraries work with."""


def adapter() -> list[str]:
    """The command of the Node adapter, ready to run; skips the test, with the reason, where there is no Node or npm."""
    return script(FOLDER, "adapter.mjs", "the second implementation")


def script(folder: Path, name: str, what: str) -> list[str]:
    """The command of a script whose folder has a lock of its own, installed; skips the test where that can't be."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: {what} is not tried")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if tuple(int(part) for part in version.lstrip("v").split(".")[:2]) < LEAST:
        pytest.skip(f"Node {version} is older than {'.'.join(map(str, LEAST))}: {what} is not tried")
    lock_name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    with (Path(tempfile.gettempdir()) / f"tracework-npm-{lock_name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Tests run in several processes.
        if not _installed(folder):
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            assert done.returncode == 0, f"{' '.join(command)} failed in {folder}:\n{done.stdout}{done.stderr}"
    return ["node", str(folder / name)]


def _installed(folder: Path) -> bool:
    """Whether node_modules holds what the lock says; npm writes down there what it installed."""
    try:
        wanted = json.loads((folder / "package-lock.json").read_bytes())["packages"]
        there = json.loads((folder / "node_modules" / ".package-lock.json").read_bytes())["packages"]
    except (OSError, ValueError):
        return False
    return {name: package["version"] for name, package in wanted.items() if name} == {
        name: package["version"] for name, package in there.items()
    }

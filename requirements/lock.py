"""Writes requirements/*.txt from pyproject.toml: versions and hashes, for every platform at once.

Run as `make lock`. The files hold nothing about where packages come from: a reader installs them from the registry
that their own pip is set up with, and pip refuses whatever has another hash.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Made by `make lock` from pyproject.toml: don't edit. {what}.\n"
LOCKS = {
    "test.txt": ("What `make test` and `make demo` need", ["--group", "test"]),
    "build.txt": (
        "What `tracework build` needs (the extra `build`)",
        ["--extra", "build", "--constraint", "requirements/test.txt"],
    ),
    "mutants.txt": (
        "What `make mutants` needs on top of test.txt",
        ["--group", "mutants", "--constraint", "requirements/test.txt"],
    ),
}


def lock(name: str, what: str, arguments: list[str]) -> None:
    """Resolve once for Python 3.11 and later on all platforms, and write the result."""
    command = [os.environ.get("UV", "uv"), "pip", "compile", "pyproject.toml", *arguments]
    command += ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate", "--no-header"]
    command += ["--no-config", "--quiet"]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    for line in done.stdout.splitlines():
        if not (line.startswith("    --hash=sha256:") or "==" in line):
            sys.exit(f"unexpected line in the lock: {line}")
    (ROOT / "requirements" / name).write_text(HEADER.format(what=what) + done.stdout, encoding="utf-8")


if __name__ == "__main__":
    for name, (what, arguments) in LOCKS.items():
        lock(name, what, arguments)

"""`make demo`, whose every command has to end as the story says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.cli import environment


def demo(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "examples/demo.py"), *arguments]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, encoding="utf-8", timeout=250)


def test_the_demo(root: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"some bytes\n" * 2000)
    done = demo(root, "--file", str(tmp_path / "data"), "--keep", str(tmp_path / "kept"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    for words in ("INCONCLUSIVE", "VALID: segments 0, 3", "ACCEPTED", "INVALID", "REFUTED", "execution/wrong-leaf"):
        assert words in done.stdout
    assert "state than leaf 4 of the run in false" in " ".join(done.stdout.split())
    assert max(map(len, done.stdout.splitlines())) < 170
    kept = {path.name for path in (tmp_path / "kept").iterdir()}
    assert {"corrupted.cbor", "false", "fault.cbor", "proof.cbor", "unit.cbor", "work", "worker.pub"} <= kept
    again = demo(root, "--keep", str(tmp_path / "kept"))
    assert again.returncode == 2 and "cannot make the folder" in again.stderr


@pytest.mark.parametrize("size", [0, *(pytest.param(size, marks=pytest.mark.long) for size in (3000, 300_000))])
def test_the_demo_takes_any_file(size: int, root: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(bytes(range(251)) * (size // 251))
    done = demo(root, "--file", str(tmp_path / "data"))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert "REFUTED" in done.stdout


def test_the_demo_says_what_is_wrong(root: Path) -> None:
    done = demo(root, "--file", os.devnull + "/no")
    assert done.returncode == 2 and "there is no file" in done.stderr

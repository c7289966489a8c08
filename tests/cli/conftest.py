"""A folder in which everything was done once: keys, an example, a unit, a run, a proof."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.cli import ok

TERMS = ["--network", "testnet", "--segment-log2", "16", "--max-steps", "1M", "--price", "1"]


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder; not to be changed."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        ok("example", "sha256")
        for name in ("me", "requester", "worker"):
            ok("keygen", "-o", f"{name}.key", "--identity", f"{name}.pub")
        files = ["--program", "sha256/sha256.elf", "--input", "sha256/input.txt"]
        ok("unit", *files, "--key", "requester.key", *TERMS, "-o", "unit.cbor")
        ok("run", "unit.cbor", *files, "--key", "worker.key", "-o", "work")
        ok("prove", "work", "--segment", "0", "--segment", "2", "-o", "proof.cbor")
    return folder


@pytest.fixture
def here(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder, which is where the test runs."""
    folder = tmp_path / "here"
    shutil.copytree(finished, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is where the test runs."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder

"""A key, and jobs to run: a real guest, and small programs that end in each way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.disputes import SEGMENT, Table
from support.guests import EXAMPLES
from support.jobs import Job
from support.programs import A0, count, elf, halt, spin
from tracework.protocol import keys
from tracework.protocol.keys import SecretKeyFile
from tracework.worker.cheat import cheat


@pytest.fixture(autouse=True, scope="package")
def _no_flushing() -> Iterator[None]:
    """Flushing to the disk takes most of a short run's time, and no test here cuts the power."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session")
def key() -> SecretKeyFile:
    return keys.secret_key_file(keys.derive_secret_key(b"worker".ljust(32)))


@pytest.fixture(scope="session")
def other_key() -> SecretKeyFile:
    return keys.secret_key_file(keys.derive_secret_key(b"other".ljust(32)))


@pytest.fixture(scope="session")
def sha256(key: SecretKeyFile) -> Job:
    """The SHA-256 guest on 6000 bytes: about 480,000 steps, 118 segments."""
    return Job((EXAMPLES / "guests/sha256/sha256.elf").read_bytes(), bytes(range(200)) * 30, key)


@pytest.fixture(scope="session")
def counting(key: SecretKeyFile) -> Job:
    """20,000 rounds that fill 40 pages: 80,000 steps, 79 segments."""
    return Job(elf(count(20000, halt(7)), bss=1), b"", key, segment_log2=10)


@pytest.fixture(scope="session")
def endless(key: SecretKeyFile) -> Job:
    """A loop that is cut off after 3 million steps."""
    return Job(elf(spin()), b"", key, max_steps=3_000_000)


@pytest.fixture(scope="session")
def faulting(key: SecretKeyFile) -> Job:
    """A program that breaks off with EBREAK."""
    return Job(elf([*count(100, [0x00100073]), A0]), b"x", key, segment_log2=4)


@pytest.fixture(scope="session")
def disputed(counting: Job, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run of 79 segments of 2^10 steps, and the same with a jump to leaf 40."""
    folder = tmp_path_factory.mktemp("disputes")
    counting.run(folder / "work")
    cheat(folder / "work", folder / "false", "jumped-segment", key=counting.key, segment=SEGMENT)
    return folder / "work", folder / "false"


@pytest.fixture
def table(tmp_path: Path, disputed: tuple[Path, Path], counting: Job, other_key: SecretKeyFile) -> Table:
    """A dispute about the false one."""
    return Table(tmp_path, *disputed, counting, other_key)

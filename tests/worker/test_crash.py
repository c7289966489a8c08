"""Killed at any moment, a run goes on to the same bytes; a full disk loses nothing."""

from __future__ import annotations

import errno
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support import crashes
from support.jobs import EAGER, Job
from support.programs import count, elf, halt
from support.wasm import needs_engine
from tracework.protocol.keys import SecretKeyFile
from tracework.worker import files
from tracework.worker.errors import WorkerError
from tracework.worker.prove import prove
from tracework.worker.store import Store

posix = pytest.mark.skipif(os.name != "posix", reason="kills processes by signal")


def start(mode: str, job: Job, folder: Path, root: Path) -> subprocess.Popen[str]:
    saved = folder.with_name("job.pickle")
    saved.write_bytes(pickle.dumps(job))
    return subprocess.Popen(
        [sys.executable, "-m", "support.crashes", mode, str(saved), str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root / "tests")])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=250)
    assert process.returncode == 0, err
    return out


@posix
def test_killed_at_every_operation_on_files(key: SecretKeyFile, tmp_path: Path, root: Path) -> None:
    """Each write, rename, deletion and flush of a short run, one after the other, is the last that happens."""
    job = Job(elf(count(600, [*halt(3, output=9)]), bss=1), b"some input", key, segment_log2=10)
    (tmp_path / "whole").mkdir()
    job.run(tmp_path / "whole/work", pace=EAGER)
    lines = finish(start("every", job, tmp_path / "runs", root)).splitlines()
    assert len(lines) > 40
    expected = crashes.digest(tmp_path / "whole/work")
    assert {line.split()[1] for line in lines} == {expected}
    assert all(len(line.split()) == 2 for line in lines), "something half-written is left over"


@posix
@pytest.mark.parametrize("engine", ["reference", pytest.param("wasm", marks=needs_engine)])
@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.long)])
def test_killed_at_random_times_again_and_again(
    counting: Job, tmp_path: Path, root: Path, engine: str, rounds: int
) -> None:
    """However often, in whatever moment, and whichever executor goes on."""
    counting.run(tmp_path / "whole")
    for number in range(rounds):
        draw = random.Random(number)
        work = tmp_path / f"work{number}"
        for left in range(5, -1, -1):
            process = start(engine, counting, work, root)
            try:
                process.communicate(timeout=draw.uniform(0.3, 1.2) if left else 100)
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
        assert process.returncode == 0
        assert crashes.digest(work) == crashes.digest(tmp_path / "whole")


class Full:
    """A disk that has room for so many bytes."""

    def __init__(self, patch: pytest.MonkeyPatch, room: int) -> None:
        self.room = room
        original = open

        def opened(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
            stream = original(file, mode, *arguments, **options)
            if "r" in mode:
                return stream
            return _Writer(stream, self._take)

        patch.setattr("builtins.open", opened)

    def _take(self, size: int) -> None:
        self.room -= size
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class _Writer:
    def __init__(self, stream: Any, take: Callable[[int], None]) -> None:
        self._stream, self._take = stream, take

    def write(self, data: bytes) -> int:
        self._take(len(data))
        written: int = self._stream.write(data)
        return written

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("room", [0, 100, 2000, 20_000, 200_000, 1_000_000])
def test_a_full_disk_loses_nothing(counting: Job, tmp_path: Path, room: int) -> None:
    counting.run(tmp_path / "whole")
    work = tmp_path / "work"
    with pytest.MonkeyPatch.context() as patch:
        Full(patch, room)
        with pytest.raises(WorkerError, match="No space left on device; free some space") as failure:
            counting.run(work, pace=EAGER)
    assert "\n" not in str(failure.value)
    assert not list(work.glob(".*")) and not (work / "claim.cbor").exists()
    before = contents(work) if work.exists() else {}
    with pytest.MonkeyPatch.context() as patch:
        Full(patch, 0)
        with pytest.raises(WorkerError, match="No space left"):
            counting.run(work, pace=EAGER)
    after = contents(work) if work.exists() else {}
    assert {name for name in before if not name.startswith("leaves")} <= set(after)
    resumed = counting.run(work)
    if len([name for name in before if name.startswith("checkpoint")]):
        assert resumed.resumed_at is not None
    assert crashes.digest(work) == crashes.digest(tmp_path / "whole")


def test_a_full_disk_spares_a_finished_run(counting: Job, tmp_path: Path) -> None:
    counting.run(tmp_path)
    before = contents(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        Full(patch, 0)
        assert counting.run(tmp_path).complete_before
    assert contents(tmp_path) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """A real file system of half a megabyte, where we may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if not made or made.returncode:
        pytest.skip("no permission to mount a file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_really_full_disk(counting: Job, key: SecretKeyFile, tmp_path: Path, small_disk: Path) -> None:
    job = Job(elf(count(100_000, halt(7)), bss=1), b"", key, segment_log2=12)
    with pytest.raises(WorkerError, match="No space left on device"):
        job.run(small_disk / "work", pace=EAGER)
    assert not list((small_disk / "work").glob(".*"))
    assert Store(small_disk / "work").checkpoints()
    shutil.copytree(small_disk / "work", tmp_path / "work")
    resumed = job.run(tmp_path / "work")
    assert resumed.resumed_at is not None
    assert resumed.claim == job.run(tmp_path / "whole").claim


def test_a_folder_that_cannot_be_written_to(sha256: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write anywhere, so the system's answer is put in here."""
    original = os.open

    def refuse(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        return original(path, flags, *arguments, **options)

    sha256.run(tmp_path / "done")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(WorkerError, match="Read-only file system; choose a place that can be written to"):
        sha256.run(tmp_path / "work")
    assert not (tmp_path / "work").exists()
    assert prove(tmp_path / "done", "last").segments, "proving only reads"
    with pytest.raises(WorkerError, match=r"cannot write .*proof\.cbor: Read-only"):
        files.write_file(tmp_path / "proof.cbor", b"")


def test_a_folder_that_cannot_be_looked_into(sha256: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sha256.run(tmp_path)

    def refuse(self: Path) -> bool:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "exists", refuse)
    for attempt in (lambda: sha256.run(tmp_path), lambda: prove(tmp_path, "last")):
        with pytest.raises(WorkerError, match="Permission denied; check the permissions"):
            attempt()

"""Files that are whole or not there, keys that stay secret, sources of all kinds, checkpoints' thinning."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from support.jobs import Job
from tracework.protocol import keys
from tracework.protocol.keys import SecretKeyFile
from tracework.worker.checkpoints import Damaged, read_checkpoint, thin
from tracework.worker.errors import WorkerError
from tracework.worker.files import new_file, open_source, read_file, remove_leftovers, write_file
from tracework.worker.keyfiles import create_key, read_key
from tracework.worker.units import read_claim, read_proof, read_unit, write_object

posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_file(path, [b"first ", memoryview(b"content")])
    assert path.read_bytes() == b"first content"
    with pytest.raises(RuntimeError), new_file(path) as file:
        file.write(b"second")
        assert path.read_bytes() == b"first content"
        raise RuntimeError
    assert path.read_bytes() == b"first content" and list(tmp_path.iterdir()) == [path]
    write_file(path, b"second")
    assert path.read_bytes() == b"second"
    with pytest.raises(WorkerError, match="File exists"):
        write_file(path, b"third", replace=False)
    assert path.read_bytes() == b"second" and list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_overwritten_or_removed(tmp_path: Path) -> None:
    leftover = tmp_path / f".file.{os.getpid()}.new"
    leftover.write_bytes(b"half")
    write_file(tmp_path / "file", b"whole")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
    leftover.write_bytes(b"half")
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_failures_name_the_file_and_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match=r"cannot read .*nothing: No such file or directory; check the path"):
        read_file(tmp_path / "nothing")
    with pytest.raises(WorkerError, match=r"cannot write .*there: No such file"):
        write_file(tmp_path / "not" / "there", b"")
    with pytest.raises(WorkerError, match="Is a directory; name a file"):
        read_file(tmp_path)
    (tmp_path / "large").write_bytes(bytes(101))
    with pytest.raises(WorkerError, match="more than 100 bytes"):
        read_file(tmp_path / "large", 100)
    with pytest.raises(WorkerError, match="has 101 bytes, more than 100"):
        open_source(tmp_path / "large", 100)
    with pytest.raises(WorkerError, match="more than 100"):
        open_source(bytes(101), 100)


@posix
def test_sources_may_be_empty_or_pipes(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert bytes(open_source(tmp_path / "empty", 10)) == b""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for limit in (100, 14):
        writer = threading.Thread(target=lambda: pipe.write_bytes(b"through a pipe"))
        writer.start()
        assert bytes(open_source(pipe, limit)) == b"through a pipe"
        writer.join()


@pytest.mark.timeout(30)
def test_a_pipe_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opened twice, it waits for ever for a second writer, if the first has gone."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b"through a pipe"))
    fstat = os.fstat

    def when_the_writer_has_gone(descriptor: int) -> os.stat_result:
        writer.join()
        return fstat(descriptor)

    writer.start()
    monkeypatch.setattr(os, "fstat", when_the_writer_has_gone)
    assert bytes(open_source(pipe, 100)) == b"through a pipe"


def test_a_key_is_made_once_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "me.key"
    made = create_key(path)
    assert read_key(path) == made and made.secret.hex() not in repr(made)
    assert create_key(tmp_path / "other.key") != made
    with pytest.raises(WorkerError, match="exists, and keys are never overwritten; choose another name"):
        create_key(path)
    assert read_key(path) == made
    (tmp_path / "dangling").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(WorkerError, match="never overwritten"):
        create_key(tmp_path / "dangling")
    given = keys.derive_secret_key(bytes(32))
    assert create_key(tmp_path / "given.key", secret=given).key == given


@posix
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_key_is_its_owners_from_the_first_byte(tmp_path: Path, mask: int, monkeypatch: pytest.MonkeyPatch) -> None:
    modes = []
    original = os.open

    def opened(path: str, flags: int, mode: int = 0o777) -> int:
        descriptor = original(path, flags, mode)
        if flags & os.O_CREAT:
            modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return descriptor

    monkeypatch.setattr(os, "open", opened)
    before = os.umask(mask)
    try:
        create_key(tmp_path / "me.key")
    finally:
        os.umask(before)
    assert modes == [0o600] and stat.S_IMODE((tmp_path / "me.key").stat().st_mode) == 0o600


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o644])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "me.key"
    create_key(path)
    path.chmod(mode)
    with pytest.raises(WorkerError, match=rf"by others \(mode {mode:04o}\); .*chmod 600"):
        read_key(path)
    path.chmod(0o400)
    read_key(path)


def test_damaged_keys(tmp_path: Path, key: SecretKeyFile) -> None:
    path = tmp_path / "me.key"
    create_key(path)
    good = path.read_bytes()
    for index in range(0, 8 * len(good), 37):
        data = bytearray(good)
        data[index // 8] ^= 1 << index % 8
        for bad in (bytes(data), good[: index // 8], good + bytes(5000)):
            path.write_bytes(bad)
            with pytest.raises(WorkerError, match=r"is not an undamaged key file: .*; name a file that"):
                read_key(path)
    with pytest.raises(WorkerError, match="cannot read the key"):
        read_key(tmp_path / "nobody.key")


def test_objects_in_files(tmp_path: Path, sha256: Job) -> None:
    unit = sha256.unit
    write_object(tmp_path / "unit.cbor", unit)
    assert read_unit(tmp_path / "unit.cbor") == unit
    with pytest.raises(WorkerError, match=r"unit\.cbor is not a claim: .*unknown-kind"):
        read_claim(tmp_path / "unit.cbor")
    (tmp_path / "junk").write_bytes(b"\xff")
    with pytest.raises(WorkerError, match=r"junk is not a segment proof: "):
        read_proof(tmp_path / "junk")


def test_thinning_keeps_the_last_and_doubles_the_distance() -> None:
    kept: list[int] = []
    for segment in range(1, 2000):
        kept.append(segment)
        dropped = thin(kept, 16)
        kept = [s for s in kept if s not in dropped]
        assert len(kept) <= 16 and kept[-1] == segment
        gaps = [b - a for a, b in zip([0, *kept], kept, strict=False)]
        assert max(gaps) <= max(1, segment // 5), (segment, kept)
    assert thin([5], 1) == [] and thin([5, 9], 1) == [5]
    assert thin([], 16) == []


@pytest.mark.parametrize("data", [b"", bytes(8), b"\xff" * 8, b"\x01" + bytes(7), b"\x02" + bytes(7) + b"\xa0\x00"])
def test_what_is_no_checkpoint(data: bytes) -> None:
    with pytest.raises(Damaged):
        read_checkpoint(data, 10)

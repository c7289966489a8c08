"""Files that are either whole or not there: atomic writes, bounded reads, memory-mapped inputs.

Every failure of the operating system comes out as a WorkerError that names the file.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Final, TypeAlias

from ..protocol.encoding.cbor import MAX_BYTES
from .errors import WorkerError, file_errors

Source: TypeAlias = "bytes | str | os.PathLike[str]"
"""Where content comes from: a file's path, or the bytes themselves."""

Data: TypeAlias = "bytes | bytearray | memoryview"

_BLOCK = 1 << 20

LEFTOVERS: Final = ".*.new"
"""What half-written files are called."""


def describe(source: Source) -> str:
    """What an error calls a source."""
    return f"the {len(source)} bytes given" if isinstance(source, bytes) else os.fspath(source)


def read_file(path: str | os.PathLike[str], limit: int = MAX_BYTES) -> bytes:
    """A file's content, if it has at most `limit` bytes; a pipe will do."""
    path = Path(path)
    with file_errors("read", path), open(path, "rb") as file:
        return _read(file, path, limit)


def _read(file: IO[bytes], path: Path, limit: int) -> bytes:
    data = file.read(limit + 1)
    if len(data) > limit:
        raise WorkerError(f"{path} has more than {limit} bytes", "check that it is the file that you mean")
    return data


def open_source(source: Source, limit: int) -> memoryview:
    """The content of a source without a copy of it, if it has at most `limit` bytes: files are mapped into memory.

    What isn't a regular file (a pipe) is read. A mapped file must not be changed while the view is in use.
    """
    if isinstance(source, bytes):
        if len(source) > limit:
            raise WorkerError(f"{describe(source)} are more than {limit}")
        return memoryview(source)
    path = Path(source)
    with file_errors("read", path), open(path, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return memoryview(_read(file, path, limit))  # opened again, a pipe would wait for another writer
        if status.st_size > limit:
            raise WorkerError(f"{path} has {status.st_size} bytes, more than {limit}")
        if status.st_size == 0:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def write_file(path: str | os.PathLike[str], content: Data | Iterable[Data], *, replace: bool = True) -> None:
    """Write a file as a whole or not at all, and make it last: beside, flushed to the disk, renamed.

    With `replace=False` a file that is there stays, and the call fails.
    """
    with new_file(path, replace=replace) as file:
        for piece in [content] if isinstance(content, bytes | bytearray | memoryview) else content:
            file.write(piece)


@contextlib.contextmanager
def new_file(path: str | os.PathLike[str], *, replace: bool = True, private: bool = False) -> Iterator[IO[bytes]]:
    """A file to write to, unbuffered by name: it appears under `path` when the block ends without an exception.

    A failure leaves what was there before, and nothing beside it. `private`: nobody else can read it, at no moment.
    """
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    with file_errors("write", path):
        try:
            descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
        except FileExistsError:
            # Left by a process that was killed, and had the number that this one has now.
            os.unlink(beside)
            descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
        try:
            with open(descriptor, "w+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if replace:
                os.replace(beside, path)
            else:
                _claim_name(beside, path)
            sync_folder(path.parent)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(beside)
            raise


def _claim_name(beside: Path, path: Path) -> None:
    """Rename a file, unless the name is taken: a second link can't replace anything."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: reserve the name, then rename over the reservation.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.replace(beside, path)
        return
    os.unlink(beside)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last."""
    if os.name == "nt":  # no descriptors of folders there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_leftovers(folder: Path) -> None:
    """Delete what processes that were killed left half-written in a folder; for whoever holds its lock."""
    with file_errors("tidy", folder):
        for entry in folder.glob(LEFTOVERS):
            entry.unlink(missing_ok=True)


def pieces(view: memoryview) -> Iterator[memoryview]:
    """A long content in pieces, so that hashing or copying it can be interrupted."""
    for start in range(0, len(view), _BLOCK):
        yield view[start : start + _BLOCK]


def lock(descriptor: int) -> bool:
    """Lock an open file until it is closed or its process ends; whether that was possible."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
    else:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True

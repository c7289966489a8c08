"""What stops a worker, in words for the person who runs it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..protocol.errors import ProtocolError


class WorkerError(Exception):
    """Something that the person at the keyboard can mend: `message` says in one sentence what, `advice` how."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message}; {self.advice}" if self.advice else self.message


class Cancelled(WorkerError):
    """A run that was asked to stop. There is no claim; the same run, begun again, goes on from its last checkpoint."""


class LimitReached(WorkerError):
    """A run that cost its host more time or memory than was allowed. There is no claim (design: never a status)."""


_ADVICE = {
    errno.ENOSPC: "free some space and try again; what was there before is unharmed",
    errno.EDQUOT: "free some space in your quota and try again; what was there before is unharmed",
    errno.EACCES: "check the permissions, or choose another place",
    errno.EPERM: "check the permissions, or choose another place",
    errno.EROFS: "choose a place that can be written to",
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "check the path",
    errno.EISDIR: "name a file, not a folder",
    errno.EMFILE: "close some programs or raise the limit on open files (ulimit -n)",
    errno.EIO: "the device may be failing: copy what you need from it",
}


@contextmanager
def file_errors(doing: str, path: str | Path) -> Iterator[None]:
    """Turn an OSError into the WorkerError "cannot `doing` `path`: why"."""
    try:
        yield
    except BrokenPipeError:
        raise  # somebody who read what is printed has gone: no file of ours
    except OSError as error:
        why = error.strerror or str(error)
        raise WorkerError(f"cannot {doing} {path}: {why}", _ADVICE.get(error.errno or 0, "")) from error


@contextmanager
def content_errors(what: str, path: str | Path, advice: str = "") -> Iterator[None]:
    """Turn a ProtocolError into the WorkerError "`path` is not `what`: why"."""
    try:
        yield
    except ProtocolError as error:
        raise WorkerError(f"{path} is not {what}: {error}", advice) from error

"""Secret keys on disk: readable by their owner only, never overwritten, never printed (spec/keys.md, KEY-060)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ..protocol import keys
from ..protocol.encoding.schema import encode_object
from ..protocol.errors import ProtocolError
from ..protocol.keys import SecretKey, SecretKeyFile
from .errors import WorkerError, file_errors
from .files import new_file

_LIMIT = 4096
_SEED_SIZE = 32


def create_key(path: str | os.PathLike[str], *, secret: SecretKey | None = None) -> SecretKeyFile:
    """Write a new key file, of a fresh key unless one is given. A file that is there is never overwritten."""
    path = Path(path)
    if secret is None:
        secret = keys.derive_secret_key(os.urandom(_SEED_SIZE))
    held = keys.secret_key_file(secret)
    if os.path.lexists(path):
        raise _taken(path)
    try:
        with new_file(path, replace=False, private=True) as file:
            file.write(encode_object(held))
    except WorkerError as error:
        if isinstance(error.__cause__, FileExistsError):
            raise _taken(path) from error
        raise
    return held


def _taken(path: Path) -> WorkerError:
    return WorkerError(f"{path} exists, and keys are never overwritten", "choose another name")


def read_key(path: str | os.PathLike[str]) -> SecretKeyFile:
    """The key in a file that nobody but its owner can read."""
    path = Path(path)
    with file_errors("read the key", path), open(path, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if os.name != "nt" and stat.S_ISREG(mode) and stat.S_IMODE(mode) & 0o077:
            raise WorkerError(
                f"{path} can be read or written by others (mode {stat.S_IMODE(mode):04o})",
                f"make it yours alone with `chmod 600 {path}`, and consider whether the key is still secret",
            )
        data = file.read(_LIMIT + 1)
    try:
        return keys.read_secret_key_file(data[:_LIMIT])
    except ProtocolError as error:
        raise WorkerError(
            f"{path} is not an undamaged key file: {error}",
            "name a file that `tracework keygen` wrote, or restore this one from a copy",
        ) from error

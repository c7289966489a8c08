"""Writing what a command made."""

from __future__ import annotations

import os

from ..protocol.encoding.schema import Record
from ..worker.units import write_object
from .failure import Failure


def keep(path: str, made: Record, force: bool) -> None:
    """Write an object, over another file only if that was asked for."""
    if os.path.lexists(path) and not force:
        raise Failure(f"{path} exists; choose another name, or --force to overwrite it")
    write_object(path, made)

"""Reads the files that commands are given."""

from __future__ import annotations

import os
import sys

from ..protocol.encoding.cbor import MAX_BYTES
from ..worker.files import read_file
from .failure import Failure

STDIN = "-"
"""The name under which commands read standard input."""


def read(path: str, limit: int = MAX_BYTES) -> bytes:
    """A file's content, or what comes over standard input if the path is `-`."""
    if path != STDIN:
        claim = os.path.join(path, "claim.cbor")
        if os.path.isfile(claim):
            raise Failure(f"{path} is a folder; the claim in it is {claim}")
        return read_file(path, limit)
    data = sys.stdin.buffer.read(limit + 1)
    if len(data) > limit:
        raise Failure(f"standard input has more than {limit} bytes; check that it is what you mean")
    return data


def label(path: str) -> str:
    """What messages call a file."""
    return "standard input" if path == STDIN else path

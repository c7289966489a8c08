"""Vectors for the encoding: RFC 8949's own examples, every edge of every head, and every way to be malformed."""

from __future__ import annotations

from .. import VectorFile
from . import items, limits, malformed, published


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        published.examples(),
        published.malformed(),
        items.decode(),
        items.encode(),
        malformed.decode(),
        limits.check(),
    ]

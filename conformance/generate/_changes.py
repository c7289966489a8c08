"""Changes to an encoded object: what a case says is wrong, done to the decoded item of a good one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...protocol.encoding import cbor
from ...protocol.encoding.schema import Record, encode_object

ABSENT: Any = object()
"""In `changed`: take the key out."""


def changed(value: Record, path: Sequence[int], content: Any) -> bytes:
    """The encoding of an object with another item at a path of map keys and array positions."""
    item: Any = cbor.decode(encode_object(value))
    place = item
    for step in path[:-1]:
        place = place[step]
    if content is ABSENT:
        del place[path[-1]]
    else:
        place[path[-1]] = content(place[path[-1]]) if callable(content) else content
    return cbor.encode(item)


def flip(bit: int) -> Callable[[bytes], bytes]:
    """Flips one bit of a byte string; bit 0 is the lowest of the first byte."""

    def apply(data: bytes) -> bytes:
        made = bytearray(data)
        made[bit // 8] ^= 1 << bit % 8
        return bytes(made)

    return apply

"""Mutations of encoded objects: of bits and bytes, and of the structure that they encode."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from tracework.protocol.encoding import cbor
from tracework.protocol.errors import ProtocolError


def spoilt(chance: Random, data: bytes) -> bytes:
    """The bytes with a bit flipped, some left out, some put in, some overwritten, or the end cut off."""
    at, length = chance.randrange(len(data)), chance.randint(1, 64)
    kind = chance.randrange(5)
    if kind == 0:
        return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
    if kind == 1:
        return data[:at]
    if kind == 2:
        return data[:at] + data[at + length :]
    if kind == 3:
        return data[:at] + chance.randbytes(length) + data[at:]
    return data[:at] + chance.randbytes(length)[: len(data) - at] + data[at + length :]


def spliced(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """A well-formed encoding in which one item has changed.

    It is another number, other bytes of that length, what stands somewhere in one of the others, or gone.
    """
    try:
        item: Any = cbor.decode(data)
    except ProtocolError:
        return spoilt(chance, data)
    places = _places(item)
    if not places:
        return spoilt(chance, data)
    place, key = chance.choice(places)
    old = place[key]
    kind = chance.randrange(4)
    if kind == 0 and isinstance(old, int):
        place[key] = max(0, old + chance.choice([-1, 1, 2, -old, 1 << 20]))
    elif kind == 1 and isinstance(old, bytes) and old:
        at = chance.randrange(len(old))
        place[key] = old[:at] + bytes([old[at] ^ 1 << chance.randrange(8)]) + old[at + 1 :]
    elif kind == 2 and isinstance(place, dict):
        del place[key]
    else:
        theirs, name = chance.choice(_places(cbor.decode(chance.choice(others))))
        place[key] = theirs[name]
    try:
        return cbor.encode(item)
    except (ProtocolError, ValueError):
        return spoilt(chance, data)


def _places(item: Any) -> list[tuple[Any, Any]]:
    """Every map's key and every array's position inside an item."""
    found: list[tuple[Any, Any]] = []
    if isinstance(item, dict):
        found += [(item, key) for key in item]
        found += [place for value in item.values() for place in _places(value)]
    elif isinstance(item, list):
        found += [(item, key) for key in range(len(item))]
        found += [place for value in item for place in _places(value)]
    return found

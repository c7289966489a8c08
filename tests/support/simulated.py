"""Disputes about segments that nobody executes: trees of 2^24 leaves by rule, a judge who knows, free signatures."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from tracework.protocol.hashing import STEP_NODE
from tracework.protocol.keys import SecretKey
from tracework.protocol.trees import merkle

Place = tuple[int, int]
"""Level and position."""


class FreeBackend:
    """Signatures that cost nothing and that nobody is kept from forging: for games whose moves are made by us."""

    name = "free"

    def decode_g1(self, data: bytes) -> bytes:
        return data

    def decode_g2(self, data: bytes) -> bytes:
        return data

    def public_key(self, secret: int) -> bytes:
        return b"\x80" + hashlib.sha256(secret.to_bytes(32, "big")).digest() + bytes(15)

    def sign(self, secret: int, message: bytes, tag: bytes) -> bytes:
        return self._signature(self.public_key(secret), message)

    def sum_g1(self, points: Sequence[Any]) -> Any:
        raise NotImplementedError

    def sum_g2(self, points: Sequence[Any]) -> Any:
        raise NotImplementedError

    def holds(self, key: bytes, message: bytes, tag: bytes, signature: bytes) -> bool:
        return signature == self._signature(key, message)

    def hold_together(self, *arguments: Any) -> bool:
        raise NotImplementedError

    def holds_short(self, *arguments: Any) -> bool:
        raise NotImplementedError

    def _signature(self, key: bytes, message: bytes) -> bytes:
        return b"\x80" + hashlib.sha256(key + message).digest() + bytes(63)


def secret(name: str) -> SecretKey:
    """A key by name."""
    return SecretKey(b"\0" + hashlib.sha256(name.encode()).digest()[:31])


class Steps:
    """The leaves of a subtrace of 2^log2 steps: the same digest from each break to the next."""

    def __init__(self, log2: int, breaks: Mapping[int, bytes]) -> None:
        """`breaks` maps positions, 0 among them, to the digest from there on; all after 2^log2 is padding."""
        self.log2 = log2
        self.starts = sorted(breaks)
        self.values = dict(breaks)
        self.cache: dict[Place, bytes] = {}
        self.constant: dict[bytes, list[bytes]] = {}

    def leaf(self, position: int) -> bytes:
        """The leaf at a position."""
        found = max(start for start in self.starts if start <= min(position, 1 << self.log2))
        return self.values[found]

    def node(self, level: int, position: int) -> bytes:
        """A digest of the tree."""
        first, last = position << level, ((position + 1) << level) - 1
        if not any(first < start <= last for start in self.starts):
            value = self.leaf(first)
            if value not in self.constant:
                self.constant[value] = merkle.constant_roots(STEP_NODE, value, self.log2 + 1)
            return self.constant[value][level]
        place = level, position
        if place not in self.cache:
            left, right = self.node(level - 1, 2 * position), self.node(level - 1, 2 * position + 1)
            self.cache[place] = merkle.hash_node(STEP_NODE, left, right)
        return self.cache[place]


class Grafted:
    """A tree made up by somebody who needs it to be consistent only where it is opened.

    It is `base` but for some subtrees: those of `other`, or digests that nothing is known to be below of.
    """

    def __init__(self, base: Steps, grafts: Mapping[Place, Steps | None]) -> None:
        self.base, self.grafts = base, dict(grafts)
        self.cache: dict[Place, bytes] = {}

    def node(self, level: int, position: int) -> bytes:
        """A digest of the tree; one below a graft of nothing is made up, and will not hash to what is above it."""
        above: Steps | None = self.base
        for up in range(level, self.base.log2 + 2):
            if (up, position >> (up - level)) in self.grafts:
                above = self.grafts[up, position >> (up - level)]
                if above is None:
                    return hashlib.sha256(f"{level} {position}".encode()).digest()
                return above.node(level, position)
        if not any(up < level and place >> (level - up) == position for up, place in self.grafts):
            return self.base.node(level, position)
        if (level, position) not in self.cache:
            left, right = self.node(level - 1, 2 * position), self.node(level - 1, 2 * position + 1)
            self.cache[level, position] = merkle.hash_node(STEP_NODE, left, right)
        return self.cache[level, position]

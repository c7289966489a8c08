"""Keys that were decompressed and validated before, kept by whoever does many checks."""

from __future__ import annotations

from typing import TypeVar

from .backend import G1, Backend

_K = TypeVar("_K")
_V = TypeVar("_V")

DEFAULT_LIMIT = 1 << 16
"""How many keys and how many proofs of possession a cache holds when nobody says."""


class KeyCache:
    """Remembers valid public keys in decoded form, and proofs of possession that held. It never changes a result.

    Decoding a key costs 50 µs with the fast backend and 7 ms with the readable one; a committee's keys are asked for
    again and again. Only what passed every check is kept, under everything that the check depends on. At its limit the
    cache forgets what came first.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        if limit < 1:
            raise ValueError("a key cache holds at least one key")
        self._limit = limit
        self._keys: dict[tuple[str, bytes], G1] = {}
        self._proofs: dict[tuple[bytes, bytes], None] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def key(self, backend: Backend, public_key: bytes) -> G1 | None:
        """The decoded form of a key that was valid before, if it is remembered."""
        return self._keys.get((backend.name, public_key))

    def remember_key(self, backend: Backend, public_key: bytes, point: G1) -> None:
        """Keep a valid key's decoded form."""
        _put(self._keys, (backend.name, public_key), point, self._limit)

    def proven(self, public_key: bytes, proof: bytes) -> bool:
        """Whether this very proof of possession of this key held before."""
        return (public_key, proof) in self._proofs

    def remember_proof(self, public_key: bytes, proof: bytes) -> None:
        """Keep that this proof of possession held."""
        _put(self._proofs, (public_key, proof), None, self._limit)


def _put(table: dict[_K, _V], key: _K, value: _V, limit: int) -> None:
    if len(table) >= limit and key not in table:
        del table[next(iter(table))]
    table[key] = value

"""What the signature scheme asks of a curve library, and which library is used when nobody says (spec/keys.md).

A backend is arithmetic on BLS12-381 and nothing more. Every rule that decides what is accepted (lengths, flag bits,
canonical coordinates, identities, scalars' ranges, duplicates) stands in `scheme.py`, before the backend is asked: so
two backends can't differ in what they accept, whatever their libraries let through.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

G1: TypeAlias = Any
"""A point of the group of public keys, in the form that the backend at hand uses."""
G2: TypeAlias = Any
"""A point of the group of signatures, in the form that the backend at hand uses."""


class Backend(Protocol):
    """Arithmetic on BLS12-381. All methods are pure; none sees an encoding that `scheme.py` hasn't gated."""

    name: str
    """Names the backend in reports, and its points in a key cache."""

    def decode_g1(self, data: bytes) -> G1 | None:
        """The point of a gated 48-byte encoding, or None if it isn't on the curve or not in the subgroup."""

    def decode_g2(self, data: bytes) -> G2 | None:
        """The point of a gated 96-byte encoding, or None if it isn't on the curve or not in the subgroup."""

    def public_key(self, secret: int) -> bytes:
        """The generator of G1 times `secret` (1 to r-1), encoded."""

    def sign(self, secret: int, message: bytes, tag: bytes) -> bytes:
        """The point of G2 that `message` hashes to under the domain separation tag, times `secret`, encoded."""

    def sum_g1(self, points: Sequence[G1]) -> G1 | None:
        """The sum of at least one point, or None if it is the identity."""

    def sum_g2(self, points: Sequence[G2]) -> bytes | None:
        """The sum of at least one point, encoded, or None if it is the identity."""

    def holds(self, key: G1, message: bytes, tag: bytes, signature: G2) -> bool:
        """Whether e(key, hash of `message` under `tag`) = e(generator of G1, signature)."""

    def hold_together(
        self,
        keys: Sequence[G1],
        messages: Sequence[bytes],
        tag: bytes,
        signatures: Sequence[G2],
        factors: Sequence[int],
    ) -> bool:
        """Whether the sum of `factor` times equation holds, for at least one equation and factors from 1 to r-1.

        The product of all e(factor · key, hash of its message) is to be e(generator of G1, sum of factor · signature).
        All four sequences have one length.
        """

    def holds_short(self, key: G2, message: bytes, tag: bytes, signature: G1) -> bool:
        """Whether e(signature, generator of G2) = e(hash of `message` to G1 under `tag`, key): the groups swapped."""


def arkworks() -> Backend:
    """The fast backend: `py_arkworks_bls12381`. ImportError where it isn't installed."""
    from .fast import Arkworks

    return Arkworks()


def py_ecc() -> Backend:
    """The readable backend in plain Python: 150 times slower, the same results."""
    from .readable import PyEcc

    return PyEcc()


@functools.cache
def default_backend() -> Backend:
    """The fast backend where its library is installed, otherwise the readable one."""
    try:
        return arkworks()
    except ImportError:
        return py_ecc()

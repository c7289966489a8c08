"""The fast backend: arkworks' BLS12-381 through `py_arkworks_bls12381`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py_arkworks_bls12381 import G1Point, G2Point, Scalar


class Arkworks:
    """`Backend` over arkworks. Its decoder takes any encoding with the infinity bit for the identity: gate before."""

    name = "arkworks"

    def __init__(self) -> None:
        import py_arkworks_bls12381 as library

        self._library = library
        self._generator = library.G1Point()
        self._minus_generator = -self._generator

    def decode_g1(self, data: bytes) -> G1Point | None:
        """See `Backend.decode_g1`; the library's checked decoder includes the subgroup check."""
        try:
            return self._library.G1Point.from_compressed_bytes(data)
        except ValueError:
            return None

    def decode_g2(self, data: bytes) -> G2Point | None:
        """See `Backend.decode_g2`; the library's checked decoder includes the subgroup check."""
        try:
            return self._library.G2Point.from_compressed_bytes(data)
        except ValueError:
            return None

    def public_key(self, secret: int) -> bytes:
        """See `Backend.public_key`."""
        return (self._generator * self._scalar(secret)).to_compressed_bytes()

    def sign(self, secret: int, message: bytes, tag: bytes) -> bytes:
        """See `Backend.sign`."""
        return (self._library.G2Point.hash_to_curve(message, tag) * self._scalar(secret)).to_compressed_bytes()

    def sum_g1(self, points: Sequence[G1Point]) -> G1Point | None:
        """See `Backend.sum_g1`."""
        total = reduce(add, points)
        return None if total == self._library.G1Point.identity() else total

    def sum_g2(self, points: Sequence[G2Point]) -> bytes | None:
        """See `Backend.sum_g2`."""
        total = reduce(add, points)
        return None if total == self._library.G2Point.identity() else total.to_compressed_bytes()

    def holds(self, key: G1Point, message: bytes, tag: bytes, signature: G2Point) -> bool:
        """See `Backend.holds`: the product e(key, H) · e(-generator, signature) is one."""
        hashed = self._library.G2Point.hash_to_curve(message, tag)
        return self._library.GT.pairing_check([key, self._minus_generator], [hashed, signature])

    def holds_short(self, key: G2Point, message: bytes, tag: bytes, signature: G1Point) -> bool:
        """See `Backend.holds_short`: the product e(-H, key) · e(signature, generator) is one."""
        hashed = self._library.G1Point.hash_to_curve(message, tag)
        return self._library.GT.pairing_check([-hashed, signature], [key, self._library.G2Point()])

    def hold_together(
        self,
        keys: Sequence[G1Point],
        messages: Sequence[bytes],
        tag: bytes,
        signatures: Sequence[G2Point],
        factors: Sequence[int],
    ) -> bool:
        """See `Backend.hold_together`; equations on one message share a pairing."""
        scalars = [self._scalar(factor) for factor in factors]
        groups: dict[bytes, list[int]] = {}
        for place, message in enumerate(messages):
            groups.setdefault(message, []).append(place)
        left = [self._combined(self._library.G1Point, keys, scalars, places) for places in groups.values()]
        right = [self._library.G2Point.hash_to_curve(message, tag) for message in groups]
        left.append(self._minus_generator)
        right.append(self._library.G2Point.multiexp_unchecked(list(signatures), scalars))
        return self._library.GT.pairing_check(left, right)

    def _combined(
        self, group: type[G1Point], keys: Sequence[G1Point], scalars: Sequence[Scalar], places: Sequence[int]
    ) -> G1Point:
        if len(places) == 1:
            return keys[places[0]] * scalars[places[0]]
        return group.multiexp_unchecked([keys[place] for place in places], [scalars[place] for place in places])

    def _scalar(self, value: int) -> Scalar:
        """The strict way in: unlike `Scalar(value)`, this one refuses what isn't reduced."""
        return self._library.Scalar.from_be_bytes(value.to_bytes(32, "big"))

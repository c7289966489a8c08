"""The fast backend: arkworks' BLS12-381 through `py_arkworks_bls12381`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add

from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

_GENERATOR = G1Point()
_MINUS_GENERATOR = -_GENERATOR
_IDENTITY_G1 = G1Point.identity()
_IDENTITY_G2 = G2Point.identity()


class Arkworks:
    """`Backend` over arkworks. Its decoder takes any encoding with the infinity bit for the identity: gate before."""

    name = "arkworks"

    def decode_g1(self, data: bytes) -> G1Point | None:
        """See `Backend.decode_g1`; the library's checked decoder includes the subgroup check."""
        try:
            return G1Point.from_compressed_bytes(data)
        except ValueError:
            return None

    def decode_g2(self, data: bytes) -> G2Point | None:
        """See `Backend.decode_g2`; the library's checked decoder includes the subgroup check."""
        try:
            return G2Point.from_compressed_bytes(data)
        except ValueError:
            return None

    def public_key(self, secret: int) -> bytes:
        """See `Backend.public_key`."""
        return (_GENERATOR * _scalar(secret)).to_compressed_bytes()

    def sign(self, secret: int, message: bytes, tag: bytes) -> bytes:
        """See `Backend.sign`."""
        return (G2Point.hash_to_curve(message, tag) * _scalar(secret)).to_compressed_bytes()

    def sum_g1(self, points: Sequence[G1Point]) -> G1Point | None:
        """See `Backend.sum_g1`."""
        total = reduce(add, points)
        return None if total == _IDENTITY_G1 else total

    def sum_g2(self, points: Sequence[G2Point]) -> bytes | None:
        """See `Backend.sum_g2`."""
        total = reduce(add, points)
        return None if total == _IDENTITY_G2 else total.to_compressed_bytes()

    def holds(self, key: G1Point, message: bytes, tag: bytes, signature: G2Point) -> bool:
        """See `Backend.holds`: the product e(key, H) · e(-generator, signature) is one."""
        return GT.pairing_check([key, _MINUS_GENERATOR], [G2Point.hash_to_curve(message, tag), signature])


def _scalar(value: int) -> Scalar:
    """The strict way in: unlike `Scalar(value)`, this one refuses what isn't reduced."""
    return Scalar.from_be_bytes(value.to_bytes(32, "big"))

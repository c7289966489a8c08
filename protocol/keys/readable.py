"""The readable backend: py_ecc, in plain Python. The oracle in tests, and the fallback without the fast library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from hashlib import sha256
from typing import Any


class PyEcc:
    """`Backend` over py_ecc."""

    name = "py_ecc"

    def __init__(self) -> None:
        from py_ecc import optimized_bls12_381
        from py_ecc.bls import g2_primitives
        from py_ecc.bls.hash_to_curve import hash_to_G1, hash_to_G2

        # The library's NewTypes for bytes and for each kind of point say no more than `Backend` does.
        self._curve: Any = optimized_bls12_381
        self._encoding: Any = g2_primitives
        self._hash_to_g1: Any = hash_to_G1
        self._hash_to_g2: Any = hash_to_G2

    def decode_g1(self, data: bytes) -> Any | None:
        """See `Backend.decode_g1`."""
        return self._decode(self._encoding.pubkey_to_G1, data)

    def decode_g2(self, data: bytes) -> Any | None:
        """See `Backend.decode_g2`."""
        return self._decode(self._encoding.signature_to_G2, data)

    def public_key(self, secret: int) -> bytes:
        """See `Backend.public_key`."""
        return bytes(self._encoding.G1_to_pubkey(self._curve.multiply(self._curve.G1, secret)))

    def sign(self, secret: int, message: bytes, tag: bytes) -> bytes:
        """See `Backend.sign`."""
        return bytes(
            self._encoding.G2_to_signature(self._curve.multiply(self._hash_to_g2(message, tag, sha256), secret))
        )

    def sum_g1(self, points: Sequence[Any]) -> Any | None:
        """See `Backend.sum_g1`."""
        total = reduce(self._curve.add, points)
        return None if self._curve.is_inf(total) else total

    def sum_g2(self, points: Sequence[Any]) -> bytes | None:
        """See `Backend.sum_g2`."""
        total = reduce(self._curve.add, points)
        return None if self._curve.is_inf(total) else bytes(self._encoding.G2_to_signature(total))

    def holds(self, key: Any, message: bytes, tag: bytes, signature: Any) -> bool:
        """See `Backend.holds`: the product e(-key, H) · e(generator, signature) is one."""
        left = self._curve.pairing(
            self._hash_to_g2(message, tag, sha256), self._curve.neg(key), final_exponentiate=False
        )
        right = self._curve.pairing(signature, self._curve.G1, final_exponentiate=False)
        return bool(self._curve.final_exponentiate(left * right) == self._curve.FQ12.one())

    def holds_short(self, key: Any, message: bytes, tag: bytes, signature: Any) -> bool:
        """See `Backend.holds_short`: the product e(-H, key) · e(signature, generator) is one."""
        hashed = self._hash_to_g1(message, tag, sha256)
        left = self._curve.pairing(key, self._curve.neg(hashed), final_exponentiate=False)
        right = self._curve.pairing(self._curve.G2, signature, final_exponentiate=False)
        return bool(self._curve.final_exponentiate(left * right) == self._curve.FQ12.one())

    def hold_together(
        self,
        keys: Sequence[Any],
        messages: Sequence[bytes],
        tag: bytes,
        signatures: Sequence[Any],
        factors: Sequence[int],
    ) -> bool:
        """See `Backend.hold_together`, one pairing an equation."""
        curve = self._curve
        product = curve.FQ12.one()
        for key, message, factor in zip(keys, messages, factors, strict=True):
            hashed = self._hash_to_g2(message, tag, sha256)
            product = product * curve.pairing(hashed, curve.multiply(key, factor), final_exponentiate=False)
        combined = reduce(
            curve.add,
            (curve.multiply(point, factor) for point, factor in zip(signatures, factors, strict=True)),
        )
        product = product * curve.pairing(combined, curve.neg(curve.G1), final_exponentiate=False)
        return bool(curve.final_exponentiate(product) == curve.FQ12.one())

    def _decode(self, decompress: Callable[[bytes], Any], data: bytes) -> Any | None:
        """Decompress, then check the subgroup, which the library leaves to its caller."""
        try:
            point = decompress(data)
        except (ValueError, ArithmeticError, AssertionError):
            return None
        return point if self._encoding.subgroup_check(point) else None

"""The readable backend: py_ecc, in plain Python. The oracle in tests, and the fallback without the fast library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from hashlib import sha256
from typing import Any

from py_ecc import optimized_bls12_381 as curve
from py_ecc.bls import g2_primitives as encoding
from py_ecc.bls.hash_to_curve import hash_to_G2

# The library's annotations use NewTypes for bytes and for each kind of point; none of them says more than `Backend`.
_curve: Any = curve
_encoding: Any = encoding
_hash_to_g2: Any = hash_to_G2


class PyEcc:
    """`Backend` over py_ecc."""

    name = "py_ecc"

    def decode_g1(self, data: bytes) -> Any | None:
        """See `Backend.decode_g1`."""
        return _decode(_encoding.pubkey_to_G1, data)

    def decode_g2(self, data: bytes) -> Any | None:
        """See `Backend.decode_g2`."""
        return _decode(_encoding.signature_to_G2, data)

    def public_key(self, secret: int) -> bytes:
        """See `Backend.public_key`."""
        return bytes(_encoding.G1_to_pubkey(_curve.multiply(_curve.G1, secret)))

    def sign(self, secret: int, message: bytes, tag: bytes) -> bytes:
        """See `Backend.sign`."""
        return bytes(_encoding.G2_to_signature(_curve.multiply(_hash_to_g2(message, tag, sha256), secret)))

    def sum_g1(self, points: Sequence[Any]) -> Any | None:
        """See `Backend.sum_g1`."""
        total = reduce(_curve.add, points)
        return None if _curve.is_inf(total) else total

    def sum_g2(self, points: Sequence[Any]) -> bytes | None:
        """See `Backend.sum_g2`."""
        total = reduce(_curve.add, points)
        return None if _curve.is_inf(total) else bytes(_encoding.G2_to_signature(total))

    def holds(self, key: Any, message: bytes, tag: bytes, signature: Any) -> bool:
        """See `Backend.holds`: the product e(-key, H) · e(generator, signature) is one."""
        left = _curve.pairing(_hash_to_g2(message, tag, sha256), _curve.neg(key), final_exponentiate=False)
        right = _curve.pairing(signature, _curve.G1, final_exponentiate=False)
        return bool(_curve.final_exponentiate(left * right) == _curve.FQ12.one())


def _decode(decompress: Callable[[bytes], Any], data: bytes) -> Any | None:
    """Decompress, then check the subgroup, which the library leaves to its caller."""
    try:
        point = decompress(data)
    except (ValueError, ArithmeticError, AssertionError):
        return None
    return point if _encoding.subgroup_check(point) else None

"""Checking many signatures at once, by a random linear combination (spec/keys.md, "Batches").

One product of pairings takes the place of one a signature. The coefficients follow from the whole batch, so nobody can
fit a signature to a coefficient; and the result, codes included, is what checking one by one gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .. import hashing
from ..draws import Stream
from ..errors import CryptoError
from .backend import G1, G2, Backend, default_backend
from .cache import KeyCache
from .scheme import SIGNATURE_TAG, check_message, decode_aggregate

COEFFICIENT_BITS: Final = 128
"""Coefficients are from 1 to 2^COEFFICIENT_BITS - 1 (KEY-082)."""


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature to be checked: by one or several keys, on one object's id."""

    keys: Sequence[bytes]
    message: bytes
    signature: bytes
    where: str = ""
    """The place that an error names."""


@dataclass(frozen=True, slots=True)
class _Equation:
    """What is left to check of a signature whose parts are decoded."""

    place: int
    key: G1
    message: bytes
    signature: G2


def coefficients(batch: Sequence[Signed]) -> list[int]:
    """The coefficient of each signature of a batch (KEY-081, KEY-082)."""
    transcript = b"".join(
        b"".join((len(item.keys).to_bytes(8, "little"), *item.keys, item.message, item.signature)) for item in batch
    )
    stream = Stream(hashing.digest(hashing.BATCH, transcript))
    return [1 + stream.below((1 << COEFFICIENT_BITS) - 1) for _ in batch]


def verify_batch(batch: Sequence[Signed], *, backend: Backend | None = None, cache: KeyCache | None = None) -> None:
    """Check every signature of a batch. Raises the CryptoError of the first one that `verify_aggregate` rejects.

    As there, an aggregate is sound only for keys whose possession was proven: the caller knows that (KEY-055).
    """
    backend = backend or default_backend()
    equations: list[_Equation] = []
    fault: CryptoError | None = None
    for place, item in enumerate(batch):
        try:
            key, point = decode_aggregate(item.keys, item.signature, backend, cache, item.where)
        except CryptoError as error:  # it counts only if every equation before it holds (KEY-080)
            fault = error
            break
        equations.append(_Equation(place, key, check_message(item.message), point))
    if equations:
        factors = coefficients(batch)
        if not _hold(equations, factors, backend):
            wrong = batch[_first_wrong(equations, factors, backend).place]
            raise CryptoError(
                "bad-signature",
                "The signature isn't these keys' on this object",
                requirement="KEY-041",
                where=wrong.where,
            )
    if fault is not None:
        raise fault


def _hold(equations: Sequence[_Equation], factors: Sequence[int], backend: Backend) -> bool:
    return backend.hold_together(
        [equation.key for equation in equations],
        [equation.message for equation in equations],
        SIGNATURE_TAG,
        [equation.signature for equation in equations],
        [factors[equation.place] for equation in equations],
    )


def _first_wrong(equations: Sequence[_Equation], factors: Sequence[int], backend: Backend) -> _Equation:
    """The first equation of a failing batch that doesn't hold, by halving."""
    while len(equations) > 1:
        middle = len(equations) // 2
        first = equations[:middle]
        equations = equations[middle:] if _hold(first, factors, backend) else first
    return equations[0]

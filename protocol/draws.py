"""Draws that nobody can bias: a stream of integers from a 32-byte seed, samples, and draws by weight (spec/draws.md).

stream = Stream(seed)
stream.below(6)                     # one of 0..5, each as likely as the others
sample(stream, 3, 100)              # three different numbers of 0..99, in the order drawn
weighted(stream, 2, [5, 1, 4])      # two different positions, each draw in proportion to what is left
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from . import hashing
from .errors import SemanticError

SEED_SIZE: Final = hashing.DIGEST_SIZE
"""Length of a seed in bytes (DRW-001)."""
DRAW_BITS: Final = 128
"""A draw is of at most 2^DRAW_BITS values (DRW-004)."""


class Stream:
    """Integers from a seed: the same ones each time, each range hit without bias."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_SIZE:
            raise ValueError(f"a seed has {SEED_SIZE} bytes, not {len(seed)}")
        self._seed = bytes(seed)
        self._next = 0

    @property
    def blocks(self) -> int:
        """How many blocks were taken so far."""
        return self._next

    def block(self) -> bytes:
        """The next 32 bytes of the stream (DRW-002)."""
        made = hashing.digest(hashing.DRAW, self._seed + self._next.to_bytes(8, "little"))
        self._next += 1
        return made

    def below(self, limit: int) -> int:
        """An integer from 0 to limit - 1 (DRW-003). Raises SemanticError for a limit out of range."""
        if not 1 <= limit <= 1 << DRAW_BITS:
            raise SemanticError(
                "draw-range", f"nothing can be drawn from {limit} values", requirement="DRW-004", where="draw"
            )
        mask = (1 << (limit - 1).bit_length()) - 1
        while True:
            value = int.from_bytes(self.block()[: DRAW_BITS // 8], "little") & mask
            if value < limit:
                return value


def sample(stream: Stream, count: int, size: int) -> list[int]:
    """`count` different numbers from 0 to size - 1, in the order drawn (DRW-010). SemanticError if there are fewer.

    The first steps of a Fisher-Yates shuffle, of which only the places that moved are kept.
    """
    _check_count(count, size)
    moved: dict[int, int] = {}
    drawn = []
    for place in range(count):
        other = place + stream.below(size - place)
        drawn.append(moved.get(other, other))
        moved[other] = moved.get(place, place)
    return drawn


class Pool:
    """Positions with weights, from which some are taken: what is left keeps its order (DRW-020)."""

    def __init__(self, weights: Sequence[int]) -> None:
        self._weights = weights
        self._ends = list(accumulate(weights))
        self._taken: list[int] = []

    def left(self, stop: int | None = None) -> int:
        """The weight that is left before position `stop`; by default, of all."""
        stop = len(self._weights) if stop is None else stop
        whole = self._ends[stop - 1] if stop else 0
        return whole - sum(self._weights[index] for index in self._taken if index < stop)

    def take(self, point: int) -> int:
        """Take the position on which `point` falls, what is left being laid end to end from 0."""
        for index in self._taken:
            if self._ends[index] - self._weights[index] <= point:
                point += self._weights[index]
        found = bisect_right(self._ends, point)
        insort(self._taken, found)
        return found


def weighted(stream: Stream, count: int, weights: Sequence[int]) -> list[int]:
    """`count` different positions in the order drawn, each draw in proportion to the weights that are left (DRW-020).

    A position of weight zero is never drawn. Raises SemanticError if fewer than `count` have a weight.
    """
    _check_count(count, sum(1 for weight in weights if weight))
    pool = Pool(weights)
    return [pool.take(stream.below(pool.left())) for _ in range(count)]


def _check_count(count: int, size: int) -> None:
    if not 0 <= count <= size:
        raise SemanticError("draw-count", f"{count} can't be drawn from {size}", requirement="DRW-011", where="draw")

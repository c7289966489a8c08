"""A tree written as naively as can be, so that the vectors don't come from the code that they test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....protocol import hashing
from .. import seeded

CHECKED_BY = "tests/adapters/node, written from spec/ alone; made by a naive tree in the generator, apart from our own"
ZERO = bytes(32)


@dataclass(frozen=True)
class Naive:
    """A full tree: every level a list of digests."""

    domain: str
    levels: tuple[tuple[bytes, ...], ...]

    @classmethod
    def of(cls, domain: str, leaves: Sequence[bytes]) -> Naive:
        """The tree over a power of two of leaves."""
        levels = [tuple(leaves)]
        while len(levels[-1]) > 1:
            below = levels[-1]
            pairs = zip(below[::2], below[1::2], strict=True)
            levels.append(tuple(hashing.digest(domain, left + right) for left, right in pairs))
        return cls(domain, tuple(levels))

    @property
    def height(self) -> int:
        """Levels above the leaves."""
        return len(self.levels) - 1

    @property
    def root(self) -> bytes:
        """The root."""
        return self.levels[-1][0]

    def siblings(self, indices: Iterable[int]) -> list[bytes]:
        """The digests of a proof: on each level, ascending, those that nobody can compute and somebody needs."""
        found = []
        known = set(indices)
        for level in self.levels[:-1]:
            found += [level[position] for position in sorted({p ^ 1 for p in known} - known)]
            known = {position // 2 for position in known}
        return found

    def proof(self, indices: Sequence[int]) -> dict[str, Any]:
        """The input of `merkle.verify` for a good proof of these leaves."""
        return {
            "domain": self.domain,
            "height": self.height,
            "root": self.root,
            "leaves": [{"index": index, "digest": self.levels[0][index]} for index in indices],
            "siblings": b"".join(self.siblings(indices)),
        }


def leaves_of(case: str, count: int) -> list[bytes]:
    """Digests that belong to a case."""
    return [seeded(case, f"leaf {index}", 32) for index in range(count)]


def changed(proof: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A copy with other members."""
    return {**proof, **changes}

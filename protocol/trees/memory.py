"""The memory tree: 2^20 pages of 4 KiB, sparse, with batched updates (spec/memory.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TypeAlias

from blake3 import blake3

from ..hashing import DIGEST_SIZE, KEYS, MEMORY_NODE, PAGE
from . import merkle

PAGE_BITS = 12
"""log2 of a memory page's size in bytes (MEM-001)."""
PAGE_SIZE = 1 << PAGE_BITS
"""A memory page, in bytes (MEM-001)."""
HEIGHT = 20
"""Height of the memory tree: 2^20 pages (MEM-002)."""
IMAGE_HEIGHT = 19
"""Height of the subtree of program image, heap and stack: pages 0 to 2^19 - 1 (MEM-005)."""
REGION_HEIGHT = 18
"""Height of the input's and of the output's subtree (MEM-005)."""
INPUT_FIRST_PAGE = 1 << 19
"""First page of the input region (MEM-005)."""
OUTPUT_FIRST_PAGE = INPUT_FIRST_PAGE + (1 << REGION_HEIGHT)
"""First page of the output region (MEM-005)."""

# A copy of a keyed hasher is cheaper than a new one.
_new_page = blake3(key=KEYS[PAGE]).copy
_new_node = blake3(key=KEYS[MEMORY_NODE]).copy


Content: TypeAlias = bytes | bytearray | memoryview
"""A page's bytes."""


def hash_page(content: Content) -> bytes:
    """The leaf of a page of 4096 bytes (MEM-003)."""
    hasher = _new_page()
    hasher.update(content)
    return hasher.digest()


def hash_pages(numbers: Iterable[int], page: Callable[[int], Content]) -> dict[int, bytes]:
    """Page number to leaf, for the pages that `page` gives (MEM-003): `hash_page` of many, at a boundary."""
    leaves = {}
    for number in numbers:
        hasher = _new_page()
        hasher.update(page(number))
        leaves[number] = hasher.digest()
    return leaves


@cache
def zero_roots() -> tuple[bytes, ...]:
    """Roots of the subtrees of height 0 to 20 over pages that are all zero (MEM-004)."""
    return tuple(merkle.constant_roots(MEMORY_NODE, hash_page(bytes(PAGE_SIZE)), HEIGHT))


def join_regions(low: bytes, input_root: bytes, output_root: bytes) -> bytes:
    """The memory root over image, input and output subtrees (MEM-006)."""
    return merkle.hash_node(MEMORY_NODE, low, merkle.hash_node(MEMORY_NODE, input_root, output_root))


class MemoryTree:
    """A sparse memory tree; it holds the digests that differ from those of all-zero memory.

    Nothing is pending: `update` rehashes at once all paths that it touches, each node once (MEM-007).
    """

    def __init__(self, height: int = HEIGHT) -> None:
        self.height = height
        self._levels: list[dict[int, bytes]] = [{} for _ in range(height + 1)]
        self._zero = zero_roots()

    def node(self, level: int, position: int) -> bytes:
        """The digest at a level (0: leaves) and position; the root is `node(height, 0)`."""
        return self._levels[level].get(position, self._zero[level])

    @property
    def root(self) -> bytes:
        """The tree's root."""
        return self.node(self.height, 0)

    def update(self, leaves: Mapping[int, bytes]) -> None:
        """Set the leaves of some positions to digests, and rehash the union of their paths."""
        level = self._levels[0]
        level.update(leaves)
        changed: Iterable[int] = leaves
        for height in range(self.height):
            parents = {position >> 1 for position in changed}
            below, above = level, self._levels[height + 1]
            get, zero = below.get, self._zero[height]
            for parent in parents:
                hasher, left = _new_node(), parent << 1
                hasher.update(get(left, zero) + get(left | 1, zero))
                above[parent] = hasher.digest()
            changed, level = parents, above

    def put(self, position: int, leaf: bytes) -> None:
        """Set one leaf, and rehash its path: `update` of a single page, in half the time."""
        digest = leaf
        *inner, top = self._levels
        for height, level in enumerate(inner):
            level[position] = digest
            sibling = level.get(position ^ 1, self._zero[height])
            hasher = _new_node()
            hasher.update(sibling + digest if position & 1 else digest + sibling)
            digest = hasher.digest()
            position >>= 1
        top[0] = digest

    def graft(self, level: int, position: int, root: bytes) -> None:
        """Put the root of a whole subtree, whose inside stays unknown, at a level and position (MEM-006)."""
        self._levels[level][position] = root
        for height in range(level, self.height):
            position >>= 1
            left, right = self.node(height, 2 * position), self.node(height, 2 * position + 1)
            self._levels[height + 1][position] = merkle.hash_node(MEMORY_NODE, left, right)

    def copy(self) -> MemoryTree:
        """A tree that shares nothing with this one."""
        made = MemoryTree(self.height)
        made._levels = [dict(level) for level in self._levels]
        return made

    def proof(self, pages: list[int]) -> bytes:
        """Siblings of the multi-proof for ascending page numbers (MRK-012)."""
        return merkle.make_proof(pages, self.height, self.node)


def subtree_root(pages: Mapping[int, bytes | bytearray | memoryview], first: int, height: int) -> bytes:
    """Root of the subtree of `height` whose leaf 0 is page `first`, all-zero but for `pages` (number to content)."""
    tree = MemoryTree(height)
    tree.update({number - first: hash_page(content) for number, content in pages.items()})
    return tree.root


def tree_of_proof(leaves: Mapping[int, bytes], siblings: bytes) -> MemoryTree:
    """The part of a memory tree that a proof opens: enough to change these pages and to prove any of them.

    The proof is one that holds. Of all other pages only what their siblings say is in the tree.
    """
    tree = MemoryTree()
    for place, (level, position) in enumerate(merkle.sibling_positions(list(leaves), HEIGHT)):
        tree._levels[level][position] = siblings[place * DIGEST_SIZE : (place + 1) * DIGEST_SIZE]
    tree.update(leaves)
    return tree


def verify_pages(root: bytes, leaves: Mapping[int, bytes], siblings: bytes) -> None:
    """Check page digests (page number to digest, ascending) against a memory root.

    Raises as `merkle.verify_proof` does.
    """
    merkle.verify_proof(MEMORY_NODE, HEIGHT, root, leaves, siblings)

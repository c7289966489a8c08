"""The input and output regions: bytes to the length and root that stand for them, and to pages (spec/loading.md)."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from .errors import SemanticError
from .hashing import MEMORY_NODE
from .machine.state import REGION_SIZE
from .trees.memory import (
    INPUT_FIRST_PAGE,
    PAGE_BITS,
    PAGE_SIZE,
    REGION_HEIGHT,
    hash_page,
    zero_roots,
)
from .trees.merkle import hash_node


@dataclass(frozen=True, slots=True)
class Region:
    """What commits to the content of a region: its length in bytes and its subtree's root (LOD-051)."""

    length: int
    root: bytes


class RegionHasher:
    """Commits to a region's content as it comes, in pieces of any size; keeps less than a page of it.

    >>> hasher = RegionHasher()
    >>> hasher.update(b"some ")
    >>> hasher.update(b"bytes")
    >>> hasher.region() == commit(b"some bytes")
    True
    """

    def __init__(self) -> None:
        self.length = 0
        self._rest = bytearray()
        # The roots of the complete subtrees so far, by height: at most one of each, as in a binary counter.
        self._roots: list[bytes | None] = [None] * (REGION_HEIGHT + 1)

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Append bytes. SemanticError, before anything is taken, if the content gets longer than its region."""
        view = memoryview(data).cast("B")
        _check_length(self.length + len(view))
        self.length += len(view)
        start = 0
        if self._rest:
            start = min(PAGE_SIZE - len(self._rest), len(view))
            self._rest += view[:start]
            if len(self._rest) < PAGE_SIZE:
                return
            self._add(hash_page(self._rest))
            self._rest.clear()
        end = start + (len(view) - start) // PAGE_SIZE * PAGE_SIZE
        for position in range(start, end, PAGE_SIZE):
            self._add(hash_page(view[position : position + PAGE_SIZE]))
        self._rest += view[end:]

    def region(self) -> Region:
        """Length and root of the content so far, zeros after it (LOD-051)."""
        roots = list(self._roots)
        if self._rest:
            _carry(roots, hash_page(self._rest + bytes(PAGE_SIZE - len(self._rest))))
        root = roots[REGION_HEIGHT]
        if root is None:
            # What follows the content, from the first leaf after it upwards: zeros, and what stands to their left.
            root = zero_roots()[0]
            for height, zero in enumerate(zero_roots()[:REGION_HEIGHT]):
                left = roots[height]
                root = hash_node(MEMORY_NODE, root, zero) if left is None else hash_node(MEMORY_NODE, left, root)
        return Region(self.length, root)

    def _add(self, leaf: bytes) -> None:
        _carry(self._roots, leaf)


def _carry(roots: list[bytes | None], root: bytes) -> None:
    """Add a leaf to the complete subtrees: equal heights join, like carrying in a binary counter."""
    height = 0
    while (left := roots[height]) is not None:
        roots[height] = None
        root = hash_node(MEMORY_NODE, left, root)
        height += 1
    roots[height] = root


def commit(data: bytes | bytearray | memoryview) -> Region:
    """Length and root of a region's whole content, an input's or an output's (LOD-051)."""
    return commit_chunks([data])


def commit_chunks(chunks: Iterable[bytes | bytearray | memoryview]) -> Region:
    """The same of content that comes in pieces, a file's blocks for one."""
    hasher = RegionHasher()
    for chunk in chunks:
        hasher.update(chunk)
    return hasher.region()


class InputPages(Mapping[int, bytes]):
    """The pages that an input fills, cut from its bytes when asked for: nothing is copied before (LOD-052).

    The last page is filled up with zeros. The bytes may be a memory-mapped file's; they must not change.
    """

    def __init__(self, data: bytes | bytearray | memoryview) -> None:
        self._view = memoryview(data).cast("B")
        _check_length(len(self._view))
        self._count = (len(self._view) + PAGE_SIZE - 1) >> PAGE_BITS

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        return iter(range(INPUT_FIRST_PAGE, INPUT_FIRST_PAGE + self._count))

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and 0 <= number - INPUT_FIRST_PAGE < self._count

    def __getitem__(self, number: int) -> bytes:
        if number not in self:
            raise KeyError(number)
        start = (number - INPUT_FIRST_PAGE) << PAGE_BITS
        return bytes(self._view[start : start + PAGE_SIZE]).ljust(PAGE_SIZE, b"\0")

    def blocks(self) -> Iterator[tuple[int, bytes | memoryview]]:
        """The same content as first page and bytes of one or more pages: all whole pages at once, then the last."""
        whole = len(self._view) >> PAGE_BITS
        if whole:
            yield INPUT_FIRST_PAGE, self._view[: whole << PAGE_BITS]
        if whole < self._count:
            yield INPUT_FIRST_PAGE + whole, self[INPUT_FIRST_PAGE + whole]

    def items(self) -> ItemsView[int, bytes]:
        """Number and content of every page; there can be a quarter of a million of them."""
        return _InputItems(self, self._view)


class _InputItems(ItemsView[int, bytes]):
    """The items of an input's pages, cut one after the other without a look-up for each."""

    def __init__(self, pages: InputPages, view: memoryview) -> None:
        super().__init__(pages)
        self._pages, self._view = pages, view

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        view, number = self._view, INPUT_FIRST_PAGE
        for start in range(0, len(view) - PAGE_SIZE + 1, PAGE_SIZE):
            yield number, bytes(view[start : start + PAGE_SIZE])
            number += 1
        if number in self._pages:
            yield number, self._pages[number]


@dataclass(frozen=True, slots=True)
class Input:
    """An input as the machine takes it: what commits to it, and its pages."""

    region: Region
    pages: Mapping[int, bytes] = field(repr=False, compare=False)

    @property
    def length(self) -> int:
        """Bytes of input; register a1 holds it at entry (MCH-025)."""
        return self.region.length

    @property
    def root(self) -> bytes:
        """Root of the input region's subtree."""
        return self.region.root


def load_input(data: bytes | bytearray | memoryview) -> Input:
    """An input from its bytes or a memory-mapped file's. SemanticError if it is longer than 2^30 bytes (LOD-050)."""
    return Input(region=commit(data), pages=InputPages(data))


def _check_length(length: int) -> None:
    if length > REGION_SIZE:
        raise SemanticError(
            "region-too-long",
            f"an input or an output has at most {REGION_SIZE} bytes",
            requirement="LOD-050",
        )

"""Witnesses: memory pages that stand under a memory root, to execute on (spec/segment.md, "Witnesses").

A segment has one, and so has a single step; they differ in how many pages they may hold. What both share is here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from ..errors import CryptoError, SemanticError
from ..hashing import MEMORY_NODE
from ..machine.executor import Executor, WitnessMemory
from ..trees import memory, merkle
from ..trees.memory import PAGE_SIZE, MemoryTree

ZERO_PAGE = bytes(PAGE_SIZE)
"""The content of a page that is listed as all zero."""


class Witness(Protocol):
    """The fields of a record that carries a witness."""

    @property
    def pages(self) -> tuple[int, ...]:
        """Pages that are not all zero, ascending."""

    @property
    def zero_pages(self) -> tuple[int, ...]:
        """Pages that are all zero, ascending."""

    @property
    def content(self) -> bytes:
        """The pages of `pages`, 4096 bytes each."""

    @property
    def siblings(self) -> bytes:
        """Siblings of the multi-proof for the union of both lists."""

    @property
    def memory_root(self) -> bytes:
        """The root that the pages stand under."""


def check_form(witness: Witness, most: int, where: str) -> None:
    """Raise SemanticError in the order of SEG-011 to SEG-015; `most` is the greatest number of pages."""
    for name, numbers in (("", witness.pages), ("all-zero ", witness.zero_pages)):
        for position in range(1, len(numbers)):
            if numbers[position - 1] >= numbers[position]:
                raise SemanticError(
                    "page-order",
                    f"{name}page {numbers[position]} stands after page {numbers[position - 1]} in the witness",
                    requirement="SEG-011",
                    where=where,
                )
    if both := set(witness.pages).intersection(witness.zero_pages):
        raise SemanticError(
            "page-twice", f"page {min(both)} stands in both lists of the witness", requirement="SEG-012", where=where
        )
    if len(witness.content) != PAGE_SIZE * len(witness.pages):
        raise SemanticError(
            "page-content",
            f"{len(witness.content)} bytes of content for {len(witness.pages)} pages",
            requirement="SEG-013",
            where=where,
        )
    count = len(witness.pages) + len(witness.zero_pages)
    if count > most:
        raise SemanticError(
            "witness-too-large", f"the witness has {count} pages, over {most}", requirement="SEG-014", where=where
        )
    for number, content in page_contents(witness):
        if content == ZERO_PAGE:
            raise SemanticError(
                "zero-page-content", f"page {number} is all zero, as bytes", requirement="SEG-015", where=where
            )


def page_contents(witness: Witness) -> Iterator[tuple[int, memoryview]]:
    """Number and content of each page that is not all zero, ascending."""
    view = memoryview(witness.content)
    for position, number in enumerate(witness.pages):
        yield number, view[position * PAGE_SIZE : (position + 1) * PAGE_SIZE]


def page_leaves(witness: Witness) -> dict[int, bytes]:
    """Page number to leaf of the memory tree, for all pages of the witness, ascending."""
    zero = memory.zero_roots()[0]
    leaves = {number: memory.hash_page(content) for number, content in page_contents(witness)}
    leaves.update((number, zero) for number in witness.zero_pages)
    return dict(sorted(leaves.items()))


def witness_memory(witness: Witness) -> WitnessMemory:
    """The witness as memory that an executor can run on."""
    pages = WitnessMemory((number, bytearray(content)) for number, content in page_contents(witness))
    pages.update((number, bytearray(PAGE_SIZE)) for number in witness.zero_pages)
    return pages


def check_under_root(witness: Witness, where: str) -> None:
    """Raise CryptoError unless the pages stand under the memory root (SEG-023)."""
    pages = page_leaves(witness)
    if pages:
        try:
            memory.verify_pages(witness.memory_root, pages, witness.siblings)
        except CryptoError as error:
            error.where = f"{where}, pages and {error.where or 'siblings'}"
            raise
    elif witness.siblings:
        raise CryptoError("path-length", "siblings without pages", requirement="SEG-023", where=where)


def root_after(witness: Witness, executor: Executor) -> bytes:
    """The memory root when an executor has run on the witness (SEG-024)."""
    written = executor.written()
    if not written:
        return witness.memory_root
    leaves = page_leaves(witness)
    leaves.update((number, memory.hash_page(executor.page(number))) for number in written)
    return merkle.root_from_proof(MEMORY_NODE, memory.HEIGHT, leaves, witness.siblings)


def witness_fields(tree: MemoryTree, contents: Mapping[int, bytes], touched: Sequence[int]) -> dict[str, Any]:
    """The fields of a witness of ascending pages; `contents` has at least those of them that are not all zero."""
    full = [number for number in touched if contents.get(number, ZERO_PAGE) != ZERO_PAGE]
    present = set(full)
    return {
        "memory_root": tree.root,
        "pages": tuple(full),
        "zero_pages": tuple(number for number in touched if number not in present),
        "content": b"".join(contents[number] for number in full),
        "siblings": tree.proof(list(touched)),
    }

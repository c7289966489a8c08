"""What a unit's run begins with: its program and its input, checked against the unit, and memory made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..protocol.errors import ProtocolError
from ..protocol.machine.context import Context
from ..protocol.machine.executor import FullMemory
from ..protocol.machine.state import REGION_SIZE
from ..protocol.program import MAX_PROGRAM_BYTES, Program, load_program
from ..protocol.regions import Input, InputPages, load_input
from ..protocol.trees import memory
from ..protocol.trees.memory import PAGE_SIZE, MemoryTree
from ..protocol.work.tracing import initial_tree, memory_tree
from .errors import LimitReached, WorkerError
from .files import Data, Source, describe, open_source


@dataclass(frozen=True, slots=True)
class Materials:
    """A program and an input."""

    program: Program
    given: Input

    def tree(self, *, input_leaves: bool) -> MemoryTree:
        """The memory tree in which a run begins.

        Nothing ever writes to the input, so a run can do with the root of its subtree; proofs about its pages can't.
        """
        if not input_leaves:
            return initial_tree(self.program.pages, self.given.root)
        tree = memory_tree(self.program.pages)
        tree.update({number: memory.hash_page(content) for number, content in self.given.pages.items()})
        return tree

    def image_leaves(self) -> dict[int, bytes]:
        """Page number to leaf, for the pages of the program's image that aren't all zero."""
        return {number: memory.hash_page(content) for number, content in self.program.pages.items()}

    def memory(self, changed: Mapping[int, Data] | None = None, page_limit: int = 1 << memory.HEIGHT) -> LazyMemory:
        """Memory of program and input, with `changed` pages over them."""
        return LazyMemory([changed or {}, self.program.pages, self.given.pages], page_limit)


class LazyMemory(FullMemory):
    """Memory whose pages come, when first looked up, from the first source that has them, and are zero otherwise.

    `page_limit` bounds the pages that it holds at a time: what a guest may cost its host. Iterating goes over all pages
    of all sources, and keeps none of them.
    """

    def __init__(self, sources: Sequence[Mapping[int, Data]], page_limit: int) -> None:
        super().__init__()
        self._sources = sources
        self._page_limit = page_limit

    def __missing__(self, number: int) -> bytearray:
        if super().__len__() >= self._page_limit:
            raise memory_limit_reached(self._page_limit)
        content = self._find(number)
        page = self[number] = bytearray(PAGE_SIZE) if content is None else bytearray(content)
        return page

    def _find(self, number: int) -> Data | None:
        for source in self._sources:
            content = source.get(number)
            if content is not None:
                return content
        return None

    def __contains__(self, number: object) -> bool:
        return super().__contains__(number) or any(number in source for source in self._sources)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[int]:
        yield from super().__iter__()
        seen = set(super().__iter__())
        for source in self._sources:
            yield from (number for number in source if number not in seen)
            if source is not self._sources[-1]:
                seen.update(source)

    def items(self) -> Iterator[tuple[int, Data]]:  # type: ignore[override]  # a view of it would have to keep all pages
        """Number and content of every page that may be other than zero, each once."""
        yield from super().items()
        seen = set(super().__iter__())
        for source in self._sources:
            yield from ((number, content) for number, content in source.items() if number not in seen)
            if source is not self._sources[-1]:
                seen.update(source)

    def blocks(self) -> Iterator[tuple[int, Data]]:
        """All content, an input's in one piece."""
        for source in reversed(self._sources):
            yield from source.blocks() if isinstance(source, InputPages) else source.items()
        yield from super().items()


def memory_limit_reached(page_limit: int) -> LimitReached:
    """The error for a guest that needs more pages than its host allows."""
    mebibytes = max(1, page_limit * PAGE_SIZE >> 20)
    return LimitReached(
        f"the program uses more than the {mebibytes} MiB of memory that it is allowed here",
        "allow it more, or run it on a larger host",
    )


def read_program(source: Source) -> Program:
    """The program in an ELF file."""
    data = open_source(source, MAX_PROGRAM_BYTES)
    try:
        return load_program(data)
    except ProtocolError as error:
        raise WorkerError(f"{describe(source)} is not a program for this machine: {error}") from error


def read_input(source: Source) -> Input:
    """An input, without a copy of it: hashed once, then read where it is."""
    return load_input(open_source(source, REGION_SIZE))


def check_program(program: Program, context: Context, source: Source) -> None:
    """Raise WorkerError unless a program is the one that a unit is about."""
    if program.id != context.program_id:
        raise WorkerError(
            f"{describe(source)} is program {program.id.hex()[:16]}…, and the unit is about"
            f" {context.program_id.hex()[:16]}…",
            "give the program that the unit was made with",
        )


def check_input_length(length: int, context: Context, source: Source) -> None:
    """Raise WorkerError unless an input is as long as a unit says: told before anything is hashed."""
    if length != context.input_length:
        raise WorkerError(
            f"{describe(source)} has {length} bytes, and the unit's input has {context.input_length}",
            "give the input that the unit was made with",
        )


def check_input_root(root: bytes, context: Context, source: Source) -> None:
    """Raise WorkerError unless an input is the one that a unit is about."""
    if root != context.input_root:
        raise WorkerError(
            f"{describe(source)} has the length of the unit's input, but other bytes",
            "give the input that the unit was made with",
        )

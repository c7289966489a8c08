"""What has been translated of a program, and what to translate next.

The stepper counts how often it enters each block. When one has been entered often enough, everything that it has met
more than once is translated, together with what was translated before as long as that makes one function of moderate
size. So only code that runs is translated, functions follow the program's course rather than its addresses, and the
work stays linear in the code. A translation can be shared by all machines whose code pages have the same content.
"""

from __future__ import annotations

import weakref
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..context import Context
from .blocks import Block, Code
from .host import Runtime
from .layout import TABLE_SIZE
from .translate import Options, module, translate

if TYPE_CHECKING:
    import wasmtime

NEVER = 0x7FFF_FFFF
"""A threshold that is never reached in practice."""
_LARGEST_THRESHOLD = 1 << 20


@dataclass(frozen=True, slots=True)
class Tuning:
    """When to translate, and how much at once. No choice changes a result."""

    threshold: int = 20_000
    """How often a block is entered before it is translated, at first; the number doubles with every translation."""
    merge: int = 3000
    """Instructions up to which old and new code become one function."""
    function: int = 1500
    """Instructions of a function, about, when there is more to translate at once."""
    ahead: int = 500
    """The same for translation ahead of time: smaller functions compile faster, and call one another more slowly."""


@dataclass(frozen=True, slots=True)
class Function:
    """A compiled function, its index in the table, and its entries: number by address."""

    module: wasmtime.Module
    name: str
    """Its export."""
    index: int
    entries: dict[int, int]
    leaders: frozenset[int]
    instructions: int


class Translation:
    """The translation of one program's code. Threads may share it if `lock` is a lock."""

    def __init__(
        self,
        runtime: Runtime,
        context: Context,
        track: bool,
        tuning: Tuning | None = None,
        lock: AbstractContextManager[object] | None = None,
    ) -> None:
        self._runtime = runtime
        self._options = Options(track, runtime.wide_arithmetic)
        self._pages: dict[int, bytes] = {}
        self._code = Code(context.code_first, context.code_end, self._pages.get)
        self._lock = lock or nullcontext()
        self._leaders: set[int] = set()
        self._entries: set[int] = set()
        self._indirect: set[int] = set()
        self.functions: tuple[Function, ...] = ()
        """What is translated now. Replaced as a whole whenever that changes, so that identity tells."""
        self._tuning = tuning or Tuning()
        self.threshold = self._tuning.threshold

    def adopt(self, pages: Mapping[int, bytes | bytearray | memoryview]) -> bool:
        """Take note of code pages' contents; False if one differs from what this translation was made from."""
        with self._lock:
            if any(self._pages.get(number, content) != content for number, content in pages.items()):
                return False
            for number, content in pages.items():
                if number not in self._pages:
                    self._pages[number] = bytes(content)
            return True

    def extend(self, heat: Iterable[tuple[int, int, bool]], hot: int) -> bool:
        """Translate what has become hot: (address, entered how often, by an indirect jump), and the hottest address.

        False if nothing came of it.
        """
        with self._lock:
            before = self.functions
            fresh = set()
            for pc, count, indirect in heat:
                if count > 1 or pc == hot:
                    if pc not in self._leaders:
                        fresh.add(pc)
                    if indirect:
                        self._indirect.add(pc)
            self._entries.add(hot)
            fresh.add(hot)
            self._translate(fresh, self._tuning.function)
            self.threshold = min(self.threshold * 2, _LARGEST_THRESHOLD)
            return self.functions is not before

    def extend_all(self) -> None:
        """Translate all of the code ahead of time: every block that can be found by reading it."""
        with self._lock:
            leaders, called = self._code.scan()
            self._entries |= called
            self._translate(leaders, self._tuning.ahead)

    def _translate(self, fresh: set[int], limit: int) -> None:
        """Make functions of new blocks, and of the old ones that merge with them."""
        again = fresh & self._leaders
        merged: set[int] = set(fresh)
        kept: list[Function] = []
        parts: list[list[Block]] = []
        new = self._blocks(fresh)
        size = sum(block.steps for block in new)
        for function in sorted(self.functions, key=lambda f: f.instructions):
            if size + function.instructions <= self._tuning.merge:
                merged |= function.leaders
                size += function.instructions
            elif again & function.leaders:
                # One of its blocks needs an entry: it is made again, by itself.
                merged -= function.leaders
                parts.append(self._blocks(function.leaders))
            else:
                kept.append(function)
        parts += self._divide(new if merged == fresh else self._blocks(merged), limit)
        self._leaders |= fresh
        self.functions = (*kept, *self._compile(parts, kept))

    def _blocks(self, leaders: Collection[int]) -> list[Block]:
        """The blocks at some addresses, ascending, but for those that have nothing to translate."""
        known = frozenset(leaders)
        blocks = (self._code.block(pc, known, self._options.track) for pc in sorted(known))
        return [block for block in blocks if block.steps]

    def _divide(self, blocks: list[Block], limit: int) -> list[list[Block]]:
        """Divide blocks into functions of moderate size, by address, if they are too many for one."""
        size = sum(block.steps for block in blocks)
        if size <= self._tuning.merge:
            return [blocks] if blocks else []
        share = size / -(-size // limit)
        parts: list[list[Block]] = [[]]
        taken = 0
        for block in blocks:
            if taken >= share * len(parts):
                parts.append([])
            parts[-1].append(block)
            taken += block.steps
        return parts

    def _compile(self, parts: list[list[Block]], others: list[Function]) -> list[Function]:
        """Translate each part to a function, all of them in one module, which is compiled on all cores."""
        taken = {function.index for function in (*self.functions, *others)}
        free = [index for index in range(TABLE_SIZE) if index not in taken]
        numbered = list(zip(free, parts, strict=False))
        if not numbered:
            return []
        translated = [
            translate(self._code, blocks, self._entries, self._indirect, index, self._options)
            for index, blocks in numbered
        ]
        compiled = self._runtime.compile(module(translated))
        return [
            Function(
                compiled,
                str(i),
                index,
                translated[i].entries,
                frozenset(block.start for block in blocks),
                sum(block.steps for block in blocks),
            )
            for i, (index, blocks) in enumerate(numbered)
        ]


class EngineCache:
    """Keeps the runtime and the translations of programs, for as long as it lives itself.

    A program is known by its context's code range and image root; whether the code pages are indeed the same is
    compared whenever a machine is made, because a witness may hold any code. Pass `threading.Lock()` as `lock` if
    machines in several threads are to share it.
    """

    def __init__(
        self,
        runtime: Runtime | None = None,
        programs: int = 16,
        tuning: Tuning | None = None,
        lock: AbstractContextManager[object] | None = None,
    ) -> None:
        self._runtime = runtime
        self._programs = programs
        self._tuning = tuning
        self._translations: dict[tuple[int, int, bytes, bool], Translation] = {}
        weakref.finalize(self, self._translations.clear)  # as in Runtime
        self._lock = lock or nullcontext()

    @property
    def runtime(self) -> Runtime:
        """wasmtime's part, made when it is first asked for. Raises EngineUnavailable."""
        with self._lock:
            if self._runtime is None:
                self._runtime = Runtime()
            return self._runtime

    def translation(self, context: Context, track: bool, pages: dict[int, bytearray]) -> Translation:
        """The translation for a program whose code pages, as far as they are there, are those in `pages`."""
        key = (context.code_first, context.code_end, context.image_root, track)
        with self._lock:
            found = self._translations.pop(key, None)
        if found is None:
            found = self.fresh(context, track)
        with self._lock:
            self._translations[key] = found
            while len(self._translations) > self._programs:
                del self._translations[next(iter(self._translations))]
        code = range(context.code_first, context.code_end)
        numbers = [n for n in code if n in pages] if len(code) <= len(pages) else [n for n in pages if n in code]
        content = {number: pages[number] for number in numbers}
        if not found.adopt(content):
            found = self.fresh(context, track)
            found.adopt(content)
            with self._lock:
                self._translations[key] = found
        return found

    def fresh(self, context: Context, track: bool) -> Translation:
        """A translation that isn't kept, of nothing yet."""
        return Translation(self.runtime, context, track, self._tuning, self._lock)

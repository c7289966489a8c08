"""Basic blocks: decoding code words from a block's first address to the instruction that ends it."""

from __future__ import annotations

import struct
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Final

from ..decode import Instruction, decode
from ..state import PAGE_BITS, PAGE_SIZE
from .layout import covered
from .semantics import BRANCHES

MASK: Final = (1 << 64) - 1
LONGEST: Final = 400
"""Instructions after which a block ends in any case."""
_ENDS: Final = frozenset({"jal", "jalr", "ecall", "ebreak", *BRANCHES})
_UNKNOWN: Final = frozenset({"jalr", "ecall", "ebreak"})
LINKS: Final = (1, 5)
"""The registers that calls put the return address into: ra, and t0 as the alternate (the ISA manual's convention)."""

Fetch = Callable[[int], bytes | None]
"""The bytes of a code page by its number, or None if it isn't there."""


@dataclass(slots=True)
class Block:
    """Instructions that are executed one after the other, and what follows them.

    `last` is the instruction that decides what follows, if there is one; it is a step of the block's, but not among
    `body`. If `stuck`, the instruction at `end` is none that can be translated, and no step of the block's.
    """

    start: int
    body: list[Instruction]
    last: Instruction | None = None
    stuck: bool = False
    target: int | None = None
    """Where `last` leads, if that is known; a branch, when taken."""

    @property
    def steps(self) -> int:
        """Steps that the block takes."""
        return len(self.body) + (self.last is not None)

    @property
    def end(self) -> int:
        """The address behind the block's `body`: that of `last`."""
        return self.start + 4 * len(self.body)

    @property
    def next(self) -> int:
        """The address behind the block."""
        return self.start + 4 * self.steps

    def successors(self) -> list[int]:
        """The addresses that the block leads to, as far as they are known: a branch's target first."""
        if self.stuck:
            return []
        if self.last is None:
            return [self.next]
        known = [] if self.target is None else [self.target]
        return [*known, self.next] if self.last.mnemonic in BRANCHES else known

    @property
    def call(self) -> bool:
        """Whether the block ends with a call: a jump that puts the return address into ra or t0."""
        return self.last is not None and self.last.rd in LINKS and self.last.mnemonic in ("jal", "jalr")

    @property
    def indirect(self) -> bool:
        """Whether it isn't known where the block leads."""
        return self.last is not None and self.last.mnemonic == "jalr" and self.target is None


class Code:
    """A program's code words: `pages` gives those that are there."""

    def __init__(self, first: int, end: int, fetch: Fetch) -> None:
        self.base = first << PAGE_BITS
        self.size = covered((end - first) << PAGE_BITS)
        self._fetch = fetch
        self._words: dict[int, Instruction | None] = {}
        self._decoded: dict[int, list[Instruction | None]] = {}

    def instruction(self, pc: int) -> Instruction | None:
        """The instruction at an address, None where there is none (not code, not there, or illegal)."""
        if not self.base <= pc < self.base + self.size:
            return None
        page = self._decoded.get(pc >> PAGE_BITS) or self._page(pc >> PAGE_BITS)
        return page[(pc & (PAGE_SIZE - 1)) >> 2] if page else None

    def _page(self, number: int) -> list[Instruction | None]:
        """The instructions of a page; none at all if it isn't there."""
        page = self._decoded.get(number)
        if page is None:
            content = self._fetch(number)
            if content is None:
                return []
            known = self._words
            page = self._decoded[number] = []
            for (word,) in struct.iter_unpack("<I", content):
                if word not in known:
                    known[word] = decode(word)
                page.append(known[word])
        return page

    def scan(self) -> tuple[set[int], set[int]]:
        """Where blocks begin, and which of these are called or returned to, as far as reading all of the code tells."""
        leaders: set[int] = set()
        called: set[int] = set()
        begins = True
        for start in range(self.base, self.base + self.size, PAGE_SIZE):
            for at, instruction in enumerate(self._page(start >> PAGE_BITS)):
                if instruction is None:
                    begins = True
                    continue
                pc = start + 4 * at
                if begins:
                    leaders.add(pc)
                begins = instruction.mnemonic in _ENDS
                if begins and instruction.mnemonic not in _UNKNOWN:
                    target = pc + instruction.immediate
                    if not target & 3 and self.instruction(target) is not None:
                        leaders.add(target)
                        if instruction.rd in LINKS:
                            called |= {target, pc + 4}
        return leaders, called

    def block(self, start: int, leaders: Container[int], by_page: bool) -> Block:
        """The block at an address. It ends before the next of the `leaders`, and with the page if `by_page`."""
        block = Block(start, [])
        body, pc = block.body, start
        constants = {0: 0}
        page = self._page(pc >> PAGE_BITS)
        while True:
            if not pc & (PAGE_SIZE - 1):
                page = self._page(pc >> PAGE_BITS)
            instruction = page[(pc & (PAGE_SIZE - 1)) >> 2] if page else None
            if instruction is None:
                block.stuck = True
                return block
            name = instruction.mnemonic
            if name not in _ENDS:
                body.append(instruction)
                if instruction.rd:
                    constants.pop(instruction.rd, None)
                    if name == "auipc":
                        constants[instruction.rd] = (pc + instruction.immediate) & MASK
                pc += 4
                if pc in leaders or len(body) == LONGEST or (by_page and not pc & (PAGE_SIZE - 1)):
                    return block
                continue
            if name in ("ecall", "ebreak"):
                block.stuck = True
                return block
            if name != "jalr":
                block.last = instruction
                block.target = (pc + instruction.immediate) & MASK
                # A jump to a misaligned address faults at the jump (MCH-091).
                if block.target & 3 and name == "jal":
                    block.last, block.stuck = None, True
                return block
            if instruction.rs1 in constants:
                target = (constants[instruction.rs1] + instruction.immediate) & MASK & ~1
                block.target = None if target & 3 else target
            block.last = instruction
            return block

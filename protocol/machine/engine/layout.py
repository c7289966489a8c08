"""The control memory: what the engine's WebAssembly code and its Python half tell each other.

Memory 0 is the guest's, 4 GiB, and holds nothing else. Everything below is in memory 1, which no guest address reaches.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

GUEST: Final = 0
"""Index of the guest's memory in every module."""
CONTROL: Final = 1
"""Index of the control memory in every module."""
GUEST_WASM_PAGES: Final = 65536
"""The guest's memory in pages of 64 KiB: 4 GiB (MCH-010)."""

REGISTERS: Final = 0
"""x0 to x31, eight bytes each; x0 is kept zero."""
PC: Final = 256
"""u64: address of the next instruction."""
BUDGET: Final = 264
"""i64: steps that may still be executed; never negative at an exit."""
THRESHOLD: Final = 272
"""u32: a block that the stepper enters this often is reported as hot."""
WRITTEN_COUNT: Final = 280
"""u32: entries of the list of written pages."""
WRITTEN_LIMIT: Final = 284
"""u32: the stepper stops when the list has reached this length (the host's limit on memory)."""
SEEN_COUNT: Final = 288
"""u32: entries of the list of pages read or fetched from."""
CODE_BASE: Final = 296
"""u64: address of the first code page."""
CODE_SIZE: Final = 304
"""u64: bytes of the code pages."""
HEAT_BASE: Final = 312
"""u64: where the heat of the code words begins: u32 per word, the words in order."""
COVERED: Final = 320
"""u64: bytes of code, from the first page on, that there are entries and heat for."""

WRITTEN_MAP: Final = 0x10_0000
"""A byte per page: 1 if it was written since that was last asked. Only writable pages ever have a 1."""
SEEN_MAP: Final = 0x20_0000
"""A byte per page: 1 if it was read or fetched from since that was last asked."""
PRESENT_MAP: Final = 0x30_0000
"""A byte per page: 1 if its content is in the guest's memory. Looked at only where reads are tracked."""
WRITTEN_LIST: Final = 0x40_0000
"""u32 per page: the numbers of the pages whose byte in the written map is 1, in the order of their first writes."""
SEEN_LIST: Final = 0x80_0000
"""The same for the seen map."""
ENTRIES: Final = 0xC0_0000
"""u32 per word of code: 0, or where the translation of that address begins (`ENTRY_BITS`)."""

ENTRY_BITS: Final = 16
"""An entry is the function's index in the table shifted left by this, plus its number in the function, from 1."""
ENTRY_MASK: Final = (1 << ENTRY_BITS) - 1
"""The number of the entry in its function."""
TABLE_SIZE: Final = 4096
"""Functions that the table of translated functions has room for."""
CONTROL_PAGES: Final = ENTRIES >> 16
"""The control memory without its two arrays over the code, in pages of 64 KiB."""


LARGEST_COVERED: Final = 1 << 26
"""Code behind its first 64 MiB is never translated: the arrays over the code stay of moderate size."""


def covered(code_size: int) -> int:
    """Bytes of code that can be translated."""
    return min(code_size, LARGEST_COVERED)


def code_pages(code_size: int) -> int:
    """What the two arrays over the code add to the control memory, in pages of 64 KiB."""
    return (2 * covered(code_size) + 0xFFFF) >> 16


class Exit(IntEnum):
    """Why WebAssembly code returned."""

    LOOK_UP = 0
    """A translated function: pc is elsewhere."""
    STEP = 1
    """A translated function: the instruction at pc is for the stepper."""
    TAIL = 2
    """A translated function: the budget is too small for its checks; the stepper uses it up."""
    DONE = 3
    """The budget is used up."""
    REFERENCE = 4
    """The instruction at pc is for the reference interpreter."""
    HOT = 5
    """The block at pc has been entered often enough to be translated."""
    FULL = 6
    """As many pages have been written as the host has allowed for now."""

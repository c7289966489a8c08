"""Loads and stores: checks, order of checks, and which pages an access touches (MCH-050 to MCH-055, MCH-070).

A page that was checked once is kept in a dict, whose keys thereby tell which pages have been read or written. An access
inside such a page costs one look-up. All else (a page not seen yet, an access that crosses pages or the end of the
address space) goes through `_Readable`, `_Writable` and the two `_across` functions.
"""

from __future__ import annotations

import struct
from typing import Final

from .context import Context
from .operations import MASK, Operation, Stop
from .state import ADDRESS_LIMIT, INPUT_BASE, OUTPUT_BASE, PAGE_BITS, PAGE_SIZE, Fault, Status

_OFFSET: Final = PAGE_SIZE - 1
_PAGES: Final = ADDRESS_LIMIT >> PAGE_BITS

LOADS: Final = {"lb": "<b", "lh": "<h", "lw": "<i", "ld": "<Q", "lbu": "<B", "lhu": "<H", "lwu": "<I"}
"""Mnemonic to what it reads, as `struct` writes it: little-endian, signed or unsigned, 1, 2, 4 or 8 bytes."""
STORES: Final = {"sb": "<B", "sh": "<H", "sw": "<I", "sd": "<Q"}
"""Mnemonic to what it writes."""


class _Readable(dict[int, bytearray]):
    """Pages that loads have read, by number; looking up another checks it and adds it."""

    def __init__(self, pages: dict[int, bytearray]) -> None:
        super().__init__()
        self._pages = pages

    def __missing__(self, number: int) -> bytearray:
        if number >= _PAGES:
            raise Stop(Status.FAULTED, Fault.LOAD_FAULT)
        page = self[number] = self._pages[number]
        return page


class _Writable(dict[int, bytearray]):
    """Pages that stores have written, by number; looking up another checks it and adds it."""

    def __init__(self, pages: dict[int, bytearray], code_first: int, code_end: int) -> None:
        super().__init__()
        self._pages = pages
        self._code_start, self._code_end = code_first << PAGE_BITS, code_end << PAGE_BITS

    def __missing__(self, number: int) -> bytearray:
        start = number << PAGE_BITS
        self.check(start, start + 1)
        page = self[number] = self._pages[number]
        return page

    def check(self, address: int, end: int) -> None:
        """Fault, in the order of MCH-053, if one of the bytes from `address` to `end` can't be written."""
        if end > ADDRESS_LIMIT:
            raise Stop(Status.FAULTED, Fault.STORE_FAULT)
        if address < self._code_end and end > self._code_start:
            raise Stop(Status.FAULTED, Fault.STORE_TO_CODE)
        if address < OUTPUT_BASE and end > INPUT_BASE:
            raise Stop(Status.FAULTED, Fault.STORE_TO_INPUT)


class MemoryAccess:
    """Makes the operations of loads and stores over `pages`, and tells which pages they have touched."""

    def __init__(self, context: Context, pages: dict[int, bytearray]) -> None:
        self.read = _Readable(pages)
        self.written = _Writable(pages, context.code_first, context.code_end)

    def load(self, mnemonic: str, x: list[int], d: int, a: int, offset: int) -> Operation:
        """A load into x[d] from the address x[a] + offset."""
        layout = struct.Struct(LOADS[mnemonic])
        unpack, size, readable = layout.unpack_from, layout.size, self.read
        last = PAGE_SIZE - size

        def load() -> None:
            address = (x[a] + offset) & MASK
            at = address & _OFFSET
            if at <= last:
                x[d] = unpack(readable[address >> PAGE_BITS], at)[0] & MASK
            else:
                x[d] = unpack(self._load_across(address, size))[0] & MASK

        return load

    def store(self, mnemonic: str, x: list[int], a: int, b: int, offset: int) -> Operation:
        """A store of the low bytes of x[b] to the address x[a] + offset."""
        layout = struct.Struct(STORES[mnemonic])
        pack, size, writable = layout.pack_into, layout.size, self.written
        last = PAGE_SIZE - size
        bits = (1 << 8 * size) - 1

        def store() -> None:
            address = (x[a] + offset) & MASK
            at = address & _OFFSET
            if at <= last:
                pack(writable[address >> PAGE_BITS], at, x[b] & bits)
            else:
                self._store_across(address, layout.pack(x[b] & bits))

        return store

    def _load_across(self, address: int, size: int) -> bytes:
        """The bytes of an access that doesn't lie in one page."""
        number, at = address >> PAGE_BITS, address & _OFFSET
        if address + size > ADDRESS_LIMIT:
            raise Stop(Status.FAULTED, Fault.LOAD_FAULT)
        low, high = self.read[number], self.read[number + 1]
        return bytes(low[at:]) + bytes(high[: at + size - PAGE_SIZE])

    def _store_across(self, address: int, data: bytes) -> None:
        """Write the bytes of an access that doesn't lie in one page: all of them or none (MCH-053, MCH-054)."""
        number, at = address >> PAGE_BITS, address & _OFFSET
        end = address + len(data)
        self.written.check(address, end)  # both pages, before either counts as written
        low, high = self.written[number], self.written[number + 1]
        low[at:], high[: end & _OFFSET] = data[: PAGE_SIZE - at], data[PAGE_SIZE - at :]

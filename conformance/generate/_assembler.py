"""Words of instructions for the vectors that execute some: each field is put where the ISA manual draws it."""

from __future__ import annotations

import struct

from ...protocol.machine.decode import TABLE, Format

ROWS = {row.mnemonic: row for row in TABLE}
"""The decode table by mnemonic."""


def assemble(mnemonic: str, rd: int = 0, rs1: int = 0, rs2: int = 0, immediate: int = 0) -> int:
    """The word of an instruction; operands that its format doesn't have are left out.

    >>> hex(assemble("sd", rs1=2, rs2=10, immediate=-8))
    '0xfea13c23'
    """
    row = ROWS[mnemonic]
    bits = immediate & 0xFFFFFFFF

    def cut(high: int, low: int) -> int:
        return bits >> low & (1 << (high - low + 1)) - 1

    fields = {
        Format.R: rs2 << 20 | rs1 << 15 | rd << 7,
        Format.I: cut(11, 0) << 20 | rs1 << 15 | rd << 7,
        Format.SHIFT64: cut(5, 0) << 20 | rs1 << 15 | rd << 7,
        Format.SHIFT32: cut(4, 0) << 20 | rs1 << 15 | rd << 7,
        Format.S: cut(11, 5) << 25 | rs2 << 20 | rs1 << 15 | cut(4, 0) << 7,
        Format.B: cut(12, 12) << 31 | cut(10, 5) << 25 | rs2 << 20 | rs1 << 15 | cut(4, 1) << 8 | cut(11, 11) << 7,
        Format.U: cut(31, 12) << 12 | rd << 7,
        Format.J: cut(20, 20) << 31 | cut(10, 1) << 21 | cut(11, 11) << 20 | cut(19, 12) << 12 | rd << 7,
        Format.NONE: 0,
    }
    return row.match | fields[row.format]


def image(*words: int) -> bytes:
    """Words as they lie in memory."""
    return struct.pack(f"<{len(words)}I", *words)

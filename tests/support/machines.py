"""Small machines for tests: contexts, code pages, an assembler for single instructions."""

from __future__ import annotations

import struct

from tracework.protocol.machine.context import Context
from tracework.protocol.machine.decode import TABLE, Format
from tracework.protocol.machine.executor import FullMemory
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.machine.state import MachineState

CODE = 0x10000
"""Where the code of these machines begins."""
ROWS = {row.mnemonic: row for row in TABLE}


def context(max_steps: int = 1000, code_pages: int = 1, input_length: int = 0, segment_log2: int = 4) -> Context:
    """A context whose code pages begin at `CODE`."""
    return Context(
        profile="rv64im",
        suite=1,
        entry=CODE,
        code_first=CODE >> 12,
        code_end=(CODE >> 12) + code_pages,
        image_root=bytes(32),
        input_length=input_length,
        input_root=bytes(32),
        max_steps=max_steps,
        segment_log2=segment_log2,
    )


def code(*words: int, at: int = 0) -> bytearray:
    """A page with some words in it."""
    page = bytearray(4096)
    struct.pack_into(f"<{len(words)}I", page, at, *words)
    return page


def machine(*words: int, max_steps: int = 1000, **registers: int) -> Interpreter:
    """A machine about to execute some words, with registers given as `x10=7`."""
    state = MachineState(pc=CODE)
    for name, value in registers.items():
        state.registers[int(name[1:])] = value
    return Interpreter(context(max_steps), state, FullMemory({CODE >> 12: code(*words)}), track_reads=True)


def assemble(mnemonic: str, rd: int = 0, rs1: int = 0, rs2: int = 0, immediate: int = 0) -> int:
    """The word of an instruction, put together field by field as the ISA manual draws the formats."""
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

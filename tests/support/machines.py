"""Small machines for tests: contexts, code pages, an assembler for single instructions."""

from __future__ import annotations

import struct

from tracework.conformance.generate._assembler import ROWS as ROWS
from tracework.conformance.generate._assembler import assemble as assemble
from tracework.protocol.machine.context import Context
from tracework.protocol.machine.executor import FullMemory
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.machine.state import MachineState

CODE = 0x10000
"""Where the code of these machines begins."""


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

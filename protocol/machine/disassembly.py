"""Instructions as text, for people: what objdump prints without its aliases. No part of the protocol (MCH-081)."""

from __future__ import annotations

from typing import Final

from .decode import Format, Instruction, decode
from .memory import LOADS

REGISTER_NAMES: Final = (
    *("zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1"),
    *(f"a{number}" for number in range(8)),
    *(f"s{number}" for number in range(2, 12)),
    *("t3", "t4", "t5", "t6"),
)
"""The calling convention's names of x0 to x31."""


def disassemble(word: int, pc: int) -> str:
    """The text of a word at an address: `addi a0,a0,1`, `.word 0xffffffff` if it is no instruction.

    >>> disassemble(0x00853583, 0), disassemble(0xFE0008E3, 0x10010), disassemble(0x00000073, 0)
    ('ld a1,8(a0)', 'beq zero,zero,0x10000', 'ecall')
    """
    instruction = decode(word)
    if instruction is None:
        return f".word 0x{word:08x}"
    operands = _operands(instruction, pc)
    return f"{instruction.mnemonic} {operands}" if operands else instruction.mnemonic


def _operands(instruction: Instruction, pc: int) -> str:
    name, kind, _, _, _, immediate = instruction
    rd, rs1, rs2 = (REGISTER_NAMES[number] for number in instruction[2:5])
    target = f"0x{(pc + immediate) % 2**64:x}"
    match kind:
        case Format.R:
            return f"{rd},{rs1},{rs2}"
        case Format.I if name in LOADS or name == "jalr":
            return f"{rd},{immediate}({rs1})"
        case Format.I | Format.SHIFT64 | Format.SHIFT32:
            return f"{rd},{rs1},{immediate}"
        case Format.S:
            return f"{rs2},{immediate}({rs1})"
        case Format.B:
            return f"{rs1},{rs2},{target}"
        case Format.U:
            return f"{rd},0x{immediate >> 12 & 0xFFFFF:x}"
        case Format.J:
            return f"{rd},{target}"
        case Format.NONE:
            return ""

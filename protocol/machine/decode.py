"""Decoding: the one table of instructions that the specification's table and its JSON export are held to.

A word is an instruction exactly if `word & mask == match` for a row of `TABLE`; every other word is illegal (MCH-040).
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple


class Format(Enum):
    """How an instruction's operands lie in its word (MCH-042). The value is the specification's name for it."""

    R = "R"
    """rd, rs1, rs2."""
    I = "I"  # noqa: E741 - the ISA's name
    """rd, rs1 and a signed immediate of 12 bits."""
    SHIFT64 = "I-shift64"
    """rd, rs1 and a shift amount of 6 bits."""
    SHIFT32 = "I-shift32"
    """rd, rs1 and a shift amount of 5 bits."""
    S = "S"
    """rs1, rs2 and a signed immediate of 12 bits."""
    B = "B"
    """rs1, rs2 and a signed, even immediate of 13 bits."""
    U = "U"
    """rd and a signed immediate of 32 bits whose low 12 bits are zero."""
    J = "J"
    """rd and a signed, even immediate of 21 bits."""
    NONE = "none"
    """No operands."""


class Row(NamedTuple):
    """A row of the decode table: a word is `mnemonic` exactly if `word & mask == match`."""

    mnemonic: str
    mask: int
    match: int
    format: Format


class Instruction(NamedTuple):
    """A decoded word. Operands that its format doesn't have are 0; `immediate` is signed, or the shift amount."""

    mnemonic: str
    format: Format
    rd: int = 0
    rs1: int = 0
    rs2: int = 0
    immediate: int = 0


def _rows(format: Format, mask: int, matches: dict[str, int]) -> tuple[Row, ...]:
    return tuple(Row(mnemonic, mask, match, format) for mnemonic, match in matches.items())


TABLE: Final[tuple[Row, ...]] = (
    # RV64I
    *_rows(Format.U, 0x0000007F, {"lui": 0x00000037, "auipc": 0x00000017}),
    *_rows(Format.J, 0x0000007F, {"jal": 0x0000006F}),
    *_rows(Format.I, 0x0000707F, {"jalr": 0x00000067}),
    *_rows(
        Format.B,
        0x0000707F,
        {
            "beq": 0x00000063,
            "bne": 0x00001063,
            "blt": 0x00004063,
            "bge": 0x00005063,
            "bltu": 0x00006063,
            "bgeu": 0x00007063,
        },
    ),
    *_rows(
        Format.I,
        0x0000707F,
        {
            "lb": 0x00000003,
            "lh": 0x00001003,
            "lw": 0x00002003,
            "ld": 0x00003003,
            "lbu": 0x00004003,
            "lhu": 0x00005003,
            "lwu": 0x00006003,
        },
    ),
    *_rows(Format.S, 0x0000707F, {"sb": 0x00000023, "sh": 0x00001023, "sw": 0x00002023, "sd": 0x00003023}),
    *_rows(
        Format.I,
        0x0000707F,
        {
            "addi": 0x00000013,
            "slti": 0x00002013,
            "sltiu": 0x00003013,
            "xori": 0x00004013,
            "ori": 0x00006013,
            "andi": 0x00007013,
        },
    ),
    *_rows(Format.SHIFT64, 0xFC00707F, {"slli": 0x00001013, "srli": 0x00005013, "srai": 0x40005013}),
    *_rows(
        Format.R,
        0xFE00707F,
        {
            "add": 0x00000033,
            "sub": 0x40000033,
            "sll": 0x00001033,
            "slt": 0x00002033,
            "sltu": 0x00003033,
            "xor": 0x00004033,
            "srl": 0x00005033,
            "sra": 0x40005033,
            "or": 0x00006033,
            "and": 0x00007033,
        },
    ),
    *_rows(Format.I, 0x0000707F, {"addiw": 0x0000001B}),
    *_rows(Format.SHIFT32, 0xFE00707F, {"slliw": 0x0000101B, "srliw": 0x0000501B, "sraiw": 0x4000501B}),
    *_rows(
        Format.R,
        0xFE00707F,
        {"addw": 0x0000003B, "subw": 0x4000003B, "sllw": 0x0000103B, "srlw": 0x0000503B, "sraw": 0x4000503B},
    ),
    *_rows(Format.NONE, 0x0000707F, {"fence": 0x0000000F}),
    *_rows(Format.NONE, 0xFFFFFFFF, {"ecall": 0x00000073, "ebreak": 0x00100073}),
    # M
    *_rows(
        Format.R,
        0xFE00707F,
        {
            "mul": 0x02000033,
            "mulh": 0x02001033,
            "mulhsu": 0x02002033,
            "mulhu": 0x02003033,
            "div": 0x02004033,
            "divu": 0x02005033,
            "rem": 0x02006033,
            "remu": 0x02007033,
            "mulw": 0x0200003B,
            "divw": 0x0200403B,
            "divuw": 0x0200503B,
            "remw": 0x0200603B,
            "remuw": 0x0200703B,
        },
    ),
)
"""Every instruction of the profile `rv64im` (MCH-041). No word matches two rows."""

_BY_OPCODE: Final = {
    opcode: tuple(row for row in TABLE if row.match & 0x7F == opcode) for opcode in {row.match & 0x7F for row in TABLE}
}


def decode(word: int) -> Instruction | None:
    """The instruction that a 32-bit word is, or None if it is none (MCH-040)."""
    for row in _BY_OPCODE.get(word & 0x7F, ()):
        if word & row.mask == row.match:
            return _operands(row, word)
    return None


def _operands(row: Row, word: int) -> Instruction:
    """Cut the operands of a row's format out of a word (MCH-042)."""
    rd, rs1, rs2 = word >> 7 & 31, word >> 15 & 31, word >> 20 & 31
    name, kind = row.mnemonic, row.format
    match kind:
        case Format.R:
            return Instruction(name, kind, rd=rd, rs1=rs1, rs2=rs2)
        case Format.I:
            return Instruction(name, kind, rd=rd, rs1=rs1, immediate=_signed(word >> 20, 12))
        case Format.SHIFT64:
            return Instruction(name, kind, rd=rd, rs1=rs1, immediate=word >> 20 & 63)
        case Format.SHIFT32:
            return Instruction(name, kind, rd=rd, rs1=rs1, immediate=word >> 20 & 31)
        case Format.S:
            return Instruction(name, kind, rs1=rs1, rs2=rs2, immediate=_signed(word >> 25 << 5 | rd, 12))
        case Format.B:
            bits = (word >> 31) << 12 | (word >> 7 & 1) << 11 | (word >> 25 & 63) << 5 | (word >> 8 & 15) << 1
            return Instruction(name, kind, rs1=rs1, rs2=rs2, immediate=_signed(bits, 13))
        case Format.U:
            return Instruction(name, kind, rd=rd, immediate=_signed(word & 0xFFFFF000, 32))
        case Format.J:
            bits = (word >> 31) << 20 | (word >> 12 & 255) << 12 | (word >> 20 & 1) << 11 | (word >> 21 & 1023) << 1
            return Instruction(name, kind, rd=rd, immediate=_signed(bits, 21))
        case Format.NONE:
            return Instruction(name, kind)


def _signed(value: int, bits: int) -> int:
    """`value`, read as a two's complement number of `bits` bits."""
    return value - (1 << bits) if value >> (bits - 1) else value

"""Vectors for decoding: every row of the table at its operands' extremes, and the words between the rows."""

from __future__ import annotations

from collections.abc import Iterator

from ...protocol.machine.decode import TABLE, Format, decode
from ..operations.machine import decode_word
from . import Case, seeded_int, valid
from ._assembler import assemble
from ._machine import REQUIREMENT

EXTREMES = {
    Format.R: ((0, 0, 0, 0), (31, 31, 31, 0), (1, 2, 4, 0)),
    Format.I: ((0, 0, 0, 0), (31, 31, 0, -1), (1, 2, 0, 2047), (16, 8, 0, -2048)),
    Format.SHIFT64: ((0, 0, 0, 0), (31, 31, 0, 63), (1, 2, 0, 32)),
    Format.SHIFT32: ((0, 0, 0, 0), (31, 31, 0, 31), (1, 2, 0, 16)),
    Format.S: ((0, 0, 0, 0), (0, 31, 31, -1), (0, 1, 2, 2047), (0, 16, 8, -2048), (0, 1, 2, 32), (0, 1, 2, 31)),
    Format.B: ((0, 0, 0, 0), (0, 31, 31, -2), (0, 1, 2, 4094), (0, 16, 8, -4096), (0, 1, 2, 2048), (0, 1, 2, 32)),
    Format.U: ((0, 0, 0, 0), (31, 0, 0, -4096), (1, 0, 0, 0x7FFFF000), (16, 0, 0, -(2**31))),
    Format.J: (
        (0, 0, 0, 0),
        (31, 0, 0, -2),
        (1, 0, 0, 2**20 - 2),
        (16, 0, 0, -(2**20)),
        (2, 0, 0, 2048),
        (4, 0, 0, 4096),
        (8, 0, 0, 2046),
    ),
    Format.NONE: ((0, 0, 0, 0),),
}
"""rd, rs1, rs2, immediate."""


def _case(label: str, comment: str, req: list[str], word: int, flags: list[str]) -> Case:
    given = {"word": word.to_bytes(4, "little").hex()}
    return valid(f"machine-decode-{label}", comment, req, given, decode_word(given), flags=flags)


def legal() -> Iterator[Case]:
    """Each instruction with the extremes of its operands."""
    for row in TABLE:
        for number, operands in enumerate(EXTREMES[row.format]):
            word = assemble(row.mnemonic, *operands)
            yield _case(
                f"{row.mnemonic}-{number}",
                f"0x{word:08x}: {row.mnemonic}, format {row.format.value}.",
                ["MCH-041", "MCH-042", REQUIREMENT[row.mnemonic]],
                word,
                ["Boundary"],
            )
    for label, word in (("tso", 0x8330000F), ("pause", 0x0100000F), ("all-fields", 0xFFFF8F8F)):
        comment = f"0x{word:08x}: FENCE's other fields don't matter."
        yield _case(f"fence-{label}", comment, ["MCH-040", "MCH-150"], word, ["PeerDivergence"])


def illegal() -> Iterator[Case]:
    """Words that are no instruction: one bit off a row, whole opcodes, and what other extensions use."""
    seen = set()
    for row in TABLE:
        for bit in range(32):
            word = row.match ^ 1 << bit
            if row.mask >> bit & 1 and decode(word) is None and word not in seen:
                seen.add(word)
                comment = f"0x{word:08x}: {row.mnemonic} with bit {bit} flipped."
                yield _case(f"not-{row.mnemonic}-bit-{bit}", comment, ["MCH-040", "MCH-043"], word, ["PeerDivergence"])
    for opcode in range(3, 128, 4):
        if opcode not in {row.match & 0x7F for row in TABLE}:
            label = f"not-opcode-{opcode:02x}"
            word = opcode | seeded_int(f"machine-decode-{label}", "rest", 2**25) << 7
            yield _case(label, f"0x{word:08x}: an opcode without instructions.", ["MCH-043"], word, ["PeerDivergence"])
    for label, comment, word in (
        ("slliw-6-bits", "slliw by 32.", 0x0200101B),
        ("srliw-6-bits", "srliw by 32.", 0x0200501B),
        ("sraiw-6-bits", "sraiw by 32.", 0x4200501B),
        ("slli-7-bits", "slli by 64.", 0x04001013),
        ("ecall-rd", "ecall with rd 1.", 0x000000F3),
        ("ecall-rs1", "ecall with rs1 1.", 0x00008073),
        ("ebreak-rd", "ebreak with rd 1.", 0x001000F3),
        ("uret", "The immediate after ebreak's.", 0x00200073),
    ):
        yield _case(f"not-{label}", f"0x{word:08x}: {comment}", ["MCH-040", "MCH-043"], word, ["PeerDivergence"])

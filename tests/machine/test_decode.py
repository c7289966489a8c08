"""The decode table against a second description of it, and the decoder against the table."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracework.protocol.machine.decode import TABLE, Format, Instruction, Row, decode

WORDS = st.integers(0, 2**32 - 1)


def test_the_table_has_every_instruction_of_rv64im_once() -> None:
    assert len(TABLE) == len({row.mnemonic for row in TABLE}) == 65


def test_no_word_matches_two_rows() -> None:
    for i, row in enumerate(TABLE):
        assert row.match & ~row.mask == 0
        for other in TABLE[:i]:
            both = row.mask & other.mask
            assert row.match & both != other.match & both, (row.mnemonic, other.mnemonic)


@given(WORDS)
def test_decode_is_the_table(word: int) -> None:
    rows = [row for row in TABLE if word & row.mask == row.match]
    instruction = decode(word)
    if rows:
        assert instruction is not None
        assert (instruction.mnemonic, instruction.format) == (rows[0].mnemonic, rows[0].format)
    else:
        assert instruction is None


@given(st.sampled_from(TABLE), WORDS)
def test_operands_and_match_give_the_word_back(row: Row, noise: int) -> None:
    word = row.match | noise & ~row.mask & 0xFFFFFFFF
    instruction = decode(word)
    assert instruction is not None
    if row.format is not Format.NONE:
        assert encode(row.match, instruction) == word


def encode(match: int, instruction: Instruction) -> int:
    """The word of a decoded instruction, put together field by field as the ISA manual draws the formats."""
    _, kind, rd, rs1, rs2, immediate = instruction
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
    }
    return match | fields[kind]

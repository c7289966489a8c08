"""The decode table against a second description of it, and the decoder against the table."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from support.machines import assemble
from tracework.protocol.machine.decode import TABLE, Format, Row, decode

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
        name, _, rd, rs1, rs2, immediate = instruction
        assert assemble(name, rd, rs1, rs2, immediate) == word

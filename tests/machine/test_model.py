"""The interpreter against the second machine, register for register, byte for byte and page for page."""

from __future__ import annotations

import random
import struct
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.machine_model import Model
from support.machines import CODE, assemble, context
from tracework.protocol.machine.decode import TABLE, Format, decode
from tracework.protocol.machine.executor import FullMemory
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.machine.operations import REGISTER
from tracework.protocol.machine.state import MachineState

FIRST, PAGES = CODE >> 12, 2
EDGES = [0, 1, 2, 3, 4095, 4096, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 2, 2**64 - 1]
PLACES = [CODE, CODE + 4096 * PAGES, 0x40000, 2**31, 2**31 + 2**30, 2**32, 2**64]
"""Where something ends or begins: addresses are drawn near these."""
RESERVED_FUNCT7 = st.sampled_from([0x00, 0x01, 0x02, 0x20, 0x21, 0x40, 0x7F])

near = st.builds(lambda place, offset: (place + offset) % 2**64, st.sampled_from(PLACES), st.integers(-12, 12))
values = st.one_of(
    st.sampled_from(EDGES),
    near,
    st.integers(0, 63),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**32 - 1).map(lambda low: low | 0xFFFFFFFF00000000),
)
registers = st.lists(values, min_size=31, max_size=31)
numbers = st.one_of(st.integers(0, 31), st.sampled_from([0, 10, 11, 12, 17]))


@st.composite
def instructions(draw: st.DrawFn) -> int:
    """The word of an instruction, now and then with noise in it."""
    row = draw(st.sampled_from(TABLE))
    small = draw(st.one_of(st.sampled_from([-2048, -4, -1, 0, 1, 4, 8, 2047]), st.integers(-2048, 2047)))
    if row.format is Format.U:
        small = draw(st.integers(-(2**19), 2**19 - 1)) << 12
    elif row.format in (Format.B, Format.J):
        small = 4 * draw(st.integers(-8, 8)) + draw(st.sampled_from([0, 0, 0, 2]))
    word = assemble(row.mnemonic, draw(numbers), draw(numbers), draw(numbers), small)
    if draw(st.integers(0, 15)) == 0:
        word ^= 1 << draw(st.integers(0, 31))
    return word


words = st.one_of(instructions(), instructions(), instructions(), st.integers(0, 2**32 - 1))


def both(code: list[int], x: list[int], pc: int, max_steps: int) -> tuple[Interpreter, Model]:
    """The two machines, about to do the same."""
    image = struct.pack(f"<{len(code)}I", *code)
    noise = random.Random(1).randbytes(4096)
    model = Model(pc, FIRST, FIRST + PAGES, max_steps, x=[0, *x])
    model.put(CODE, image)
    pages = FullMemory()
    for page in range(PAGES):
        pages[FIRST + page] = bytearray(image[page << 12 : page + 1 << 12].ljust(4096, b"\0"))
    for page in (0, 0x40, 0x7FFFF, 0x80000, 0xBFFFF, 0xC0000, 0xFFFFF):
        model.put(page << 12, noise)
        pages[page] = bytearray(noise)
    interpreter = Interpreter(context(max_steps, PAGES), MachineState(pc, [0, *x]), pages, track_reads=True)
    return interpreter, model


def agree(interpreter: Interpreter, model: Model) -> None:
    """Everything that the specification defines is the same."""
    state = interpreter.state
    assert (state.status, state.code) == (model.status, model.code)
    assert (state.pc, state.steps, state.registers) == (model.pc, model.steps, model.x)
    touched = interpreter.touched()
    assert touched == sorted(model.touched)
    model.touched.clear()
    written = interpreter.written()
    assert set(written) <= set(touched)
    for page in touched:
        assert bytes(interpreter.page(page)) == model.get(page << 12, 4096)


places = st.sampled_from([CODE, CODE + 4092, CODE + 4096 * PAGES - 4])


@settings(max_examples=600)
@given(words, registers, places, st.integers(1, 2))
def test_one_step(word: int, x: list[int], pc: int, max_steps: int) -> None:
    compare_step(word, x, pc, max_steps)


@pytest.mark.long
@settings(max_examples=10_000)
@given(words, registers, places, st.integers(1, 2))
def test_one_step_often(word: int, x: list[int], pc: int, max_steps: int) -> None:
    compare_step(word, x, pc, max_steps)


def compare_step(word: int, x: list[int], pc: int, max_steps: int) -> None:
    """One word on both machines."""
    code = [0] * ((pc - CODE) // 4) + [word]
    interpreter, model = both(code, x, pc, max_steps)
    interpreter.run(1)
    model.step()
    agree(interpreter, model)


@given(values, registers)
def test_any_pc(pc: int, x: list[int]) -> None:
    interpreter, model = both([assemble("jalr", 1, 2, 0, 0)] * 1024 * PAGES, x, pc, 10)
    interpreter.run(1)
    model.step()
    agree(interpreter, model)


codes, boundaries = st.lists(instructions(), min_size=1, max_size=24), st.lists(st.integers(1, 40), max_size=6)


@settings(max_examples=150)
@given(codes, registers, boundaries)
def test_runs_in_pieces(code: list[int], x: list[int], stops: list[int]) -> None:
    compare_run(code, x, stops)


@pytest.mark.long
@settings(max_examples=3000)
@given(codes, registers, boundaries)
def test_runs_in_pieces_often(code: list[int], x: list[int], stops: list[int]) -> None:
    compare_run(code, x, stops)


def compare_run(code: list[int], x: list[int], stops: list[int]) -> None:
    """A program on both machines, compared at some of its steps."""
    interpreter, model = both(code, x, CODE, 40)
    for stop in sorted({*stops, 40}):
        interpreter.run(max(stop, interpreter.state.steps) if not interpreter.state.final else interpreter.state.steps)
        while model.steps < stop and model.status == 0:
            model.step()
        agree(interpreter, model)


def test_all_pairs_of_edges() -> None:
    """Every instruction of two registers on every pair of EDGES and their neighbours."""
    operands = sorted({(edge + offset) % 2**64 for edge in [*EDGES, 2**31 - 2**64] for offset in (-1, 0, 1)})
    x = [0] * 33
    model = Model(CODE, FIRST, FIRST + PAGES, 10)
    for name, make in REGISTER.items():
        operation, word = make(x, 5, 6, 7), assemble(name, 5, 6, 7)
        for x[6], x[7] in product(operands, repeat=2):
            operation()
            model.x[6], model.x[7] = x[6], x[7]
            assert x[5] == model.execute(word)[1] % 2**64, (name, x[6], x[7])


def test_every_class_of_words() -> None:
    """Opcode, funct3 and funct7 in all combinations, the other bits at random: 2^17 classes of words."""
    rng = random.Random(2)
    instructions = 0
    for opcode in range(128):
        for high in range(1024):
            word = high >> 3 << 25 | (high & 7) << 12 | opcode | rng.randrange(32) << 7 | rng.randrange(1024) << 15
            model = Model(CODE, FIRST, FIRST + PAGES, 10)
            model.put(CODE, word.to_bytes(4, "little"))
            model.step()
            assert (decode(word) is None) == ((model.status, model.code) == (2, 1)), f"{word:08x}"
            instructions += decode(word) is not None
    assert instructions > 5000

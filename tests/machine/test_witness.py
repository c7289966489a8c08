"""Runs over witnesses: the pages touched suffice, each of them is needed, and a missing one is met at its step."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.machines import CODE, context
from tracework.protocol.errors import ExecutionError
from tracework.protocol.machine.executor import FullMemory, WitnessMemory
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.machine.state import MachineState

from .test_model import instructions, registers

CODE_PAGES, STEPS = 2, 60
NOISE = {page: random.Random(page).randbytes(4096) for page in (0, 0x40, 0x7FFFF, 0x80000, 0xC0000, 0xFFFFF)}


def start(code: list[int], x: list[int], pages: dict[int, bytearray]) -> Interpreter:
    """A machine that begins near the end of its first code page."""
    state = MachineState(CODE + 4096 - 2 * len(code), [0, *x])
    return Interpreter(context(STEPS, CODE_PAGES), state, pages, track_reads=True)


def everything(code: list[int]) -> dict[int, bytearray]:
    """The pages of the whole memory that aren't zero."""
    image = bytearray(4096 * CODE_PAGES)
    struct.pack_into(f"<{len(code)}I", image, 4096 - 2 * len(code), *code)
    pages = {number: bytearray(page) for number, page in NOISE.items()}
    return pages | {(CODE >> 12) + page: image[4096 * page : 4096 * (page + 1)] for page in range(CODE_PAGES)}


@settings(max_examples=100)
@given(st.lists(instructions(), min_size=2, max_size=20).filter(lambda code: len(code) % 2 == 0), registers)
def test_every_touched_page_is_needed_and_no_other(code: list[int], x: list[int]) -> None:
    full = start(code, x, FullMemory(everything(code)))
    first_touch: dict[int, int] = {}
    states = [full.state.copy()]
    while not full.state.final:
        full.run(full.state.steps + 1)
        states.append(full.state.copy())
        for page in full.touched():
            first_touch.setdefault(page, full.state.steps - 1)
    for missing in [None, *first_touch]:
        pages = {page: everything(code).get(page, bytearray(4096)) for page in first_touch if page != missing}
        machine = start(code, x, WitnessMemory(pages))
        if missing is None:
            machine.run(STEPS)
        else:
            with pytest.raises(ExecutionError) as caught:
                machine.run(STEPS)
            assert caught.value.code == "witness-incomplete"
            assert caught.value.where == f"step {first_touch[missing]}, page {missing}"
            assert machine.state == states[first_touch[missing]]
            # With the page, the same machine goes on as if nothing had been.
            machine._pages[missing] = everything(code).get(missing, bytearray(4096))
            machine.run(STEPS)
        assert machine.state == full.state
        assert machine.touched() == sorted(first_touch)
        assert all(machine.page(page) == full.page(page) for page in first_touch)

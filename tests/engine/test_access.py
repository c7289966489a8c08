"""Checks made once for several accesses: what is known afterwards, and programs that walk over pages' edges."""

from __future__ import annotations

from random import Random

import pytest

from support.engine_differential import compare
from support.engine_programs import Program
from support.machines import CODE, assemble, context
from tracework.protocol.machine.decode import Instruction, decode
from tracework.protocol.machine.engine import EngineCache, Runtime, Tuning
from tracework.protocol.machine.engine.access import Check, Kind, plan
from tracework.protocol.machine.engine.blocks import Block
from tracework.protocol.machine.engine.translate import _meet
from tracework.protocol.machine.state import MachineState

RUNTIME = Runtime()


def block(*words: int) -> Block:
    instructions = [decode(word) for word in words]
    assert all(isinstance(instruction, Instruction) for instruction in instructions)
    return Block(CODE, [instruction for instruction in instructions if instruction])


def test_accesses_by_one_value_are_checked_together() -> None:
    made, known = plan(block(assemble("ld", 6, 5, 0, 8), assemble("ld", 7, 5, 0, -16)), {}, False)
    assert made.early == [Check(Kind.INSIDE, 5, (-16, 16))] and made.late == {}
    assert known == {(5, Kind.INSIDE): (-16, 16)}


def test_a_changed_register_is_checked_where_it_is_used() -> None:
    words = [assemble("ld", 5, 5), assemble("sd", 0, 5, 6)]
    made, known = plan(block(*words), {}, False)
    assert made.early == [Check(Kind.INSIDE, 5, (0, 8))]
    assert made.late == {1: [Check(Kind.INSIDE, 5, (0, 8)), Check(Kind.WRITTEN, 5, (0, 8))]}
    assert known == {(5, Kind.INSIDE): (0, 8), (5, Kind.WRITTEN): (0, 8)}


def test_what_is_known_moves_with_an_addition() -> None:
    before = {(5, Kind.WRITTEN): (0, 16), (5, Kind.INSIDE): (0, 16)}
    _, known = plan(block(assemble("addi", 6, 5, 0, 8)), before, False)
    assert known == {**before, (6, Kind.WRITTEN): (-8, 8), (6, Kind.INSIDE): (-8, 8)}
    # Of the lower address, the window lies above the register's value: that value itself may be outside.
    _, known = plan(block(assemble("addi", 5, 5, 0, -8)), before, False)
    assert known == {(5, Kind.WRITTEN): (8, 24)}
    _, known = plan(block(assemble("add", 5, 5, 6)), before, False)
    assert known == {}


def test_windows_over_three_pages_are_divided() -> None:
    words = [assemble("sb", 0, 5, 6, -2048), assemble("sd", 0, 5, 6, 2047)]
    made, _ = plan(block(*words), {}, False)
    assert (Kind.WRITTEN, 5, (-2048, -2047)) in made.early and (Kind.WRITTEN, 5, (2047, 2055)) in made.early


def test_of_two_paths_holds_what_holds_on_both() -> None:
    key, other = (5, Kind.WRITTEN), (6, Kind.WRITTEN)
    assert _meet({key: (0, 16), other: (0, 8)}, {key: (8, 24)}) == {key: (8, 16)}
    assert _meet({key: (0, 8)}, {key: (8, 16)}) == {}
    assert _meet(None, {key: (0, 8)}) == {key: (0, 8)}


def walk(random: Random) -> Program:
    """A loop that goes from page to page with a few loads and stores, some behind a branch."""
    words: list[int] = []
    for _ in range(random.randrange(3, 8)):
        kind, offset = random.random(), random.choice((-2048, -8, -4, 0, 1, 4, 8, 16, 2040, 2047))
        if kind < 0.5:
            words.append(assemble(random.choice(("sb", "sw", "sd")), 0, random.choice((5, 5, 6)), 7, offset))
        elif kind < 0.65:
            words.append(assemble(random.choice(("lb", "ld")), 8, random.choice((5, 5, 6)), 0, offset))
        elif kind < 0.8:
            words.append(assemble("addi", random.choice((5, 6, 6)), 5, 0, random.choice((8, -8, 16, 2040))))
        else:
            words.append(assemble("beq", 0, random.choice((0, 8)), 9, random.choice((8, 12))))
    words += [0x13, 0x13]  # for the branches to land on
    words.append(assemble("addi", 5, 5, 0, random.choice((8, 24, 1000, 2047, -8, -1000))))
    words.append(assemble("jal", 0, 0, 0, -4 * len(words)))
    state = MachineState(pc=CODE)
    state.registers[5] = state.registers[6] = 0x60_0000 + random.choice((0, -8, 8, 0xFF0, 2044, 2047))
    pages = {CODE >> 12: b"".join(word.to_bytes(4, "little") for word in words).ljust(4096, b"\0")}
    stops = sorted(random.sample(range(1, 1500), 25))
    return Program(context(max_steps=1500), state, pages, stops)


@pytest.mark.parametrize("seed", range(120))
def test_walks_over_pages(seed: int) -> None:
    program = walk(Random(seed))
    compare(program, EngineCache(RUNTIME, tuning=Tuning(threshold=3)), track=seed % 2 == 0, ahead=seed % 3 == 0)

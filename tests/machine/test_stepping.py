"""Steps as `tracework trace` tells them, and disassembly."""

from __future__ import annotations

import pytest

from support.machines import CODE, code, context, machine
from tracework.protocol.errors import ExecutionError
from tracework.protocol.machine.decode import TABLE
from tracework.protocol.machine.disassembly import disassemble
from tracework.protocol.machine.executor import WitnessMemory
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.machine.state import MachineState, Status
from tracework.protocol.machine.stepping import MemoryAccess, RegisterChange, walk


def test_each_step_tells_what_it_did() -> None:
    # sd a0,-4(a1); lw a2,-2(a1); jal x0,-8, which is what the third step doesn't come to
    m = machine(0xFEA5BE23, 0xFFE5A603, 0xFF9FF06F, x10=0x1122334455667788, x11=0x21000)
    first, second = walk(m, context(), 2)
    assert (first.number, first.pc, first.word, first.text) == (0, CODE, 0xFEA5BE23, "sd a0,-4(a1)")
    stored = bytes.fromhex("8877665544332211")
    assert first.memory == MemoryAccess(0x20FFC, bytes(8), stored, store=True)
    assert (first.memory.pages, first.registers, first.after.steps) == ([0x20, 0x21], (), 1)
    assert second.registers == (RegisterChange(12, 0, 0x33445566),)
    assert second.memory == MemoryAccess(0x20FFE, stored[2:6], stored[2:6], store=False)
    assert m.state.steps == 2


def test_faults_and_the_last_step_are_told() -> None:
    m = machine(0xFEA5BE23, x11=2**64 - 1)
    (only,) = walk(m, context(), 10)
    assert (only.memory, only.registers, only.after.status, only.after.code) == (None, (), Status.FAULTED, 8)
    m = machine()
    m.state.pc = 2
    (only,) = walk(m, context(), 10)
    assert (only.word, only.text, only.pc) == (None, "fetch-fault", 2)
    m = machine(0xFEA5BE23, max_steps=1, x10=1, x11=0x21004)
    (only,) = walk(m, context(1), 10)
    assert only.after.status is Status.OUT_OF_STEPS
    assert only.memory == MemoryAccess(0x21000, bytes(8), b"\1" + bytes(7), store=True)


def test_a_missing_page_is_the_steps_own_error() -> None:
    state = MachineState(pc=CODE)
    m = Interpreter(context(), state, WitnessMemory({16: code(0x00053583)}))
    with pytest.raises(ExecutionError, match="page 0"):
        list(walk(m, context(), 1))
    with pytest.raises(ExecutionError, match="step 0, page 16"):
        list(walk(Interpreter(context(), MachineState(pc=CODE), WitnessMemory()), context(), 1))


def test_every_instruction_has_a_text() -> None:
    for row in TABLE:
        assert disassemble(row.match, 0).split(" ")[0] == row.mnemonic
    assert disassemble(0x12345537, 0) == "lui a0,0x12345"
    assert disassemble(0x4030D093, 0) == "srai ra,ra,3"
    assert disassemble(0xFFDFF06F, 0) == "jal zero,0xfffffffffffffffc"
    assert disassemble(0, 0) == ".word 0x00000000"

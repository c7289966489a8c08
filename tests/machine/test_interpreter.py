"""The interpreter's own promises: exact steps, states around errors, pages told."""

from __future__ import annotations

import pytest

from support.machines import CODE, code, context, machine
from tracework.protocol.errors import ExecutionError
from tracework.protocol.machine.executor import WitnessMemory
from tracework.protocol.machine.interpreter import Interpreter
from tracework.protocol.machine.state import Fault, MachineState, Status, entry_state

LOOP = [0x00150513, 0xFFDFF06F]  # addi a0, a0, 1; jal x0, -4
HALT = [0x05D00893, 0x00000073]  # addi a7, x0, 93; ecall


def test_runs_stop_at_any_step() -> None:
    for stop in range(12):
        m = machine(*LOOP)
        m.run(stop)
        assert (m.state.steps, m.state.pc, m.state.registers[10]) == (stop, CODE + 4 * (stop % 2), (stop + 1) // 2)
        m.run(12)
        assert (m.state.steps, m.state.registers[10]) == (12, 6)


def test_runs_out_of_steps_once_the_last_one_leaves_it_running() -> None:
    m = machine(*LOOP, max_steps=5)
    m.run(5)
    assert (m.state.status, m.state.code, m.state.steps, m.state.pc) == (Status.OUT_OF_STEPS, 0, 5, CODE + 4)
    m.run(5)
    assert m.state.steps == 5
    with pytest.raises(ValueError):
        m.run(6)


def test_a_halt_at_the_last_step_is_a_halt() -> None:
    m = machine(*HALT, max_steps=2, x10=7)
    m.run(2)
    assert (m.state.status, m.state.code, m.state.steps, m.state.pc) == (Status.HALTED, 7, 2, CODE + 4)
    assert m.touched() == [16]


def test_a_missing_page_leaves_the_state_before_its_step() -> None:
    words = [0x00150513, 0x00053583, 0x00150513]  # addi a0, a0, 1; ld a1, 0(a0); addi a0, a0, 1
    state = entry_state(CODE, 0)
    state.registers[10] = 0x7FFFFFFC
    m = Interpreter(context(), state, WitnessMemory({16: code(*words), 0x7FFFF: bytearray(4096)}), track_reads=True)
    with pytest.raises(ExecutionError) as caught:
        m.run(3)
    assert caught.value.code == "witness-incomplete"
    assert caught.value.where == f"step 1, page {0x80000}"
    assert (m.state.steps, m.state.pc, m.state.status, m.state.registers[10]) == (1, CODE + 4, 0, 0x7FFFFFFD)


def test_a_missing_code_page_is_met_when_it_is_fetched() -> None:
    m = Interpreter(context(code_pages=2), MachineState(pc=CODE + 4092), WitnessMemory({16: code(0x13, at=4092)}))
    with pytest.raises(ExecutionError) as caught:
        m.run(2)
    assert caught.value.where == "step 1, page 17"
    assert (m.state.steps, m.state.pc) == (1, CODE + 4096)


def test_pages_are_told_since_last_asked() -> None:
    # sd a0, 0(a1); ld a2, 0(a3); jal x0, -8
    m = machine(0x00A5B023, 0x0006B603, 0xFF9FF06F, x11=0x20FFC, x13=0x40000)
    m.run(1)
    assert (m.touched(), m.written(), m.touched(), m.written()) == ([16, 32, 33], [32, 33], [], [])
    m.run(2)
    assert (m.written(), m.touched()) == ([], [16, 64])
    m.run(3)
    assert (m.written(), m.touched()) == ([], [16])
    m.run(5)
    assert (m.written(), m.touched()) == ([32, 33], [16, 32, 33, 64])


def test_a_failed_access_and_a_failed_fetch_touch_no_page() -> None:
    m = machine(0x00A5B023, x11=CODE - 4)  # sd a0, 0(a1)
    m.run(1)
    assert (m.state.status, m.state.code, m.state.pc) == (Status.FAULTED, Fault.STORE_TO_CODE, CODE)
    assert (m.written(), m.touched()) == ([], [16])
    m = machine()
    m.state.pc = 0
    m.run(1)
    assert (m.state.code, m.state.steps, m.touched()) == (Fault.FETCH_FAULT, 1, [])


def test_debug_text_reaches_the_sink_and_touches_nothing() -> None:
    said: list[bytes] = []
    state = MachineState(pc=CODE)
    state.registers[11], state.registers[12], state.registers[17] = 0x20FFE, 4, 64
    pages = WitnessMemory({16: code(0x73, 0x73), 32: bytearray(b"\0" * 4094 + b"hi"), 33: bytearray(b"!?" * 2048)})
    m = Interpreter(context(), state, pages, track_reads=True, debug=said.append)
    m.run(1)
    assert (said, m.state.registers[10], m.state.status, m.touched()) == ([b"hi!?"], 4, 0, [16])
    del pages[33]
    m.state.registers[12] = 2**64 - 1
    m.run(2)
    assert (said[1], m.state.registers[10], m.state.status) == (b"hi", 2**64 - 1, 0)

"""The machine's state, as spec/machine.md defines it: statuses, fault codes, registers and their hash preimage."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum

from .. import hashing
from ..trees.memory import PAGE_BITS as PAGE_BITS
from ..trees.memory import PAGE_SIZE as PAGE_SIZE

ADDRESS_LIMIT = 1 << 32
"""The address space ends here (MCH-010)."""
INPUT_BASE = 0x8000_0000
"""First byte of the input region (MCH-011)."""
OUTPUT_BASE = 0xC000_0000
"""First byte of the output region (MCH-011)."""
REGION_SIZE = 1 << 30
"""Size in bytes of the input region, and of the output region (MCH-011)."""
REGISTERS = 32
"""x0 to x31; x0 is always zero and is no part of the state (MCH-020)."""

_PREIMAGE = struct.Struct("<32sBQQ31QQ32s")
STATE_PREIMAGE_SIZE = _PREIMAGE.size
"""Length in bytes of a state hash's preimage (MCH-022)."""


class Status(IntEnum):
    """What a state is (MCH-021). All but RUNNING are final: fixed points of the step function."""

    RUNNING = 0
    HALTED = 1
    FAULTED = 2
    OUT_OF_STEPS = 3


class Fault(IntEnum):
    """Why a machine faulted: the `code` of a faulted state (MCH-023)."""

    ILLEGAL_INSTRUCTION = 1
    BREAKPOINT = 2
    UNKNOWN_ECALL = 3
    OUTPUT_TOO_LONG = 4
    MISALIGNED_JUMP = 5
    FETCH_FAULT = 6
    LOAD_FAULT = 7
    STORE_FAULT = 8
    STORE_TO_CODE = 9
    STORE_TO_INPUT = 10

    @property
    def label(self) -> str:
        """The fault's name as the specification spells it, such as `store-to-code`."""
        return self.name.lower().replace("_", "-")


@dataclass(slots=True)
class MachineState:
    """One step's state but for its memory: what an executor reads and writes.

    `registers` holds 32 unsigned 64-bit integers; index 0 is x0 and stays 0. Mutable, because executors step it.
    """

    pc: int
    registers: list[int] = field(default_factory=lambda: [0] * REGISTERS)
    steps: int = 0
    status: Status = Status.RUNNING
    code: int = 0

    @property
    def final(self) -> bool:
        """Whether the step function leaves this state as it is (MCH-024)."""
        return self.status != Status.RUNNING

    @property
    def output_length(self) -> int:
        """Bytes of output that the state declares: x11 if halted, otherwise none (CLM-014)."""
        return self.registers[11] if self.status == Status.HALTED else 0

    def copy(self) -> MachineState:
        """A state that shares nothing with this one."""
        return MachineState(self.pc, list(self.registers), self.steps, self.status, self.code)


def entry_state(entry: int, input_length: int) -> MachineState:
    """The state before the first step (MCH-025): all zero but pc, a0 (input address) and a1 (input length, bytes)."""
    state = MachineState(pc=entry)
    state.registers[10] = INPUT_BASE
    state.registers[11] = input_length
    return state


def state_preimage(context_hash: bytes, state: MachineState, memory_root: bytes) -> bytes:
    """The bytes that a state's hash covers (MCH-022)."""
    return _PREIMAGE.pack(
        context_hash, state.status, state.code, state.pc, *state.registers[1:], state.steps, memory_root
    )


def state_hash(context_hash: bytes, state: MachineState, memory_root: bytes) -> bytes:
    """The 32-byte hash of a state (MCH-022)."""
    return hashing.digest(hashing.STATE, state_preimage(context_hash, state, memory_root))

"""One step at a time, with what each step did: for traces that people and differs read. No part of the protocol."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import ExecutionError
from .context import Context
from .decode import decode
from .disassembly import disassemble
from .executor import Executor
from .memory import LOADS, STORES
from .state import ADDRESS_LIMIT, PAGE_BITS, PAGE_SIZE, MachineState, Status


@dataclass(frozen=True, slots=True)
class RegisterChange:
    """A register whose value a step changed."""

    register: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class MemoryAccess:
    """The bytes that a step loaded, or overwrote; `before` and `after` are equal for a load."""

    address: int
    before: bytes
    after: bytes
    store: bool

    @property
    def pages(self) -> list[int]:
        """The pages that the bytes lie in."""
        return list(range(self.address >> PAGE_BITS, (self.address + len(self.after) - 1 >> PAGE_BITS) + 1))


@dataclass(frozen=True, slots=True)
class Step:
    """One step: where it was, what was executed, and what changed."""

    number: int
    """The step count before it: step n leads from state n to state n + 1."""
    pc: int
    word: int | None
    """The instruction word; None if it could not be fetched."""
    text: str
    """Its disassembly, or `fetch-fault`."""
    registers: tuple[RegisterChange, ...]
    memory: MemoryAccess | None
    """The load or store; None if the step is neither, or faulted."""
    after: MachineState
    """The state after it, a copy."""


def walk(executor: Executor, context: Context, until: int) -> Iterator[Step]:
    """Step `executor` to step `until`, or to its final state, and tell what each step did.

    Takes any executor, one that has run to a later step already too. Raises what `run` raises, with the state as it was
    before that step.
    """
    code = range(context.code_first << PAGE_BITS, context.code_end << PAGE_BITS, 4)
    while not executor.state.final and executor.state.steps < until:
        before = executor.state.copy()
        fetched = _read(executor, before.pc, 4) if before.pc in code else b""
        word = int.from_bytes(fetched, "little") if fetched else None
        address, size, store = _access(before, word)
        old = _read(executor, address, size)
        executor.run(before.steps + 1)
        after = executor.state.copy()
        accessed = size > 0 and after.status is not Status.FAULTED
        yield Step(
            number=before.steps,
            pc=before.pc,
            word=word,
            text="fetch-fault" if word is None else disassemble(word, before.pc),
            registers=tuple(
                RegisterChange(register, *values)
                for register, values in enumerate(zip(before.registers, after.registers, strict=True))
                if values[0] != values[1]
            ),
            memory=MemoryAccess(address, old, _read(executor, address, size), store) if accessed else None,
            after=after,
        )


def _access(state: MachineState, word: int | None) -> tuple[int, int, bool]:
    """Address and size of the load or store that a word is, and whether it is a store; a size of 0 if it is neither."""
    instruction = None if word is None else decode(word)
    if instruction is None or instruction.mnemonic not in LOADS | STORES:
        return 0, 0, False
    store = instruction.mnemonic in STORES
    size = struct.calcsize((STORES if store else LOADS)[instruction.mnemonic])
    return (state.registers[instruction.rs1] + instruction.immediate) % 2**64, size, store


def _read(executor: Executor, address: int, size: int) -> bytes:
    """Bytes of an executor's memory; none at all if one of them isn't there, which the step itself will report."""
    if address + size > ADDRESS_LIMIT:
        return b""
    data = b""
    try:
        while len(data) < size:
            number, at = divmod(address + len(data), PAGE_SIZE)
            data += executor.page(number)[at : at + size - len(data)]
    except ExecutionError:
        return b""
    return data

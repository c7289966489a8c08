"""The reference interpreter: the definition of the machine in plain Python (spec/machine.md).

Code is immutable (MCH-012), so every instruction is decoded once, when it is first reached, and bound to its operands
(operations.py, memory.py). The operations from an address up to the next jump, or up to the page's end, are a *block*;
`run` executes blocks. A block lies in one code page, so entering it touches that page and fetches from no other.
"""

from __future__ import annotations

import struct
from operator import length_hint
from typing import Final

from ..errors import ExecutionError
from . import operations
from .context import Context
from .decode import Format, Instruction, decode
from .executor import DebugSink
from .memory import LOADS, STORES, MemoryAccess
from .operations import BIN, BRANCHES, IMMEDIATE, MASK, REGISTER, Operation, Stop, stopping
from .state import ADDRESS_LIMIT, PAGE_BITS, PAGE_SIZE, REGION_SIZE, REGISTERS, Fault, MachineState, Status

ECALL_HALT: Final = 93
"""a7 of the ecall that halts (MCH-060)."""
ECALL_DEBUG: Final = 64
"""a7 of the ecall that shows text (MCH-062)."""
DEBUG_LIMIT: Final = 4096
"""Bytes of debug text that reach the sink from one ecall; the rest is cut off."""

_A0, _A1, _A2, _A7 = 10, 11, 12, 17
_ENDS_BLOCK = frozenset({"jal", "jalr", "ebreak", *BRANCHES})

Block = list[Operation]


class _Blocks(dict[int, Block]):
    """The blocks that have been entered, by their first instruction's address; looking up another fetches it."""

    # Neither this nor what it holds refers to the interpreter: a machine is gone, with its memory, when it is let go.

    def __init__(
        self, context: Context, pages: dict[int, bytearray], x: list[int], memory: MemoryAccess, ecall: Operation
    ) -> None:
        super().__init__()
        self._code = range(context.code_first << PAGE_BITS, context.code_end << PAGE_BITS, 4)
        self._pages, self._x, self._memory, self._ecall = pages, x, memory, ecall
        self._known: dict[int, Block] = {}
        self._bound: dict[int, tuple[Operation, bool]] = {}

    def __missing__(self, pc: int) -> Block:
        if pc not in self._code:  # MCH-045: misaligned, or outside the code pages
            return [stopping(Fault.FETCH_FAULT)]
        block = self._known.get(pc)
        if block is None:
            block = self._known[pc] = self._translate(pc)
        self[pc] = block
        return block

    def _translate(self, pc: int) -> Block:
        """Decode the block that begins at `pc`."""
        page = self._pages[pc >> PAGE_BITS]
        block: Block = []
        for (word,) in struct.iter_unpack("<I", bytes(page[pc & (PAGE_SIZE - 1) :])):
            if pc not in self._bound:
                self._bound[pc] = self._bind(decode(word), pc)
            operation, ends_block = self._bound[pc]
            block.append(operation)
            if ends_block:
                break
            pc += 4
        return block

    def _bind(self, instruction: Instruction | None, pc: int) -> tuple[Operation, bool]:
        """The operation that executes what was decoded at the address `pc`, and whether a block ends with it."""
        if instruction is None:
            return stopping(Fault.ILLEGAL_INSTRUCTION), True
        return self._operation(instruction, pc), instruction.mnemonic in _ENDS_BLOCK

    def _operation(self, instruction: Instruction, pc: int) -> Operation:
        """The operation that executes `instruction` at the address `pc`."""
        name, kind, rd, a, b, immediate = instruction
        x, d = self._x, rd or BIN
        if kind is Format.R:
            return REGISTER[name](x, d, a, b)
        if name in IMMEDIATE:
            return IMMEDIATE[name](x, d, a, immediate)
        if name in LOADS:
            return self._memory.load(name, x, d, a, immediate)
        if name in STORES:
            return self._memory.store(name, x, a, b, immediate)
        if name in BRANCHES:
            return operations.branch(name, x, a, b, (pc + immediate) & MASK)
        match name:
            case "jal":
                return operations.jal(x, d, (pc + immediate) & MASK, pc + 4)
            case "jalr":
                return operations.jalr(x, d, a, immediate, pc + 4)
            case "lui":
                return operations.constant(x, d, immediate & MASK)
            case "auipc":
                return operations.constant(x, d, (pc + immediate) & MASK)
            case "fence":
                return operations.nothing
            case "ebreak":
                return stopping(Fault.BREAKPOINT)
            case _:
                assert name == "ecall"
                return self._ecall


def _ecall(x: list[int], pages: dict[int, bytearray], debug: DebugSink | None) -> Operation:
    """The operation that does what the guest asks for with `ecall` (MCH-060 to MCH-063)."""

    def ecall() -> None:
        if x[_A7] == ECALL_HALT:
            if x[_A1] > REGION_SIZE:
                raise Stop(Status.FAULTED, Fault.OUTPUT_TOO_LONG)
            raise Stop(Status.HALTED, x[_A0])
        if x[_A7] != ECALL_DEBUG:
            raise Stop(Status.FAULTED, Fault.UNKNOWN_ECALL)
        if debug is not None:
            debug(_text(pages, x[_A1], x[_A2]))
        x[_A0] = x[_A2]

    return ecall


def _text(pages: dict[int, bytearray], address: int, length: int) -> bytes:
    """Up to `DEBUG_LIMIT` bytes of memory, cut short where a page isn't there. Touches nothing (MCH-062)."""
    text = bytearray()
    end = min(address + min(length, DEBUG_LIMIT), ADDRESS_LIMIT)
    while address < end:
        try:
            page = pages[address >> PAGE_BITS]
        except ExecutionError:
            break
        at = address & (PAGE_SIZE - 1)
        text += page[at : at + end - address]
        address += len(page) - at
    return bytes(text)


class Interpreter:
    """Steps one machine over `pages`; see `executor.Executor`. `state` may be replaced between two runs.

    The objects in `pages` must stay the same while the interpreter lives: it keeps those that it has seen.
    """

    def __init__(
        self,
        context: Context,
        state: MachineState,
        pages: dict[int, bytearray],
        track_reads: bool = False,
        debug: DebugSink | None = None,
    ) -> None:
        self.state = state
        self._context = context
        self._pages = pages
        self._track_reads = track_reads
        self._x = [0] * (REGISTERS + 1)
        self._memory = MemoryAccess(context, pages)
        self._blocks = _Blocks(context, pages, self._x, self._memory, _ecall(self._x, pages, debug))
        self._written: set[int] = set()
        self._touched: set[int] = set()

    def run(self, until: int) -> None:
        """Step until `state.steps == until` or the state is final.

        An ExecutionError (a page that the witness lacks) leaves the state as it was before the step that raised it.
        """
        state, x, blocks = self.state, self._x, self._blocks
        if not state.steps <= until <= self._context.max_steps:
            raise ValueError(f"can't run from step {state.steps} to {until} of at most {self._context.max_steps}")
        if state.final or state.steps == until:
            return
        x[:REGISTERS] = state.registers
        pc, steps = state.pc, state.steps
        try:
            while steps < until:
                block = blocks[pc]
                if len(block) > until - steps:
                    block = block[: until - steps]
                target: int | None = None
                pending = iter(block)
                try:
                    for operation in pending:
                        target = operation()
                except (Stop, ExecutionError):
                    # The operation that raised has left `pending`; those before it were executed.
                    executed = len(block) - length_hint(pending) - 1
                    steps += executed
                    pc += 4 * executed
                    raise
                steps += len(block)
                pc = pc + 4 * len(block) if target is None else target
            if steps == self._context.max_steps:
                state.status = Status.OUT_OF_STEPS
        except Stop as stop:
            steps += 1
            state.status, state.code = stop.status, stop.code
        except ExecutionError as error:
            error.where = f"step {steps}, {error.where}"
            raise
        finally:
            state.pc, state.steps, state.registers = pc, steps, x[:REGISTERS]

    def written(self) -> list[int]:
        """Page numbers written since this was last asked, ascending; asking forgets them."""
        self._collect()
        pages = sorted(self._written)
        self._written.clear()
        return pages

    def touched(self) -> list[int]:
        """Page numbers fetched from, read or written since this was last asked (MCH-070); asking forgets them."""
        if not self._track_reads:
            raise ValueError("made without track_reads")
        self._collect()
        pages = sorted(self._touched)
        self._touched.clear()
        return pages

    def page(self, number: int) -> bytearray:
        """The 4096 bytes of a page as they are now."""
        return self._pages[number]

    def _collect(self) -> None:
        """Move what the caches tell about touched pages into the two sets that callers ask for."""
        written, read = self._memory.written, self._memory.read
        self._written.update(written)
        if self._track_reads:
            self._touched.update(written, read, {pc >> PAGE_BITS for pc in self._blocks})
            read.clear()
            self._blocks.clear()
        written.clear()

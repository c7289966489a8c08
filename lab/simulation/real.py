"""Work that is really executed and really cheated: traces, claims and what proves them wrong.

A small program runs on the reference interpreter; a cheat tampers with a register at the end of each bad segment, and
goes on from there, so that its trace is good but for these.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ...protocol import keys
from ...protocol.machine.context import Context
from ...protocol.machine.executor import FullMemory
from ...protocol.machine.interpreter import Interpreter
from ...protocol.machine.state import MachineState, Status, state_hash
from ...protocol.trees import memory
from ...protocol.trees.trace import TraceTree
from ...protocol.work.claim import Claim, sign_claim
from ...protocol.work.segment import Segment, SegmentProof, make_proof, make_segment
from ...protocol.work.tracing import Tracer, begin, claim_fields, memory_tree
from ...protocol.work.unit import Unit

SEGMENT_LOG2: Final = 4
"""Segments of 16 steps, the shortest there are."""
MAX_SEGMENTS: Final = 4096
"""Most segments of a trace that is really executed."""
_PAGE: Final = memory.PAGE_SIZE
_DATA_PAGE: Final = 2


def _program(rounds: int) -> bytes:
    """Add, store, count down, branch: so many rounds of four steps, with three steps before and four after."""
    upper, lower = (rounds + 0x800) >> 12, rounds & 0xFFF
    words = (
        0x000002B7 | upper << 12,  # lui x5, upper
        0x00028293 | lower << 20,  # addi x5, x5, lower
        0x000023B7,  # lui x7, 2
        0x00530333,  # add x6, x6, x5
        0x0063A023,  # sw x6, 0(x7)
        0xFFF28293,  # addi x5, x5, -1
        0xFE029AE3,  # bne x5, x0, -12
        0x00030513,  # addi x10, x6, 0
        0x00000593,  # addi x11, x0, 0
        0x05D00893,  # addi x17, x0, 93
        0x00000073,  # ecall
    )
    return struct.pack(f"<{len(words)}I", *words)


@dataclass(frozen=True, slots=True)
class _Boundary:
    """Where a segment begins, and which pages it touches."""

    state: MachineState
    tree: memory.MemoryTree
    data: bytes
    touched: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A finished execution, with what its segments are proven by."""

    tracer: Tracer
    boundaries: tuple[_Boundary, ...]
    tree: TraceTree

    @property
    def leaves(self) -> bytes:
        """All leaves, as a reveal has them."""
        return b"".join(self.tracer.leaves)


class Job:
    """A program that is executed in so many segments, honestly or not."""

    def __init__(self, segments: int) -> None:
        rounds = max(1, ((segments << SEGMENT_LOG2) - 7) // 4)
        self.steps = 7 + 4 * rounds
        self.code = _program(rounds).ljust(_PAGE, b"\0")
        self.context = Context(
            profile="rv64im",
            suite=1,
            entry=_PAGE,
            code_first=1,
            code_end=2,
            image_root=memory.subtree_root({1: self.code}, 0, memory.IMAGE_HEIGHT),
            input_length=0,
            input_root=memory.subtree_root({}, memory.INPUT_FIRST_PAGE, memory.REGION_HEIGHT),
            max_steps=segments << SEGMENT_LOG2,
            segment_log2=SEGMENT_LOG2,
        )
        self._runs: dict[tuple[int, ...], Run] = {}

    def run(self, bad: Sequence[int] = ()) -> Run:
        """Execute the program, tampering at the end of each bad segment; once for the same segments."""
        key = tuple(bad)
        if key not in self._runs:
            if len(self._runs) > 256:
                self._runs.clear()
            self._runs[key] = self._execute(frozenset(bad))
        return self._runs[key]

    def _execute(self, bad: frozenset[int]) -> Run:
        pages = FullMemory({1: bytearray(self.code)})
        executor = Interpreter(self.context, begin(self.context), pages, track_reads=True)
        tracer = Tracer(self.context, executor, memory_tree({1: self.code}))
        boundaries: list[_Boundary] = []
        while not tracer.finished:
            state, tree, data = executor.state.copy(), tracer.tree.copy(), bytes(executor.page(_DATA_PAGE))
            tracer.advance()
            boundaries.append(_Boundary(state, tree, data, tuple(executor.touched())))
            if len(boundaries) - 1 in bad:
                executor.state.registers[6] ^= 1 << 40 | len(boundaries)
                if executor.state.status == Status.HALTED:
                    executor.state.registers[10] = executor.state.code
                tracer.leaves[-1] = state_hash(self.context.hash, executor.state, tracer.tree.root)
        return Run(tracer, tuple(boundaries), TraceTree(tracer.leaves, self.context.trace_height))

    def claim(self, unit: Unit, run: Run, secret: keys.SecretKey) -> Claim:
        """What a worker claims that has made a run, or copied it."""
        tracer = run.tracer
        body, openings = claim_fields(
            self.context,
            tracer.executor.state,
            tracer.tree,
            tracer.leaves,
            unit=unit.id,
            worker=keys.public_key(secret),
        )
        return sign_claim(unit, body, openings, secret)

    def prove(self, claim: Claim, run: Run, segments: Sequence[int]) -> SegmentProof:
        """The proof of some segments of a claim."""
        return make_proof(claim, run.tree, [self._segment(index, run.boundaries[index]) for index in sorted(segments)])

    def _segment(self, index: int, boundary: _Boundary) -> Segment:
        contents = {1: self.code, _DATA_PAGE: boundary.data}
        return make_segment(index, boundary.state, boundary.tree, contents, boundary.touched)

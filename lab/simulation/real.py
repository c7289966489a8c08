"""Work that is really executed, really cheated and really audited: for scenarios small enough, instead of formulas.

A small program runs on the reference interpreter; a cheat tampers with a register at the end of each bad segment, and
goes on from there, so that its trace is good but for these. Its claim and commit are signed, the segments drawn by the
protocol's draw, opened and judged by the protocol's verifier.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from ...protocol import keys
from ...protocol.encoding.schema import encode_object
from ...protocol.machine.context import Context
from ...protocol.machine.executor import FullMemory
from ...protocol.machine.interpreter import Interpreter
from ...protocol.machine.state import MachineState, Status
from ...protocol.trees import memory, trace
from ...protocol.work.audit import audit_seed, draw_segments
from ...protocol.work.claim import Claim, sign_claim
from ...protocol.work.commit import sign_commit
from ...protocol.work.segment import Segment, make_proof, make_segment
from ...protocol.work.tracing import Tracer, begin, claim_fields, memory_tree
from ...protocol.work.unit import AuditPolicy, Deadlines, Policy, Unit, UnitBody, sign_unit
from ...verifier.segments import check_segment_proof
from ...verifier.verdict import Evidence, Outcome

NETWORK: Final = "laboratory"
SEGMENT_LOG2: Final = 4
"""Segments of 16 steps, the shortest there are."""
MAX_SEGMENTS: Final = 4096
MAX_WORK: Final = 20_000
"""Most worker-epochs of a scenario that is really executed, twins counted."""
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


class Real:
    """One program with its unit, and everybody's keys; made once for a run."""

    def __init__(self, segments: int, samples: int) -> None:
        self.segments, self.samples = segments, samples
        self.rounds = max(1, ((segments << SEGMENT_LOG2) - 7) // 4)
        self.steps = 7 + 4 * self.rounds
        self.code = _program(self.rounds).ljust(_PAGE, b"\0")
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

    @cached_property
    def unit(self) -> Unit:
        """The unit that everybody works on."""
        requester = _key(0)
        return sign_unit(
            UnitBody(
                network=NETWORK,
                requester=keys.public_key(requester),
                nonce=bytes(32),
                context=self.context,
                policy=Policy(audit=AuditPolicy(samples=self.samples, delay=1)),
                deadlines=Deadlines(commit=1, reveal=2, challenge=3),
                price=1,
                escrow=self.steps,
            ),
            requester,
        )

    def trace(self, bad: Sequence[int]) -> tuple[Tracer, list[_Boundary]]:
        """Execute the program, tampering at the end of each bad segment."""
        pages = FullMemory({1: bytearray(self.code)})
        executor = Interpreter(self.context, begin(self.context), pages, track_reads=True)
        tracer = Tracer(self.context, executor, memory_tree({1: self.code}))
        wrong = frozenset(bad)
        boundaries: list[_Boundary] = []
        while not tracer.finished:
            state, tree, data = executor.state.copy(), tracer.tree.copy(), bytes(executor.page(_DATA_PAGE))
            tracer.advance()
            boundaries.append(_Boundary(state, tree, data, tuple(executor.touched())))
            if len(boundaries) - 1 in wrong:
                executor.state.registers[6] ^= 1 << 40 | len(boundaries)
                if executor.state.status == Status.HALTED:
                    executor.state.registers[10] = executor.state.code
                tracer.leaves[-1] = _leaf(self.context, executor.state, tracer.tree)
        return tracer, boundaries

    def audit(self, worker: int, bad: Sequence[int], output: bytes, blinding: bytes) -> bool:
        """Whether the audit of a worker's claim refutes it; `output` is the beacon's. AssertionError if it errs."""
        secret = _key(worker + 1)
        public = _public(worker + 1)
        tracer, boundaries = self.trace(bad)
        body, openings = claim_fields(
            self.context, tracer.executor.state, tracer.tree, tracer.leaves, unit=self.unit.id, worker=public
        )
        claim = sign_claim(self.unit, body, openings, secret)
        commit = sign_commit(self.unit, body.id(NETWORK), blinding, secret)
        seed = audit_seed(output, NETWORK, self.unit.id, public, commit.id)
        drawn = draw_segments(seed, self.samples, body.segments)
        refuted = self.judge(claim, tracer, boundaries, drawn)
        if refuted != bool(set(drawn) & set(bad)):
            raise AssertionError(f"segments {sorted(bad)} are bad, {sorted(drawn)} were drawn: refuted {refuted}")
        return refuted

    def judge(self, claim: Claim, tracer: Tracer, boundaries: Sequence[_Boundary], drawn: Sequence[int]) -> bool:
        """Open the drawn segments, and have the verifier judge them: whether the claim is refuted."""
        parts = [self._part(index, boundaries[index]) for index in sorted(drawn)]
        proof = make_proof(claim, trace.TraceTree(tracer.leaves, self.context.trace_height), parts)
        verdict = check_segment_proof(encode_object(proof), executor=Interpreter)
        if verdict.evidence != Evidence.VALID:
            raise AssertionError(f"the evidence is {verdict.evidence}: {verdict}")
        return verdict.claim == Outcome.REFUTED

    def _part(self, index: int, boundary: _Boundary) -> Segment:
        contents = {1: self.code, _DATA_PAGE: boundary.data}
        return make_segment(index, boundary.state, boundary.tree, contents, boundary.touched)


def _leaf(context: Context, state: MachineState, tree: memory.MemoryTree) -> bytes:
    from ...protocol.machine.state import state_hash

    return state_hash(context.hash, state, tree.root)


@lru_cache(4096)
def _key(number: int) -> keys.SecretKey:
    return keys.derive_secret_key(number.to_bytes(32))


@lru_cache(4096)
def _public(number: int) -> bytes:
    return keys.public_key(_key(number))

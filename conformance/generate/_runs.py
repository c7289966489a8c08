"""Small programs, and honest runs of them, that the vectors of units, claims and proofs are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...protocol import keys
from ...protocol.keys import SecretKey
from ...protocol.machine.context import Context
from ...protocol.machine.executor import FullMemory
from ...protocol.machine.interpreter import Interpreter
from ...protocol.machine.state import MachineState
from ...protocol.regions import load_input
from ...protocol.trees.memory import IMAGE_HEIGHT, PAGE_SIZE, MemoryTree, subtree_root
from ...protocol.trees.trace import TraceTree
from ...protocol.work.claim import Claim, ClaimBody, Openings, sign_claim
from ...protocol.work.segment import Segment, SegmentProof, make_proof, make_segment
from ...protocol.work.tracing import Tracer, begin, claim_fields, initial_memory, memory_tree
from ...protocol.work.unit import Policy, Unit, UnitBody, sign_unit
from . import seeded

CODE_PAGE = 16
"""Page that every program here begins at."""
NETWORK = "vectors"
"""The network of every run here, unless a case says otherwise."""

X0, A0, A1, A7, T0, T1, T2, T3, T4 = 0, 10, 11, 17, 5, 6, 7, 28, 29
ECALL, EBREAK = 0x00000073, 0x00100073


def addi(rd: int, rs1: int, immediate: int) -> int:
    """ADDI rd, rs1, immediate."""
    return (immediate & 0xFFF) << 20 | rs1 << 15 | rd << 7 | 0x13


def slli(rd: int, rs1: int, amount: int) -> int:
    """SLLI rd, rs1, amount."""
    return amount << 20 | rs1 << 15 | 1 << 12 | rd << 7 | 0x13


def add(rd: int, rs1: int, rs2: int) -> int:
    """ADD rd, rs1, rs2."""
    return rs2 << 20 | rs1 << 15 | rd << 7 | 0x33


def lui(rd: int, upper: int) -> int:
    """LUI rd, upper (the 20 bits themselves)."""
    return upper << 12 | rd << 7 | 0x37


def lbu(rd: int, rs1: int, offset: int) -> int:
    """LBU rd, offset(rs1)."""
    return (offset & 0xFFF) << 20 | rs1 << 15 | 4 << 12 | rd << 7 | 0x03


def sd(rs2: int, rs1: int, offset: int) -> int:
    """SD rs2, offset(rs1)."""
    return (offset >> 5 & 0x7F) << 25 | rs2 << 20 | rs1 << 15 | 3 << 12 | (offset & 0x1F) << 7 | 0x23


def beq(rs1: int, rs2: int, offset: int) -> int:
    """BEQ rs1, rs2, offset (a multiple of 4)."""
    bits = (offset >> 12 & 1) << 31 | (offset >> 5 & 0x3F) << 25 | (offset >> 1 & 0xF) << 8 | (offset >> 11 & 1) << 7
    return bits | rs2 << 20 | rs1 << 15 | 0x63


def jal(rd: int, offset: int) -> int:
    """JAL rd, offset (a multiple of 4)."""
    bits = (
        (offset >> 20 & 1) << 31 | (offset >> 1 & 0x3FF) << 21 | (offset >> 11 & 1) << 20 | (offset >> 12 & 0xFF) << 12
    )
    return bits | rd << 7 | 0x6F


def summing(exit_code: int = 0) -> list[int]:
    """Adds up its input's bytes, keeps the sum in the heap and writes it to the output as 8 bytes.

    14 + 5 n steps for n bytes of input.
    """
    return [
        addi(T0, A0, 0),
        add(T1, A0, A1),
        addi(T2, X0, 0),
        beq(T0, T1, 20),
        lbu(T3, T0, 0),
        add(T2, T2, T3),
        addi(T0, T0, 1),
        jal(X0, -16),
        lui(T4, 0x20),
        sd(T2, T4, 8),
        addi(T4, X0, 3),
        slli(T4, T4, 30),
        sd(T2, T4, 0),
        addi(A0, X0, exit_code),
        addi(A1, X0, 8),
        addi(A7, X0, 93),
        ecall(),
    ]


def ecall() -> int:
    """ECALL."""
    return ECALL


def looping() -> list[int]:
    """Jumps to itself until it is out of steps."""
    return [jal(X0, 0)]


def breaking() -> list[int]:
    """Faults with a breakpoint at its third step."""
    return [addi(T0, X0, 1), addi(T1, X0, 2), EBREAK]


def escaping() -> list[int]:
    """Jumps out of its code, and faults as it is fetched there, at step 17: a segment of 2^4 steps begins with that."""
    return [addi(T0, T0, 1)] * 15 + [jal(X0, PAGE_SIZE)]


def requester() -> SecretKey:
    """The key that signs the units."""
    return keys.derive_secret_key(seeded("key-requester", "seed", 32))


def worker(name: str = "worker") -> SecretKey:
    """The key that signs the claims; others by other names."""
    return keys.derive_secret_key(seeded(f"key-{name}", "seed", 32))


def image_pages(words: Sequence[int]) -> dict[int, bytes]:
    """The pages of a program that is nothing but these words."""
    code = b"".join(word.to_bytes(4, "little") for word in words)
    return {
        CODE_PAGE + index // PAGE_SIZE: code[index : index + PAGE_SIZE].ljust(PAGE_SIZE, b"\0")
        for index in range(0, len(code), PAGE_SIZE)
    }


def make_context(words: Sequence[int], given: bytes, *, max_steps: int = 1000, segment_log2: int = 4) -> Context:
    """The context of a program of these words on an input."""
    pages = image_pages(words)
    region = load_input(given).region
    return Context(
        profile="rv64im",
        suite=1,
        entry=CODE_PAGE * PAGE_SIZE,
        code_first=CODE_PAGE,
        code_end=CODE_PAGE + len(pages),
        image_root=subtree_root(pages, 0, IMAGE_HEIGHT),
        input_length=region.length,
        input_root=region.root,
        max_steps=max_steps,
        segment_log2=segment_log2,
    )


def unit_body(context: Context | None, label: str, **fields: object) -> UnitBody:
    """A unit's fields: plain terms but for those that are given; `label` gives the nonce."""
    values: dict[str, Any] = {
        "network": NETWORK,
        "requester": keys.public_key(requester()),
        "nonce": seeded(label, "nonce", 32),
        "context": context,
        "policy": Policy(),
        "price": 1,
        "escrow": 1000,
    }
    return UnitBody(**(values | fields))


def make_unit(label: str, **fields: Any) -> Unit:
    """A signed unit about summing ten bytes, but for the fields that are given."""
    context = fields.pop("context") if "context" in fields else make_context(summing(), b"0123456789")
    return sign_unit(unit_body(context, label, **fields), requester())


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An honest run: its unit, its claim, its trace, and a segment with a complete witness for each interval."""

    words: Sequence[int]
    given: bytes
    unit: Unit
    claim: Claim
    tree: TraceTree
    leaves: tuple[bytes, ...]
    segments: tuple[Segment, ...]

    def proof(self, *indices: int) -> SegmentProof:
        """The proof of some of the segments."""
        return make_proof(self.claim, self.tree, [self.segments[index] for index in indices])


def run(words: Sequence[int], given: bytes, label: str, *, policy: Policy | None = None, **context: int) -> Run:
    """Execute a program of these words on an input, and claim it honestly."""
    made = make_context(words, given, **context)
    unit = sign_unit(unit_body(made, label, policy=policy or Policy()), requester())
    pages = initial_memory(image_pages(words), load_input(given).pages)
    tree = memory_tree(pages)
    tracer = Tracer(made, Interpreter(made, begin(made), pages), tree)
    segments = []
    while not tracer.finished:
        segments.append(_segment(made, tracer, pages, tree))
        tracer.advance()
    key = worker()
    body, openings = claim_fields(
        made, tracer.executor.state, tree, tracer.leaves, unit=unit.id, worker=keys.public_key(key)
    )
    return Run(
        words=words,
        given=given,
        unit=unit,
        claim=sign_claim(unit, body, openings, key),
        tree=TraceTree(tracer.leaves, made.trace_height),
        leaves=tuple(tracer.leaves),
        segments=tuple(segments),
    )


def _segment(context: Context, tracer: Tracer, pages: Mapping[int, bytearray], tree: MemoryTree) -> Segment:
    index = len(tracer.leaves) - 1
    state: MachineState = tracer.executor.state.copy()
    contents = {number: bytes(page) for number, page in pages.items()}
    memory = FullMemory((number, bytearray(page)) for number, page in contents.items())
    ahead = Interpreter(context, state.copy(), memory, track_reads=True)
    ahead.run(min((index + 1) << context.segment_log2, context.max_steps))
    return make_segment(index, state, tree, contents, ahead.touched())


def resign(
    claim: Claim, *, body: Mapping[str, object] | None = None, openings: Mapping[str, object] | None = None
) -> Claim:
    """The claim with other fields, signed anew by the worker: what a dishonest one would sign."""
    made: ClaimBody = claim.body.replace(**(body or {}))
    opened: Openings = claim.openings.replace(**(openings or {}))
    return sign_claim(claim.unit, made, opened, worker())


def retraced(made: Run, leaves: Sequence[bytes]) -> Run:
    """The run claimed with another trace: signed, opened and proven as its worker would, if it wanted to."""
    tree = TraceTree(leaves, made.claim.context.trace_height)
    last = len(leaves) - 1
    claim = resign(
        made.claim,
        body={"trace_root": tree.root, "leaf_count": len(leaves), "final_state": leaves[last]},
        openings={"first_leaf": leaves[0], "first_path": tree.proof([0]), "last_path": tree.proof([last])},
    )
    return Run(
        words=made.words,
        given=made.given,
        unit=made.unit,
        claim=claim,
        tree=tree,
        leaves=tuple(leaves),
        segments=made.segments,
    )

"""Segment proofs: everything to check some segments of one signed claim, standing alone (spec/segment.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..encoding.cbor import MAX_BYTES
from ..encoding.schema import ArrayOf, Bytes, Nested, Record, Uint, keyed, record
from ..errors import CryptoError, Refutation, SemanticError
from ..hashing import DIGEST_SIZE
from ..machine.executor import ExecutorFactory
from ..machine.state import MachineState, state_hash
from ..trees import memory, trace
from ..trees.memory import PAGE_SIZE
from . import witness
from .claim import REGISTERS_SIZE, Claim, pack_registers, unpack_registers

MAX_WITNESS_PAGES: Final = 8192
"""Most pages in one segment's witness, all-zero ones included (SEG-014)."""
MAX_PROOF_SEGMENTS: Final = 4096
"""Most segments in one proof (SEG-002)."""

_DIGEST = Bytes(DIGEST_SIZE)
_SIBLINGS = Bytes(0, MAX_BYTES)  # Of any length here: MRK-015 says which length is right.
_PAGE_NUMBERS = ArrayOf(Uint(0, (1 << memory.HEIGHT) - 1), MAX_WITNESS_PAGES)


@record()
class Segment(Record):
    """One segment's beginning and its witness (SEG-003)."""

    index: int = keyed(0, Uint(0, (1 << trace.MAX_HEIGHT) - 1))
    """Which segment: it begins at step index · 2^k."""
    pc: int = keyed(1, Uint())
    registers: bytes = keyed(2, Bytes(REGISTERS_SIZE))
    """x1 to x31 where the segment begins."""
    memory_root: bytes = keyed(3, _DIGEST)
    """Memory root where the segment begins."""
    pages: tuple[int, ...] = keyed(4, _PAGE_NUMBERS)
    """Pages of the witness that are not all zero, ascending."""
    zero_pages: tuple[int, ...] = keyed(5, _PAGE_NUMBERS)
    """Pages of the witness that are all zero, ascending."""
    content: bytes = keyed(6, Bytes(0, MAX_WITNESS_PAGES * PAGE_SIZE))
    """The pages of `pages`, 4096 bytes each, in the same order."""
    siblings: bytes = keyed(7, _SIBLINGS)
    """Siblings of the multi-proof for the union of both lists."""

    def validate(self) -> None:
        """Raise SemanticError in the order of SEG-011 to SEG-015."""
        witness.check_form(self, MAX_WITNESS_PAGES, f"segment {self.index}")

    def begin(self, segment_log2: int) -> MachineState:
        """The state where the segment begins (SEG-016): running, at step index · 2^k."""
        return MachineState(self.pc, unpack_registers(self.registers), self.index << segment_log2)


def leaf_indices(segments: Sequence[int]) -> list[int]:
    """The leaves that a proof of these ascending segments opens: i and i + 1 of each, ascending (SEG-020)."""
    return sorted({leaf for index in segments for leaf in (index, index + 1)})


@record(kind="tracework/segment-proof")
class SegmentProof(Record):
    """A proof of some segments of one claim, as it travels (SEG-001)."""

    claim: Claim = keyed(2, Nested(Claim))
    leaves: bytes = keyed(3, Bytes(2 * DIGEST_SIZE, 2 * MAX_PROOF_SEGMENTS * DIGEST_SIZE))
    """The state hashes at the segments' boundaries, each once, ascending by leaf index."""
    siblings: bytes = keyed(4, _SIBLINGS)
    """Siblings of the multi-proof for these leaves."""
    segments: tuple[Segment, ...] = keyed(5, ArrayOf(Nested(Segment), MAX_PROOF_SEGMENTS, least=1))
    """Ascending by index."""

    def validate(self) -> None:
        """Raise SemanticError in the order of SEG-009, SEG-010 and SEG-020."""
        indices = [segment.index for segment in self.segments]
        for position, index in enumerate(indices):
            if position and indices[position - 1] >= index:
                raise SemanticError(
                    "segment-order",
                    f"segment {index} after {indices[position - 1]}",
                    requirement="SEG-009",
                    where=f"segments[{position}]",
                )
            if index >= self.claim.body.segments:
                raise SemanticError(
                    "segment-index",
                    f"no segment {index}: the claim has {self.claim.body.segments}",
                    requirement="SEG-010",
                    where=f"segments[{position}]",
                )
        wanted = len(leaf_indices(indices))
        if len(self.leaves) != wanted * DIGEST_SIZE:
            raise SemanticError(
                "leaves-length",
                f"{len(self.leaves) // DIGEST_SIZE} leaves, not {wanted}",
                requirement="SEG-020",
                where="leaves",
            )

    def leaf_map(self) -> dict[int, bytes]:
        """Leaf index to state hash, ascending."""
        indices = leaf_indices([segment.index for segment in self.segments])
        return {index: self.leaves[i * DIGEST_SIZE : (i + 1) * DIGEST_SIZE] for i, index in enumerate(indices)}


@dataclass(frozen=True, slots=True)
class Executed:
    """What executing one segment gave."""

    index: int
    state: MachineState
    """Where it ended."""
    hash: bytes
    """The state's hash."""


def check_leaves(proof: SegmentProof) -> None:
    """Raise CryptoError unless the proof's leaves stand under the claim's trace root (SEG-021)."""
    trace.verify_leaves(proof.claim.body.trace_root, proof.claim.context.trace_height, proof.leaf_map(), proof.siblings)


def check_beginning(claim: Claim, segment: Segment, leaf: bytes) -> None:
    """Raise CryptoError unless the segment begins in the state that its index's trace leaf commits to (SEG-022)."""
    context = claim.context
    if state_hash(context.hash, segment.begin(context.segment_log2), segment.memory_root) != leaf:
        raise CryptoError(
            "state-mismatch",
            "the segment's beginning has another hash than its leaf",
            requirement="SEG-022",
            where=f"segment {segment.index}",
        )


def check_pages(segment: Segment) -> None:
    """Raise CryptoError unless the witness's pages stand under the segment's memory root (SEG-023)."""
    witness.check_under_root(segment, f"segment {segment.index}")


def execute(claim: Claim, segment: Segment, executor: ExecutorFactory) -> Executed:
    """Run one segment on its witness (SEG-024); to be called when `check_pages` passed.

    Raises ExecutionError("witness-incomplete") if a page is missing.
    """
    context = claim.context
    until = min((segment.index + 1) << context.segment_log2, context.max_steps)
    machine = executor(context, segment.begin(context.segment_log2), witness.witness_memory(segment))
    machine.run(until)
    root = witness.root_after(segment, machine)
    state = machine.state.copy()
    return Executed(segment.index, state, state_hash(context.hash, state, root))


def check_outcome(claim: Claim, executed: Executed, leaf: bytes) -> None:
    """Raise Refutation if what a segment gave contradicts the signed trace, `leaf` being its end's leaf.

    The error refutes the claim (SEG-025, SEG-026).
    """
    if executed.hash != leaf:
        raise Refutation(
            "wrong-leaf",
            f"executing the segment gives another state than leaf {executed.index + 1}",
            requirement="SEG-025",
            where=f"segment {executed.index}",
        )
    if executed.state.final and executed.index + 1 < claim.body.segments:
        raise Refutation(
            "ends-early",
            f"the run ends at step {executed.state.steps}, before the claimed number of segments",
            requirement="SEG-026",
            where=f"segment {executed.index}",
        )


def make_segment(
    index: int, begin: MachineState, tree: memory.MemoryTree, contents: Mapping[int, bytes], touched: Sequence[int]
) -> Segment:
    """The segment that begins in a state whose memory has this tree.

    `touched` are the pages that the segment touches, ascending, and `contents` maps at least those of them that are not
    all zero to their 4096 bytes as the segment begins. Raises SemanticError("witness-too-large").
    """
    if len(touched) > MAX_WITNESS_PAGES:
        raise SemanticError(
            "witness-too-large",
            f"segment {index} touches {len(touched)} pages; a witness holds {MAX_WITNESS_PAGES}",
            requirement="SEG-014",
            where=f"segment {index}",
        )
    return Segment(
        index=index,
        pc=begin.pc,
        registers=pack_registers(begin.registers),
        **witness.witness_fields(tree, contents, touched),
    )


def make_proof(claim: Claim, tree: trace.TraceTree, segments: Sequence[Segment]) -> SegmentProof:
    """The proof of some segments, in any order, of a claim whose trace has this tree."""
    ordered = tuple(sorted(segments, key=lambda segment: segment.index))
    indices = leaf_indices([segment.index for segment in ordered])
    return SegmentProof(
        claim=claim,
        leaves=b"".join(tree.node(0, index) for index in indices),
        siblings=tree.proof(indices),
        segments=ordered,
    )

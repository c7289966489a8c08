"""Checking segment proofs, with nothing but the proof (spec/segment.md)."""

from __future__ import annotations

from ..protocol.encoding.schema import decode_object
from ..protocol.errors import ProtocolError
from ..protocol.keys import Backend, KeyCache
from ..protocol.machine.executor import ExecutorFactory
from ..protocol.work import segment as segments
from ..protocol.work.segment import SegmentProof
from .claims import NO_PINS, examine_claim, examine_contradictions, examine_policy
from .verdict import Evidence, Examination, Outcome, Pins, Verdict


def check_segment_proof(
    data: bytes,
    *,
    executor: ExecutorFactory,
    pins: Pins = NO_PINS,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> Verdict:
    """Check some segments of a claim by executing each on its witness, in the order of SEG-031.

    Valid evidence either says that these segments are right, which leaves the claim as a whole inconclusive, or
    refutes the claim. A good segment proves nothing about the others.
    """
    examination = Examination(data)
    try:
        proof = examination.check(
            "SEG-001", "one well-formed segment proof with its claim", decode_object, SegmentProof, data
        )
        examine_claim(examination, proof.claim, backend=backend, cache=cache)
        examine_openings(examination, proof)
        examine_segments(examination, proof, executor)
        examine_policy(examination, proof.claim, pins)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    return examination.pass_verdict(Evidence.VALID, Outcome.INCONCLUSIVE)


def examine_openings(examination: Examination, proof: SegmentProof) -> None:
    """Make the crypto checks on a proof's segments: SEG-021 to SEG-023. Raises CryptoError."""
    check, claim = examination.check, proof.claim
    check("SEG-021", "the segments' boundaries stand in the trace", segments.check_leaves, proof)
    leaves = proof.leaf_map()
    for part in proof.segments:
        check(
            "SEG-022",
            f"segment {part.index} begins in its boundary's state",
            segments.check_beginning,
            claim,
            part,
            leaves[part.index],
        )
        check("SEG-023", f"segment {part.index}'s pages are that state's memory", segments.check_pages, part)


def examine_segments(examination: Examination, proof: SegmentProof, executor: ExecutorFactory) -> None:
    """Make the checks that can refute a claim: its contradictions, then each segment's execution."""
    check, claim, leaves = examination.check, proof.claim, proof.leaf_map()
    examine_contradictions(examination, claim)
    for part in proof.segments:
        executed = check(
            "SEG-030", f"segment {part.index} can be executed on its pages", segments.execute, claim, part, executor
        )
        check(
            "SEG-025",
            f"segment {part.index} ends in the next boundary's state, at step {executed.state.steps}",
            segments.check_outcome,
            claim,
            executed,
            leaves[part.index + 1],
        )

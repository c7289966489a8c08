"""Which check of the verifier judges which kind of file, and what a good outcome is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ..protocol.committee.snapshot import Committee
from ..protocol.machine.executor import ExecutorFactory
from ..protocol.work.attestation import Attestation, AttestationAggregate
from ..protocol.work.audit import AuditProof
from ..protocol.work.bundle import Bundle
from ..protocol.work.claim import Claim
from ..protocol.work.commit import Commit
from ..protocol.work.equivocation import Equivocation
from ..protocol.work.fault import LeafFault, ResultFault, StepFault
from ..protocol.work.opaque import OpaqueClaim
from ..protocol.work.receipt import Receipt, ReceiptShare
from ..protocol.work.reveal import OpaqueReveal, Reveal
from ..protocol.work.segment import SegmentProof
from ..protocol.work.silence import SilenceProof
from ..protocol.work.unit import Unit
from ..verifier import audits, bundles, claims, commits, committees, equivocations, faults, segments, silences
from ..verifier.verdict import Pins, Verdict


@dataclass(frozen=True, slots=True)
class Judge:
    """How files of one kind are judged when they come alone."""

    check: Callable[[bytes, Pins, ExecutorFactory], Verdict]
    good: str = "every check holds"
    """What valid evidence of this kind means."""
    open: str = "all that can be checked holds; what is missing stands below"
    """What incomplete evidence of this kind means."""
    pinned: bool = True
    """Whether the caller can pin what it is about."""


def _signed(good: str) -> Judge:
    return Judge(lambda data, pins, executor: committees.check_signed(data), good, pinned=False)


JUDGES: Final[dict[str | None, Judge]] = {
    Unit.KIND: Judge(
        lambda data, pins, executor: claims.check_unit(data, pins=pins),
        "the requester signed this unit; nobody claims anything yet",
    ),
    Claim.KIND: Judge(
        lambda data, pins, executor: claims.check_claim(data, pins=pins),
        open="all that can be checked holds, but nothing was executed",
    ),
    SegmentProof.KIND: Judge(
        lambda data, pins, executor: segments.check_segment_proof(data, executor=executor, pins=pins)
    ),
    LeafFault.KIND: Judge(lambda data, pins, executor: faults.check_leaf_fault(data), pinned=False),
    ResultFault.KIND: Judge(lambda data, pins, executor: faults.check_result_fault(data), pinned=False),
    StepFault.KIND: Judge(lambda data, pins, executor: faults.check_step_fault(data, executor=executor), pinned=False),
    Bundle.KIND: Judge(
        lambda data, pins, executor: bundles.check_bundle(data, executor=executor, pins=pins),
        "what it holds decides the claim",
        "nothing in it decides a claim on the unit",
    ),
    SilenceProof.KIND: Judge(
        lambda data, pins, executor: silences.check_silence(data, pins=pins),
        "a request was there, and nobody answered it in time",
    ),
    AuditProof.KIND: Judge(
        lambda data, pins, executor: audits.check_audit(data, executor=executor, pins=pins),
        "the drawn segments are right",
    ),
    Commit.KIND: Judge(lambda data, pins, executor: commits.check_commit(data, pins=pins)),
    Reveal.KIND: Judge(lambda data, pins, executor: commits.check_reveal(data, pins=pins)),
    OpaqueReveal.KIND: Judge(lambda data, pins, executor: commits.check_reveal(data, pins=pins)),
    OpaqueClaim.KIND: Judge(lambda data, pins, executor: commits.check_opaque_claim(data, pins=pins)),
    Equivocation.KIND: Judge(
        lambda data, pins, executor: equivocations.check(data, pins=pins),
        "somebody signed two things that exclude each other",
    ),
    Committee.KIND: Judge(
        lambda data, pins, executor: committees.check_committee(data),
        "a committee, every member of which proves to hold its key",
        pinned=False,
    ),
    Attestation.KIND: _signed("the member signed this"),
    AttestationAggregate.KIND: _signed("the members signed this"),
    ReceiptShare.KIND: _signed("the member signed this"),
    Receipt.KIND: _signed("the members signed this"),
}
"""Kind to judge. What names no kind is judged as a segment proof, and rejected."""

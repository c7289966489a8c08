"""Checking fault proofs, with nothing but the proof (spec/fault.md)."""

from __future__ import annotations

from dataclasses import replace

from ..protocol.encoding import cbor
from ..protocol.encoding.schema import decode_object, kind_of
from ..protocol.errors import ExecutionError, ProtocolError, SchemaError
from ..protocol.keys import Backend, KeyCache
from ..protocol.machine.executor import ExecutorFactory
from ..protocol.work import fault as faults
from ..protocol.work import fault_commit as commits
from ..protocol.work import witness
from ..protocol.work.audit import AuditProof
from ..protocol.work.fault import LeafFault, ResultFault, StepFault
from ..protocol.work.fault_commit import FaultReveal
from ..protocol.work.segment import SegmentProof
from .audits import check_audit
from .claims import examine_signatures
from .segments import check_segment_proof
from .verdict import Evidence, Examination, Outcome, Statement, Verdict, error_of, evidence_hash


def check_leaf_fault(data: bytes, *, backend: Backend | None = None, cache: KeyCache | None = None) -> Verdict:
    """Check a proof that a trace begins or ends wrongly. It refutes the claim, or it is invalid."""
    examination = Examination(data)
    try:
        proof = examination.check("FLT-010", "one well-formed leaf fault proof", decode_object, LeafFault, data)
        examine_signatures(examination, proof.claim, backend=backend, cache=cache)
        examination.check("FLT-012", f"leaf {proof.index} stands in the trace", faults.check_leaf, proof)
        requirement = "FLT-014" if proof.index else "FLT-013"
        examination.check(requirement, "the leaf is the one that unit and claim ask for", faults.judge_leaf, proof)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    return _judged_nothing(examination)


def check_result_fault(data: bytes, *, backend: Backend | None = None, cache: KeyCache | None = None) -> Verdict:
    """Check a proof that a signed final state isn't the claimed result's. It refutes the claim, or it is invalid."""
    examination = Examination(data)
    try:
        proof = examination.check("FLT-015", "one well-formed result fault proof", decode_object, ResultFault, data)
        examine_signatures(examination, proof.claim, backend=backend, cache=cache)
        examination.check("FLT-016", "the opened state is the signed final state", faults.check_final, proof)
        examination.check("FLT-017", "the final state is that of the claimed result", faults.judge_final, proof)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    return _judged_nothing(examination)


def check_step_fault(
    data: bytes, *, executor: ExecutorFactory, backend: Backend | None = None, cache: KeyCache | None = None
) -> Verdict:
    """Check a proof that one signed step is wrong, by executing it. It refutes the claim, or it is invalid."""
    examination = Examination(data)
    try:
        proof = examination.check("FLT-030", "one well-formed step fault proof", decode_object, StepFault, data)
        check, claim = examination.check, proof.claim
        examine_signatures(examination, claim, backend=backend, cache=cache)
        check(
            "FLT-024",
            "the worker signed the states of the segment",
            faults.check_subtrace,
            claim,
            proof.subtrace,
            backend=backend,
            cache=cache,
        )
        check("FLT-033", f"the states around step {proof.step} stand among them", faults.check_pair, proof)
        check("FLT-034", "the opened state is the first of the two", faults.check_before, proof)
        check("FLT-031", "the pages are that state's memory", witness.check_under_root, proof.before, "step")
        check("FLT-036", f"executing step {proof.step} gives the second", faults.judge_step, proof, executor)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    return _judged_nothing(examination)


def _judged_nothing(examination: Examination) -> Verdict:
    """Not reached: every judgement ends in a refutation or in no-fault."""
    return examination.pass_verdict(Evidence.INCOMPLETE, Outcome.INCONCLUSIVE)


def check_proof(
    data: bytes, *, executor: ExecutorFactory, backend: Backend | None = None, cache: KeyCache | None = None
) -> Verdict:
    """Check evidence of any kind that can refute a claim, by its own document (FLT-043)."""
    examination = Examination(data)
    try:
        kind = examination.check("ENC-030", "an object of some kind", lambda: kind_of(cbor.decode(data)))
        if kind == SegmentProof.KIND:
            return check_segment_proof(data, executor=executor, backend=backend, cache=cache)
        if kind == AuditProof.KIND:
            return check_audit(data, executor=executor, backend=backend, cache=cache)
        if kind == LeafFault.KIND:
            return check_leaf_fault(data, backend=backend, cache=cache)
        if kind == ResultFault.KIND:
            return check_result_fault(data, backend=backend, cache=cache)
        if kind == StepFault.KIND:
            return check_step_fault(data, executor=executor, backend=backend, cache=cache)
        raise SchemaError("unknown-kind", f"a file of the kind {kind!r} proves no fault", requirement="FLT-043")
    except ProtocolError as error:
        return examination.fail_verdict(error)


def check_fault_reveal(
    data: bytes,
    proof: bytes,
    *,
    executor: ExecutorFactory,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> Verdict:
    """Check that a prover had committed to a fault proof, which is checked too (FLT-047)."""
    examination = Examination(data, (proof,))
    check = examination.check
    try:
        reveal = check("FLT-040", "one well-formed fault reveal", decode_object, FaultReveal, data)
        refuting = check_proof(proof, executor=executor, backend=backend, cache=cache)
        examination.statement = refuting.statement
        examine_fault_reveal(examination, reveal, refuting, backend=backend, cache=cache)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    return replace(refuting, evidence_hash=evidence_hash(data, proof), checks=tuple(examination.checks))


def examine_fault_reveal(
    examination: Examination,
    reveal: FaultReveal,
    refuting: Verdict,
    *,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> None:
    """Make the checks on a fault reveal beside the verdict on its proof (FLT-042 to FLT-046). Raises ProtocolError."""
    check = examination.check
    check("FLT-042", "the reveal is about this proof", commits.check_proof, reveal, refuting.evidence_hash)
    about = check("FLT-043", "the proof refutes its claim", _refuted, refuting)
    check(
        "FLT-044",
        "the fault commit is about the claim's unit",
        commits.check_about,
        reveal.commit,
        about.network,
        about.unit,
    )
    title = "the prover signed the fault commit"
    check("FLT-045", title, commits.check_signature, reveal.commit, backend=backend, cache=cache)
    check("FLT-046", "the prover committed to this proof", commits.check_opening, reveal, about.claim or b"")


def _refuted(verdict: Verdict) -> Statement:
    """What a refutation is about. Raises what made the evidence fail, or ExecutionError if it refutes nothing."""
    if verdict.claim is Outcome.REFUTED and verdict.statement is not None:
        return verdict.statement
    if verdict.evidence is Evidence.INVALID:
        raise error_of(verdict)
    raise ExecutionError("no-fault", "the evidence refutes nothing", requirement="FLT-003", where="proof")

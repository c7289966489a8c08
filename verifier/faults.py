"""Checking fault proofs, with nothing but the proof (spec/fault.md)."""

from __future__ import annotations

from ..protocol.encoding.schema import decode_object
from ..protocol.errors import ProtocolError
from ..protocol.keys import Backend, KeyCache
from ..protocol.machine.executor import ExecutorFactory
from ..protocol.work import fault as faults
from ..protocol.work import witness
from ..protocol.work.fault import LeafFault, ResultFault, StepFault
from .claims import examine_signatures
from .verdict import Evidence, Examination, Outcome, Verdict


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

"""Checking a unit alone, a claim alone, and a claim by executing its unit in full (spec/claim.md)."""

from __future__ import annotations

from collections.abc import Callable

from ..protocol.encoding.schema import decode_object
from ..protocol.errors import CryptoError, PolicyError, ProtocolError, Refutation
from ..protocol.keys import Backend, KeyCache
from ..protocol.machine.executor import ExecutorFactory, FullMemory
from ..protocol.program import Program
from ..protocol.regions import Input
from ..protocol.work import claim as claims
from ..protocol.work.claim import Claim, ClaimBody, SignedClaim
from ..protocol.work.opaque import OpaqueClaim
from ..protocol.work.tracing import Tracer, begin, claim_fields, initial_memory, initial_tree
from ..protocol.work.unit import Unit
from .verdict import Evidence, Examination, Outcome, Pins, Verdict, claim_statement, unit_statement

NO_PINS = Pins()
"""The evidence may be about anything."""


def check_unit(
    data: bytes, *, pins: Pins = NO_PINS, backend: Backend | None = None, cache: KeyCache | None = None
) -> Verdict:
    """Check a unit: its encoding, its terms, its requester's signature. Valid evidence of a request, of no claim."""
    examination = Examination(data)
    try:
        unit = examination.check("UNT-001", "one well-formed unit", decode_object, Unit, data)
        examination.statement = unit_statement(unit)
        examination.check("UNT-007", "the requester signed the unit", unit.verify, backend=backend, cache=cache)
        examine_pins(examination, pins)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    return examination.pass_verdict(Evidence.VALID, Outcome.INCONCLUSIVE)


def examine_signatures(
    examination: Examination,
    claim: Claim | SignedClaim,
    *,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> None:
    """Check that a claim is about its unit and that both are signed: CLM-025 up to CLM-018. Raises CryptoError."""
    examination.statement = claim_statement(claim)
    check = examination.check
    check("UNT-007", "the requester signed the unit", claim.unit.verify, backend=backend, cache=cache)
    check("CLM-017", "the claim is about this unit", claims.check_unit, claim)
    check("CLM-018", "the worker signed the claim", claims.check_signature, claim, backend=backend, cache=cache)


def examine_claim(
    examination: Examination, claim: Claim, *, backend: Backend | None = None, cache: KeyCache | None = None
) -> None:
    """Make the crypto checks on a decoded claim in the order of CLM-025. Raises CryptoError."""
    examine_signatures(examination, claim, backend=backend, cache=cache)
    check = examination.check
    check("CLM-022", "the first state stands in the trace", claims.check_first_leaf, claim)
    check("CLM-023", "the final state stands in the trace", claims.check_last_leaf, claim)
    check("CLM-024", "the final state has the claimed status, steps and output", claims.check_final_state, claim)


def examine_contradictions(examination: Examination, claim: Claim) -> None:
    """Make the checks that can refute a claim by itself (CLM-026, CLM-027). Raises Refutation."""
    examination.check("CLM-026", "the trace begins with the unit's program and input", claims.check_beginning, claim)
    examination.check("CLM-027", "the result is that of the final registers", claims.check_result, claim)


def examine_policy(examination: Examination, claim: Claim, pins: Pins) -> None:
    """Make the policy checks on a claim: named workers, then the caller's pins. Raises PolicyError."""
    examination.check("CLM-029", "the unit lets this worker claim", check_named, claim)
    examine_pins(examination, pins)


def examine_pins(examination: Examination, pins: Pins) -> None:
    """Hold the examination's statement to the caller's pins, if there are any (VRD-010). Raises PolicyError."""
    if pins != NO_PINS and examination.statement is not None:
        examination.check("VRD-010", "it is about what was asked", pins.check, examination.statement)


def check_named(claim: Claim | OpaqueClaim) -> None:
    """Raise PolicyError if the unit names its workers and this claim's isn't one of them (CLM-029)."""
    named = claim.unit.body.policy.workers
    if named is not None and claim.body.worker not in named:
        raise PolicyError(
            "unnamed-worker",
            "the unit names its workers, and this isn't one",
            requirement="CLM-029",
            where="claim.worker",
        )


def check_claim(
    data: bytes, *, pins: Pins = NO_PINS, backend: Backend | None = None, cache: KeyCache | None = None
) -> Verdict:
    """Check a claim without executing anything.

    The best outcome is incomplete: all that can be checked passed, and execution is what is missing (VRD-006).
    """
    examination = Examination(data)
    try:
        claim = examination.check("CLM-001", "one well-formed claim with its unit", decode_object, Claim, data)
        examine_claim(examination, claim, backend=backend, cache=cache)
        examine_contradictions(examination, claim)
        examine_policy(examination, claim, pins)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    examination.miss("CLM-030", "the program and the input are the unit's")
    examination.miss("CLM-031", "executing the program on the input gives this claim")
    return examination.pass_verdict(Evidence.INCOMPLETE, Outcome.INCONCLUSIVE)


def check_files(claim: Claim, program: Program, given: Input) -> None:
    """Raise CryptoError unless a program and an input are those of the claim's unit (CLM-030)."""
    context = claim.context
    if program.id != context.program_id:
        raise CryptoError(
            "program-mismatch",
            f"this is program {program.id.hex()}, and the unit is about {context.program_id.hex()}",
            requirement="CLM-030",
            where="program",
        )
    if (given.length, given.root) != (context.input_length, context.input_root):
        raise CryptoError(
            "input-mismatch", "the input is not the one that the unit commits to", requirement="CLM-030", where="input"
        )


def reexecute(
    data: bytes,
    program: Program,
    given: Input,
    *,
    executor: ExecutorFactory,
    pins: Pins = NO_PINS,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
    shortcut: Callable[[Claim], bool] | None = None,
    memory: Callable[[], FullMemory] | None = None,
) -> Verdict:
    """Check a claim by executing its unit from beginning to end, in one pass (CLM-031).

    Takes as long as the run did. Nothing short of a full run accepts a claim by re-execution. `shortcut` may find that
    a claim is true in another way that executes all of it (`intervals.agrees`); unless it does, the one pass decides.
    `memory` makes memory of program and input, for callers that can do so without a copy of the input.
    """
    examination = Examination(data)
    try:
        claim = examination.check("CLM-001", "one well-formed claim with its unit", decode_object, Claim, data)
        examine_claim(examination, claim, backend=backend, cache=cache)
        examination.check("CLM-030", "the program and the input are the unit's", check_files, claim, program, given)
        examine_contradictions(examination, claim)
        examination.check(
            "CLM-031",
            "executing the program on the input gives this claim",
            _execute,
            claim,
            program,
            given,
            executor,
            shortcut,
            memory,
        )
        examine_policy(examination, claim, pins)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    return examination.pass_verdict(Evidence.VALID, Outcome.ACCEPTED)


def _execute(
    claim: Claim,
    program: Program,
    given: Input,
    executor: ExecutorFactory,
    shortcut: Callable[[Claim], bool] | None,
    memory: Callable[[], FullMemory] | None,
) -> None:
    if shortcut is None or not shortcut(claim):
        pages = initial_memory(program.pages, given.pages) if memory is None else memory()
        _compare(claim, _run(claim, program, given, executor, pages))


def _run(claim: Claim, program: Program, given: Input, executor: ExecutorFactory, pages: FullMemory) -> ClaimBody:
    context = claim.context
    tree = initial_tree(program.pages, given.root)
    tracer = Tracer(context, executor(context, begin(context), pages), tree)
    tracer.run()
    body, _ = claim_fields(
        context, tracer.executor.state, tree, tracer.leaves, unit=claim.body.unit, worker=claim.body.worker
    )
    return body


def _compare(claim: Claim, body: ClaimBody) -> None:
    """Raise Refutation naming the first field in which a full run differs from what was signed (CLM-031)."""
    for name in ("steps", "status", "code", "output_length", "output_root", "leaf_count", "final_state", "trace_root"):
        if getattr(claim.body, name) != getattr(body, name):
            raise Refutation(
                "wrong-claim",
                f"a full run gives another {name.replace('_', ' ')} than the claim",
                requirement="CLM-031",
                where=f"claim.{name}",
            )

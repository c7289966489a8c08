"""Fault proofs that need no segment: a wrong leaf, a contradictory result, one wrong step (spec/fault.md).

None of them needs the openings that come with a claim: who signs a trace that can't be opened can be refuted too.
"""

from __future__ import annotations

from typing import Final

from .. import hashing, keys
from ..encoding.cbor import MAX_BYTES
from ..encoding.schema import ArrayOf, Bytes, Enumeration, Nested, Record, Uint, encode_object, keyed, record
from ..errors import CryptoError, ExecutionError, Refutation, SemanticError
from ..hashing import DIGEST_SIZE, STEP_NODE
from ..keys import SIGNATURE_SIZE, Backend, KeyCache, SecretKey
from ..machine.context import Context
from ..machine.executor import ExecutorFactory
from ..machine.state import MachineState, Status, state_hash
from ..trees import memory, merkle, trace
from ..trees.memory import PAGE_SIZE
from . import witness
from .claim import REGISTERS_SIZE, Claim, SignedClaim, first_leaf, unpack_registers
from .unit import NETWORK

MAX_STEP_PAGES: Final = 3
"""Most pages in one step's witness: a page of code, and two of data (FLT-031)."""
MAX_STEP_HEIGHT: Final = 25
"""Greatest height of a subtrace tree, that of a segment of 2^24 steps (FLT-021)."""

_DIGEST = Bytes(DIGEST_SIZE)
_PATH = Bytes(DIGEST_SIZE, trace.MAX_HEIGHT * DIGEST_SIZE)
_SIBLINGS = Bytes(0, MAX_BYTES)  # Of any length here: MRK-015 says which length is right.
_PAGE_NUMBERS = ArrayOf(Uint(0, (1 << memory.HEIGHT) - 1), MAX_STEP_PAGES)


def no_fault(where: str) -> ExecutionError:
    """The error of a fault proof that contradicts nothing: it says nothing about the claim (FLT-003)."""
    return ExecutionError(
        "no-fault", "what this opens agrees with the claim: it is no fault proof", requirement="FLT-003", where=where
    )


@record(kind="tracework/leaf-fault")
class LeafFault(Record):
    """A leaf of the signed trace that is not what it has to be (FLT-010)."""

    claim: SignedClaim = keyed(2, Nested(SignedClaim))
    index: int = keyed(3, Uint(0, (1 << trace.MAX_HEIGHT) - 1))
    """Which leaf: 0, or the last one or one past it."""
    leaf: bytes = keyed(4, _DIGEST)
    path: bytes = keyed(5, _PATH)
    """Siblings of the leaf under the trace root."""

    def validate(self) -> None:
        """Raise SemanticError unless the leaf is one whose value follows from what is signed (FLT-011)."""
        if 0 < self.index < self.claim.body.segments:
            raise SemanticError(
                "leaf-index",
                f"leaf {self.index} is neither the first nor final: its value follows from nothing but execution",
                requirement="FLT-011",
                where="leaf-fault.index",
            )


def check_leaf(fault: LeafFault) -> None:
    """Raise CryptoError unless the leaf stands under the claim's trace root (FLT-012)."""
    claim = fault.claim
    trace.verify_leaves(claim.body.trace_root, claim.context.trace_height, {fault.index: fault.leaf}, fault.path)


def judge_leaf(fault: LeafFault) -> None:
    """Raise Refutation if the leaf isn't the one that unit and claim ask for (FLT-013, FLT-014), else no-fault."""
    where = f"leaf {fault.index}"
    if fault.index == 0:
        if fault.leaf != first_leaf(fault.claim.context):
            raise Refutation(
                "wrong-first-leaf",
                "the trace does not begin with the unit's entry state",
                requirement="FLT-013",
                where=where,
            )
    elif fault.leaf != fault.claim.body.final_state:
        raise Refutation(
            "wrong-last-leaf",
            "the trace does not end in the claimed final state",
            requirement="FLT-014",
            where=where,
        )
    raise no_fault(where)


@record()
class FinalState(Record):
    """All that the final state's hash covers beside the context (FLT-015)."""

    status: Status = keyed(0, Enumeration(Status))
    code: int = keyed(1, Uint())
    pc: int = keyed(2, Uint())
    registers: bytes = keyed(3, Bytes(REGISTERS_SIZE))
    """x1 to x31."""
    steps: int = keyed(4, Uint())
    low_root: bytes = keyed(5, _DIGEST)
    input_root: bytes = keyed(6, _DIGEST)
    output_root: bytes = keyed(7, _DIGEST)

    @property
    def state(self) -> MachineState:
        """The state but for its memory."""
        return MachineState(self.pc, unpack_registers(self.registers), self.steps, self.status, self.code)

    @property
    def memory_root(self) -> bytes:
        """The memory root over the three regions."""
        return memory.join_regions(self.low_root, self.input_root, self.output_root)


@record(kind="tracework/result-fault")
class ResultFault(Record):
    """A signed final state that isn't the claimed result's (FLT-015)."""

    claim: SignedClaim = keyed(2, Nested(SignedClaim))
    final: FinalState = keyed(3, Nested(FinalState))


def check_final(fault: ResultFault) -> None:
    """Raise CryptoError unless the opened state has the hash that the worker signed (FLT-016)."""
    final, claim = fault.final, fault.claim
    if state_hash(claim.context.hash, final.state, final.memory_root) != claim.body.final_state:
        raise CryptoError(
            "state-mismatch",
            "the opened final state has another hash than the claimed one",
            requirement="FLT-016",
            where="result-fault.final",
        )


def judge_final(fault: ResultFault) -> None:
    """Raise Refutation if the signed final state contradicts the claim or the unit (FLT-017), else no-fault."""
    final, body = fault.final, fault.claim.body
    state = final.state
    pairs = [
        ("status", state.status, body.status),
        ("code", state.code, body.code),
        ("steps", state.steps, body.steps),
        ("input root", final.input_root, fault.claim.context.input_root),
        ("output root", final.output_root, body.output_root),
        ("output length", state.output_length, body.output_length),
    ]
    if body.status == Status.HALTED:
        pairs.append(("exit code", state.registers[10], body.code))
    for name, found, claimed in pairs:
        if found != claimed:
            raise Refutation(
                "wrong-result",
                f"the final state that was signed has another {name} than the claim",
                requirement="FLT-017",
                where=f"leaf {fault.claim.body.segments}",
            )
    raise no_fault("result-fault.final")


@record()
class SubtraceBody(Record):
    """The signed fields of a subtrace (FLT-020)."""

    network: str = keyed(0, NETWORK)
    claim: bytes = keyed(1, _DIGEST)
    """The claim's id."""
    segment: int = keyed(2, Uint(0, (1 << trace.MAX_HEIGHT) - 1))
    root: bytes = keyed(3, _DIGEST)
    """Root of the tree over every state of the segment."""

    @property
    def id(self) -> bytes:
        """The subtrace's id, 32 bytes: what its signature covers."""
        return hashing.signed_id(hashing.SUBTRACE, self.network, encode_object(self))


@record(kind="tracework/subtrace")
class Subtrace(Record):
    """What a worker signs about every state inside one segment of its claim (FLT-020)."""

    body: SubtraceBody = keyed(2, Nested(SubtraceBody))
    signature: bytes = keyed(3, Bytes(SIGNATURE_SIZE))


def sign_subtrace(body: SubtraceBody, secret: SecretKey, *, backend: Backend | None = None) -> Subtrace:
    """The subtrace that a worker makes of its root."""
    return Subtrace(body=body, signature=keys.sign(secret, body.id, backend=backend))


def check_subtrace(
    claim: SignedClaim | Claim, subtrace: Subtrace, *, backend: Backend | None = None, cache: KeyCache | None = None
) -> None:
    """Raise CryptoError unless the claim's worker signed this subtrace about this claim (FLT-023, FLT-024)."""
    if subtrace.body.network != claim.unit.body.network or subtrace.body.claim != claim.id:
        raise CryptoError(
            "claim-mismatch", "the subtrace is about another claim", requirement="FLT-023", where="subtrace.claim"
        )
    keys.verify(
        claim.body.worker,
        subtrace.body.id,
        subtrace.signature,
        backend=backend,
        cache=cache,
        where="subtrace.signature",
    )


def check_subtrace_segment(claim: SignedClaim | Claim, subtrace: Subtrace) -> None:
    """Raise SemanticError unless the claim has the subtrace's segment (FLT-022)."""
    if subtrace.body.segment >= claim.body.segments:
        raise SemanticError(
            "segment-index",
            f"no segment {subtrace.body.segment}: the claim has {claim.body.segments}",
            requirement="FLT-022",
            where="subtrace.segment",
        )


@record()
class StepState(Record):
    """All that the hash of the state before a step covers beside the context (FLT-030)."""

    status: Status = keyed(0, Enumeration(Status))
    code: int = keyed(1, Uint())
    pc: int = keyed(2, Uint())
    registers: bytes = keyed(3, Bytes(REGISTERS_SIZE))
    """x1 to x31."""
    steps: int = keyed(4, Uint())
    memory_root: bytes = keyed(5, _DIGEST)
    pages: tuple[int, ...] = keyed(6, _PAGE_NUMBERS)
    """Pages of the witness that are not all zero, ascending."""
    zero_pages: tuple[int, ...] = keyed(7, _PAGE_NUMBERS)
    """Pages of the witness that are all zero, ascending."""
    content: bytes = keyed(8, Bytes(0, MAX_STEP_PAGES * PAGE_SIZE))
    siblings: bytes = keyed(9, _SIBLINGS)

    def validate(self) -> None:
        """Raise SemanticError in the order of SEG-011 to SEG-015 (FLT-031)."""
        witness.check_form(self, MAX_STEP_PAGES, "step")

    @property
    def state(self) -> MachineState:
        """The state but for its memory."""
        return MachineState(self.pc, unpack_registers(self.registers), self.steps, self.status, self.code)


@record(kind="tracework/step-fault")
class StepFault(Record):
    """One step that a worker signed and that the machine doesn't make (FLT-030)."""

    claim: SignedClaim = keyed(2, Nested(SignedClaim))
    subtrace: Subtrace = keyed(3, Nested(Subtrace))
    index: int = keyed(4, Uint(0, (1 << (MAX_STEP_HEIGHT - 1)) - 1))
    """j: the step from leaf j of the subtrace to leaf j + 1."""
    leaves: bytes = keyed(5, Bytes(2 * DIGEST_SIZE))
    """Leaves j and j + 1."""
    siblings: bytes = keyed(6, _SIBLINGS)
    """Siblings of the two leaves under the subtrace's root."""
    before: StepState = keyed(7, Nested(StepState))

    def validate(self) -> None:
        """Raise SemanticError for a segment or a step that there isn't (FLT-022, FLT-032)."""
        check_subtrace_segment(self.claim, self.subtrace)
        if self.index >= 1 << self.claim.context.segment_log2:
            raise SemanticError(
                "step-index",
                f"no step {self.index} in a segment of 2^{self.claim.context.segment_log2}",
                requirement="FLT-032",
                where="step-fault.index",
            )

    @property
    def step(self) -> int:
        """The number of the step, counted from the run's beginning: its state has so many steps behind it."""
        return (self.subtrace.body.segment << self.claim.context.segment_log2) + self.index


def step_height(context: Context) -> int:
    """Height of the subtrace trees of a context: 2^k + 1 states (FLT-021)."""
    return context.segment_log2 + 1


def check_pair(fault: StepFault) -> None:
    """Raise CryptoError unless both leaves stand under the subtrace's root (FLT-033)."""
    pair = {fault.index: fault.leaves[:DIGEST_SIZE], fault.index + 1: fault.leaves[DIGEST_SIZE:]}
    merkle.verify_proof(STEP_NODE, step_height(fault.claim.context), fault.subtrace.body.root, pair, fault.siblings)


def check_before(fault: StepFault) -> None:
    """Raise CryptoError unless the opened state has the hash that leaf j is (FLT-034)."""
    before = fault.before
    if state_hash(fault.claim.context.hash, before.state, before.memory_root) != fault.leaves[:DIGEST_SIZE]:
        raise CryptoError(
            "state-mismatch",
            "the opened state has another hash than the subtrace's leaf",
            requirement="FLT-034",
            where=f"step {fault.step}",
        )


def judge_step(fault: StepFault, executor: ExecutorFactory) -> None:
    """Raise Refutation unless the machine makes this step (FLT-035 to FLT-037), and no-fault if it does."""
    context, before, where = fault.claim.context, fault.before, f"step {fault.step}"
    state = before.state
    if state.final:
        after = fault.leaves[:DIGEST_SIZE]
    else:
        if state.steps != fault.step or state.steps >= context.max_steps or state.code:
            raise Refutation(
                "wrong-step",
                f"a running state of {state.steps} steps with the code {state.code} stands where {fault.step} are done",
                requirement="FLT-035",
                where=where,
            )
        machine = executor(context, state, witness.witness_memory(before))
        machine.run(state.steps + 1)
        root = witness.root_after(before, machine)
        after = state_hash(context.hash, machine.state, root)
    if after != fault.leaves[DIGEST_SIZE:]:
        raise Refutation(
            "wrong-step",
            f"executing step {fault.step} gives another state than the subtrace",
            requirement="FLT-036",
            where=where,
        )
    raise no_fault(where)

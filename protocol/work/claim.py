"""Claims: what a worker signs about a run of a unit (spec/claim.md)."""

from __future__ import annotations

import struct
from typing import Final

from .. import hashing, keys
from ..encoding.schema import Bytes, Enumeration, Nested, Record, Uint, encode_object, keyed, record
from ..errors import CryptoError, Refutation, SemanticError
from ..hashing import DIGEST_SIZE
from ..keys import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, Backend, KeyCache, SecretKey
from ..machine.context import INPUT_LIMIT, Context
from ..machine.state import REGISTERS, Fault, MachineState, Status, entry_state, state_hash
from ..trees import memory, trace
from .unit import Unit

REGISTERS_SIZE: Final = 8 * (REGISTERS - 1)
"""Length in bytes of x1 to x31 as they are opened (CLM-021)."""

_REGISTERS = struct.Struct(f"<{REGISTERS - 1}Q")
_DIGEST = Bytes(DIGEST_SIZE)
_PATH = Bytes(DIGEST_SIZE, trace.MAX_HEIGHT * DIGEST_SIZE)


def pack_registers(registers: list[int]) -> bytes:
    """x1 to x31 as 248 bytes, little-endian (CLM-021)."""
    return _REGISTERS.pack(*registers[1:])


def unpack_registers(data: bytes) -> list[int]:
    """x0 to x31 of the 248 bytes that hold x1 to x31."""
    return [0, *_REGISTERS.unpack(data)]


@record()
class ClaimBody(Record):
    """The signed fields of a claim (CLM-001)."""

    unit: bytes = keyed(0, _DIGEST)
    """The unit's id."""
    worker: bytes = keyed(1, Bytes(PUBLIC_KEY_SIZE))
    leaf_count: int = keyed(2, Uint(2, 1 << trace.MAX_HEIGHT))
    """Leaves of the trace's own: segments + 1."""
    trace_root: bytes = keyed(3, _DIGEST)
    steps: int = keyed(4, Uint(1))
    status: Status = keyed(5, Enumeration(Status))
    """How the run ended."""
    code: int = keyed(6, Uint())
    """Exit code if halted, the fault's number if faulted, else 0."""
    output_length: int = keyed(7, Uint(0, INPUT_LIMIT))
    """Bytes of output; 0 unless halted."""
    output_root: bytes = keyed(8, _DIGEST)
    """Root of the output's subtree in the final memory."""
    final_state: bytes = keyed(9, _DIGEST)
    """Hash of the final state."""

    def validate(self) -> None:
        """Raise SemanticError in the order of CLM-010 to CLM-013."""
        if self.status == Status.RUNNING:
            raise SemanticError(
                "not-final", "a claim of a run that still runs", requirement="CLM-010", where="claim.status"
            )
        if self.status == Status.FAULTED and self.code not in set(Fault):
            raise SemanticError("status-code", f"no fault {self.code}", requirement="CLM-011", where="claim.code")
        if self.status == Status.OUT_OF_STEPS and self.code:
            raise SemanticError(
                "status-code", "a code with the status out-of-steps", requirement="CLM-011", where="claim.code"
            )
        if self.status != Status.HALTED and self.output_length:
            raise SemanticError(
                "output-without-halt",
                "an output of a run that did not halt",
                requirement="CLM-012",
                where="claim.output_length",
            )

    def id(self, network: str) -> bytes:
        """The claim's hash, 32 bytes (CLM-002): what names it, and what its signature covers."""
        return hashing.signed_id(hashing.CLAIM, network, encode_object(self))

    @property
    def segments(self) -> int:
        """Segments of the claimed trace."""
        return self.leaf_count - 1


@record()
class Openings(Record):
    """What opens the claim's first and last leaf; anybody who executes the unit can make it (CLM-020)."""

    first_leaf: bytes = keyed(0, _DIGEST)
    first_path: bytes = keyed(1, _PATH)
    """Siblings of leaf 0."""
    last_path: bytes = keyed(2, _PATH)
    """Siblings of the final state's leaf."""
    pc: int = keyed(3, Uint())
    """pc of the final state."""
    registers: bytes = keyed(4, Bytes(REGISTERS_SIZE))
    """x1 to x31 of the final state."""
    low_root: bytes = keyed(5, _DIGEST)
    """Root of the low subtree of the final memory."""


def check_fields(unit: Unit, body: ClaimBody) -> None:
    """Raise SemanticError unless the numbers of a claim are possible for its unit: UNT-006, CLM-014, CLM-015."""
    context = unit.body.machine
    if body.steps > context.max_steps or (body.status == Status.OUT_OF_STEPS and body.steps != context.max_steps):
        raise SemanticError(
            "step-count",
            f"{body.steps} steps with the status {body.status.name.lower()} and a limit of {context.max_steps}",
            requirement="CLM-014",
            where="claim.steps",
        )
    segments = trace.segment_count(body.steps, context.segment_log2)
    if body.segments != segments:
        raise SemanticError(
            "leaf-count",
            f"{body.leaf_count} leaves for {segments} segments",
            requirement="CLM-015",
            where="claim.leaf_count",
        )


class _Signed(Record):
    """What a claim has with its openings and without them."""

    __slots__ = ()
    unit: Unit
    body: ClaimBody
    signature: bytes

    def validate(self) -> None:
        """Raise SemanticError in the order of CLM-014 to CLM-016."""
        check_fields(self.unit, self.body)

    @property
    def context(self) -> Context:
        """The context that the claimed run was in."""
        return self.unit.body.machine

    @property
    def id(self) -> bytes:
        """The claim's hash, 32 bytes."""
        return self.body.id(self.unit.body.network)


@record()
class SignedClaim(_Signed):
    """A claim without its openings, as fault proofs carry it (FLT-001)."""

    unit: Unit = keyed(0, Nested(Unit))
    body: ClaimBody = keyed(1, Nested(ClaimBody))
    signature: bytes = keyed(2, Bytes(SIGNATURE_SIZE))


@record(kind="tracework/claim")
class Claim(_Signed):
    """A signed claim with its unit and its openings, as it travels (CLM-001)."""

    unit: Unit = keyed(2, Nested(Unit))
    body: ClaimBody = keyed(3, Nested(ClaimBody))
    signature: bytes = keyed(4, Bytes(SIGNATURE_SIZE))
    openings: Openings = keyed(5, Nested(Openings))

    @property
    def final_memory_root(self) -> bytes:
        """The memory root that the openings and the claimed output lead to (CLM-024)."""
        return memory.join_regions(self.openings.low_root, self.context.input_root, self.body.output_root)

    @property
    def final(self) -> MachineState:
        """The final state, of signed and of opened fields (CLM-024)."""
        body, openings = self.body, self.openings
        return MachineState(openings.pc, unpack_registers(openings.registers), body.steps, body.status, body.code)


def sign_claim(
    unit: Unit, body: ClaimBody, openings: Openings, secret: SecretKey, *, backend: Backend | None = None
) -> Claim:
    """The claim that a worker makes of a run; `body.worker` must be this key's public key."""
    signature = keys.sign(secret, body.id(unit.body.network), backend=backend)
    return Claim(unit=unit, body=body, signature=signature, openings=openings)


def without_openings(claim: Claim) -> SignedClaim:
    """What is signed of a claim, as fault proofs carry it."""
    return SignedClaim(unit=claim.unit, body=claim.body, signature=claim.signature)


def check_unit(claim: Claim | SignedClaim) -> None:
    """Raise CryptoError unless the claim is about the unit that it travels with (CLM-017)."""
    if claim.body.unit != claim.unit.id:
        raise CryptoError("unit-mismatch", "the claim is about another unit", requirement="CLM-017", where="claim.unit")


def check_signature(
    claim: Claim | SignedClaim, *, backend: Backend | None = None, cache: KeyCache | None = None
) -> None:
    """Raise CryptoError unless the worker signed the claim (CLM-018)."""
    keys.verify(claim.body.worker, claim.id, claim.signature, backend=backend, cache=cache, where="claim.signature")


def first_leaf(context: Context) -> bytes:
    """The state hash that every trace on a context begins with (TRC-005)."""
    return state_hash(context.hash, entry_state(context.entry, context.input_length), context.initial_root)


def check_first_leaf(claim: Claim) -> None:
    """Raise CryptoError unless the opened leaf 0 stands under the trace root (CLM-022).

    Whether it is the right one is another question: `check_beginning`.
    """
    leaves = {0: claim.openings.first_leaf}
    trace.verify_leaves(claim.body.trace_root, claim.context.trace_height, leaves, claim.openings.first_path)


def check_last_leaf(claim: Claim) -> None:
    """Raise CryptoError unless the final state's hash stands at its index under the trace root (CLM-023)."""
    leaves = {claim.body.segments: claim.body.final_state}
    trace.verify_leaves(claim.body.trace_root, claim.context.trace_height, leaves, claim.openings.last_path)


def check_final_state(claim: Claim) -> None:
    """Raise CryptoError unless signed and opened fields together have the final state's hash (CLM-024)."""
    if state_hash(claim.context.hash, claim.final, claim.final_memory_root) != claim.body.final_state:
        raise CryptoError(
            "state-mismatch",
            "the opened final state has another hash than the claimed one",
            requirement="CLM-024",
            where="claim.openings",
        )


def check_beginning(claim: Claim) -> None:
    """Raise Refutation if the trace begins with something else than the unit's entry state (CLM-026).

    This and `check_result` are for claims that passed every check before: each value in the contradiction is then
    signed, opened under what is signed, or derived from the unit.
    """
    if claim.openings.first_leaf != first_leaf(claim.context):
        raise Refutation(
            "wrong-first-leaf",
            "the trace does not begin with the unit's entry state",
            requirement="CLM-026",
            where="leaf 0",
        )


def check_result(claim: Claim) -> None:
    """Raise Refutation if the final registers give another exit code or output length than the claim (CLM-027)."""
    final = claim.final
    if final.output_length != claim.body.output_length or (
        final.status == Status.HALTED and final.registers[10] != claim.body.code
    ):
        raise Refutation(
            "wrong-result",
            "the final state's registers give another exit code or output length than the claimed ones",
            requirement="CLM-027",
            where=f"leaf {claim.body.segments}",
        )

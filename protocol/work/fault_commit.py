"""Blinded commitments to fault proofs: who had one first, told before anybody has seen it (spec/fault.md)."""

from __future__ import annotations

from .. import hashing, keys
from ..encoding.schema import Bytes, Nested, Record, encode_object, keyed, record
from ..errors import CryptoError
from ..hashing import DIGEST_SIZE
from ..keys import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, Backend, KeyCache, SecretKey
from .commit import BLINDING
from .unit import NETWORK

_DIGEST = Bytes(DIGEST_SIZE)


@record()
class FaultCommitBody(Record):
    """The signed fields of a commitment to a fault proof (FLT-040)."""

    network: str = keyed(0, NETWORK)
    unit: bytes = keyed(1, _DIGEST)
    prover: bytes = keyed(2, Bytes(PUBLIC_KEY_SIZE))
    commitment: bytes = keyed(3, _DIGEST)

    @property
    def id(self) -> bytes:
        """What the prover signs, and what a receipt names, 32 bytes."""
        return hashing.signed_id(hashing.FAULT_COMMIT, self.network, encode_object(self))


@record(kind="tracework/fault-commit")
class FaultCommit(Record):
    """A signed commitment to a fault proof (FLT-040)."""

    body: FaultCommitBody = keyed(2, Nested(FaultCommitBody))
    signature: bytes = keyed(3, Bytes(SIGNATURE_SIZE))

    @property
    def id(self) -> bytes:
        """The fault commit's id, 32 bytes."""
        return self.body.id


@record(kind="tracework/fault-reveal")
class FaultReveal(Record):
    """What opens such a commitment, beside the fault proof itself (FLT-040)."""

    commit: FaultCommit = keyed(2, Nested(FaultCommit))
    blinding: bytes = keyed(3, BLINDING)
    proof: bytes = keyed(4, _DIGEST)
    """H_evidence of the fault proof."""


def fault_commitment(claim: bytes, prover: bytes, proof: bytes, blinding: bytes) -> bytes:
    """H_fault-commitment(claim id ‖ prover's key ‖ H_evidence of the proof ‖ blinding) (FLT-041)."""
    return hashing.digest(hashing.FAULT_COMMITMENT, claim + prover + proof + blinding)


def make_fault_reveal(
    network: str,
    unit: bytes,
    claim: bytes,
    proof: bytes,
    blinding: bytes,
    secret: SecretKey,
    *,
    backend: Backend | None = None,
) -> FaultReveal:
    """The reveal of a prover who has a fault proof against a claim; its `commit` is receipted first.

    `unit` and `claim` are ids, `proof` H_evidence of the proof's file; the blinding has to be random and stay secret
    until the proof is shown.
    """
    prover = keys.public_key(secret, backend=backend)
    body = FaultCommitBody(
        network=network, unit=unit, prover=prover, commitment=fault_commitment(claim, prover, proof, blinding)
    )
    commit = FaultCommit(body=body, signature=keys.sign(secret, body.id, backend=backend))
    return FaultReveal(commit=commit, blinding=blinding, proof=proof)


def check_proof(reveal: FaultReveal, proof: bytes) -> None:
    """Raise CryptoError unless a reveal is about the proof with this H_evidence (FLT-042)."""
    if reveal.proof != proof:
        raise CryptoError(
            "proof-mismatch",
            "the reveal is about another fault proof",
            requirement="FLT-042",
            where="fault-reveal.proof",
        )


def check_about(commit: FaultCommit, network: str, unit: bytes) -> None:
    """Raise CryptoError unless a fault commit is about a unit, on its network (FLT-044)."""
    if commit.body.network != network:
        raise CryptoError(
            "network-mismatch",
            f"the fault commit is for the network {commit.body.network}, the unit for {network}",
            requirement="FLT-044",
            where="fault-commit.network",
        )
    if commit.body.unit != unit:
        raise CryptoError(
            "unit-mismatch", "the fault commit is about another unit", requirement="FLT-044", where="fault-commit.unit"
        )


def check_signature(commit: FaultCommit, *, backend: Backend | None = None, cache: KeyCache | None = None) -> None:
    """Raise CryptoError unless the prover signed the commitment (FLT-045)."""
    where = "fault-commit.signature"
    keys.verify(commit.body.prover, commit.id, commit.signature, backend=backend, cache=cache, where=where)


def check_opening(reveal: FaultReveal, claim: bytes) -> None:
    """Raise CryptoError unless the prover committed to this proof against this claim (FLT-046)."""
    body = reveal.commit.body
    if fault_commitment(claim, body.prover, reveal.proof, reveal.blinding) != body.commitment:
        raise CryptoError(
            "commitment-mismatch",
            "the prover committed to another proof, or with another blinding",
            requirement="FLT-046",
            where="fault-reveal",
        )

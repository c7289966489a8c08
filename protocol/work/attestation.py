"""Attestations: a committee's statements about claims (spec/attestation.md)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from .. import hashing
from ..committee.signing import BITFIELD, check_committee, combine, common_body, sign_body
from ..committee.snapshot import MAX_MEMBERS, Committee
from ..encoding.schema import Bytes, Enumeration, Nested, Record, Uint, encode_object, keyed, record
from ..errors import CryptoError, SemanticError
from ..hashing import DIGEST_SIZE
from ..keys import SIGNATURE_SIZE, Backend, KeyCache, SecretKey
from .unit import MAX_SAMPLES, NETWORK


class CheckKind(IntEnum):
    """How a member came to know (ATT-041)."""

    REEXECUTION = 1
    AUDIT = 2
    QUORUM = 3
    FAULT_PROOF = 4


class Finding(IntEnum):
    """What a member found; there is no number for inconclusive, which is never attested (ATT-043)."""

    ACCEPTED = 1
    REFUTED = 2


@record()
class CheckMade(Record):
    """The check that a statement is about, with what it depends on beside the claim (ATT-041)."""

    kind: CheckKind = keyed(0, Enumeration(CheckKind))
    samples: int | None = keyed(1, Uint(1, MAX_SAMPLES), default=None)
    """Segments drawn, of an audit."""
    round: int | None = keyed(2, Uint(1), default=None)
    """Beacon round that drew, of an audit."""

    def validate(self) -> None:
        """Raise SemanticError unless an audit, and nothing else, has parameters (ATT-042)."""
        expected = self.kind == CheckKind.AUDIT
        if (self.samples is not None) != expected or (self.round is not None) != expected:
            raise SemanticError(
                "check-form",
                "an audit has samples and a beacon round, and nothing else has",
                requirement="ATT-042",
                where="statement.check",
            )


@record()
class Statement(Record):
    """What members of a committee sign about a claim (ATT-040)."""

    network: str = keyed(0, NETWORK)
    committee: bytes = keyed(1, Bytes(DIGEST_SIZE))
    """The committee's hash."""
    epoch: int = keyed(2, Uint())
    unit: bytes = keyed(3, Bytes(DIGEST_SIZE))
    """The unit's id."""
    claim: bytes = keyed(4, Bytes(DIGEST_SIZE))
    """The claim's id."""
    check: CheckMade = keyed(5, Nested(CheckMade))
    outcome: Finding = keyed(6, Enumeration(Finding))

    @property
    def id(self) -> bytes:
        """What members sign, 32 bytes (ATT-044)."""
        return hashing.signed_id(hashing.STATEMENT, self.network, encode_object(self))


@record(kind="tracework/attestation")
class Attestation(Record):
    """One member's signature on a statement (ATT-010)."""

    body: Statement = keyed(2, Nested(Statement))
    member: int = keyed(3, Uint(0, MAX_MEMBERS - 1))
    signature: bytes = keyed(4, Bytes(SIGNATURE_SIZE))


@record(kind="tracework/attestation-aggregate")
class AttestationAggregate(Record):
    """A statement, signed by some members (ATT-011)."""

    body: Statement = keyed(2, Nested(Statement))
    signers: bytes = keyed(3, BITFIELD)
    signature: bytes = keyed(4, Bytes(SIGNATURE_SIZE))


def check_epoch(body: Statement, committee: Committee, where: str) -> None:
    """Raise CryptoError unless a statement is of its committee's epoch (ATT-045), after the committee's own check."""
    check_committee(body, committee, where)
    if body.epoch != committee.epoch:
        raise CryptoError(
            "epoch-mismatch",
            f"a statement of epoch {body.epoch} by the committee of epoch {committee.epoch}",
            requirement="ATT-045",
            where=f"{where}.epoch",
        )


def sign_statement(
    body: Statement, committee: Committee, secret: SecretKey, *, backend: Backend | None = None
) -> Attestation:
    """A member's attestation."""
    check_epoch(body, committee, "statement")
    member, signature = sign_body(body, committee, secret, backend=backend)
    return Attestation(body=body, member=member, signature=signature)


def combine_attestations(
    shares: Sequence[Attestation],
    committee: Committee,
    *,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> AttestationAggregate:
    """The aggregate of some members' attestations."""
    check_epoch(common_body(shares), committee, "shares[0].body")
    body, signers, signature = combine(shares, committee, backend=backend, cache=cache)
    return AttestationAggregate(body=body, signers=signers, signature=signature)

"""Equivocation: two signatures of one party that exclude each other, as evidence for anybody (spec/equivocation.md)."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, TypeAlias

from .. import keys
from ..committee.signing import BITFIELD, check_aggregate, pack_signers
from ..committee.snapshot import Committee
from ..encoding.schema import Bytes, Enumeration, Nested, Record, decode_object, encode_object, keyed, record, to_item
from ..errors import CryptoError, SemanticError
from ..keys import SIGNATURE_SIZE, Backend, KeyCache
from .attestation import Attestation, AttestationAggregate, Statement, check_epoch
from .claim import Claim, ClaimBody
from .commit import Commit, CommitBody
from .opaque import OpaqueClaim, OpaqueClaimBody
from .receipt import ONCE, Receipt, ReceiptBody, ReceiptShare
from .unit import NETWORK

MAX_BODY = 4096
"""Longest encoding of a body in evidence of equivocation (EQV-001)."""


class Twice(IntEnum):
    """What was signed twice (EQV-002)."""

    CLAIM = 1
    OPAQUE_CLAIM = 2
    COMMIT = 3
    RECEIPT = 4
    STATEMENT = 5


BODIES: dict[Twice, type[Record]] = {
    Twice.CLAIM: ClaimBody,
    Twice.OPAQUE_CLAIM: OpaqueClaimBody,
    Twice.COMMIT: CommitBody,
    Twice.RECEIPT: ReceiptBody,
    Twice.STATEMENT: Statement,
}
"""What the bodies of each kind are."""
BY_MEMBERS = frozenset({Twice.RECEIPT, Twice.STATEMENT})
"""What members of a committee sign; the rest is signed by workers."""

AnyBody: TypeAlias = ClaimBody | OpaqueClaimBody | CommitBody | ReceiptBody | Statement
"""A body of either kind."""


@record()
class Side(Record):
    """One of the two things that were signed (EQV-001)."""

    body: bytes = keyed(0, Bytes(1, MAX_BODY))
    """The encoding of what was signed."""
    signers: bytes | None = keyed(1, BITFIELD, default=None)
    """Of members: who signed."""
    signature: bytes = keyed(2, Bytes(SIGNATURE_SIZE))


@record(kind="tracework/equivocation")
class Equivocation(Record):
    """Two signatures that exclude each other (EQV-001)."""

    what: Twice = keyed(2, Enumeration(Twice))
    network: str = keyed(3, NETWORK)
    first: Side = keyed(4, Nested(Side))
    second: Side = keyed(5, Nested(Side))
    committee: Committee | None = keyed(6, Nested(Committee), default=None)
    """The committee whose members signed; absent for what a worker signed."""

    def validate(self) -> None:
        """Raise SemanticError in the order of EQV-004 to EQV-006."""
        expected = self.what in BY_MEMBERS
        parts = (self.first.signers, self.second.signers, self.committee)
        if any((part is not None) != expected for part in parts):
            raise SemanticError(
                "equivocation-form",
                "what members sign comes with bitfields and their committee, and what a worker signs without",
                requirement="EQV-004",
                where="equivocation",
            )
        if self.first.body >= self.second.body:
            raise SemanticError(
                "side-order",
                "the two bodies are the same, or not in ascending order",
                requirement="EQV-005",
                where="equivocation.second",
            )
        bodies = self.bodies
        if _subject(bodies[0]) != _subject(bodies[1]):
            raise SemanticError(
                "no-contradiction",
                "both can be true: they are about different things",
                requirement="EQV-007",
                where="equivocation.second",
            )

    @property
    def bodies(self) -> tuple[AnyBody, AnyBody]:
        """Both bodies, decoded. Raises as their decoder does (EQV-006)."""
        cls: Any = BODIES[self.what]
        return decode_object(cls, self.first.body), decode_object(cls, self.second.body)


def _subject(body: AnyBody) -> tuple[object, ...]:
    """What two bodies must have in common to exclude each other (EQV-007)."""
    if isinstance(body, Statement):
        return tuple(item for key, item in to_item(body).items() if key != 6)
    if isinstance(body, ReceiptBody):
        once = None if body.kind in ONCE else body.subject
        return (body.network, body.committee, body.unit, body.party, body.kind, once)
    if isinstance(body, CommitBody):
        return (body.network, body.unit, body.worker)
    return (body.unit, body.worker)


def _id(body: AnyBody, network: str) -> bytes:
    return body.id(network) if isinstance(body, ClaimBody | OpaqueClaimBody) else body.id


def check_equivocation(
    evidence: Equivocation, *, backend: Backend | None = None, cache: KeyCache | None = None
) -> list[bytes]:
    """The keys that equivocated, ascending. Raises CryptoError unless there is one (EQV-010 to EQV-014)."""
    bodies = evidence.bodies
    for name, body in zip(("first", "second"), bodies, strict=True):
        if not isinstance(body, ClaimBody | OpaqueClaimBody) and body.network != evidence.network:
            raise CryptoError(
                "network-mismatch",
                f"signed for the network {body.network}, presented for {evidence.network}",
                requirement="EQV-010",
                where=f"equivocation.{name}.body",
            )
    if evidence.committee is None:
        return [_check_worker(evidence, bodies, backend, cache)]
    return _check_members(evidence, evidence.committee, backend, cache)


def _check_worker(
    evidence: Equivocation, bodies: tuple[AnyBody, AnyBody], backend: Backend | None, cache: KeyCache | None
) -> bytes:
    worker = b""
    for name, body, side in zip(("first", "second"), bodies, (evidence.first, evidence.second), strict=True):
        assert not isinstance(body, ReceiptBody | Statement)
        worker = body.worker
        where = f"equivocation.{name}.signature"
        keys.verify(worker, _id(body, evidence.network), side.signature, backend=backend, cache=cache, where=where)
    return worker


def _check_members(
    evidence: Equivocation, committee: Committee, backend: Backend | None, cache: KeyCache | None
) -> list[bytes]:
    committee.verify(backend=backend, cache=cache)
    signed: list[set[int]] = []
    for name, aggregate in zip(("first", "second"), _aggregates(evidence), strict=True):
        where = f"equivocation.{name}"
        if isinstance(aggregate, AttestationAggregate):
            check_epoch(aggregate.body, committee, f"{where}.body")
        signed.append(set(check_aggregate(aggregate, committee, backend=backend, cache=cache, where=where)))
    both = sorted(signed[0] & signed[1])
    if not both:
        raise CryptoError(
            "no-common-signer",
            "nobody signed both: the members of one side are not those of the other",
            requirement="EQV-014",
            where="equivocation.signers",
        )
    return [committee.members[member].key for member in both]


def _aggregates(evidence: Equivocation) -> list[Receipt | AttestationAggregate]:
    made: list[Receipt | AttestationAggregate] = []
    for body, side in zip(evidence.bodies, (evidence.first, evidence.second), strict=True):
        signers = side.signers or b""
        if isinstance(body, ReceiptBody):
            made.append(Receipt(body=body, signers=signers, signature=side.signature))
        else:
            assert isinstance(body, Statement)
            made.append(AttestationAggregate(body=body, signers=signers, signature=side.signature))
    return made


Signable: TypeAlias = Claim | OpaqueClaim | Commit | Receipt | ReceiptShare | Attestation | AttestationAggregate
"""What evidence of equivocation is made of."""


def make_equivocation(one: Signable, other: Signable, committee: Committee | None = None) -> Equivocation:
    """The evidence that two signed objects are; the same for either order. `committee` is for what members sign.

    Raises SemanticError if the two don't exclude each other.
    """
    what, network = _kind_of(one)
    if _kind_of(other)[0] != what:
        raise SemanticError(
            "no-contradiction", "the two are of different kinds", requirement="EQV-007", where="equivocation.second"
        )
    first, second = sorted((_side(one, committee), _side(other, committee)), key=lambda side: side.body)
    members = what in BY_MEMBERS
    return Equivocation(
        what=what, network=network, first=first, second=second, committee=committee if members else None
    )


def _kind_of(signed: Signable) -> tuple[Twice, str]:
    match signed:
        case Claim():
            return Twice.CLAIM, signed.unit.body.network
        case OpaqueClaim():
            return Twice.OPAQUE_CLAIM, signed.unit.body.network
        case Commit():
            return Twice.COMMIT, signed.body.network
        case Receipt() | ReceiptShare():
            return Twice.RECEIPT, signed.body.network
        case Attestation() | AttestationAggregate():
            return Twice.STATEMENT, signed.body.network


def _side(signed: Signable, committee: Committee | None) -> Side:
    signers = None
    if isinstance(signed, Receipt | AttestationAggregate):
        signers = signed.signers
    elif isinstance(signed, ReceiptShare | Attestation):
        size = len(committee.members) if committee else signed.member + 1
        signers = pack_signers([signed.member], max(size, signed.member + 1))
    return Side(body=encode_object(signed.body), signers=signers, signature=signed.signature)

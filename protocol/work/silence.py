"""Requests, and a committee's certificates that they went unanswered (spec/silence.md)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from .. import hashing, keys
from ..committee.signing import BITFIELD, combine, sign_body
from ..committee.snapshot import MAX_MEMBERS, Committee
from ..encoding.schema import ArrayOf, Bytes, Enumeration, Nested, Record, Uint, encode_object, keyed, record
from ..errors import CryptoError, PolicyError, SemanticError
from ..hashing import DIGEST_SIZE
from ..keys import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, Backend, KeyCache, SecretKey
from ..trees import trace
from .receipt import Receipt, Subject
from .segment import MAX_PROOF_SEGMENTS
from .unit import NETWORK, Unit, check_about

ANSWER_SLOTS: Final = 120
"""Slots that an answer is given at least: an hour of them (SIL-004)."""

_DIGEST = Bytes(DIGEST_SIZE)
_KEY = Bytes(PUBLIC_KEY_SIZE)


class Asked(IntEnum):
    """What a request can be for (SIL-001)."""

    REVEAL = 1
    SEGMENTS = 2
    MOVE = 3


@record()
class RequestBody(Record):
    """The signed fields of a request (SIL-001)."""

    network: str = keyed(0, NETWORK)
    unit: bytes = keyed(1, _DIGEST)
    worker: bytes = keyed(2, _KEY)
    """Who is asked."""
    asker: bytes = keyed(3, _KEY)
    what: Asked = keyed(4, Enumeration(Asked))
    subject: bytes = keyed(5, _DIGEST)
    """Id of the commit, the claim or the dispute that it is about."""
    segments: tuple[int, ...] | None = keyed(
        6, ArrayOf(Uint(0, (1 << trace.MAX_HEIGHT) - 1), MAX_PROOF_SEGMENTS, least=1), default=None
    )
    number: int | None = keyed(7, Uint(0, 63), default=None)
    """Number of the move in its dispute."""
    node: bytes | None = keyed(8, _DIGEST, default=None)
    """The node of the subtrace's tree that the move is to open; None for the opening."""

    def validate(self) -> None:
        """Raise SemanticError unless it names what it is for, and nothing else (SIL-002)."""
        named = self.segments or ()
        if (self.segments is not None) != (self.what == Asked.SEGMENTS) or list(named) != sorted(set(named)):
            raise SemanticError(
                "request-form",
                "segments are named if a request is for segments, in ascending order",
                requirement="SIL-002",
                where="request.segments",
            )
        if (self.number is not None) != (self.what == Asked.MOVE) or (self.number or 0) % 2:
            raise SemanticError(
                "request-form",
                "the number of a move is named if a request is for a move, an even one: that of the accused",
                requirement="SIL-002",
                where="request.number",
            )
        if (self.node is not None) != bool(self.number):
            raise SemanticError(
                "request-form",
                "the node that is to be opened is named if a request is for a move after the opening",
                requirement="SIL-002",
                where="request.node",
            )

    @property
    def id(self) -> bytes:
        """The request's id, 32 bytes."""
        return hashing.signed_id(hashing.REQUEST, self.network, encode_object(self))


@record(kind="tracework/request")
class Request(Record):
    """A signed request to a worker (SIL-001)."""

    body: RequestBody = keyed(2, Nested(RequestBody))
    signature: bytes = keyed(3, Bytes(SIGNATURE_SIZE))


@record()
class SilenceBody(Record):
    """What members of a committee sign about a request that nobody has answered (SIL-003)."""

    network: str = keyed(0, NETWORK)
    committee: bytes = keyed(1, _DIGEST)
    unit: bytes = keyed(2, _DIGEST)
    worker: bytes = keyed(3, _KEY)
    request: bytes = keyed(4, _DIGEST)
    asked: int = keyed(5, Uint())
    """The slot in which the request was there."""
    until: int = keyed(6, Uint())
    """The slot by whose end there was no answer."""

    def validate(self) -> None:
        """Raise SemanticError unless there was time to answer (SIL-004)."""
        if self.until < self.asked + ANSWER_SLOTS:
            raise SemanticError(
                "answer-time",
                f"from slot {self.asked} to slot {self.until} are fewer than {ANSWER_SLOTS} slots",
                requirement="SIL-004",
                where="silence.until",
            )

    @property
    def id(self) -> bytes:
        """What members sign, 32 bytes."""
        return hashing.signed_id(hashing.SILENCE, self.network, encode_object(self))


@record(kind="tracework/silence-share")
class SilenceShare(Record):
    """One member's signature on a certificate."""

    body: SilenceBody = keyed(2, Nested(SilenceBody))
    member: int = keyed(3, Uint(0, MAX_MEMBERS - 1))
    signature: bytes = keyed(4, Bytes(SIGNATURE_SIZE))


@record(kind="tracework/silence")
class Silence(Record):
    """A certificate, signed by some members."""

    body: SilenceBody = keyed(2, Nested(SilenceBody))
    signers: bytes = keyed(3, BITFIELD)
    signature: bytes = keyed(4, Bytes(SIGNATURE_SIZE))


@record(kind="tracework/silence-proof")
class SilenceProof(Record):
    """A certificate with all that it rests on (SIL-001)."""

    unit: Unit = keyed(2, Nested(Unit))
    request: Request = keyed(3, Nested(Request))
    receipt: Receipt = keyed(4, Nested(Receipt))
    silence: Silence = keyed(5, Nested(Silence))
    committee: Committee = keyed(6, Nested(Committee))


def sign_request(body: RequestBody, secret: SecretKey, *, backend: Backend | None = None) -> Request:
    """A request; `body.asker` must be this key's public key."""
    return Request(body=body, signature=keys.sign(secret, body.id, backend=backend))


def sign_silence(
    body: SilenceBody, committee: Committee, secret: SecretKey, *, backend: Backend | None = None
) -> SilenceShare:
    """A member's share of a certificate."""
    member, signature = sign_body(body, committee, secret, backend=backend)
    return SilenceShare(body=body, member=member, signature=signature)


def combine_silence(
    shares: Sequence[SilenceShare],
    committee: Committee,
    *,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> Silence:
    """The certificate of some members' shares."""
    body, signers, signature = combine(shares, committee, backend=backend, cache=cache)
    return Silence(body=body, signers=signers, signature=signature)


def check_request(
    request: Request, unit: Unit, *, backend: Backend | None = None, cache: KeyCache | None = None
) -> None:
    """Raise CryptoError unless the request is about the unit, and signed by whoever asks (SIL-010)."""
    body = request.body
    check_about(body, unit, "request", "SIL-010", "SIL-010")
    keys.verify(body.asker, body.id, request.signature, backend=backend, cache=cache, where="request.signature")


def check_receipt_subject(receipt: Receipt, request: Request) -> None:
    """Raise CryptoError unless the receipt is of the request (SIL-012)."""
    body, asked = receipt.body, request.body
    if (body.kind, body.party, body.subject) != (Subject.REQUEST, asked.asker, asked.id):
        raise CryptoError(
            "receipt-mismatch",
            "the receipt is of something else than the request",
            requirement="SIL-012",
            where="receipt.subject",
        )


def certified(request: Request, receipt: Receipt, committee: Committee, until: int) -> SilenceBody:
    """What members sign about a request (SIL-013, SIL-036). Raises SemanticError if there was no time to answer."""
    body = request.body
    return SilenceBody(
        network=body.network,
        committee=committee.hash,
        unit=body.unit,
        worker=body.worker,
        request=body.id,
        asked=receipt.body.slot,
        until=until,
    )


def check_certificate(proof: SilenceProof) -> None:
    """Raise CryptoError unless the certificate is about the request and its receipt (SIL-013)."""
    body, request, receipt = proof.silence.body, proof.request.body, proof.receipt.body
    if (body.network, body.unit, body.worker, body.request, body.asked) != (
        request.network,
        request.unit,
        request.worker,
        request.id,
        receipt.slot,
    ):
        raise CryptoError(
            "request-mismatch",
            "the certificate is about another request, worker or slot",
            requirement="SIL-013",
            where="silence-proof.silence",
        )


def check_due(body: SilenceBody, request: Request, unit: Unit) -> None:
    """Raise PolicyError for a certificate about a reveal that ends before the unit's reveal deadline (SIL-033)."""
    deadlines = unit.body.deadlines
    if request.body.what == Asked.REVEAL and deadlines is not None and body.until < deadlines.reveal:
        raise PolicyError(
            "too-early",
            f"the certificate ends in slot {body.until}, and reveals are taken until slot {deadlines.reveal}",
            requirement="SIL-033",
            where="silence.until",
        )

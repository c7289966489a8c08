"""Claims on opaque units: a digest of the result, and no trace (spec/commit.md)."""

from __future__ import annotations

from .. import hashing, keys
from ..encoding.schema import Bytes, Nested, Record, encode_object, keyed, record
from ..errors import CryptoError, SemanticError
from ..hashing import DIGEST_SIZE
from ..keys import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, Backend, KeyCache, SecretKey
from .unit import Unit

_DIGEST = Bytes(DIGEST_SIZE)


@record()
class OpaqueClaimBody(Record):
    """The signed fields of an opaque claim (CMT-040)."""

    unit: bytes = keyed(0, _DIGEST)
    """The unit's id."""
    worker: bytes = keyed(1, Bytes(PUBLIC_KEY_SIZE))
    result: bytes = keyed(2, _DIGEST)
    """What the parties know the result by, 32 bytes."""

    def id(self, network: str) -> bytes:
        """The opaque claim's hash, 32 bytes (CMT-041)."""
        return hashing.signed_id(hashing.OPAQUE_CLAIM, network, encode_object(self))


@record(kind="tracework/opaque-claim")
class OpaqueClaim(Record):
    """A signed claim that an opaque unit has a certain result (CMT-040)."""

    unit: Unit = keyed(2, Nested(Unit))
    body: OpaqueClaimBody = keyed(3, Nested(OpaqueClaimBody))
    signature: bytes = keyed(4, Bytes(SIGNATURE_SIZE))

    def validate(self) -> None:
        """Raise SemanticError for a unit that a machine executes (CMT-042)."""
        if self.unit.body.opaque is None:
            raise SemanticError(
                "not-opaque",
                "the unit has a context: a claim on it has a trace",
                requirement="CMT-042",
                where="opaque-claim.unit",
            )

    @property
    def id(self) -> bytes:
        """The claim's hash, 32 bytes."""
        return self.body.id(self.unit.body.network)


def sign_opaque_claim(unit: Unit, result: bytes, secret: SecretKey, *, backend: Backend | None = None) -> OpaqueClaim:
    """The claim that a worker makes of an opaque unit's result."""
    body = OpaqueClaimBody(unit=unit.id, worker=keys.public_key(secret, backend=backend), result=result)
    signature = keys.sign(secret, body.id(unit.body.network), backend=backend)
    return OpaqueClaim(unit=unit, body=body, signature=signature)


def check_unit(claim: OpaqueClaim) -> None:
    """Raise CryptoError unless the claim is about the unit that it travels with (CMT-043)."""
    if claim.body.unit != claim.unit.id:
        raise CryptoError(
            "unit-mismatch", "the claim is about another unit", requirement="CMT-043", where="opaque-claim.unit"
        )


def check_signature(claim: OpaqueClaim, *, backend: Backend | None = None, cache: KeyCache | None = None) -> None:
    """Raise CryptoError unless the worker signed the claim (CMT-044)."""
    keys.verify(
        claim.body.worker, claim.id, claim.signature, backend=backend, cache=cache, where="opaque-claim.signature"
    )

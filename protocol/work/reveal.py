"""Reveals: a claim with all leaves of its trace, and what opens the commit to it (spec/commit.md)."""

from __future__ import annotations

from typing import TypeAlias

from .. import hashing, keys
from ..encoding import cbor
from ..encoding.schema import Bytes, Nested, Record, keyed, record, to_item
from ..errors import CryptoError, SemanticError
from ..hashing import DIGEST_SIZE
from ..keys import SIGNATURE_SIZE, Backend, KeyCache, SecretKey
from ..trees import trace
from .claim import Claim, ClaimBody
from .commit import BLINDING, Commit, commitment
from .opaque import OpaqueClaim, OpaqueClaimBody

LEAVES = Bytes(2 * DIGEST_SIZE, DIGEST_SIZE << trace.MAX_HEIGHT, multiple=DIGEST_SIZE)
"""All leaves of a trace, one after the other (CMT-020)."""

AnyClaim: TypeAlias = Claim | OpaqueClaim
"""What a worker claims, of a unit with a context or of an opaque one."""


def _signed_part(reveal: Record, signature: int, network: str) -> bytes:
    item = to_item(reveal)
    del item[signature]
    return hashing.signed_id(hashing.REVEAL, network, cbor.encode(item))


@record(kind="tracework/reveal")
class Reveal(Record):
    """A worker's opening of its commit: claim, blinding, all leaves, signed as a whole (CMT-020)."""

    claim: Claim = keyed(2, Nested(Claim))
    blinding: bytes = keyed(3, BLINDING)
    leaves: bytes = keyed(4, LEAVES)
    """Leaf 0 to leaf n of the trace, 32 bytes each."""
    signature: bytes = keyed(5, Bytes(SIGNATURE_SIZE))

    def validate(self) -> None:
        """Raise SemanticError unless there are as many leaves as the claim says (CMT-022)."""
        if len(self.leaves) != DIGEST_SIZE * self.claim.body.leaf_count:
            raise SemanticError(
                "leaves-length",
                f"{len(self.leaves) // DIGEST_SIZE} leaves of a trace of {self.claim.body.leaf_count}",
                requirement="CMT-022",
                where="reveal.leaves",
            )

    @property
    def id(self) -> bytes:
        """What the worker signs, and what a receipt names: all but the signature (CMT-021)."""
        return _signed_part(self, 5, self.claim.unit.body.network)

    @property
    def leaf_list(self) -> list[bytes]:
        """The leaves, one by one."""
        return [self.leaves[start : start + DIGEST_SIZE] for start in range(0, len(self.leaves), DIGEST_SIZE)]

    @property
    def result(self) -> bytes:
        """What replicas of one unit are compared by (CMT-050)."""
        return result_of(self.claim.body)


@record(kind="tracework/opaque-reveal")
class OpaqueReveal(Record):
    """The opening of a commit to an opaque claim (CMT-045)."""

    claim: OpaqueClaim = keyed(2, Nested(OpaqueClaim))
    blinding: bytes = keyed(3, BLINDING)
    signature: bytes = keyed(4, Bytes(SIGNATURE_SIZE))

    @property
    def id(self) -> bytes:
        """What the worker signs, and what a receipt names: all but the signature (CMT-021)."""
        return _signed_part(self, 4, self.claim.unit.body.network)

    @property
    def result(self) -> bytes:
        """What replicas of one unit are compared by (CMT-050)."""
        return result_of(self.claim.body)


def result_of(body: ClaimBody | OpaqueClaimBody) -> bytes:
    """What claims on one unit are compared by: the result's digest, 32 bytes (CMT-050)."""
    if isinstance(body, OpaqueClaimBody):
        return body.result
    item = to_item(body)
    return hashing.digest(hashing.RESULT, cbor.encode({key: item[key] for key in item if key >= 2}))


AnyReveal: TypeAlias = Reveal | OpaqueReveal
"""A reveal of either form."""


def sign_reveal(
    claim: Claim, blinding: bytes, leaves: bytes, secret: SecretKey, *, backend: Backend | None = None
) -> Reveal:
    """The reveal that a worker makes of its claim."""
    unsigned = Reveal(claim=claim, blinding=blinding, leaves=leaves, signature=bytes(SIGNATURE_SIZE))
    return unsigned.replace(signature=keys.sign(secret, unsigned.id, backend=backend))


def sign_opaque_reveal(
    claim: OpaqueClaim, blinding: bytes, secret: SecretKey, *, backend: Backend | None = None
) -> OpaqueReveal:
    """The reveal that a worker makes of its opaque claim."""
    unsigned = OpaqueReveal(claim=claim, blinding=blinding, signature=bytes(SIGNATURE_SIZE))
    return unsigned.replace(signature=keys.sign(secret, unsigned.id, backend=backend))


def check_signature(reveal: AnyReveal, *, backend: Backend | None = None, cache: KeyCache | None = None) -> None:
    """Raise CryptoError unless the claim's worker signed the reveal (CMT-023)."""
    keys.verify(
        reveal.claim.body.worker, reveal.id, reveal.signature, backend=backend, cache=cache, where="reveal.signature"
    )


def check_leaves(reveal: Reveal) -> None:
    """Raise CryptoError unless the leaves are those under the claim's trace root (CMT-024)."""
    tree = trace.TraceTree(reveal.leaf_list, reveal.claim.context.trace_height)
    if tree.root != reveal.claim.body.trace_root:
        raise CryptoError(
            "leaves-mismatch",
            "the leaves lead to another trace root than the claimed one",
            requirement="CMT-024",
            where="reveal.leaves",
        )


def check_opening(reveal: AnyReveal, commit: Commit) -> None:
    """Raise CryptoError unless a reveal opens a commit (CMT-030 to CMT-032)."""
    claim = reveal.claim
    if (commit.body.network, commit.body.unit) != (claim.unit.body.network, claim.body.unit):
        raise CryptoError(
            "unit-mismatch",
            "the reveal is about another unit than the commit",
            requirement="CMT-030",
            where="reveal.claim.unit",
        )
    if commit.body.worker != claim.body.worker:
        raise CryptoError(
            "worker-mismatch",
            "the reveal is another worker's than the commit",
            requirement="CMT-031",
            where="reveal.claim.worker",
        )
    opened = commitment(claim.body.unit, claim.body.worker, claim.id, reveal.blinding)
    if opened != commit.body.commitment:
        raise CryptoError(
            "commitment-mismatch",
            "the reveal's claim and blinding are not what was committed to",
            requirement="CMT-032",
            where="reveal.blinding",
        )

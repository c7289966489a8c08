"""Commits: a worker's blinded promise of a claim, copied by nobody (spec/commit.md)."""

from __future__ import annotations

from typing import Final

from .. import hashing, keys
from ..encoding.schema import Bytes, Nested, Record, encode_object, keyed, record
from ..hashing import DIGEST_SIZE
from ..keys import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, Backend, KeyCache, SecretKey
from . import unit as units
from .unit import NETWORK, Unit

BLINDING_SIZE: Final = 32
"""Length of a commit's blinding in bytes (CMT-004)."""
BLINDING: Final = Bytes(BLINDING_SIZE)
"""Random bytes that nobody but the worker knows before the reveal (CMT-004)."""


def commitment(unit: bytes, worker: bytes, claim: bytes, blinding: bytes) -> bytes:
    """H_commitment(unit id ‖ worker's key ‖ claim id ‖ blinding) (CMT-003)."""
    return hashing.digest(hashing.COMMITMENT, unit + worker + claim + blinding)


@record()
class CommitBody(Record):
    """The signed fields of a commit (CMT-001)."""

    network: str = keyed(0, NETWORK)
    unit: bytes = keyed(1, Bytes(DIGEST_SIZE))
    """The unit's id."""
    worker: bytes = keyed(2, Bytes(PUBLIC_KEY_SIZE))
    commitment: bytes = keyed(3, Bytes(DIGEST_SIZE))

    @property
    def id(self) -> bytes:
        """What the worker signs, and what a receipt names, 32 bytes (CMT-002)."""
        return hashing.signed_id(hashing.COMMIT, self.network, encode_object(self))


@record(kind="tracework/commit")
class Commit(Record):
    """A signed commit, as it travels (CMT-001)."""

    body: CommitBody = keyed(2, Nested(CommitBody))
    signature: bytes = keyed(3, Bytes(SIGNATURE_SIZE))

    @property
    def id(self) -> bytes:
        """The commit's id, 32 bytes."""
        return self.body.id

    def verify(self, *, backend: Backend | None = None, cache: KeyCache | None = None) -> None:
        """Raise CryptoError unless the worker signed the commit (CMT-012)."""
        keys.verify(self.body.worker, self.id, self.signature, backend=backend, cache=cache, where="commit.signature")


def sign_commit(
    unit: Unit, claim_id: bytes, blinding: bytes, secret: SecretKey, *, backend: Backend | None = None
) -> Commit:
    """The commit that a worker makes of a claim's id; the blinding has to be random and stay secret till the reveal."""
    BLINDING.check(blinding, "blinding")
    worker = keys.public_key(secret, backend=backend)
    body = CommitBody(
        network=unit.body.network,
        unit=unit.id,
        worker=worker,
        commitment=commitment(unit.id, worker, claim_id, blinding),
    )
    return Commit(body=body, signature=keys.sign(secret, body.id, backend=backend))


def check_about(commit: Commit, unit: Unit) -> None:
    """Raise CryptoError unless a commit is about a unit, on its network (CMT-010, CMT-011)."""
    units.check_about(commit.body, unit, "commit", "CMT-010", "CMT-011")

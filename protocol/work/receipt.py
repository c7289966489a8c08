"""Slots, and receipts: a committee's signature that something was there in a slot (spec/receipt.md)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from .. import hashing
from ..committee.signing import BITFIELD, check_aggregate, check_threshold, combine, sign_body, weight_of
from ..committee.snapshot import MAX_MEMBERS, Committee
from ..encoding.schema import Bytes, Enumeration, Nested, Record, Uint, encode_object, keyed, record
from ..errors import PolicyError
from ..hashing import DIGEST_SIZE
from ..keys import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, Backend, KeyCache, SecretKey
from . import unit as units
from .unit import NETWORK, Unit

ROUNDS_PER_SLOT: Final = 10
"""Beacon rounds in a slot (RCP-001)."""


def slot_of(round: int) -> int:
    """The slot that a beacon round belongs to; rounds count from 1 (RCP-001)."""
    return (round - 1) // ROUNDS_PER_SLOT


def drawing_round(slot: int, delay: int) -> int:
    """The beacon round that draws for something receipted in a slot, after a delay of slots (RCP-002)."""
    return (slot + delay + 1) * ROUNDS_PER_SLOT


class Subject(IntEnum):
    """What a receipt can be about (RCP-012)."""

    UNIT = 1
    COMMIT = 2
    REVEAL = 3
    REQUEST = 4
    ANSWER = 5
    FAULT = 6
    CHECK = 7


ONCE: Final = frozenset({Subject.UNIT, Subject.COMMIT, Subject.REVEAL})
"""What a member signs one receipt of for each unit and party, and no second (RCP-014)."""


@record()
class ReceiptBody(Record):
    """What members of a committee sign about when something was there (RCP-010)."""

    network: str = keyed(0, NETWORK)
    committee: bytes = keyed(1, Bytes(DIGEST_SIZE))
    """The committee's hash."""
    unit: bytes = keyed(2, Bytes(DIGEST_SIZE))
    """The unit's id."""
    party: bytes = keyed(3, Bytes(PUBLIC_KEY_SIZE))
    """Whose it is: the requester's for a unit, otherwise the key of whoever signed the subject, or asked."""
    subject: bytes = keyed(4, Bytes(DIGEST_SIZE))
    """The id of what was there."""
    slot: int = keyed(5, Uint())
    kind: Subject = keyed(6, Enumeration(Subject))

    @property
    def id(self) -> bytes:
        """What members sign, 32 bytes (RCP-011)."""
        return hashing.signed_id(hashing.RECEIPT, self.network, encode_object(self))


@record(kind="tracework/receipt-share")
class ReceiptShare(Record):
    """One member's signature on a receipt (ATT-010)."""

    body: ReceiptBody = keyed(2, Nested(ReceiptBody))
    member: int = keyed(3, Uint(0, MAX_MEMBERS - 1))
    signature: bytes = keyed(4, Bytes(SIGNATURE_SIZE))


@record(kind="tracework/receipt")
class Receipt(Record):
    """A receipt, signed by some members (ATT-011)."""

    body: ReceiptBody = keyed(2, Nested(ReceiptBody))
    signers: bytes = keyed(3, BITFIELD)
    signature: bytes = keyed(4, Bytes(SIGNATURE_SIZE))


def sign_receipt(
    body: ReceiptBody, committee: Committee, secret: SecretKey, *, backend: Backend | None = None
) -> ReceiptShare:
    """A member's share of a receipt."""
    member, signature = sign_body(body, committee, secret, backend=backend)
    return ReceiptShare(body=body, member=member, signature=signature)


def combine_receipt(
    shares: Sequence[ReceiptShare],
    committee: Committee,
    *,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> Receipt:
    """The receipt of some members' shares."""
    body, signers, signature = combine(shares, committee, backend=backend, cache=cache)
    return Receipt(body=body, signers=signers, signature=signature)


def check_about(receipt: Receipt, unit: Unit) -> None:
    """Raise CryptoError unless a receipt is about a unit, on its network (RCP-020)."""
    units.check_about(receipt.body, unit, "receipt", "RCP-020", "RCP-020")


def check_policy(receipt: Receipt, unit: Unit, committee: Committee, members: Sequence[int]) -> None:
    """Raise PolicyError unless a unit lets this committee sign receipts, and enough of it did (RCP-022, RCP-023)."""
    policy = unit.body.policy.receipts
    if policy is None:
        raise PolicyError(
            "way-not-asked", "the unit names no committee for receipts", requirement="RCP-022", where="policy.receipts"
        )
    if policy.committee != committee.hash:
        raise PolicyError(
            "other-committee",
            "the unit names another committee for receipts",
            requirement="RCP-023",
            where="policy.receipts.committee",
        )
    check_threshold(weight_of(members, committee), policy.threshold, committee, "receipt.signers")


def check_receipt(
    receipt: Receipt,
    unit: Unit,
    committee: Committee,
    *,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> None:
    """Raise unless a receipt counts for a unit (RCP-024). The committee itself is checked before (ATT-005)."""
    check_about(receipt, unit)
    members = check_aggregate(receipt, committee, backend=backend, cache=cache, where="receipt")
    check_policy(receipt, unit, committee, members)

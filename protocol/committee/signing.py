"""What members of a committee sign together: shares, bitfields, aggregates (spec/attestation.md).

The body that is signed is any record that names its network and its committee's hash, and has an id: receipts,
statements and others go the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol, TypeVar

from .. import keys
from ..encoding.schema import Bytes
from ..errors import CryptoError, PolicyError
from ..keys import Backend, KeyCache, SecretKey, Signed
from .snapshot import MAX_MEMBERS, Committee

BITFIELD: Final = Bytes(1, MAX_MEMBERS // 8)
"""A set of members: bit i of byte i // 8, lowest first (ATT-012)."""


class Body(Protocol):
    """What members sign: it names network and committee, and has an id."""

    @property
    def network(self) -> str:
        """The network's name."""

    @property
    def committee(self) -> bytes:
        """The committee's hash."""

    @property
    def id(self) -> bytes:
        """What is signed, 32 bytes (HSH-006)."""


B = TypeVar("B", bound=Body)
B_co = TypeVar("B_co", bound=Body, covariant=True)


class Share(Protocol[B_co]):
    """One member's signature on a body (ATT-010)."""

    @property
    def body(self) -> B_co:
        """What is signed."""

    @property
    def member(self) -> int:
        """The member's position in the committee."""

    @property
    def signature(self) -> bytes:
        """The member's signature."""


class Aggregate(Protocol[B_co]):
    """Several members' signatures on one body (ATT-011)."""

    @property
    def body(self) -> B_co:
        """What is signed."""

    @property
    def signers(self) -> bytes:
        """The bitfield of those who signed."""

    @property
    def signature(self) -> bytes:
        """The sum of their signatures."""


def pack_signers(members: Iterable[int], size: int) -> bytes:
    """The bitfield of some members of a committee of `size` (ATT-012)."""
    field = bytearray((size + 7) // 8)
    for member in members:
        field[member // 8] |= 1 << member % 8
    return bytes(field)


def unpack_signers(field: bytes, size: int, where: str = "signers") -> list[int]:
    """The members of a bitfield, ascending. Raises CryptoError unless it fits a committee (ATT-013, ATT-014)."""
    if len(field) != (size + 7) // 8:
        raise CryptoError(
            "bitfield-length",
            f"a bitfield of {len(field)} bytes, for a committee of {size} members",
            requirement="ATT-013",
            where=where,
        )
    members = [index for index in range(8 * len(field)) if field[index // 8] >> index % 8 & 1]
    if members and members[-1] >= size:
        raise CryptoError(
            "bitfield-padding",
            f"the bitfield names member {members[-1]} of a committee of {size}",
            requirement="ATT-014",
            where=where,
        )
    return members


def check_committee(body: Body, committee: Committee, where: str, *, digest: bytes | None = None) -> None:
    """Raise CryptoError unless a body is for this committee, on its network (ATT-015).

    `digest` is the committee's hash, for callers who check many bodies and made it once.
    """
    digest = digest or committee.hash
    if body.committee != digest:
        raise CryptoError(
            "committee-mismatch",
            f"signed for the committee {body.committee.hex()}, not for this one, {digest.hex()}",
            requirement="ATT-015",
            where=f"{where}.committee",
        )
    if body.network != committee.network:
        raise CryptoError(
            "network-mismatch",
            f"about the network {body.network}, by a committee of {committee.network}",
            requirement="ATT-015",
            where=f"{where}.network",
        )


def sign_body(
    body: Body, committee: Committee, secret: SecretKey, *, backend: Backend | None = None
) -> tuple[int, bytes]:
    """A member's position and signature. Raises CryptoError for nobody's key, or another committee's body."""
    check_committee(body, committee, "body")
    public = keys.public_key(secret, backend=backend)
    for index, member in enumerate(committee.members):
        if member.key == public:
            return index, keys.sign(secret, body.id, backend=backend)
    raise CryptoError(
        "not-a-member", f"the key {public.hex()} is no member's", requirement="ATT-016", where="committee.members"
    )


def share_signed(
    share: Share[Body], committee: Committee, where: str = "share", *, digest: bytes | None = None
) -> Signed:
    """The signature that a share's check comes down to. Raises CryptoError if there is no such member (ATT-016)."""
    check_committee(share.body, committee, f"{where}.body", digest=digest)
    if share.member >= len(committee.members):
        raise CryptoError(
            "not-a-member",
            f"member {share.member} of a committee of {len(committee.members)}",
            requirement="ATT-016",
            where=f"{where}.member",
        )
    return Signed([committee.members[share.member].key], share.body.id, share.signature, f"{where}.signature")


def check_share(
    share: Share[Body],
    committee: Committee,
    *,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
    where: str = "share",
) -> None:
    """Raise CryptoError unless the member that a share names signed its body (ATT-017)."""
    signed = share_signed(share, committee, where)
    keys.verify_aggregate(
        signed.keys, signed.message, signed.signature, backend=backend, cache=cache, where=signed.where
    )


def aggregate_signed(
    aggregate: Aggregate[Body], committee: Committee, where: str = "aggregate", *, digest: bytes | None = None
) -> tuple[list[int], Signed]:
    """The signers of an aggregate, and the signature that its check comes down to (ATT-018)."""
    check_committee(aggregate.body, committee, f"{where}.body", digest=digest)
    members = unpack_signers(aggregate.signers, len(committee.members), f"{where}.signers")
    signers = [committee.members[member].key for member in members]
    return members, Signed(signers, aggregate.body.id, aggregate.signature, f"{where}.signature")


def check_aggregate(
    aggregate: Aggregate[Body],
    committee: Committee,
    *,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
    where: str = "aggregate",
) -> list[int]:
    """The members who signed an aggregate's body. Raises CryptoError unless all that it names did (ATT-018)."""
    members, signed = aggregate_signed(aggregate, committee, where)
    keys.verify_aggregate(
        signed.keys, signed.message, signed.signature, backend=backend, cache=cache, where=signed.where
    )
    return members


def weight_of(members: Iterable[int], committee: Committee) -> int:
    """The weight of some members."""
    return sum(committee.members[member].weight for member in members)


def check_threshold(weight: int, threshold: int, committee: Committee, where: str = "aggregate") -> None:
    """Raise PolicyError unless a weight reaches a threshold that this committee can have (ATT-020, ATT-021)."""
    if not committee.total < 2 * threshold <= 2 * committee.total:
        raise PolicyError(
            "bad-threshold",
            f"a threshold of {threshold} is not above one half of the committee's weight of {committee.total},"
            " and at most all of it",
            requirement="ATT-020",
            where="policy",
        )
    if weight < threshold:
        raise PolicyError(
            "below-threshold",
            f"signed by a weight of {weight}, under the threshold of {threshold}",
            requirement="ATT-021",
            where=where,
        )


def common_body(shares: Sequence[Share[B]]) -> B:
    """The body that shares sign. Raises CryptoError for no shares, and for shares on different bodies (ATT-032)."""
    if not shares:
        raise CryptoError("empty-signer-set", "there is nothing to aggregate", requirement="ATT-031", where="shares")
    body = min((share.body for share in shares), key=lambda body: body.id)
    for place, share in enumerate(shares):
        if share.body.id != body.id:
            raise CryptoError(
                "mixed-bodies", "the shares sign different things", requirement="ATT-032", where=f"shares[{place}].body"
            )
    return body


def combine(
    shares: Sequence[Share[B]],
    committee: Committee,
    *,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> tuple[B, bytes, bytes]:
    """Body, bitfield and signature of the aggregate of shares: the same for every order and repetition (ATT-030).

    Raises CryptoError for no shares, for shares on different bodies, and for the first share that doesn't hold.
    """
    body = common_body(shares)
    digest = committee.hash
    signed: list[Signed] = []
    failure: CryptoError | None = None
    for place, share in enumerate(shares):
        try:
            signed.append(share_signed(share, committee, f"shares[{place}]", digest=digest))
        except CryptoError as error:  # a share before this one may have a wrong signature, which then counts (ATT-033)
            failure = error
            break
    different = {(one.keys[0], one.signature): one for one in reversed(signed)}
    keys.verify_batch(list(reversed(different.values())), backend=backend, cache=cache)
    if failure is not None:
        raise failure
    by_member = {share.member: share.signature for share in shares}  # those that hold are equal: a member has one
    signature = keys.aggregate([by_member[member] for member in sorted(by_member)], backend=backend)
    return body, pack_signers(by_member, len(committee.members)), signature

"""A committee as a snapshot: its members in order, with proofs of possession and weights (spec/attestation.md)."""

from __future__ import annotations

from typing import Final

from .. import hashing, keys
from ..encoding.cbor import UINT_MAX
from ..encoding.schema import ArrayOf, Bytes, Nested, Record, Text, Uint, encode_object, keyed, record
from ..errors import SemanticError
from ..keys import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, Backend, KeyCache

MAX_MEMBERS: Final = 1024
"""Most members of a committee (ATT-001)."""
NETWORK: Final = Text(32, "[a-z0-9-]+")
"""A network's name (HSH-005)."""


@record()
class Member(Record):
    """A member of a committee (ATT-001)."""

    key: bytes = keyed(0, Bytes(PUBLIC_KEY_SIZE))
    possession: bytes = keyed(1, Bytes(SIGNATURE_SIZE))
    """Proof that the member holds the key's secret (KEY-016)."""
    weight: int = keyed(2, Uint(1))


@record(kind="tracework/committee")
class Committee(Record):
    """An ordered, weighted snapshot of members (ATT-001)."""

    network: str = keyed(2, NETWORK)
    epoch: int = keyed(3, Uint())
    members: tuple[Member, ...] = keyed(4, ArrayOf(Nested(Member), MAX_MEMBERS, least=1))

    def validate(self) -> None:
        """Raise SemanticError unless keys ascend (ATT-003) and the weights' sum fits (ATT-004)."""
        for index in range(1, len(self.members)):
            if self.members[index - 1].key >= self.members[index].key:
                raise SemanticError(
                    "member-order",
                    "members are not in strictly ascending order of their keys",
                    requirement="ATT-003",
                    where=f"committee.members[{index}]",
                )
        if self.total > UINT_MAX:
            raise SemanticError(
                "weight-sum", "the members' weights exceed 2^64 - 1", requirement="ATT-004", where="committee.members"
            )

    @property
    def hash(self) -> bytes:
        """What names this snapshot: H_committee(network id ‖ encoding) (ATT-002)."""
        return hashing.signed_id(hashing.COMMITTEE, self.network, encode_object(self))

    @property
    def total(self) -> int:
        """The weight of all members."""
        return sum(member.weight for member in self.members)

    def verify(self, *, backend: Backend | None = None, cache: KeyCache | None = None) -> None:
        """Raise CryptoError unless every member proves to hold its key (ATT-005)."""
        for index, member in enumerate(self.members):
            keys.verify_possession(
                member.key,
                member.possession,
                backend=backend,
                cache=cache,
                where=f"committee.members[{index}].possession",
            )

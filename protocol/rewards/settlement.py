"""The settlement as an object: totals, payouts by reason, the list of payouts, what changed, what was set aside."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from .. import hashing
from ..encoding.schema import Bytes, Nested, Record, Uint, encode_object, keyed, record
from ..errors import SchemaError, SemanticError
from ..hashing import DIGEST_SIZE
from ..work.unit import NETWORK

TOTAL_BYTES: Final = 16
"""Length of a total at most (STL-051)."""
TOTAL_LIMIT: Final = 1 << 8 * TOTAL_BYTES
"""No sum of a settlement reaches this (STL-045)."""

_LOW = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Total:
    """A sum of amounts: an integer here, a minimal big-endian byte string in the encoding (STL-051)."""

    def check(self, item: object, where: str) -> None:
        """Raise SchemaError unless the item is a byte string of at most 16 bytes without leading zeros."""
        if not isinstance(item, bytes):
            raise SchemaError("wrong-type", "not a byte string", requirement="STL-051", where=where)
        if len(item) > TOTAL_BYTES:
            raise SchemaError("wrong-length", f"a sum of {len(item)} bytes", requirement="STL-051", where=where)
        if item[:1] == b"\0":
            raise SchemaError("bad-form", "a sum with a leading zero byte", requirement="STL-051", where=where)

    def build(self, item: bytes) -> int:
        """The integer that the item stands for."""
        return int.from_bytes(item)

    def unbuild(self, value: int) -> bytes:
        """The item that stands for an integer."""
        return value.to_bytes((value.bit_length() + 7) // 8)


@record()
class Totals(Record):
    """The two sides of the equation (STL-044)."""

    escrow: int = keyed(0, Total())
    emission: int = keyed(1, Total())
    slashes: int = keyed(2, Total())
    payouts: int = keyed(3, Total())
    burn: int = keyed(4, Total())
    treasury: int = keyed(5, Total())
    refunds: int = keyed(6, Total())

    def check(self) -> None:
        """Raise SemanticError unless what goes in equals what comes out (STL-044)."""
        into = self.escrow + self.emission + self.slashes
        out = self.payouts + self.burn + self.treasury + self.refunds
        if into != out:
            raise SemanticError(
                "not-conserved", f"{into} goes in, {out} comes out", requirement="STL-044", where="settlement.totals"
            )

    def validate(self) -> None:
        """Raise SemanticError unless the equation holds."""
        self.check()


class ReasonEntry(NamedTuple):
    """What an account gets for one reason."""

    account: int
    reason: int
    amount: int


class PayoutEntry(NamedTuple):
    """What an address gets."""

    address: bytes
    amount: int


class AccountChange(NamedTuple):
    """An account's stake and reputation after the epoch."""

    account: int
    stake: int
    reputation: int


class AsideEntry(NamedTuple):
    """A record that was set aside."""

    type: int
    place: int
    reason: int


_ENTRY = struct.Struct(">IBQQ")
_PAYOUT = struct.Struct(">20sQQ")
_CHANGE = struct.Struct(">IIQI")
_ASIDE = struct.Struct(">BIB")


@record(kind="tracework/settlement")
class Settlement(Record):
    """What an epoch comes to (STL-050). The lists are packed: fixed widths, integers big-endian, in ascending order."""

    network: str = keyed(2, NETWORK)
    number: int = keyed(3, Uint())
    epoch: bytes = keyed(4, Bytes(DIGEST_SIZE))
    """Hash of the epoch's manifest, which names the rule too."""
    claimable: int = keyed(5, Uint())
    """The slot from which on payouts can be claimed (STL-049)."""
    totals: Totals = keyed(6, Nested(Totals))
    entries: bytes = keyed(7, Bytes(0, 1 << 25, _ENTRY.size))
    beneficiaries: bytes = keyed(8, Bytes(0, 1 << 23, _PAYOUT.size))
    payouts: bytes = keyed(9, Bytes(0, 1 << 24, _PAYOUT.size))
    changes: bytes = keyed(10, Bytes(0, 1 << 22, _CHANGE.size))
    asides: bytes = keyed(11, Bytes(0, 1 << 25, _ASIDE.size))

    @property
    def hash(self) -> bytes:
        """What names the settlement (STL-052)."""
        return hashing.signed_id(hashing.SETTLEMENT, self.network, encode_object(self))

    def by_reason(self) -> list[ReasonEntry]:
        """What accounts get, by account and reason."""
        return [ReasonEntry(a, r, high << 64 | low) for a, r, high, low in _ENTRY.iter_unpack(self.entries)]

    def by_beneficiary(self) -> list[PayoutEntry]:
        """What beneficiaries get, by address."""
        return _payouts(self.beneficiaries)

    def by_address(self) -> list[PayoutEntry]:
        """The list of payouts: what every address gets in all, refunds and treasury included, by address."""
        return _payouts(self.payouts)

    def changed(self) -> list[AccountChange]:
        """Accounts whose stake or reputation changed."""
        return [AccountChange(a, high << 64 | low, r) for a, high, low, r in _CHANGE.iter_unpack(self.changes)]

    def set_aside(self) -> list[AsideEntry]:
        """Records that count for nothing."""
        return list(map(AsideEntry._make, _ASIDE.iter_unpack(self.asides)))


def _payouts(data: bytes) -> list[PayoutEntry]:
    return [PayoutEntry(address, high << 64 | low) for address, high, low in _PAYOUT.iter_unpack(data)]


def pack_entries(entries: Iterable[ReasonEntry]) -> bytes:
    """Entries of accounts, packed."""
    return b"".join([_ENTRY.pack(account, reason, n >> 64, n & _LOW) for account, reason, n in entries])


def pack_payouts(entries: Iterable[PayoutEntry]) -> bytes:
    """Entries of addresses, packed."""
    return b"".join([_PAYOUT.pack(address, n >> 64, n & _LOW) for address, n in entries])


def pack_changes(entries: Iterable[AccountChange]) -> bytes:
    """Changes of accounts, packed."""
    return b"".join([_CHANGE.pack(account, n >> 64, n & _LOW, reputation) for account, n, reputation in entries])


def pack_asides(entries: Iterable[Any]) -> bytes:
    """Records set aside, packed."""
    return b"".join([_ASIDE.pack(*entry) for entry in entries])

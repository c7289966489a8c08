"""Beacons: public randomness that nobody knew beforehand (spec/beacon.md).

output = check_beacon(beacon)       # 32 bytes, or CryptoError
"""

from __future__ import annotations

import hashlib
from typing import Final

from .encoding.schema import Bytes, Record, Text, Uint, keyed, record
from .errors import SemanticError
from .hashing import DIGEST_SIZE
from .keys import Backend, verify_short

QUICKNET: Final = "drand-quicknet"
"""The source of a beacon that is a round of drand's quicknet (BCN-002)."""
SUPPLIED: Final = "supplied"
"""The source of a beacon that somebody says (BCN-002)."""
QUICKNET_KEY: Final = (
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
    "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
)
"""Quicknet's public key, a point of G2, hexadecimal (BCN-011)."""
QUICKNET_TAG: Final = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
"""Domain separation tag of quicknet's signatures (BCN-011)."""
QUICKNET_GENESIS: Final = 1_692_803_367
"""Unix time of quicknet's round 1."""
QUICKNET_PERIOD: Final = 3
"""Seconds from one round of quicknet to the next."""
BEACON_SIGNATURE_SIZE: Final = 48
"""Length of a round's signature in bytes (BCN-010)."""


@record(kind="tracework/beacon")
class Beacon(Record):
    """One round of a beacon (BCN-001)."""

    source: str = keyed(2, Text(32, f"{QUICKNET}|{SUPPLIED}"))
    round: int = keyed(3, Uint(1))
    signature: bytes | None = keyed(4, Bytes(BEACON_SIGNATURE_SIZE), default=None)
    randomness: bytes | None = keyed(5, Bytes(DIGEST_SIZE), default=None)

    def validate(self) -> None:
        """Raise SemanticError unless there is a signature or randomness, as the source asks for (BCN-002)."""
        form = (self.signature is not None, self.randomness is not None)
        if form != (self.source == QUICKNET, self.source == SUPPLIED):
            raise SemanticError(
                "beacon-form",
                f"a beacon of the source {self.source} has a "
                + ("signature and no randomness" if self.source == QUICKNET else "randomness and no signature"),
                requirement="BCN-002",
                where="beacon",
            )

    @property
    def supplied(self) -> bool:
        """Whether nothing about it can be checked (BCN-020)."""
        return self.source == SUPPLIED

    @property
    def output(self) -> bytes:
        """The 32 random bytes (BCN-012, BCN-020). Of a quicknet round they count only once it was checked."""
        if self.signature is not None:
            return hashlib.sha256(self.signature).digest()
        return self.randomness or b""


def check_beacon(beacon: Beacon, *, backend: Backend | None = None) -> bytes:
    """The output of a beacon. Raises CryptoError unless it is the round of quicknet that it says (BCN-010, BCN-011)."""
    if beacon.signature is not None:
        message = hashlib.sha256(beacon.round.to_bytes(8, "big")).digest()
        verify_short(
            bytes.fromhex(QUICKNET_KEY),
            message,
            beacon.signature,
            QUICKNET_TAG,
            backend=backend,
            requirements=("BCN-010", "BCN-011"),
            where="beacon.signature",
        )
    return beacon.output

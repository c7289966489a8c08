"""BLS signatures over BLS12-381: keys, signatures, proofs of possession, aggregates (spec/keys.md).

Ciphersuite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_: public keys are points of G1 (48 bytes), signatures are points
of G2 (96 bytes). Every function that judges returns nothing when all is well and raises `CryptoError` otherwise; checks
run in the order of the specification, so the first failing one names the code. `where` places the error for the reader.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..errors import CryptoError
from .backend import G1, G2, Backend, default_backend
from .cache import KeyCache

SECRET_KEY_SIZE: Final = 32
"""Length of a secret key in bytes (KEY-002)."""
PUBLIC_KEY_SIZE: Final = 48
"""Length of a public key in bytes (KEY-002)."""
SIGNATURE_SIZE: Final = 96
"""Length of a signature, of a proof of possession and of an aggregate in bytes (KEY-002)."""
MESSAGE_SIZE: Final = 32
"""Length of what is signed, in bytes: always an object's id (KEY-005)."""
SEED_MIN: Final = 32
"""Fewest bytes that a secret key is derived from (KEY-010)."""
SEED_MAX: Final = 1024
"""Most bytes that a secret key is derived from (KEY-010)."""

FIELD_MODULUS: Final = (
    0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
)
"""p: coordinates are below it (KEY-003)."""
GROUP_ORDER: Final = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
"""r, the order of both groups: secret keys are from 1 to r-1 (KEY-002)."""
SIGNATURE_TAG: Final = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
"""Domain separation tag of signatures (KEY-001)."""
POSSESSION_TAG: Final = b"BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
"""Domain separation tag of proofs of possession (KEY-001)."""
KEYGEN_SALT: Final = b"BLS-SIG-KEYGEN-SALT-"
"""What the derivation's first salt is the SHA-256 of (KEY-011)."""

_COORDINATE_SIZE = 48
_COMPRESSED = 0x80
_INFINITY = 0x40


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A secret key: a number from 1 to r-1 as 32 bytes, most significant first (KEY-002). Printing it shows nothing."""

    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.data) != SECRET_KEY_SIZE:
            raise CryptoError("bad-secret-key", "A secret key has 32 bytes", requirement="KEY-012")
        if not 0 < self.scalar < GROUP_ORDER:
            raise CryptoError(
                "bad-secret-key", "A secret key is above zero and below the group's order", requirement="KEY-013"
            )

    @property
    def scalar(self) -> int:
        """The number that the key is."""
        return int.from_bytes(self.data, "big")


def derive_secret_key(seed: bytes) -> SecretKey:
    """The secret key that 32 to 1024 bytes of randomness give: KeyGen of the IETF draft, with no key info (KEY-011).

    >>> derive_secret_key(bytes(32)).data.hex()
    '4d129a19df86a0f5345bad4cc6f249ec2a819ccc3386895beb4f7d98b3db6235'
    """
    if not SEED_MIN <= len(seed) <= SEED_MAX:
        raise CryptoError("bad-seed", "A seed has between 32 and 1024 bytes", requirement="KEY-010")
    length = 48
    salt = KEYGEN_SALT
    scalar = 0
    while scalar == 0:
        salt = hashlib.sha256(salt).digest()
        extracted = hmac.digest(salt, seed + b"\x00", "sha256")
        info = length.to_bytes(2, "big")
        first = hmac.digest(extracted, info + b"\x01", "sha256")
        second = hmac.digest(extracted, first + info + b"\x02", "sha256")
        scalar = int.from_bytes((first + second)[:length], "big") % GROUP_ORDER
    return SecretKey(scalar.to_bytes(SECRET_KEY_SIZE, "big"))


def public_key(secret: SecretKey, *, backend: Backend | None = None) -> bytes:
    """The public key of a secret key, 48 bytes (KEY-014)."""
    return (backend or default_backend()).public_key(secret.scalar)


def sign(secret: SecretKey, message: bytes, *, backend: Backend | None = None) -> bytes:
    """The signature on an object's id, 96 bytes; the same each time (KEY-015)."""
    return (backend or default_backend()).sign(secret.scalar, check_message(message), SIGNATURE_TAG)


def prove_possession(secret: SecretKey, *, backend: Backend | None = None) -> bytes:
    """The proof that somebody holds the secret key of its public key, 96 bytes (KEY-016)."""
    backend = backend or default_backend()
    return backend.sign(secret.scalar, backend.public_key(secret.scalar), POSSESSION_TAG)


def validate_public_key(
    key: bytes, *, backend: Backend | None = None, cache: KeyCache | None = None, where: str = ""
) -> None:
    """Check that 48 bytes are a public key (KEY-020 to KEY-024). It says nothing of who holds its secret."""
    _decode_key(key, backend or default_backend(), cache, where)


def verify(
    key: bytes,
    message: bytes,
    signature: bytes,
    *,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
    where: str = "",
) -> None:
    """Check one signature on an object's id: the key, then the signature's encoding, then the equation (KEY-040)."""
    backend = backend or default_backend()
    message = check_message(message)
    key_point = _decode_key(key, backend, cache, where)
    signature_point = _decode_signature(signature, backend, where)
    if not backend.holds(key_point, message, SIGNATURE_TAG, signature_point):
        raise CryptoError(
            "bad-signature",
            f"The signature isn't the key {key.hex()}'s on this object",
            requirement="KEY-041",
            where=where,
        )


def verify_possession(
    key: bytes,
    proof: bytes,
    *,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
    where: str = "",
) -> None:
    """Check a proof of possession: the key, then the proof's encoding, then the equation (KEY-042)."""
    backend = backend or default_backend()
    if cache is not None and cache.proven(key, proof):
        return
    key_point = _decode_key(key, backend, cache, where)
    proof_point = _decode_signature(proof, backend, where)
    if not backend.holds(key_point, key, POSSESSION_TAG, proof_point):
        raise CryptoError(
            "bad-proof-of-possession",
            "The proof of possession isn't one for this key",
            requirement="KEY-043",
            where=where,
        )
    if cache is not None:
        cache.remember_proof(key, proof)


def aggregate(signatures: Sequence[bytes], *, backend: Backend | None = None, where: str = "") -> bytes:
    """The sum of at least one signature, 96 bytes; their order doesn't matter (KEY-050)."""
    backend = backend or default_backend()
    if not signatures:
        raise CryptoError("empty-signer-set", "There is nothing to aggregate", requirement="KEY-051", where=where)
    points = [_decode_signature(data, backend, _at(where, index)) for index, data in enumerate(signatures)]
    total = backend.sum_g2(points)
    if total is None:
        raise CryptoError("bad-aggregate", "The signatures cancel each other out", requirement="KEY-053", where=where)
    return total


def verify_aggregate(
    keys: Sequence[bytes],
    message: bytes,
    signature: bytes,
    *,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
    where: str = "",
) -> None:
    """Check that all of several keys signed one object's id (KEY-054).

    Sound only for keys whose proofs of possession were verified: it is the caller who knows that (KEY-055).
    """
    backend = backend or default_backend()
    message = check_message(message)
    total, signature_point = decode_aggregate(keys, signature, backend, cache, where)
    if not backend.holds(total, message, SIGNATURE_TAG, signature_point):
        raise CryptoError(
            "bad-signature", "The aggregate isn't these keys' on this object", requirement="KEY-041", where=where
        )


def decode_aggregate(
    keys: Sequence[bytes], signature: bytes, backend: Backend, cache: KeyCache | None, where: str
) -> tuple[G1, G2]:
    """The sum of the signers' keys, and the signature's point: all of KEY-054 but the equation."""
    if not keys:
        raise CryptoError("empty-signer-set", "No signer is named", requirement="KEY-051", where=where)
    if duplicate := _first_duplicate(keys):  # never 0: the first key repeats none
        raise CryptoError(
            "duplicate-signer", "One key is named twice", requirement="KEY-052", where=_at(where, duplicate)
        )
    points = [_decode_key(key, backend, cache, where, index) for index, key in enumerate(keys)]
    signature_point = _decode_signature(signature, backend, where)
    total = backend.sum_g1(points)
    if total is None:
        raise CryptoError("bad-aggregate", "The keys cancel each other out", requirement="KEY-053", where=where)
    return total, signature_point


def verify_short(
    key: bytes,
    message: bytes,
    signature: bytes,
    tag: bytes,
    *,
    backend: Backend | None = None,
    requirements: tuple[str, str],
    where: str = "",
) -> None:
    """Check a signature in G1 of a known key in G2 on any message, as beacons have them (spec/beacon.md).

    `requirements` are those of the encoding and of the equation. The key is a constant of the caller's, not evidence.
    """
    backend = backend or default_backend()
    reason = _encoding_fault(bytes(signature), _COORDINATE_SIZE)
    point = backend.decode_g1(bytes(signature)) if reason is None else None
    if point is None:
        why = reason[1] if reason else "is a point of G1; this one isn't"
        raise CryptoError("bad-signature-encoding", f"A signature {why}", requirement=requirements[0], where=where)
    known = backend.decode_g2(key)
    if known is None or not backend.holds_short(known, message, tag, point):
        raise CryptoError(
            "bad-signature", "The signature isn't the beacon's on this round", requirement=requirements[1], where=where
        )


def _decode_key(key: bytes, backend: Backend, cache: KeyCache | None, where: str, index: int | None = None) -> G1:
    key = bytes(key)
    point = cache.key(backend, key) if cache is not None else None
    if point is None:
        where = where if index is None else _at(where, index)
        reason = _encoding_fault(key, PUBLIC_KEY_SIZE)
        if reason is not None:
            raise CryptoError("bad-public-key", f"A public key {reason[1]}", requirement=reason[0], where=where)
        point = backend.decode_g1(key)
        if point is None:
            raise CryptoError(
                "bad-public-key", "A public key is a point of G1; this one isn't", requirement="KEY-024", where=where
            )
        if cache is not None:
            cache.remember_key(backend, key, point)
    return point


def _decode_signature(signature: bytes, backend: Backend, where: str) -> G2:
    signature = bytes(signature)
    reason = _encoding_fault(signature, SIGNATURE_SIZE)
    if reason is not None:
        raise CryptoError("bad-signature-encoding", f"A signature {reason[1]}", requirement=reason[0], where=where)
    point = backend.decode_g2(signature)
    if point is None:
        raise CryptoError(
            "bad-signature-encoding", "A signature is a point of G2; this one isn't", requirement="KEY-024", where=where
        )
    return point


def _encoding_fault(data: bytes, size: int) -> tuple[str, str] | None:
    """Which rule an encoded point breaks before any curve is looked at, if one: requirement and end of sentence."""
    if len(data) != size:
        return "KEY-020", f"has {size} bytes; this one has {len(data)}"
    if not data[0] & _COMPRESSED:
        return "KEY-021", "is in compressed form, with its first bit set"
    if data[0] & _INFINITY:
        return "KEY-022", "is never the point at infinity, and this one has that bit set"
    for start in range(0, size, _COORDINATE_SIZE):
        coordinate = int.from_bytes(data[start : start + _COORDINATE_SIZE], "big")
        if start == 0:
            coordinate &= (1 << 381) - 1
        if coordinate >= FIELD_MODULUS:
            return "KEY-023", "has coordinates below the field's modulus; this one's is not"
    return None


def check_message(message: bytes) -> bytes:
    """What is signed, as bytes; ValueError for a caller who would sign anything but an object's id."""
    if len(message) != MESSAGE_SIZE:
        raise ValueError(f"what is signed is an object's id of {MESSAGE_SIZE} bytes, not {len(message)}")  # KEY-005
    return bytes(message)


def _first_duplicate(keys: Iterable[bytes]) -> int | None:
    seen: set[bytes] = set()
    for index, key in enumerate(keys):
        if bytes(key) in seen:
            return index
        seen.add(bytes(key))
    return None


def _at(where: str, index: int) -> str:
    return f"{where}[{index}]" if where else f"[{index}]"

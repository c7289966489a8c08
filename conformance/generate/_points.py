"""Encoded points that are wrong, each in one way, and the keys that attacks are made of."""

from __future__ import annotations

from typing import TypeAlias

from ...protocol import keys
from ...protocol.keys import SecretKey
from ...protocol.keys.scheme import FIELD_MODULUS, GROUP_ORDER
from . import _bls_published as published

Fault: TypeAlias = tuple[str, str, str, bytes, tuple[str, ...]]
"""Name, comment, requirement, bytes and flags."""


def encodings(good: bytes) -> list[Fault]:
    """Name, comment, requirement, bytes and flags of what breaks the rules on a good point's encoding."""
    compressed_p = ((1 << 383) + FIELD_MODULUS).to_bytes(48, "big")
    rest = good[48:]
    found: list[Fault] = [
        ("empty", "No bytes.", "KEY-020", b"", ("Truncated",)),
        ("truncated", "The last byte is missing.", "KEY-020", good[:-1], ("Truncated",)),
        ("trailing", "A zero byte follows.", "KEY-020", good + b"\0", ("TrailingBytes", "PeerDivergence")),
        ("uncompressed-bit", "The compressed bit is 0.", "KEY-021", bytes([good[0] & 0x7F]) + good[1:], ()),
        ("zeros", "All bytes are zero.", "KEY-021", bytes(len(good)), ("ZeroDigest",)),
        ("infinity", "The point at infinity.", "KEY-022", b"\xc0" + bytes(len(good) - 1), ("PeerDivergence",)),
        (
            "infinity-sign",
            "The point at infinity with the sign bit.",
            "KEY-022",
            b"\xe0" + bytes(len(good) - 1),
            ("NonCanonical", "PeerDivergence"),
        ),
        (
            "infinity-bit",
            "The infinity bit on a point that is not at infinity.",
            "KEY-022",
            bytes([good[0] | 0x40]) + good[1:],
            ("NonCanonical", "PeerDivergence"),
        ),
        ("coordinate-p", "The first coordinate is p.", "KEY-023", compressed_p + rest, ("NonCanonical", "Boundary")),
        ("coordinate-ones", "The first coordinate has all bits set.", "KEY-023", b"\x9f" + b"\xff" * 47 + rest, ()),
    ]
    if rest:
        raised = int.from_bytes(rest, "big") + FIELD_MODULUS
        found += [
            (
                "second-plus-p",
                "p is added to the second coefficient: the same point if it were reduced.",
                "KEY-023",
                good[:48] + raised.to_bytes(48, "big"),
                ("NonCanonical",),
            ),
            (
                "second-flags",
                "The second coefficient has the compressed bit set, as if it were a point of its own.",
                "KEY-023",
                good[:48] + bytes([rest[0] | 0x80]) + rest[1:],
                ("NonCanonical",),
            ),
            ("off-curve", "x = 1: no such point.", "KEY-024", b"\x80" + bytes(94) + b"\1", ()),
            ("outside-subgroup", "x = 2: on the curve, not in G2.", "KEY-024", b"\x80" + bytes(94) + b"\2", ()),
        ]
    else:
        small = public(2)
        raised = int.from_bytes(small, "big") + FIELD_MODULUS
        found += [
            (
                "plus-p",
                "p is added to the coordinate of the public key of 2: the same point if it were reduced.",
                "KEY-023",
                raised.to_bytes(48, "big"),
                ("NonCanonical",),
            ),
            ("off-curve", "x = 1: no such point.", "KEY-024", b"\x80" + bytes(46) + b"\1", ()),
            ("outside-subgroup", "x = 4: on the curve, not in G1.", "KEY-024", b"\x80" + bytes(46) + b"\4", ()),
            ("order-three", "x = 0: a point of order 3.", "KEY-024", b"\x80" + bytes(47), ()),
            (
                "outside-subgroup-rfc9380",
                "A point of RFC 9380, J.9.1, before its cofactor is cleared.",
                "KEY-024",
                bytes.fromhex(published.G1_OUTSIDE_SUBGROUP),
                (),
            ),
        ]
    return found


def public(scalar: int) -> bytes:
    """The public key of a number, taken mod r."""
    return keys.public_key(SecretKey((scalar % GROUP_ORDER).to_bytes(32, "big")))


def negated(point: bytes) -> bytes:
    """The encoding of the point with the other y."""
    return bytes([point[0] ^ 0x20]) + point[1:]


def rogue() -> bytes:
    """The public key of secret 1 minus that of secret 0: together with the latter it is the former."""
    return public(int(published.SECRETS[1], 16) - int(published.SECRETS[0], 16))

"""Vectors for beacons: real rounds of drand's quicknet, and what isn't one."""

from __future__ import annotations

from typing import Any

from ...protocol.beacon import QUICKNET, SUPPLIED, Beacon
from ...protocol.encoding import cbor
from ...protocol.encoding.schema import encode_object
from ..operations import beacon as operations
from ..values import render
from . import Case, VectorFile, invalid, seeded, valid
from ._changes import ABSENT, changed, flip

ROUNDS = {
    123: "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92",
    1000: "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39",
    1001: "b33bf3667cbd5a82de3a24b4e0e9fe5513cc1a0e840368c6e31f5fcfa79bea03f73896b25883abf2853d10337fb8fa41",
    1002: "ab066f9c12dd6de1336fca0f925192fb0c72a771c3e4c82ede1fd362c1a770f9eb05843c6308ce2530b53a99c0281a6e",
    1003: "b104c82771698f45fd8dcfead083d482694c31ab519bcef077f126f3736fe98c8392fd5d45d88aeb76b56ccfcb0296d7",
    1004: "a40658b820c0f8c10207524179a2031ba9537688a0d04e4851b58026be9a341fee3b96fb48ffad28483d84b40a5864aa",
    1005: "b896a4e9ebdb143601d1cdb39aa9357ef27b48d7d3c1c614e14110243850a9ea21fd96e016a5b64c2a2960d1c73abad8",
}
"""Rounds of quicknet as drand has published them."""


def quicknet(round: int) -> Beacon:
    """A real round."""
    return Beacon(source=QUICKNET, round=round, signature=bytes.fromhex(ROUNDS[round]))


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        VectorFile(
            name="check",
            op="beacon.check",
            title="Rounds of drand's quicknet, and supplied randomness",
            checked_by="drand's published rounds; py_ecc (tests/protocol/test_beacon.py); tests/adapters/node",
            cases=[*_good(), *_bad()],
        )
    ]


def _case(name: str, comment: str, requirements: list[str], beacon: Beacon) -> Case:
    given = {"beacon": encode_object(beacon)}
    return valid(f"beacon-check-{name}", comment, requirements, given, operations.check(render(given)))


def _good() -> list[Case]:
    shape = ["BCN-001", "BCN-002", "BCN-010", "BCN-011", "BCN-012"]
    supplied = Beacon(source=SUPPLIED, round=7, randomness=seeded("beacon-check-supplied", "randomness", 32))
    return [
        *(_case(str(round), f"Round {round} of quicknet.", shape, quicknet(round)) for round in ROUNDS),
        _case("supplied", "Randomness that somebody says.", ["BCN-002", "BCN-020"], supplied),
        _case(
            "supplied-zero",
            "Zeros are randomness like any other.",
            ["BCN-020", "HSH-007"],
            supplied.replace(randomness=bytes(32)),
        ),
    ]


def _bad() -> list[Case]:
    good = quicknet(1000)
    supplied = Beacon(source=SUPPLIED, round=7, randomness=bytes(32))
    signature = good.signature or b""
    infinity = b"\xc0" + bytes(47)
    uncompressed = bytes([signature[0] & 0x7F]) + signature[1:]
    large = bytes([0x9A]) + b"\xff" * 47
    off_curve = _off_curve(signature)
    rows: list[tuple[str, str, str, str, bytes]] = [
        (
            "other-round",
            "BCN-011",
            "crypto/bad-signature",
            "The signature of the round before.",
            _with(good, quicknet(1001)),
        ),
        ("negated", "BCN-011", "crypto/bad-signature", "The signature's negative.", changed(good, [4], flip(5))),
        (
            "infinity",
            "BCN-010",
            "crypto/bad-signature-encoding",
            "The point at infinity.",
            changed(good, [4], infinity),
        ),
        (
            "uncompressed",
            "BCN-010",
            "crypto/bad-signature-encoding",
            "The compressed bit is 0.",
            changed(good, [4], uncompressed),
        ),
        (
            "too-large",
            "BCN-010",
            "crypto/bad-signature-encoding",
            "A coordinate that is not below p.",
            changed(good, [4], large),
        ),
        (
            "off-curve",
            "BCN-010",
            "crypto/bad-signature-encoding",
            "A point that is not on the curve.",
            changed(good, [4], off_curve),
        ),
        (
            "no-signature",
            "BCN-002",
            "semantic/beacon-form",
            "A round without its signature.",
            changed(good, [4], ABSENT),
        ),
        ("both", "BCN-002", "semantic/beacon-form", "A round with randomness besides.", _both(good)),
        (
            "supplied-signed",
            "BCN-002",
            "semantic/beacon-form",
            "Supplied randomness with a signature.",
            _both(supplied),
        ),
        (
            "supplied-empty",
            "BCN-002",
            "semantic/beacon-form",
            "Supplied randomness without any.",
            changed(supplied, [5], ABSENT),
        ),
        (
            "other-source",
            "BCN-001 ENC-030",
            "schema/bad-form",
            "A source that there isn't.",
            changed(good, [2], "drand-default"),
        ),
        ("round-zero", "BCN-001 ENC-030", "schema/out-of-range", "Round 0.", changed(good, [3], 0)),
    ]
    return [
        invalid(f"beacon-check-{name}", comment, requirements.split(), {"beacon": data}, error)
        for name, requirements, error, comment, data in rows
    ]


def _with(beacon: Beacon, other: Beacon) -> bytes:
    return changed(beacon, [4], other.signature)


def _both(beacon: Beacon) -> bytes:
    item: Any = cbor.decode(encode_object(beacon))
    return cbor.encode(item | {4: quicknet(1000).signature, 5: bytes(32)})


def _off_curve(signature: bytes) -> bytes:
    """The next x for which no y exists: found by trying, the same one each time."""
    from ...protocol.keys import default_backend

    number = int.from_bytes(signature, "big")
    while True:
        number += 1
        data = number.to_bytes(48, "big")
        if default_backend().decode_g1(data) is None:
            return data

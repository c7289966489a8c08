"""Vectors for hashing: the domains' keys, digests at the edges of BLAKE3's blocks and chunks, ids."""

from __future__ import annotations

from ...protocol import hashing
from . import Case, VectorFile, seeded, valid

NOBLE = (
    "@noble/hashes (npm), in tests/adapters/node; the Python library by BLAKE3's own vectors (test_second_sources.py)"
)
LENGTHS = (0, 1, 63, 64, 65, 127, 128, 1023, 1024, 1025, 2048, 2049, 4096, 8192, 8193, 31744, 102400)
"""Edges of BLAKE3's 64-byte blocks and 1024-byte chunks, as in its own published vectors."""


def files() -> list[VectorFile]:
    """The topic's files."""
    return [_keys(), _digests(), _networks(), _signed()]


def _keys() -> VectorFile:
    return VectorFile(
        name="domain-key",
        op="hashing.domain-key",
        title="The key of every domain, derived from its published context string",
        checked_by=NOBLE,
        cases=[
            valid(
                f"hashing-key-{domain}",
                f"The domain '{domain}'.",
                ["HSH-002", "HSH-003"],
                {"domain": domain},
                {"context": hashing.CONTEXT_PREFIX + domain, "key": hashing.domain_key(domain)},
            )
            for domain in hashing.DOMAINS
        ],
    )


def _digests() -> VectorFile:
    cases = [
        valid(
            f"hashing-digest-{domain}-{length}",
            f"{length} bytes in the domain '{domain}'.",
            ["HSH-001", "HSH-004"],
            {"domain": domain, "data": {"mod251": length}},
            {"digest": hashing.digest(domain, bytes(i % 251 for i in range(length)))},
            flags=["Boundary"],
        )
        for domain, lengths in [("page", LENGTHS), *((other, (0, 64)) for other in hashing.DOMAINS if other != "page")]
        for length in lengths
    ]
    return VectorFile(
        name="digest",
        op="hashing.digest",
        title="Keyed digests: bytes 0, 1, ... 250, 0, 1, ... at the edges of blocks and chunks",
        checked_by=NOBLE,
        cases=cases,
    )


def _networks() -> VectorFile:
    names = ("a", "tracework-testnet", "abcdefghijklmnopqrstuvwxyz-01234")
    return VectorFile(
        name="network-id",
        op="hashing.network-id",
        title="Network ids",
        checked_by=NOBLE,
        cases=[
            valid(
                f"hashing-network-{len(name)}",
                f"A name of {len(name)} {'bytes' if len(name) > 1 else 'byte'}.",
                ["HSH-005"],
                {"network": name},
                {"id": hashing.network_id(name)},
            )
            for name in names
        ],
    )


def _signed() -> VectorFile:
    def case(name: str, comment: str, domain: str, network: str, body: bytes) -> Case:
        preimage = hashing.network_id(network) + body
        return valid(
            f"hashing-signed-{name}",
            comment,
            ["HSH-006"],
            {"domain": domain, "network": network, "body": body},
            {"preimage": preimage, "id": hashing.signed_id(domain, network, body)},
            flags=[] if name == "unit" else ["WrongDomain"],
        )

    body = b"\xa1\x00" + b"\x58\x20" + seeded("hashing-signed-unit", "body", 32)
    return VectorFile(
        name="signed-id",
        op="hashing.signed-id",
        title="Ids of signed objects: the same body in two kinds and on two networks has three different ids",
        checked_by=NOBLE,
        cases=[
            case("unit", "A body as a unit.", "unit", "tracework-testnet", body),
            case("other-kind", "The same body as a claim.", "claim", "tracework-testnet", body),
            case("other-network", "The same body as a unit of another network.", "unit", "tracework-devnet", body),
        ],
    )

"""Hashing: domain keys, digests, network ids and the ids of signed objects (spec/hashing.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol import hashing
from ..values import octets
from . import Operation


def domain_key(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The key of a domain, with the context string that it is derived from."""
    domain = input["domain"]
    return {"context": hashing.CONTEXT_PREFIX + domain, "key": hashing.domain_key(domain)}


def digest(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The keyed digest of some bytes in a domain."""
    return {"digest": hashing.digest(input["domain"], octets(input["data"]))}


def network_id(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The 32 bytes that stand for a network."""
    return {"id": hashing.network_id(input["network"])}


def signed_id(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The id of a signed object, from its kind's domain, its network and its encoded body."""
    network = hashing.network_id(input["network"])
    return {
        "preimage": network + octets(input["body"]),
        "id": hashing.signed_id(input["domain"], input["network"], octets(input["body"])),
    }


OPERATIONS: dict[str, Operation] = {
    "hashing.domain-key": domain_key,
    "hashing.digest": digest,
    "hashing.network-id": network_id,
    "hashing.signed-id": signed_id,
}

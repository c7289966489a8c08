"""Hash suite 1: BLAKE3 in keyed mode, one published key a domain (spec/hashing.md)."""

from __future__ import annotations

from typing import Final

from blake3 import blake3

DIGEST_SIZE: Final = 32
"""Length of every digest in bytes (HSH-001)."""
SUITE: Final = 1
"""The number of this hash suite in a context (HSH-001)."""
CONTEXT_PREFIX: Final = "tracework 2026-11 v1 "
"""What precedes a domain's name in the context string that its key is derived from (HSH-002)."""

PAGE: Final = "page"
MEMORY_NODE: Final = "memory-node"
TRACE_NODE: Final = "trace-node"
STATE: Final = "state"
CONTEXT: Final = "context"
PROGRAM: Final = "program"
NETWORK: Final = "network"
UNIT: Final = "unit"
CLAIM: Final = "claim"
EVIDENCE: Final = "evidence"
DRAW: Final = "draw"
BATCH: Final = "batch"
COMMIT: Final = "commit"
COMMITMENT: Final = "commitment"
REVEAL: Final = "reveal"
OPAQUE_CLAIM: Final = "opaque-claim"
RESULT: Final = "result"
RECEIPT: Final = "receipt"
COMMITTEE: Final = "committee"
STATEMENT: Final = "statement"
REGISTRY: Final = "registry"
ASSIGNMENT: Final = "assignment"
REPLICATION: Final = "replication"
STEP_NODE: Final = "step-node"
SUBTRACE: Final = "subtrace"
FAULT_COMMIT: Final = "fault-commit"
FAULT_COMMITMENT: Final = "fault-commitment"
DISPUTE: Final = "dispute"
MOVE: Final = "move"
RECORDS: Final = "records"
EPOCH: Final = "epoch"
PARAMETERS: Final = "parameters"
SETTLEMENT: Final = "settlement"
AUDIT: Final = "audit"
CHECK: Final = "check"
CHECKING: Final = "checking"
CHECK_STEP: Final = "check-step"
REQUEST: Final = "request"
SILENCE: Final = "silence"

DOMAINS: Final = (
    *(PAGE, MEMORY_NODE, TRACE_NODE, STATE, CONTEXT, PROGRAM, NETWORK, UNIT, CLAIM, EVIDENCE),
    *(
        DRAW,
        BATCH,
        COMMIT,
        COMMITMENT,
        REVEAL,
        OPAQUE_CLAIM,
        RESULT,
        RECEIPT,
        COMMITTEE,
        STATEMENT,
        REGISTRY,
        ASSIGNMENT,
        REPLICATION,
    ),
    STEP_NODE,
    SUBTRACE,
    FAULT_COMMIT,
    FAULT_COMMITMENT,
    DISPUTE,
    MOVE,
    RECORDS,
    EPOCH,
    PARAMETERS,
    SETTLEMENT,
    AUDIT,
    CHECK,
    CHECKING,
    CHECK_STEP,
    REQUEST,
    SILENCE,
)
"""Every domain of the suite (HSH-003), in the order of the specification's table."""


def domain_key(domain: str) -> bytes:
    """The 32-byte key of a domain, derived from its published context string (HSH-002)."""
    return blake3(b"", derive_key_context=CONTEXT_PREFIX + domain).digest()


KEYS: Final = {domain: domain_key(domain) for domain in DOMAINS}
"""Domain name to its 32-byte key."""


def digest(domain: str, data: bytes | bytearray | memoryview) -> bytes:
    """H_domain(data): the keyed BLAKE3 hash of `data` in a domain, 32 bytes (HSH-004)."""
    return blake3(data, key=KEYS[domain]).digest()


def network_id(name: str) -> bytes:
    """The 32 bytes that stand for a network in everything that is signed (HSH-005)."""
    return digest(NETWORK, name.encode())


def signed_id(domain: str, network: str, body: bytes) -> bytes:
    """The id of a signed object: the 32 bytes that name it and that its signature covers (HSH-006)."""
    return digest(domain, network_id(network) + body)

"""Errors that evidence can earn: each has a stage, a code and the requirement that it breaks (spec/errors.md).

Anything else that escapes from `tracework.protocol` or `tracework.verifier` is a bug, never a judgement on an input.
"""

from __future__ import annotations

from typing import ClassVar, Final

STAGES = ("decode", "schema", "semantic", "crypto", "execution", "policy")
"""The stages of checking, in the order in which they run (ERR-001)."""


CODES: Final[dict[str, str]] = {
    # decode
    "too-large": "decode",
    "truncated": "decode",
    "too-many-items": "decode",
    "too-deep": "decode",
    "forbidden-type": "decode",
    "indefinite-length": "decode",
    "reserved-info": "decode",
    "non-minimal": "decode",
    "bad-utf8": "decode",
    "map-key-type": "decode",
    "duplicate-key": "decode",
    "unsorted-keys": "decode",
    "trailing-bytes": "decode",
    # decode: programs
    "not-elf": "decode",
    "elf-class": "decode",
    "elf-byte-order": "decode",
    "elf-version": "decode",
    "elf-program-headers": "decode",
    # schema
    "wrong-type": "schema",
    "unknown-kind": "schema",
    "unsupported-version": "schema",
    "unknown-field": "schema",
    "missing-field": "schema",
    "wrong-length": "schema",
    "out-of-range": "schema",
    "bad-form": "schema",
    # schema: programs
    "elf-machine": "schema",
    "elf-type": "schema",
    "elf-compressed": "schema",
    "elf-float-abi": "schema",
    "elf-flags": "schema",
    "elf-dynamic": "schema",
    # semantic: programs and inputs
    "elf-segment-size": "semantic",
    "elf-segment-range": "semantic",
    "elf-image-too-large": "semantic",
    "elf-segment-overlap": "semantic",
    "elf-writable-code": "semantic",
    "elf-no-code": "semantic",
    "elf-second-code": "semantic",
    "elf-code-page-shared": "semantic",
    "elf-entry-misaligned": "semantic",
    "elf-entry-outside": "semantic",
    "region-too-long": "semantic",
    # semantic: trees
    "no-leaves": "semantic",
    "index-order": "semantic",
    "index-range": "semantic",
    # semantic: units
    "unknown-profile": "semantic",
    "unknown-suite": "semantic",
    "code-range": "semantic",
    "bad-entry": "semantic",
    "too-many-segments": "semantic",
    "bad-quorum": "semantic",
    "worker-order": "semantic",
    "deadline-order": "semantic",
    "work-form": "semantic",
    "policy-form": "semantic",
    "deadlines-missing": "semantic",
    "beneficiary-order": "semantic",
    "share-sum": "semantic",
    "region-twice": "semantic",
    "opaque-unit": "semantic",
    # semantic: claims
    "not-final": "semantic",
    "status-code": "semantic",
    "output-without-halt": "semantic",
    "step-count": "semantic",
    "leaf-count": "semantic",
    # semantic: segment proofs
    "segment-order": "semantic",
    "segment-index": "semantic",
    "page-order": "semantic",
    "page-twice": "semantic",
    "page-content": "semantic",
    "witness-too-large": "semantic",
    "zero-page-content": "semantic",
    "leaves-length": "semantic",
    # semantic: draws
    "draw-range": "semantic",
    "draw-count": "semantic",
    # semantic: commits, committees, statements
    "not-opaque": "semantic",
    "member-order": "semantic",
    "weight-sum": "semantic",
    "check-form": "semantic",
    # semantic: evidence
    "leaf-index": "semantic",
    "step-index": "semantic",
    "account-order": "semantic",
    "equivocation-form": "semantic",
    "side-order": "semantic",
    "no-contradiction": "semantic",
    "move-form": "semantic",
    "beacon-form": "semantic",
    # semantic: epochs and payouts
    "slot-order": "semantic",
    "too-many-records": "semantic",
    "unknown-account": "semantic",
    "ceiling-order": "semantic",
    "not-conserved": "semantic",
    "audit-form": "semantic",
    "unknown-payee": "semantic",
    "bundle-order": "semantic",
    "bundle-twice": "semantic",
    "bundle-unit": "semantic",
    "request-form": "semantic",
    "answer-form": "semantic",
    "answer-time": "semantic",
    # crypto: trees
    "path-length": "crypto",
    "root-mismatch": "crypto",
    # crypto: keys
    "bad-seed": "crypto",
    "bad-secret-key": "crypto",
    "bad-public-key": "crypto",
    "bad-signature-encoding": "crypto",
    "bad-signature": "crypto",
    "bad-proof-of-possession": "crypto",
    "empty-signer-set": "crypto",
    "duplicate-signer": "crypto",
    "bad-aggregate": "crypto",
    "key-mismatch": "crypto",
    # crypto: claims and segment proofs
    "unit-mismatch": "crypto",
    "state-mismatch": "crypto",
    "program-mismatch": "crypto",
    "input-mismatch": "crypto",
    # crypto: commits, committees, receipts, statements
    "network-mismatch": "crypto",
    "worker-mismatch": "crypto",
    "commitment-mismatch": "crypto",
    "leaves-mismatch": "crypto",
    "claim-mismatch": "crypto",
    "committee-mismatch": "crypto",
    "epoch-mismatch": "crypto",
    "not-a-member": "crypto",
    "bitfield-length": "crypto",
    "bitfield-padding": "crypto",
    "mixed-bodies": "crypto",
    "registry-mismatch": "crypto",
    "no-common-signer": "crypto",
    # crypto: evidence
    "dispute-mismatch": "crypto",
    "segment-mismatch": "crypto",
    # crypto: epochs and settlements
    "records-mismatch": "crypto",
    "parameters-mismatch": "crypto",
    "rule-mismatch": "crypto",
    "settlement-mismatch": "crypto",
    "receipt-mismatch": "crypto",
    "request-mismatch": "crypto",
    "proof-mismatch": "crypto",
    # execution
    "witness-incomplete": "execution",
    "wrong-first-leaf": "execution",
    "wrong-result": "execution",
    "wrong-leaf": "execution",
    "ends-early": "execution",
    "wrong-claim": "execution",
    # execution: evidence
    "wrong-last-leaf": "execution",
    "wrong-step": "execution",
    "no-fault": "execution",
    "wrong-check": "execution",
    # policy
    "unnamed-worker": "policy",
    "way-not-asked": "policy",
    "other-committee": "policy",
    "bad-threshold": "policy",
    "below-threshold": "policy",
    "attested-against": "policy",
    "too-few-eligible": "policy",
    "unassigned-worker": "policy",
    "no-assignment": "policy",
    "assignment-size": "policy",
    "second-commit": "policy",
    "second-reveal": "policy",
    "no-commit": "policy",
    "no-receipt": "policy",
    "no-reveal": "policy",
    "late-commit": "policy",
    "late-reveal": "policy",
    "early-reveal": "policy",
    "copied-commit": "policy",
    "dissents": "policy",
    "no-quorum": "policy",
    "not-called": "policy",
    "other-network": "policy",
    "other-unit": "policy",
    "other-worker": "policy",
    "other-output": "policy",
    # policy: evidence
    "dispute-over": "policy",
    "out-of-turn": "policy",
    "not-the-challenger": "policy",
    "wrong-round": "policy",
    "other-segments": "policy",
    # policy: evidence of epochs
    "undrawn-auditor": "policy",
    "late-check": "policy",
    "missing-evidence": "policy",
    "no-account": "policy",
    "not-due": "policy",
    "supplied-beacon": "policy",
    "late-silence": "policy",
    "too-early": "policy",
    "answered": "policy",
}
"""Every code, and the stage that it belongs to (ERR-002); the table of spec/errors.md."""


class ProtocolError(Exception):
    """Evidence that a check rejected.

    `code` is the registry's word, `requirement` the id of the clause, `where` the place (a field path, a byte offset, a
    segment or a step), and `str(error)` one sentence for a person.
    """

    stage: ClassVar[str]

    def __init__(self, code: str, message: str, *, requirement: str, where: str = "") -> None:
        super().__init__(message)
        assert CODES.get(code) == self.stage, f"{code} is no code of the stage {self.stage}"
        self.code = code
        self.message = message
        self.requirement = requirement
        self.where = where

    def __str__(self) -> str:
        place = f" (at {self.where})" if self.where else ""
        return f"{self.message}{place} [{self.stage}/{self.code}, {self.requirement}]"


class DecodeError(ProtocolError):
    """The bytes are no encoding at all, or not the only one that is allowed."""

    stage = "decode"


class SchemaError(ProtocolError):
    """The item is well encoded, but isn't of the shape of the object that was expected."""

    stage = "schema"


class SemanticError(ProtocolError):
    """The object has its shape, but its fields contradict each other or a limit."""

    stage = "semantic"


class CryptoError(ProtocolError):
    """A key, a signature, a hash or a Merkle path doesn't hold."""

    stage = "crypto"


class ExecutionError(ProtocolError):
    """Executing what the evidence carries did not give what it says, or was not possible."""

    stage = "execution"


class Refutation(ExecutionError):
    """What the claim's author signed is false, and the evidence shows it (VRD-002).

    Raised only when every check on the evidence itself has passed.
    """


class PolicyError(ProtocolError):
    """The evidence holds, but isn't what the caller or the unit's policy asked for."""

    stage = "policy"

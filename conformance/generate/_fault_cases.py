"""What the cases of every kind of fault proof share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from ...protocol import keys
from ...protocol.encoding import cbor
from ...protocol.encoding.schema import Record, encode_object
from ...protocol.work.claim import Claim
from ..values import render
from . import Case, _runs, invalid, valid
from ._changes import changed

CLAIM = 2
"""The key of the signed claim that every kind begins with."""
Fault: TypeAlias = tuple[str, str, str, str, bytes]
"""Name, requirement, stage/code, comment and bytes of a negative case."""


def case(
    operation: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    name: str,
    comment: str,
    requirements: Sequence[str],
    proof: Record,
    *flags: str,
) -> Case:
    """A positive case of an operation on one proof."""
    given = {"proof": encode_object(proof)}
    return valid(f"fault-{name}", comment, requirements, given, operation(render(given)), flags=flags)


def invalid_cases(kind: str, faults: list[Fault], from_case: str) -> list[Case]:
    """Negative cases of one kind of proof, each changed from the same good one."""
    return [
        invalid(f"fault-{kind}-{name}", comment, requirements.split(), {"proof": data}, error, derived_from=from_case)
        for name, requirements, error, comment, data in faults
    ]


def claim_faults(proof: Record, claim: Claim) -> list[Fault]:
    """What can be wrong with the signed claim that every kind begins with."""
    other = _runs.run(_runs.summing(), b"0123456789", "fault-other-unit").claim
    stranger = keys.public_key(_runs.worker("copycat"))
    return [
        (
            "other-unit",
            "FLT-002 CLM-017",
            "crypto/unit-mismatch",
            "The claim in the company of another unit.",
            changed(proof, [CLAIM, 0], cbor.decode(encode_object(other.unit))),
        ),
        (
            "other-network",
            "FLT-002 UNT-007 KEY-041",
            "crypto/bad-signature",
            "The unit under another network's name.",
            changed(proof, [CLAIM, 0, 2, 0], "other"),
        ),
        (
            "other-worker",
            "FLT-002 CLM-018 KEY-041",
            "crypto/bad-signature",
            "The claim under the name of a worker who didn't sign it.",
            changed(proof, [CLAIM, 1, 1], stranger),
        ),
        (
            "signature",
            "FLT-002 CLM-018 KEY-041",
            "crypto/bad-signature",
            "The requester's signature in the worker's place.",
            changed(proof, [CLAIM, 2], claim.unit.signature),
        ),
        (
            "version",
            "ENC-030",
            "schema/unsupported-version",
            "Version 2.",
            changed(proof, [1], 2),
        ),
        (
            "steps-over",
            "FLT-001 CLM-014",
            "semantic/step-count",
            "More steps than the limit.",
            changed(proof, [CLAIM, 1, 4], 1001),
        ),
        ("truncated", "ENC-021", "decode/truncated", "The last byte is missing.", encode_object(proof)[:-1]),
    ]

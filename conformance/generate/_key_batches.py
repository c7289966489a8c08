"""Vectors for batches of signatures: the coefficients, and forgeries that a sum without them lets through."""

from __future__ import annotations

from typing import Any

from ...protocol import keys
from ...protocol.keys import SecretKey
from ...protocol.keys.scheme import GROUP_ORDER
from ..operations import keys as operations
from ..values import render
from . import Case, VectorFile, invalid, seeded, valid

KEYS = [keys.derive_secret_key(seeded("keys-verify-batch", f"key {index}", 32)) for index in range(4)]
MESSAGES = [seeded("keys-verify-batch", f"message {index}", 32) for index in range(4)]


def _item(signers: list[int], message: int, signature: bytes | None = None) -> dict[str, Any]:
    made = keys.aggregate([keys.sign(KEYS[index], MESSAGES[message]) for index in signers])
    return {
        "publics": [keys.public_key(KEYS[index]) for index in signers],
        "message": MESSAGES[message],
        "signature": made if signature is None else signature,
    }


def _signed_by(scalar: int, message: int) -> bytes:
    return keys.sign(SecretKey((scalar % GROUP_ORDER).to_bytes(32, "big")), MESSAGES[message])


def file(checked_by: str) -> VectorFile:
    """The file of `keys.verify-batch`."""

    def good(name: str, comment: str, items: list[dict[str, Any]], *flags: str) -> Case:
        given = {"items": items}
        output = operations.verify_batch(render(given))
        requirements = ["KEY-080", "KEY-081", "KEY-082", "KEY-083"]
        return valid(f"keys-verify-batch-{name}", comment, requirements, given, output, flags=flags)

    def bad(name: str, comment: str, requirement: str, items: list[dict[str, Any]], error: str, *flags: str) -> Case:
        return invalid(f"keys-verify-batch-{name}", comment, [requirement], {"items": items}, error, flags=flags)

    three = [_item([0], 0), _item([1], 1), _item([2], 2)]
    first, second = (KEYS[index].scalar for index in (0, 1))
    cases = [
        good("three", "Three signers of three ids.", three),
        good("one", "A batch of one.", three[:1], "Boundary"),
        good("none", "A batch of nothing holds.", [], "Boundary"),
        good("same-id", "Three signers of one id, one by one.", [_item([index], 3) for index in range(3)]),
        good("twice", "One signature twice is two signatures.", [three[0], three[0]]),
        good("aggregates", "Two aggregates of two on different ids.", [_item([0, 1], 0), _item([2, 3], 1)]),
        bad(
            "cancelling",
            "Two forgeries on one id whose errors cancel out in a plain sum.",
            "KEY-041",
            [_item([0], 0, _signed_by(first + 1, 0)), _item([1], 0, _signed_by(second - 1, 0))],
            "crypto/bad-signature",
            "ProofMutation",
        ),
        bad(
            "exchanged",
            "Two right signatures on one id, each in the other's place.",
            "KEY-041",
            [_item([0], 0, _signed_by(second, 0)), _item([1], 0, _signed_by(first, 0))],
            "crypto/bad-signature",
            "ProofMutation",
        ),
        bad(
            "last-wrong",
            "The last of three is on another id.",
            "KEY-041",
            [*three[:2], _item([2], 2, _signed_by(KEYS[2].scalar, 3))],
            "crypto/bad-signature",
        ),
        bad(
            "no-signer",
            "One item has no signer.",
            "KEY-051",
            [three[0], {**three[1], "publics": []}],
            "crypto/empty-signer-set",
        ),
        bad(
            "infinity",
            "One item's signature is the point at infinity.",
            "KEY-022",
            [three[0], {**three[1], "signature": b"\xc0" + bytes(95)}],
            "crypto/bad-signature-encoding",
            "PeerDivergence",
        ),
    ]
    return VectorFile(
        name="verify-batch",
        op="keys.verify-batch",
        title="Batches of signatures, with their coefficients",
        checked_by=checked_by,
        cases=cases,
    )

"""Vectors for slots and receipts."""

from __future__ import annotations

from typing import Any

from ...protocol.encoding.schema import Record, encode_object
from ...protocol.work.receipt import ReceiptBody, Subject, sign_receipt
from ...protocol.work.unit import Policy, ReceiptPolicy, Unit
from ..operations import many as operations
from . import VectorFile, _many, _runs, seeded
from ._changes import changed, flip
from ._topic import Topic
from .commit import CHECKED

SIGNERS = 3


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        _slots(),
        _receipts(),
        _shares(),
    ]


def _slots() -> VectorFile:
    topic = Topic("receipt.slots", operations.slots, "Slots and the rounds that draw", CHECKED)
    cases = [
        topic.good(
            f"{slot}-{delay}",
            f"Slot {slot}, with a delay of {delay}.",
            ["RCP-001", "RCP-002"],
            {"slot": slot, "delay": delay},
            "Boundary",
        )
        for slot, delay in ((0, 0), (7, 0), (7, 1), ((1 << 32) - 1, (1 << 32) - 1))
    ]
    return topic.file(cases)


def _unit(label: str, receipts: ReceiptPolicy | None) -> Unit:
    return _runs.make_unit(label, policy=Policy(receipts=receipts))


def _receipts() -> VectorFile:
    topic = Topic("receipt.check", operations.receipt, "Receipts that count, or not", CHECKED)
    fine, bad = topic.good, topic.bad
    run, name = _many.honest_run(), "replica-0"
    unit, worker = run.unit, _many.public("replica-0")
    commit = _many.commit_to(_many.claim_by(run, name), name)
    good = _many.receipt(unit, Subject.COMMIT, worker, commit.id, 90)

    def given(receipt: Any = good, of: Unit = unit, committee: Record | None = None) -> dict[str, Any]:
        return {
            "receipt": receipt if isinstance(receipt, bytes) else encode_object(receipt),
            "unit": encode_object(of),
            "committee": encode_object(committee or _many.committee()),
        }

    def signed(*signers: int) -> Any:
        return _many.receipt(unit, Subject.COMMIT, worker, commit.id, 90, signers=signers)

    weights = [member.weight for member in _many.committee().members]
    enough = _fewest(weights, _many.THRESHOLD)
    half = ReceiptPolicy(committee=_many.committee().hash, threshold=5)
    over = ReceiptPolicy(committee=_many.committee().hash, threshold=11)
    other = ReceiptPolicy(committee=seeded("receipt-other", "committee", 32), threshold=6)

    def under(label: str, policy: ReceiptPolicy | None) -> dict[str, Any]:
        of = _unit(f"receipt-{label}", policy)
        return given(_many.receipt(of, Subject.UNIT, of.body.requester, of.id, 5), of)

    cases = [
        fine("commit", "A commit, receipted by six of seven members.",
             ["RCP-010", "RCP-011", "RCP-012", "RCP-021", "RCP-024"], given()),
        fine("exactly", "Signers of exactly the threshold's weight.", ["RCP-024", "ATT-021"], given(signed(*enough)),
             "Boundary"),
        fine("unit", "A unit itself, by its requester.", ["RCP-012"], given(
             _many.receipt(unit, Subject.UNIT, unit.body.requester, unit.id, 0))),
        bad("other-network", "A receipt of another network, by members of its committee.", "RCP-020",
            given(_many.receipt(unit, Subject.COMMIT, worker, commit.id, 90, network="other")),
            "crypto/network-mismatch", "WrongDomain"),
        bad("other-unit", "A receipt about another unit.", "RCP-020",
            given(_many.receipt(_unit("receipt-other-unit", half), Subject.COMMIT, worker, commit.id, 90)),
            "crypto/unit-mismatch"),
        bad("other-committee", "Beside a committee that did not sign it.", "ATT-015",
            given(committee=_many.committee(size=6)), "crypto/committee-mismatch"),
        bad("other-slot", "The slot is one less than what was signed.", "KEY-041",
            given(changed(good, [2, 5], 89)), "crypto/bad-signature", "ProofMutation"),
        bad("added-signer", "A bit more than those who signed.", "KEY-041",
            given(changed(good, [SIGNERS], flip(6))), "crypto/bad-signature", "ProofMutation"),
        bad("bitfield-long", "A bitfield of two bytes for seven members.", "ATT-013",
            given(changed(good, [SIGNERS], lambda field: field + b"\0")), "crypto/bitfield-length", "Boundary"),
        bad("bitfield-padding", "The bit of an eighth member.", "ATT-014",
            given(changed(good, [SIGNERS], flip(7))), "crypto/bitfield-padding", "Boundary"),
        bad("no-signer", "An empty bitfield.", "KEY-051",
            given(changed(good, [SIGNERS], b"\0")), "crypto/empty-signer-set"),
        bad("below", "One member's weight under the threshold.", "ATT-021", given(signed(*enough[:-1])),
            "policy/below-threshold", "Boundary"),
        bad("no-policy", "A unit that names no committee for receipts.", "RCP-022", under("no-policy", None),
            "policy/way-not-asked"),
        bad("policy-other", "A unit that names another committee.", "RCP-023", under("policy-other", other),
            "policy/other-committee"),
        bad("half", "A threshold of exactly one half of the weight.", "ATT-020", under("half", half),
            "policy/bad-threshold", "Boundary"),
        bad("over-all", "A threshold over all of the weight.", "ATT-020", under("over-all", over),
            "policy/bad-threshold", "Boundary"),
        bad("kind-unknown", "A subject of kind 8.", "ENC-030", given(changed(good, [2, 6], 8)), "schema/out-of-range"),
    ]  # fmt: skip
    return topic.file(cases)


def _shares() -> VectorFile:
    topic = Topic("receipt.share", operations.receipt_share, "Single members' shares", CHECKED)
    run, committee = _many.honest_run(), _many.committee()
    body = ReceiptBody(
        network=_runs.NETWORK,
        committee=committee.hash,
        unit=run.unit.id,
        party=run.unit.body.requester,
        subject=run.unit.id,
        slot=5,
        kind=Subject.UNIT,
    )
    good = sign_receipt(body, committee, _many.member_key(2))

    def given(share: bytes) -> dict[str, Any]:
        return {"share": share, "committee": encode_object(committee)}

    cases = [
        topic.good(
            "plain",
            "A member's receipt of a unit.",
            ["RCP-011", "ATT-010", "ATT-017"],
            given(encode_object(good)),
        ),
        topic.bad(
            "other-member",
            "The same in another member's place.",
            ["KEY-041", "ATT-017"],
            given(changed(good, [3], 3)),
            "crypto/bad-signature",
            "ProofMutation",
        ),
        topic.bad(
            "no-member",
            "Position 7 of seven.",
            "ATT-016",
            given(changed(good, [3], 7)),
            "crypto/not-a-member",
            "Boundary",
        ),
    ]
    return topic.file(cases)


def _fewest(weights: list[int], threshold: int) -> tuple[int, ...]:
    """Positions whose weights add up to exactly the threshold, and without the last of them to less."""
    chosen: list[int] = []
    for position in sorted(range(len(weights)), key=lambda index: -weights[index]):
        if sum(weights[index] for index in chosen) + weights[position] <= threshold:
            chosen.append(position)
    assert sum(weights[index] for index in chosen) == threshold
    return tuple(chosen)

"""Vectors of evidence: units, what others need, and reveals, that show nothing."""

from __future__ import annotations

import functools
from typing import Any

from ...protocol.beacon import SUPPLIED, Beacon
from ...protocol.encoding.schema import Record, encode_object
from ...protocol.registry import assignment
from ...protocol.registry.snapshot import Registry
from ...protocol.work.bundle import pack as bundle_of
from ...protocol.work.receipt import Subject
from ...protocol.work.unit import AdaptivePolicy, AssignmentPolicy, AuditPolicy, ReceiptPolicy, Unit, sign_unit
from ..operations import epochs as operations
from ..values import render
from . import Case, _many, _runs, seeded, valid
from . import _epoch_files as made
from . import _evidence_common as common
from . import registry as registries
from ._changes import changed
from ._epoch_files import COMMIT_SLOT, ROUND
from ._evidence_common import Files
from .beacon import ROUNDS, quicknet


def _resigned(label: str, **fields: Any) -> Unit:
    """A drawn unit with other fields."""
    return sign_unit(made.drawn_unit(label).body.replace(**fields), _runs.requester())


def _policy(label: str, **fields: Any) -> Unit:
    body = made.drawn_unit(label).body
    return sign_unit(body.replace(policy=body.policy.replace(**fields)), _runs.requester())


def units() -> list[Case]:
    """Units that show nothing, and one that does."""
    unit = common.drawn()
    rest = made.about(unit)[1:]
    undated = sign_unit(
        made.named_unit("epoch-undated").body.replace(
            policy=_many.policy(3, 2, redundancy=None, attestation=None), deadlines=None
        ),
        _runs.requester(),
    )
    audit = AuditPolicy(samples=2, delay=2)
    unreceipted = _policy("epoch-unreceipted", receipts=None, audit=audit)
    committee = _many.committee()
    half = _policy("epoch-half", receipts=ReceiptPolicy(committee=committee.hash, threshold=5))
    elsewhere = _policy(
        "epoch-elsewhere",
        assignment=AssignmentPolicy(registry=common.without("prover").hash, delay=9),
    )
    other = _resigned("epoch-other", network="other")

    def case(
        name: str, comment: str, error: str, file: Record | bytes, files: Files, req: str = "STL-067", **changes: Any
    ) -> Case:
        return common.of_file(f"unit-{name}", comment, req, file, files, error, **changes)

    return [
        valid(
            "settlement-file-unit",
            "A unit that shows itself and its beneficiary.",
            ["STL-011", "STL-067"],
            common.input_of(made.about(unit)) | {"file": encode_object(unit)},
            operations.of_file(render(common.input_of(made.about(unit)) | {"file": encode_object(unit)})),
        ),
        case("other-network", "A unit of another network.", "crypto/network-mismatch", other, rest),
        case("no-deadlines", "A unit without deadlines.", "semantic/deadlines-missing", undated, rest),
        case("next-epoch", "A unit of the next epoch.", "policy/not-due", unit, rest, last_slot=299),
        case("last-epoch", "A unit of the epoch before.", "policy/not-due", unit, rest, first_slot=301),
        case("no-receipts", "A unit whose receipts nobody gives.", "policy/way-not-asked", unreceipted, rest),
        case(
            "forged",
            "A unit whose price was changed.",
            "crypto/bad-signature",
            changed(unit, [2, 7], 2),
            rest,
            "STL-067 UNT-007 KEY-041",
        ),
        case(
            "no-account",
            "Its requester has no account.",
            "policy/no-account",
            unit,
            rest,
            "STL-067 STL-063",
            registry=encode_object(_requesterless()),
            earlier=[encode_object(made.snapshot())],
        ),
        case(
            "no-committee",
            "Its committee is not there.",
            "policy/missing-evidence",
            unit,
            [rest[0], rest[2]],
            "STL-067 STL-064",
        ),
        case(
            "half",
            "Its receipts need just a half.",
            "policy/bad-threshold",
            half,
            [made.unit_receipt(half), *rest[1:]],
            "STL-067 ATT-020",
        ),
        case("no-receipt", "No receipt of it.", "policy/no-receipt", unit, rest[1:]),
        case(
            "other-registry",
            "A registry of its own, which the reader was not told, though it is among the files.",
            "policy/missing-evidence",
            elsewhere,
            [made.unit_receipt(elsewhere), *rest[1:], common.without("prover")],
            "STL-067 STL-064",
        ),
        case(
            "no-beacon",
            "The round that draws its workers is not there.",
            "policy/missing-evidence",
            unit,
            [*rest[:2], quicknet(1001)],
            "STL-067 STL-064",
        ),
    ]


def _requesterless() -> Registry:
    requester = common.drawn().body.requester
    return registries.of(*(one for one in made.snapshot().accounts if one.key != requester))


def supports() -> list[Case]:
    """Files that others need, and that fail."""
    unit = common.drawn()
    plain = made.about(unit)
    supplied = Beacon(source=SUPPLIED, round=ROUND, randomness=bytes(32))
    forged = changed(quicknet(ROUND), [4], bytes.fromhex(ROUNDS[1001]))
    weak = _many.receipt(unit, Subject.COMMIT, _many.public(common.worker()), common.commit().id, 97, signers=(1,))
    strange = made.unit_receipt(made.named_unit("epoch-not-there"))
    commit = encode_object(common.commit())
    copied = _many.commit_to(common.claim(), "account-1" if common.worker() != "account-1" else "account-2")
    elsewhere = _many.commit_to(made.claim(made.named_unit(), common.named()[0]), common.named()[0])
    return [
        common.of_file(
            "committee-unnamed",
            "A committee that no unit names.",
            "STL-065",
            _many.committee(epoch=5),
            plain,
            "policy/other-committee",
        ),
        common.of_file(
            "committee-possession",
            "A committee with a proof of possession that doesn't hold.",
            "STL-065 ATT-005 KEY-043",
            *_possessionless(),
            "crypto/bad-proof-of-possession",
        ),
        common.of_file(
            "registry",
            "A registry that nobody vouches for.",
            "STL-065",
            common.without("prover"),
            plain,
            "crypto/registry-mismatch",
        ),
        common.of_file(
            "beacon-forged", "Another round's signature.", "STL-066 BCN-011", forged, plain, "crypto/bad-signature"
        ),
        common.of_file(
            "beacon-supplied",
            "Randomness that the reader doesn't take.",
            "STL-066",
            supplied,
            plain,
            "policy/supplied-beacon",
        ),
        common.of_file(
            "receipt-unit",
            "A receipt of a unit that isn't there.",
            "STL-068 STL-064",
            strange,
            plain,
            "policy/missing-evidence",
        ),
        common.of_file(
            "receipt-weak",
            "A receipt by one member.",
            "STL-068 ATT-021",
            weak,
            common.audited()[:-4],
            "policy/below-threshold",
        ),
        common.of_file(
            "receipt-forged",
            "A receipt whose slot was changed.",
            "STL-068 RCP-021 KEY-041",
            changed(made.unit_receipt(unit), [2, 5], 89),
            plain,
            "crypto/bad-signature",
        ),
        common.of_file(
            "commit-unit",
            "A commit for a unit that isn't there.",
            "STL-069 STL-064",
            elsewhere,
            plain,
            "policy/missing-evidence",
        ),
        common.of_file(
            "commit-forged",
            "A commit with a wrong signature.",
            "STL-069 CMT-012 KEY-041",
            changed(common.commit(), [3], copied.signature),
            plain,
            "crypto/bad-signature",
        ),
        common.of_file(
            "commit-unassigned",
            "A commit of a worker who wasn't drawn.",
            "STL-069",
            copied,
            plain,
            "policy/unassigned-worker",
        ),
        common.of_file(
            "truncated", "A commit without its last byte.", "STL-062 ENC-021", commit[:-1], plain, "decode/truncated"
        ),
        common.of_file(
            "kind",
            "A claim, which its reveal holds, shows nothing.",
            "STL-062",
            common.claim(),
            common.audited(),
            "schema/unknown-kind",
        ),
        common.of_file(
            "bundle",
            "A bundle whose elements are out of order.",
            "STL-061 BND-003",
            changed(bundle_of(common.contents(plain)), [2], lambda parts: parts[::-1]),
            plain,
            "semantic/bundle-order",
        ),
    ]


def _possessionless() -> tuple[Record, list[Record]]:
    """A committee that is none, and the unit that names it, for attestations."""
    members = _many.committee().members
    wrong = _many.committee().replace(members=(members[0].replace(possession=members[1].possession), *members[1:]))
    policy = common.drawn().body.policy.attestation
    assert policy is not None
    unit = _policy("epoch-possession", attestation=policy.replace(committee=wrong.hash))
    return wrong, [unit, made.unit_receipt(unit), _many.committee(), quicknet(ROUND)]


def claims() -> list[Case]:
    """Reveals that show no claim."""
    unit, name = common.drawn(), common.worker()
    plain, (commit, receipted, reveal, revealed) = made.about(unit), made.claimed(unit, name)
    key = _many.public(name)

    def case(
        label: str, comment: str, req: str, error: str, files: Files, file: Record | bytes = reveal, **changes: Any
    ) -> Case:
        return common.of_file(f"reveal-{label}", comment, req, file, files, error, **changes)

    def at(commit_slot: int, reveal_slot: int) -> list[Record]:
        return [*plain, *made.claimed(unit, name, slots=(commit_slot, reveal_slot))]

    stranger = made.claimed(unit, "account-1" if name != "account-1" else "account-2")
    blind = _many.commit_to(common.claim(), name, bytes(32))
    leaves = _many.reveal_of(common.claim(), name, [*made.run(unit).leaves[:-1], bytes(32)])
    forged = changed(made.reveal_among([reveal]), [5], made.reveal_among(stranger).signature)
    adaptive = _adaptive()
    return [
        case("unit", "The unit is not there.", "STL-070 STL-064", "policy/missing-evidence", plain[1:]),
        case("forged", "Another worker's signature.", "STL-070 CMT-023 KEY-041", "crypto/bad-signature", plain, forged),
        case(
            "unassigned",
            "A worker who wasn't drawn.",
            "STL-070",
            "policy/unassigned-worker",
            [*plain, *stranger],
            stranger[2],
        ),
        case(
            "no-account",
            "A worker who was drawn, and has no account any more.",
            "STL-070 STL-063",
            "policy/no-account",
            [*plain, commit, receipted, revealed],
            registry=encode_object(common.without(name)),
            earlier=[encode_object(made.snapshot())],
        ),
        case(
            "not-called",
            "A replica of a unit that was not replicated.",
            "STL-070 RED-044",
            "policy/not-called",
            *adaptive,
            supplied=True,
            registry=encode_object(_trusted()),
        ),
        case("no-commit", "No commit.", "STL-070", "policy/no-commit", [*plain, revealed]),
        case(
            "other-commit",
            "A commit that it doesn't open.",
            "STL-070 CMT-032",
            "crypto/commitment-mismatch",
            [*plain, blind, _many.receipt(unit, Subject.COMMIT, key, blind.id, COMMIT_SLOT), revealed],
        ),
        case(
            "commit-unreceipted",
            "The commit has no receipt.",
            "STL-070",
            "policy/no-receipt",
            [*plain, commit, revealed],
        ),
        case("commit-late", "The commit is a slot too late.", "STL-070", "policy/late-commit", at(101, 150)),
        case("unreceipted", "It has no receipt itself.", "STL-070", "policy/no-receipt", [*plain, commit, receipted]),
        case("early", "While others may still commit.", "STL-070", "policy/early-reveal", at(97, 100)),
        case("late", "A slot too late.", "STL-070", "policy/late-reveal", at(97, 201)),
        case(
            "leaves",
            "The leaves are others than the claimed ones.",
            "STL-070 CMT-024",
            "crypto/leaves-mismatch",
            [*plain, commit, receipted, _many.receipt(unit, Subject.REVEAL, key, leaves.id, 150)],
            leaves,
        ),
    ]


@functools.cache
def _trusted() -> Registry:
    """The registry with the greatest reputation for everybody."""
    return registries.of(*(one.replace(reputation=(1 << 32) - 1) for one in made.snapshot().accounts))


def _adaptive() -> tuple[list[Record], Record]:
    """An adaptive unit that was not replicated, with a replica's files, and the replica's reveal."""

    adaptive = AdaptivePolicy(floor=1, window=20)
    unit = registries.drawn_unit("epoch-adaptive", _trusted(), adaptive=adaptive, requirements=None)
    policy = unit.body.policy.replace(assignment=AssignmentPolicy(registry=_trusted().hash, delay=9), attestation=None)
    unit = sign_unit(unit.body.replace(policy=policy), _runs.requester())
    workers = [made.names()[key] for key in assignment.assign(_trusted(), unit, quicknet(ROUND).output)]
    beacon = Beacon(source=SUPPLIED, round=1020, randomness=seeded("epoch-adaptive", "beacon", 32))
    unit_files = [
        unit,
        made.unit_receipt(unit),
        _many.committee(),
        Beacon(source=SUPPLIED, round=ROUND, randomness=quicknet(ROUND).output),
        beacon,
    ]
    primary, replica = made.claimed(unit, workers[0]), made.claimed(unit, workers[1], slots=(110, 150))
    return [*unit_files, *primary, *replica], replica[2]

"""Bundles of a unit that asks for replicas and for attestations, and elements that are no files of a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...protocol.encoding import cbor
from ...protocol.encoding.schema import Record, encode_object
from ...protocol.work.attestation import Finding
from ...protocol.work.bundle import pack
from ...protocol.work.claim import Claim
from ...protocol.work.segment import make_proof
from ...protocol.work.unit import AttestationPolicy, ReceiptPolicy, Unit, sign_unit
from ..operations import bundle as operations
from ..values import render
from . import Case, _many, _runs, invalid, valid
from ._changes import changed, flip
from ._runs import Run, retraced
from .attestation import aggregate, statement
from .beacon import quicknet
from .fault import leaf_fault


def case(name: str, comment: str, requirements: Sequence[str], given: Sequence[bytes], **options: Any) -> Case:
    """A bundle of some files, and what comes out."""
    input = {"bundle": encode_object(pack(given)), **options}
    return valid(f"bundle-judge-{name}", comment, requirements, input, operations.judge(render(input)))


def cases() -> list[Case]:
    """Everything about quorums and attestations in bundles."""
    return [*_quorums(), *_lies(), *_attested()]


def _files(*objects: Record) -> list[bytes]:
    return [encode_object(value) for value in objects]


def _replicas(run: Run, count: int) -> list[bytes]:
    """Unit and committee, and so many workers who claim what a run says."""
    made = [file for name in _many.names(3)[:count] for file in _many.honest(run, name).files()]
    return [*_files(run.unit, _many.committee()), *made]


def _of_unit(label: str, **policy: Any) -> Unit:
    context = _many.honest_run().unit.body.context
    return sign_unit(
        _runs.unit_body(context, f"bundle-{label}", policy=_many.policy(3, 2, **policy), deadlines=_many.DEADLINES),
        _runs.requester(),
    )


def _quorums() -> list[Case]:
    run = _many.honest_run()
    claim = _many.claim_by(run, _many.names(3)[0])
    two = _replicas(run, 2)
    elsewhere = _many.honest(_many.run_of(_of_unit("elsewhere")), _many.names(3)[2])
    half = _of_unit("half", receipts=ReceiptPolicy(committee=_many.committee().hash, threshold=5))
    opaque = _many.opaque_unit()
    forged = encode_object(quicknet(1000).replace(signature=quicknet(1001).signature))
    replicas = [file for name in _many.names(3) for file in _many.opaque_replica(opaque, name).files()]
    return [
        case("quorum", "Two of three workers agree: accepted, of no worker and with no claim.",
             ["BND-010", "BND-017", "RED-030", "VRD-020"], two),
        case("quorum-claims", "The same with one of their claims: a claim is undecided where its result has a quorum.",
             ["BND-017"], [*two, *_files(claim)]),
        case("quorum-opaque", "Three replicas of an opaque unit.", ["BND-017"],
             [*_files(opaque, _many.committee()), *replicas]),
        case("quorum-none", "One worker of three: nothing has a quorum, and everybody's standing is told.",
             ["BND-013", "BND-015", "RED-031"], _replicas(run, 1)),
        case("quorum-no-committee", "Receipts, and no committee.", ["BND-013", "RED-013"], [two[0], *two[2:]]),
        case("quorum-elsewhere", "The files of a worker for another unit.", ["BND-011", "BND-012"],
             [*two, *elsewhere.files()]),
        case("quorum-committees", "A committee that nobody names changes nothing.", ["BND-010"],
             [*two, *_files(_many.committee(epoch=5))]),
        case("quorum-half", "A unit whose threshold is one half, and a forged beacon.", ["BND-012", "ATT-020"],
             [*_files(half, _many.committee()), forged]),
        case("not-replicated", "A forged beacon, and files about a unit that asks for no replicas.", ["BND-010"],
             [*_files(_of_unit("alone", redundancy=None), _many.committee()), forged]),
        case("quorum-attested", "A claim that a committee attests, and a quorum: of two accepted, the least hash.",
             ["BND-014", "BND-015"],
             [*two, *_files(claim, aggregate(statement(claim)))]),
        case("quorum-pinned", "The same, with the claim's worker pinned.", ["BND-014"],
             [*two, *_files(claim, aggregate(statement(claim)))], pins={"worker": claim.body.worker}),
        invalid("bundle-judge-quorum-worker", "A quorum accepts no worker's claim.", ["BND-014", "VRD-010"],
                {"bundle": encode_object(pack(two)), "pins": {"worker": _many.public(_many.names(3)[0])}},
                "policy/other-worker"),
    ]  # fmt: skip


def _lies() -> list[Case]:
    """Two workers sign the same lie, and a quorum of them agrees."""
    run = _many.honest_run()
    false = retraced(run, [*run.leaves[:2], run.leaves[2][::-1], *run.leaves[3:]])
    ours = _many.claim_by(false, _many.names(3)[0])
    theirs = false.claim
    begun = retraced(run, [bytes(32), *run.leaves[1:]])
    first = _many.claim_by(begun, _many.names(3)[2])

    def proof(claim: Claim) -> bytes:
        return encode_object(make_proof(claim, false.tree, [false.segments[1]]))

    liars = _replicas(false, 2)
    return [
        case("quorum-lie", "Two workers agree on a lie that nobody refutes.", ["BND-017", "RED-030"], liars),
        case("quorum-refuted", "With a proof against one of them.", ["BND-017", "RED-034", "SEG-025", "VRD-012"],
             [*liars, proof(ours)]),
        case("quorum-refuted-stranger", "The same result, refuted in the claim of a worker whom the unit doesn't name.",
             ["BND-017", "RED-034", "SEG-025"], [*liars, proof(theirs)]),
        case("quorum-other-refuted", "A quorum, and a refuted claim with another result.", ["BND-014", "BND-017"],
             [*_replicas(run, 2), *_files(first)]),
        case("proofs-again", "Two proofs against one claim, and one against another: the least hash of them.",
             ["BND-014", "SEG-025", "VRD-012"],
             [liars[0], proof(ours), encode_object(make_proof(ours, false.tree, false.segments[:2])), proof(theirs)]),
        case("leaf-fault", "A leaf fault beside the claim that it refutes, and the committee that attests it.",
             ["VRD-012", "BND-013", "FLT-013", "CLM-026"],
             [liars[0], *_files(first, _many.committee(), aggregate(statement(first)),
                                leaf_fault(replace(begun, claim=first), 0))]),
    ]  # fmt: skip


def _attested() -> list[Case]:
    run = _many.honest_run()
    claim = _many.claim_by(run, _many.names(3)[0])
    made = aggregate(statement(claim))
    unit, committee = run.unit, _many.committee()
    opaque = _many.opaque_claim_by(_many.opaque_unit(), _many.names(3)[0])
    unasked = _many.claim_by(_many.run_of(_of_unit("unasked", attestation=None)), _many.names(3)[0])
    bare = committee.replace(members=(committee.members[0].replace(possession=committee.members[1].possession),
                                      *committee.members[1:]))  # fmt: skip
    trusting = AttestationPolicy(committee=bare.hash, threshold=_many.THRESHOLD)
    misled = _many.claim_by(_many.run_of(_of_unit("misled", attestation=trusting)), _many.names(3)[0])
    return [
        case("attested", "A claim that enough of the committee attest: they are the parties.",
             ["BND-010", "BND-015", "ATT-054"], _files(unit, committee, claim, made)),
        case("attested-opaque", "An opaque claim.", ["BND-010", "ATT-054"],
             _files(opaque.unit, committee, opaque, aggregate(statement(opaque)))),
        case("opaque-claim", "An opaque claim that nothing decides.", ["BND-013"], _files(opaque.unit, opaque)),
        case("attested-against", "A committee's word against a claim decides nothing.", ["ATT-055", "BND-013"],
             _files(unit, committee, claim, aggregate(statement(claim, outcome=Finding.REFUTED)))),
        case("attested-nothing", "An attestation without the claim isn't judged.", ["BND-010"],
             _files(unit, committee, made)),
        case("attested-by-nobody", "An attestation without its committee isn't judged.", ["BND-010"],
             _files(unit, claim, made)),
        case("attested-damaged", "A damaged claim is set aside, the attestation of it isn't.", ["BND-010", "BND-012"],
             [*_files(unit, committee, made), changed(claim, [4], flip(-1))]),
        case("attested-forged", "A damaged attestation is set aside.", ["BND-012"],
             [*_files(unit, committee, claim), changed(made, [4], flip(-1))]),
        case("attested-elsewhere", "An attestation that names another unit.", ["BND-011"],
             _files(unit, committee, claim, made.replace(body=statement(claim, unit=bytes(32))))),
        case("attested-unasked", "An attestation where the unit asks for none.", ["BND-012", "ATT-051"],
             _files(unasked.unit, committee, unasked, aggregate(statement(unasked)))),
        case("attested-possession", "A committee with a member who proves nothing: the attestation is set aside.",
             ["BND-012", "ATT-005"],
             _files(misled.unit, bare, misled, made.replace(body=statement(misled, committee=bare.hash)))),
    ]  # fmt: skip


def broken() -> list[Case]:
    """Elements that no bundle has."""
    run = _many.honest_run()
    claim = _many.claim_by(run, _many.names(3)[0])
    unit, committee = _files(run.unit, _many.committee())
    files = [unit, committee, *_files(claim)]
    other = _of_unit("elsewhere")
    shuffled = changed(_many.committee(), [4], [*reversed(_members())])

    def bad(name: str, comment: str, requirements: str, elements: Sequence[Any], error: str) -> Case:
        data = cbor.encode({0: "tracework/bundle", 1: 1, 2: list(elements)})
        return invalid(f"bundle-judge-{name}", comment, requirements.split(), {"bundle": data}, error)

    return [
        bad("element-empty", "An empty element.", "BND-001 ENC-030", [*files, b""], "schema/wrong-length"),
        bad("element-number", "An element that is a number.", "BND-001 ENC-030", [unit, 5], "schema/wrong-type"),
        bad("element-no-map", "An element that is no map.", "BND-002", [*files, b"\x05"], "schema/unknown-kind"),
        bad("element-no-kind", "An element that names no kind.", "BND-002", [*files, b"\xa0"], "schema/unknown-kind"),
        bad("element-number-kind", "An element whose kind is a number.", "BND-002", [*files, b"\xa1\x00\x05"],
            "schema/unknown-kind"),
        bad("element-trailing", "An element with a byte after it.", "BND-001 BND-006 ENC-019",
            [unit, committee, files[2] + b"\x00"], "decode/trailing-bytes"),
        bad("element-schema", "A claim with a field that claims don't have.", "BND-006 ENC-030",
            [unit, committee, changed(claim, [99], 0)], "schema/unknown-field"),
        bad("element-semantic", "A committee whose members are out of order.", "BND-006 ATT-003",
            [unit, shuffled, files[2]], "semantic/member-order"),
        bad("element-first", "Of two broken elements the first decides, whatever its stage.", "BND-006 ATT-003",
            [unit, shuffled, files[2][:-1]], "semantic/member-order"),
        bad("order-before-twice", "A unit twice, and files out of order.", "BND-003 BND-006",
            [unit, unit, files[2], committee], "semantic/bundle-order"),
        bad("twice-before-unit", "A committee twice, and no unit.", "BND-004 BND-006",
            [committee, committee], "semantic/bundle-twice"),
        bad("unit-forged", "A unit that its requester didn't sign.", "BND-006 UNT-007 KEY-041",
            [changed(run.unit, [3], other.signature), *files[1:]], "crypto/bad-signature"),
    ]  # fmt: skip


def _members() -> list[Any]:
    item: Any = cbor.decode(encode_object(_many.committee()))
    return list(item[4])

"""Vectors for committees, attestations and claims judged by them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...protocol import keys
from ...protocol.committee.snapshot import Committee, Member
from ...protocol.encoding.schema import Record, encode_object
from ...protocol.keys import SecretKey
from ...protocol.work.attestation import (
    Attestation,
    AttestationAggregate,
    CheckKind,
    CheckMade,
    Finding,
    Statement,
    combine_attestations,
    sign_statement,
)
from ...protocol.work.claim import Claim
from ...protocol.work.opaque import OpaqueClaim
from ...protocol.work.unit import AttestationPolicy, Policy
from ..operations import many as operations
from . import Case, VectorFile, _many, _runs, seeded
from . import _bls_published as published
from ._changes import ABSENT, changed, flip
from ._points import rogue
from ._topic import Topic
from .commit import CHECKED

MEMBERS, BODY, SIGNERS, SIGNATURE = 4, 2, 3, 4
MEMBER = 3
NAME = "replica-0"


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        _committees(),
        _shares(),
        _aggregations(),
        _checks(),
        _judgements(),
    ]


def _committees() -> VectorFile:
    topic = Topic("attestation.committee", operations.committee, "Committees", CHECKED)
    seven = _many.committee()

    def good(name: str, comment: str, committee: Committee, *flags: str) -> Case:
        requirements = ["ATT-001", "ATT-002", "ATT-003", "ATT-005"]
        return topic.good(name, comment, requirements, {"committee": encode_object(committee)}, *flags)

    def bad(name: str, comment: str, requirement: str, committee: Any, error: str, *flags: str) -> Case:
        given = {"committee": committee if isinstance(committee, bytes) else encode_object(committee)}
        return topic.bad(name, comment, requirement, given, error, *flags)

    def exchange(members: list[Any]) -> list[Any]:
        return [members[1], members[0], *members[2:]]

    heavy = (1 << 64) - 1
    whole = [{**_item(member), 2: heavy - 1 if index == 0 else 1} for index, member in enumerate(seven.members[:2])]
    over = [{**_item(member), 2: heavy if index == 0 else 1} for index, member in enumerate(seven.members[:2])]
    attack = _rogue_member()
    cases = [
        good("seven", "Seven members with a weight of ten together.", seven),
        good("one", "A committee of one.", _many.committee(size=1), "Boundary"),
        good("empty-weightless-epoch", "Epoch 0.", _many.committee(epoch=0), "Boundary"),
        topic.good("weight-most", "Weights of exactly 2^64 - 1 together.", ["ATT-004"],
            {"committee": changed(seven, [MEMBERS], whole)}, "Boundary"),
        bad("weights-overflow", "Weights of 2^64 together: they would be 0 in 64 bits.", "ATT-004",
            changed(seven, [MEMBERS], over), "semantic/weight-sum", "Boundary"),
        bad("unsorted", "Two members in each other's place.", "ATT-003", changed(seven, [MEMBERS], exchange),
            "semantic/member-order", "NonCanonical"),
        bad("twice", "One member twice, to count twice.", "ATT-003",
            changed(seven, [MEMBERS], lambda members: [members[0], *members]), "semantic/member-order"),
        bad("nobody", "No member.", "ENC-030", changed(seven, [MEMBERS], []), "schema/wrong-length", "Boundary"),
        bad("weight-none", "A member of weight zero.", "ENC-030", changed(seven, [MEMBERS, 0, 2], 0),
            "schema/out-of-range", "Boundary"),
        bad("no-possession", "A member without proof of possession.", "ENC-030",
            changed(seven, [MEMBERS, 0, 1], ABSENT), "schema/missing-field"),
        bad("possession-of-another", "Another member's proof of possession.", "KEY-043",
            changed(seven, [MEMBERS, 0, 1], seven.members[1].possession), "crypto/bad-proof-of-possession"),
        bad("rogue-key", "A key that cancels out another member's: nobody can prove to hold it.", "KEY-043", attack,
            "crypto/bad-proof-of-possession", "PeerDivergence"),
        bad("infinity", "The point at infinity as a member's key.", "KEY-022",
            _infinite_member(),
            "crypto/bad-public-key", "PeerDivergence"),
    ]  # fmt: skip
    return topic.file(cases)


def _item(member: Member) -> dict[int, Any]:
    return {0: member.key, 1: member.possession, 2: member.weight}


def _rogue_member() -> bytes:
    """A committee of two, of whom one chose its key so that both keys' sum is one that it holds."""
    victim, attacker = (SecretKey(bytes.fromhex(data)) for data in published.SECRETS[:2])
    members: list[dict[int, Any]] = [
        {0: keys.public_key(victim), 1: keys.prove_possession(victim), 2: 1},
        {0: rogue(), 1: keys.prove_possession(attacker), 2: 1},
    ]
    return changed(_many.committee(), [MEMBERS], sorted(members, key=lambda member: bytes(member[0])))


def _infinite_member() -> bytes:
    member = {0: b"\xc0" + bytes(47), 1: b"\xc0" + bytes(95), 2: 1}
    return changed(_many.committee(), [MEMBERS], [member])


def statement(claim: Claim | OpaqueClaim, **fields: Any) -> Statement:
    """The statement that a claim was accepted by re-execution."""
    values: dict[str, Any] = {
        "network": _runs.NETWORK,
        "committee": _many.committee().hash,
        "epoch": 4,
        "unit": claim.unit.id,
        "claim": claim.id,
        "check": CheckMade(kind=CheckKind.REEXECUTION),
        "outcome": Finding.ACCEPTED,
    }
    return Statement(**(values | fields))


def share(body: Statement, position: int) -> Attestation:
    """A member's attestation."""
    return sign_statement(body, _many.committee(), _many.member_key(position))


def aggregate(body: Statement, signers: Sequence[int] = (0, 1, 2, 3, 4)) -> AttestationAggregate:
    """Some members' attestations, as one."""
    return combine_attestations([share(body, position) for position in signers], _many.committee())


def _claim() -> Claim:
    return _many.claim_by(_many.honest_run(), NAME)


def _given(name: str, made: Any, committee: Record | None = None) -> dict[str, Any]:
    return {
        name: made if isinstance(made, bytes) else encode_object(made),
        "committee": encode_object(committee or _many.committee()),
    }


def _shares() -> VectorFile:
    topic = Topic("attestation.share", operations.share, "Attestations of single members", CHECKED)
    body = statement(_claim())
    good = share(body, 3)
    audited = share(statement(_claim(), check=CheckMade(kind=CheckKind.AUDIT, samples=4, round=1000)), 0)
    refuting = share(statement(_claim(), outcome=Finding.REFUTED), 1)

    def fine(name: str, comment: str, requirements: list[str], made: Attestation) -> Case:
        return topic.good(name, comment, requirements, _given("share", made))

    other = _many.committee(epoch=5)
    late = body.replace(committee=other.hash)
    signed = Attestation(body=late, member=3, signature=keys.sign(_many.member_key(3), late.id))
    foreign = body.replace(network="other")
    elsewhere = Attestation(body=foreign, member=3, signature=keys.sign(_many.member_key(3), foreign.id))
    cases = [
        fine("plain", "Member 3 executed the unit again and accepts.", ["ATT-010", "ATT-017", "ATT-044"], good),
        fine("audit", "An audit has its samples and its round.", ["ATT-041", "ATT-042"], audited),
        fine("refuted", "A member who found the claim refuted.", ["ATT-043"], refuting),
        topic.bad("other-member", "Member 4's place with member 3's signature.", "KEY-041",
            _given("share", changed(good, [MEMBER], 4)), "crypto/bad-signature", "ProofMutation"),
        topic.bad("no-member", "Member 7 of seven.", "ATT-016", _given("share", changed(good, [MEMBER], 7)),
            "crypto/not-a-member", "Boundary"),
        topic.bad("other-committee", "Beside a committee of other weights.", "ATT-015",
            _given("share", good, _many.committee(size=6)), "crypto/committee-mismatch"),
        topic.bad("other-network", "A statement for another network than its committee's.", "ATT-015",
            _given("share", elsewhere), "crypto/network-mismatch", "WrongDomain"),
        topic.bad("other-epoch", "Epoch 4 by the committee of epoch 5.", "ATT-045", _given("share", signed, other),
            "crypto/epoch-mismatch"),
        topic.bad("audit-without-round", "An audit without a beacon round.", "ATT-042",
            _given("share", changed(audited, [BODY, 5, 2], ABSENT)), "semantic/check-form"),
        topic.bad("samples-without-audit", "A re-execution with samples.", "ATT-042",
            _given("share", changed(good, [BODY, 5, 1], 4)), "semantic/check-form"),
        topic.bad("inconclusive", "Outcome 0: what is inconclusive is never attested.", "ENC-030",
            _given("share", changed(good, [BODY, 6], 0)), "schema/out-of-range", "PeerDivergence"),
        topic.bad("outcome-three", "Outcome 3.", "ENC-030", _given("share", changed(good, [BODY, 6], 3)),
            "schema/out-of-range", "Boundary"),
        topic.bad("as-a-receipt", "An attestation that calls itself a receipt's share.", "ENC-030",
            _given("share", changed(good, [0], "tracework/receipt-share")), "schema/unknown-kind", "WrongDomain"),
    ]  # fmt: skip
    return topic.file(cases)


def _aggregations() -> VectorFile:
    title = "Aggregation, the same for every order and repetition"
    topic = Topic("attestation.aggregate", operations.aggregate, title, CHECKED)
    body = statement(_claim())
    shares = [share(body, position) for position in range(7)]
    first = encode_object(shares[0])

    def given(*made: bytes | Attestation) -> dict[str, Any]:
        return {
            "shares": [one if isinstance(one, bytes) else encode_object(one) for one in made],
            "committee": encode_object(_many.committee()),
        }

    def fine(name: str, comment: str, *made: Attestation) -> Case:
        return topic.good(name, comment, ["ATT-011", "ATT-012", "ATT-030"], given(*made))

    five = [shares[index] for index in (0, 2, 3, 5, 6)]
    other = share(statement(_claim(), outcome=Finding.REFUTED), 1)
    forged = shares[4].replace(signature=shares[5].signature)
    doubled = shares[2].replace(signature=shares[3].signature)
    cases = [
        fine("five-of-seven", "Five of seven members.", *five),
        fine("backwards", "The same five from last to first: the same bytes.", *five[::-1]),
        fine("repeated", "The same five, two of them twice: the same bytes.", *five, five[2], five[0]),
        fine("one", "A single share is an aggregate of one.", shares[6]),
        fine("all", "All seven.", *shares),
        topic.bad("none", "No shares.", ["ATT-031"], given(), "crypto/empty-signer-set", "Boundary"),
        topic.bad("mixed", "Two different outcomes.", ["ATT-032"], given(shares[0], other), "crypto/mixed-bodies"),
        topic.bad("forged", "One share with another member's signature.", ["ATT-033", "KEY-041"], given(first, forged),
            "crypto/bad-signature", "ProofMutation"),
        topic.bad("two-of-one", "One member with two signatures, one of which isn't its own.", ["ATT-033", "KEY-041"],
            given(shares[2], doubled), "crypto/bad-signature", "ProofMutation"),
        topic.bad("no-member", "A position that the committee doesn't have.", ["ATT-016", "ATT-033"],
            given(changed(shares[0], [MEMBER], 7)), "crypto/not-a-member", "Boundary"),
    ]  # fmt: skip
    return topic.file(cases)


def _checks() -> VectorFile:
    topic = Topic("attestation.check", operations.attested, "Aggregates against their committee", CHECKED)
    body = statement(_claim())
    good = aggregate(body)

    def fine(name: str, comment: str, made: AttestationAggregate, *flags: str) -> Case:
        return topic.good(name, comment, ["ATT-011", "ATT-012", "ATT-018"], _given("aggregate", made), *flags)

    eight = _many.committee(size=8)
    pair = keys.aggregate([share(body, 0).signature, share(body, 0).signature])
    cases = [
        fine("five", "Five of seven.", good),
        fine("one", "The first member alone.", aggregate(body, [0]), "Boundary"),
        fine("last", "The last member alone: bit 6.", aggregate(body, [6]), "Boundary"),
        topic.bad("long", "A bitfield longer than the committee.", "ATT-013",
            _given("aggregate", changed(good, [SIGNERS], lambda field: field + b"\0")), "crypto/bitfield-length"),
        topic.bad("padding", "A bit past the last member.", "ATT-014",
            _given("aggregate", changed(good, [SIGNERS], flip(7))), "crypto/bitfield-padding"),
        topic.bad("nobody", "A bitfield of nobody.", "KEY-051",
            _given("aggregate", changed(good, [SIGNERS], b"\0")), "crypto/empty-signer-set"),
        topic.bad("left-out", "One signer's bit is cleared, the signature still has it.", "KEY-041",
            _given("aggregate", changed(good, [SIGNERS], flip(4))), "crypto/bad-signature", "ProofMutation"),
        topic.bad("doubled", "One member's signature added twice, as if two had signed.", "KEY-041",
            _given("aggregate", changed(aggregate(body, [0, 1]), [SIGNATURE], pair)), "crypto/bad-signature"),
        topic.bad("infinity", "The point at infinity as signature.", "KEY-022",
            _given("aggregate", changed(good, [SIGNATURE], b"\xc0" + bytes(95))), "crypto/bad-signature-encoding",
            "PeerDivergence"),
        topic.bad("other-committee", "Beside a committee with one member more.", "ATT-015",
            _given("aggregate", good, eight), "crypto/committee-mismatch"),
        topic.bad("empty-bitfield", "A bitfield of no bytes.", "ENC-030",
            _given("aggregate", changed(good, [SIGNERS], b"")), "schema/wrong-length", "Boundary"),
    ]  # fmt: skip
    return topic.file(cases)


def _judgements() -> VectorFile:
    topic = Topic("attestation.judge", operations.judged_claim, "Claims judged by their committee", CHECKED)
    fine, bad = topic.good, topic.bad
    claim = _claim()
    opaque = _many.opaque_claim_by(_many.opaque_unit(), NAME)

    def given(claim: Any, made: Any, committee: Record | None = None) -> dict[str, Any]:
        return {
            "claim": encode_object(claim),
            "committee": encode_object(committee or _many.committee()),
            "aggregate": encode_object(made),
        }

    def under(label: str, policy: AttestationPolicy | None) -> dict[str, Any]:
        unit = _runs.make_unit(f"attestation-{label}", policy=Policy(attestation=policy))
        made = _many.claim_by(_many.run_of(unit), NAME)
        return given(made, aggregate(statement(made)))

    light = [index for index, member in enumerate(_many.committee().members) if member.weight == 1]
    other = AttestationPolicy(committee=seeded("attestation-other", "committee", 32), threshold=6)
    half = AttestationPolicy(committee=_many.committee().hash, threshold=5)
    wrong, _ = _many.wrongly_begun(_many.honest_run(), NAME)
    cases = [
        fine("accepted", "Five of seven accept.", ["ATT-050", "ATT-052", "ATT-053", "ATT-054"],
             given(claim, aggregate(statement(claim)))),
        fine("opaque", "A claim on an opaque unit.", ["ATT-054"], given(opaque, aggregate(statement(opaque)))),
        fine("against", "Five of seven say refuted: a word, no proof, and nobody is to blame.", ["ATT-055"],
             given(claim, aggregate(statement(claim, outcome=Finding.REFUTED)))),
        fine("contradiction", "A claim that contradicts itself is refuted, whatever the committee says.",
             ["ATT-056", "CLM-026"],
             given(wrong, aggregate(statement(wrong)))),
        bad("other-claim", "A statement about another worker's claim.", "ATT-050",
            given(claim, aggregate(statement(_many.claim_by(_many.honest_run(), "replica-1")))),
            "crypto/claim-mismatch"),
        bad("other-unit", "A statement about another unit.", "ATT-050",
            given(claim, aggregate(statement(claim, unit=seeded("attestation-judge", "unit", 32)))),
            "crypto/unit-mismatch"),
        bad("other-network", "A claim of one network, a statement and a committee of another.", "ATT-050",
            _of_other_network(claim), "crypto/network-mismatch", "WrongDomain"),
        bad("below", "Members with a weight of five, where six are needed.", "ATT-021",
            given(claim, aggregate(statement(claim), light)), "policy/below-threshold", "Boundary"),
        bad("not-asked", "A unit that asks for no attestation.", "ATT-051", under("not-asked", None),
            "policy/way-not-asked"),
        bad("policy-other", "A unit that names another committee.", "ATT-052", under("policy-other", other),
            "policy/other-committee"),
        bad("half", "A threshold of one half.", "ATT-020", under("half", half), "policy/bad-threshold", "Boundary"),
    ]  # fmt: skip
    return topic.file(cases)


def _of_other_network(claim: Claim) -> dict[str, Any]:
    committee = _many.committee(network="other")
    body = statement(claim, network="other", committee=committee.hash)
    shares = [sign_statement(body, committee, _many.member_key(position)) for position in range(6)]
    return {
        "claim": encode_object(claim),
        "committee": encode_object(committee),
        "aggregate": encode_object(combine_attestations(shares, committee)),
    }

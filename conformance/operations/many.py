"""Verification by many: commits, receipts, committees, registries, quorums, equivocation (spec/commit.md and others).

As with claims, a check that ends in a verdict is `valid` here if its evidence is valid or incomplete.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...protocol.committee.signing import weight_of
from ...protocol.committee.snapshot import Committee
from ...protocol.encoding.schema import decode_object, encode_object
from ...protocol.errors import CODES, ProtocolError
from ...protocol.registry import assignment, replication
from ...protocol.registry.assignment import Purpose
from ...protocol.registry.snapshot import Registry
from ...protocol.work.attestation import Attestation, AttestationAggregate, combine_attestations
from ...protocol.work.commit import Commit
from ...protocol.work.equivocation import Equivocation, check_equivocation
from ...protocol.work.opaque import OpaqueClaim
from ...protocol.work.receipt import ROUNDS_PER_SLOT, Receipt, ReceiptShare, drawing_round
from ...protocol.work.unit import Unit
from ...verifier import commits, committees, equivocations
from ...verifier.quorum import check_quorum
from ...verifier.record import VerdictRecord, from_record
from ...verifier.verdict import Verdict
from ..values import number, octets
from . import Operation
from .work import _ERRORS, described, judged


def checked_commit(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a commit in the company of its unit."""
    data = octets(input["commit"])
    judged(commits.check_commit(data, unit=octets(input["unit"])))
    made = decode_object(Commit, data)
    return {"id": made.id, "commitment": made.body.commitment}


def reveal(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a reveal, of either form, alone."""
    data = octets(input["reveal"])
    output = described(judged(commits.check_reveal(data)))
    made = commits.decode_reveal(data)
    return {"id": made.id, "claim_id": made.claim.id, "result_digest": made.result, **output}


def opening(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a reveal, and that it opens a commit."""
    data = octets(input["reveal"])
    judged(commits.check_reveal(data, commit=octets(input["commit"])))
    made, opened = commits.decode_reveal(data), decode_object(Commit, octets(input["commit"]))
    return {
        "unit": made.claim.unit.id,
        "claim_id": made.claim.id,
        "commitment": opened.body.commitment,
        "commit_id": opened.id,
        "reveal_id": made.id,
        "result_digest": made.result,
    }


def opaque_claim(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a claim on an opaque unit."""
    data = octets(input["claim"])
    judged(commits.check_opaque_claim(data))
    made = decode_object(OpaqueClaim, data)
    return {"id": made.id, "unit": made.unit.id, "result": made.body.result}


def slots(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """A slot's beacon rounds, and the round that draws after a delay."""
    slot = number(input["slot"])
    return {
        "first_round": slot * ROUNDS_PER_SLOT + 1,
        "last_round": (slot + 1) * ROUNDS_PER_SLOT,
        "drawing_round": drawing_round(slot, number(input["delay"])),
    }


def receipt(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check that a receipt counts for a unit."""
    data = octets(input["receipt"])
    verdict = judged(committees.check_receipt(data, octets(input["unit"]), octets(input["committee"])))
    return {"id": decode_object(Receipt, data).body.id, **_signers(verdict, octets(input["committee"]))}


def receipt_share(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check one member's share of a receipt."""
    data = octets(input["share"])
    made = decode_object(ReceiptShare, data)
    verdict = judged(committees.check_signed(data, octets(input["committee"])))
    return {"id": made.body.id, "key": verdict.parties[0].key}


def _signers(verdict: Verdict, committee: bytes) -> Mapping[str, Any]:
    snapshot = decode_object(Committee, committee)
    keys = {party.key for party in verdict.parties}
    members = [index for index, member in enumerate(snapshot.members) if member.key in keys]
    return {"signers": members, "weight": weight_of(members, snapshot)}


def committee(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a committee by itself."""
    data = octets(input["committee"])
    judged(committees.check_committee(data))
    made = decode_object(Committee, data)
    return {"hash": made.hash, "members": len(made.members), "total": made.total}


def share(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check one member's attestation."""
    data = octets(input["share"])
    made = decode_object(Attestation, data)
    verdict = judged(committees.check_signed(data, octets(input["committee"])))
    return {"id": made.body.id, "key": verdict.parties[0].key}


def aggregate(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Aggregate attestations."""
    shares = [decode_object(Attestation, octets(share)) for share in input["shares"]]
    snapshot = decode_object(Committee, octets(input["committee"]))
    snapshot.verify()
    made = combine_attestations(shares, snapshot)
    return {"aggregate": encode_object(made), "signers": made.signers, "signature": made.signature}


def attested(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check an aggregate of attestations against a committee."""
    data = octets(input["aggregate"])
    made = decode_object(AttestationAggregate, data)
    verdict = judged(committees.check_signed(data, octets(input["committee"])))
    return {"id": made.body.id, **_signers(verdict, octets(input["committee"]))}


def judged_claim(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Judge a claim by what its unit's committee attests."""
    files = (octets(input["claim"]), octets(input["committee"]), octets(input["aggregate"]))
    return described(judged(committees.check_attested_claim(*files)))


def registry(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check a registry by itself."""
    made = decode_object(Registry, octets(input["registry"]))
    made.verify()
    return {"hash": made.hash, "accounts": len(made.accounts)}


def assigned(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Draw the workers or auditors of a unit."""
    made = decode_object(Registry, octets(input["registry"]))
    unit = decode_object(Unit, octets(input["unit"]))
    beacon, purpose = octets(input["beacon"]), Purpose(number(input["purpose"]))
    round_of = assignment.auditors_round if purpose is Purpose.AUDITORS else assignment.assignment_round
    assignment.check_registry(made, unit)
    excluded = [octets(key) for key in input.get("excluded", ())]
    drawn = assignment.assign(made, unit, beacon, purpose=purpose, excluded=excluded)
    return {
        "round": round_of(unit, number(input["slot"])),
        "seed": assignment.assignment_seed(made, unit, beacon, purpose),
        "drawn": drawn,
    }


def replicated(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Draw whether a unit is replicated."""
    unit = decode_object(Unit, octets(input["unit"]))
    reputation = number(input["reputation"])
    floor = replication.adaptive_policy(unit).floor
    return {
        "round": replication.replication_round(unit),
        "chance": replication.chance(floor, reputation),
        "replicated": replication.is_replicated(unit, octets(input["primary"]), reputation, octets(input["beacon"])),
    }


def quorum(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Judge a unit by a quorum of workers."""
    verdict = judged(_quorum(input))
    return described(verdict) | listed(verdict)


def listed(verdict: Verdict) -> dict[str, Any]:
    """A verdict's parties and the files that it set aside, as an operation's output."""
    return {
        "parties": [_party(party.key, party.standing.value, party.code) for party in verdict.parties],
        "set_aside": [{"file": aside.file, "code": aside.code} for aside in verdict.asides],
    }


def _party(key: bytes, standing: str, code: str | None) -> Mapping[str, Any]:
    return {"key": key, "standing": standing} | ({"code": code} if code else {})


def _quorum(input: Mapping[str, Any]) -> Verdict:
    beacons = {number(round): octets(output) for round, output in input.get("beacons", {}).items()}
    return check_quorum(octets(input["unit"]), [octets(file) for file in input["files"]], beacons=beacons)


def replica(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """How one worker stands in a quorum's evidence: an error unless it agrees."""
    verdict = judged(_quorum(input))
    worker = octets(input["worker"])
    assignment.check_assigned(worker, [party.key for party in verdict.parties])
    party = next(party for party in verdict.parties if party.key == worker)
    if party.code is not None:
        raise _error(party.code)
    return {"standing": party.standing.value}


def _error(code: str) -> ProtocolError:
    return _ERRORS[CODES[code]](code, "the worker's standing", requirement="RED-020")


def equivocation(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check evidence of equivocation."""
    data = octets(input["evidence"])
    verdict = judged(equivocations.check(data))
    return {
        "accused": check_equivocation(decode_object(Equivocation, data)),
        "blame": verdict.blame or "",
    }


def verdict(input: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read an encoded verdict."""
    made = from_record(decode_object(VerdictRecord, octets(input["verdict"])))
    output = dict(described(made))
    output["checks"] = [{"requirement": check.requirement, "result": check.result} for check in made.checks]
    if made.blame:
        output["blame"] = made.blame
    return output | listed(made)


OPERATIONS: dict[str, Operation] = {
    "commit.check": checked_commit,
    "commit.reveal": reveal,
    "commit.open": opening,
    "commit.opaque-claim": opaque_claim,
    "receipt.slots": slots,
    "receipt.check": receipt,
    "receipt.share": receipt_share,
    "attestation.committee": committee,
    "attestation.share": share,
    "attestation.aggregate": aggregate,
    "attestation.check": attested,
    "attestation.judge": judged_claim,
    "registry.check": registry,
    "registry.assign": assigned,
    "registry.replicated": replicated,
    "redundancy.quorum": quorum,
    "redundancy.replica": replica,
    "equivocation.check": equivocation,
    "verdict.read": verdict,
}

"""Checking committees and what they sign: receipts, attestations, and claims judged by them (spec/attestation.md)."""

from __future__ import annotations

from collections.abc import Sequence

from ..protocol.committee.signing import aggregate_signed, check_aggregate, check_share, check_threshold, weight_of
from ..protocol.committee.snapshot import Committee
from ..protocol.encoding import cbor
from ..protocol.encoding.schema import decode_item, decode_object, kind_of
from ..protocol.errors import CryptoError, PolicyError, ProtocolError
from ..protocol.keys import Backend, KeyCache, verify_batch
from ..protocol.work import receipt as receipts
from ..protocol.work import unit as units
from ..protocol.work.attestation import Attestation, AttestationAggregate, Finding, check_epoch
from ..protocol.work.claim import Claim
from ..protocol.work.opaque import OpaqueClaim
from ..protocol.work.receipt import Receipt, ReceiptShare
from ..protocol.work.reveal import AnyClaim
from ..protocol.work.unit import Unit
from .claims import NO_PINS, check_named, examine_claim, examine_contradictions, examine_pins
from .commits import examine_opaque_claim
from .verdict import Evidence, Examination, Outcome, Party, Pins, Standing, Statement, Verdict, unit_statement

EPOCH = "the statement is of the committee's epoch"
ALL_SIGNED = "all members that it names signed it"
ENOUGH = "the unit asks for this committee, and enough of it signed"
POSSESSIONS = "every member proves to hold its key"


def check_committee(data: bytes, *, backend: Backend | None = None, cache: KeyCache | None = None) -> Verdict:
    """Check a committee by itself: its form, and every member's proof of possession."""
    examination = Examination(data)
    try:
        examine_committee(examination, data, backend=backend, cache=cache)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    return examination.pass_verdict(Evidence.VALID, Outcome.INCONCLUSIVE)


def examine_committee(
    examination: Examination, data: bytes, *, backend: Backend | None = None, cache: KeyCache | None = None
) -> Committee:
    """Decode a committee and check its members' proofs (ATT-005). Raises ProtocolError."""
    committee = examination.check("ATT-001", "one well-formed committee", decode_object, Committee, data)
    examination.check("ATT-005", POSSESSIONS, committee.verify, backend=backend, cache=cache)
    return committee


def check_signed(
    data: bytes,
    committee: bytes | None = None,
    *,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> Verdict:
    """Check a share or an aggregate, of a receipt or of an attestation, in the company of its committee.

    Who signed is among the verdict's parties. Whether it is enough for a unit is for other checks.
    """
    examination = Examination(data, () if committee is None else (committee,))
    check = examination.check
    try:
        signed = check("ATT-010", "one well-formed share or aggregate", decode_signed, data)
        examination.statement = _about(signed)
        if committee is None:
            examination.miss("ATT-018", "the committee's members signed")
            return examination.pass_verdict(Evidence.INCOMPLETE, Outcome.INCONCLUSIVE)
        members = examine_committee(examination, committee, backend=backend, cache=cache)
        if isinstance(signed, Attestation | AttestationAggregate):
            check(
                "ATT-045", "the statement is of the committee's epoch", check_epoch, signed.body, members, "statement"
            )
        if isinstance(signed, Attestation | ReceiptShare):
            title = f"member {signed.member} signed it"
            check("ATT-017", title, check_share, signed, members, backend=backend, cache=cache)
            signers = [signed.member]
        else:
            signers = check("ATT-018", ALL_SIGNED, check_aggregate, signed, members, backend=backend, cache=cache)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    examination.parties = [Party(members.members[member].key, Standing.SIGNED) for member in signers]
    return examination.pass_verdict(Evidence.VALID, Outcome.INCONCLUSIVE)


def decode_signed(data: bytes) -> Attestation | AttestationAggregate | Receipt | ReceiptShare:
    """What members sign, of any kind, alone or together. Raises as the decoder does."""
    item = cbor.decode(data)
    match kind_of(item):
        case Attestation.KIND:
            return decode_item(Attestation, item)
        case ReceiptShare.KIND:
            return decode_item(ReceiptShare, item)
        case Receipt.KIND:
            return decode_item(Receipt, item)
    return decode_item(AttestationAggregate, item)


def _about(signed: Attestation | AttestationAggregate | Receipt | ReceiptShare) -> Statement:
    if isinstance(signed, Attestation | AttestationAggregate):
        return Statement(network=signed.body.network, unit=signed.body.unit, claim=signed.body.claim)
    return Statement(network=signed.body.network, unit=signed.body.unit, worker=signed.body.party)


def check_receipt(
    data: bytes,
    unit: bytes,
    committee: bytes,
    *,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> Verdict:
    """Check that a receipt counts for a unit (RCP-020 to RCP-024)."""
    examination = Examination(data, (unit, committee))
    check = examination.check
    try:
        made = check("RCP-010", "one well-formed receipt", decode_object, Receipt, data)
        asked = check("UNT-001", "one well-formed unit", decode_object, Unit, unit)
        members = check("ATT-001", "one well-formed committee", decode_object, Committee, committee)
        examination.statement = unit_statement(asked)
        check("UNT-007", "the requester signed the unit", asked.verify, backend=backend, cache=cache)
        check("ATT-005", POSSESSIONS, members.verify, backend=backend, cache=cache)
        check("RCP-020", "the receipt is about this unit", receipts.check_about, made, asked)
        signers = check("RCP-021", ALL_SIGNED, check_aggregate, made, members, backend=backend, cache=cache)
        check("RCP-024", ENOUGH, receipts.check_policy, made, asked, members, signers)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    examination.parties = [Party(members.members[member].key, Standing.SIGNED) for member in signers]
    return examination.pass_verdict(Evidence.VALID, Outcome.INCONCLUSIVE)


def check_attested_claim(
    data: bytes,
    committee: bytes,
    aggregate: bytes,
    *,
    pins: Pins = NO_PINS,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> Verdict:
    """Judge a claim by what its unit's committee attests (ATT-050 to ATT-056)."""
    examination = Examination(data, (committee, aggregate))
    check = examination.check
    try:
        claim = check("CLM-001", "one well-formed claim with its unit", _decode_claim, data)
        signed = check("ATT-011", "one well-formed aggregate", decode_object, AttestationAggregate, aggregate)
        snapshot = check("ATT-001", "one well-formed committee", decode_object, Committee, committee)
        if isinstance(claim, Claim):
            examine_claim(examination, claim, backend=backend, cache=cache)
        else:
            examine_opaque_claim(examination, claim, backend=backend, cache=cache)
        check("ATT-005", POSSESSIONS, snapshot.verify, backend=backend, cache=cache)
        check("ATT-045", EPOCH, check_epoch, signed.body, snapshot, "statement")
        signers = check("ATT-018", ALL_SIGNED, check_aggregate, signed, snapshot, backend=backend, cache=cache)
        check("ATT-050", "the statement is about this claim", check_about, signed, claim)
        if isinstance(claim, Claim):
            examine_contradictions(examination, claim)
        check("CLM-029", "the unit lets this worker claim", check_named, claim)
        check(
            "ATT-053",
            "the unit asks for this committee, and enough of it signed",
            check_policy,
            claim,
            snapshot,
            signers,
        )
        examine_pins(examination, pins)
    except ProtocolError as error:
        return examination.fail_verdict(error)
    examination.parties = [Party(snapshot.members[member].key, Standing.SIGNED) for member in signers]
    if signed.body.outcome == Finding.REFUTED:
        against = PolicyError(
            "attested-against",
            "the committee attests that the claim is refuted; without a proof nobody is to blame for it",
            requirement="ATT-055",
            where="statement.outcome",
        )
        return examination.open_verdict(against)
    return examination.pass_verdict(Evidence.VALID, Outcome.ACCEPTED)


def _decode_claim(data: bytes) -> AnyClaim:
    item = cbor.decode(data)
    return decode_item(OpaqueClaim, item) if kind_of(item) == OpaqueClaim.KIND else decode_item(Claim, item)


def check_about(signed: AttestationAggregate, claim: AnyClaim) -> None:
    """Raise CryptoError unless a statement is about a claim (ATT-050)."""
    units.check_about(signed.body, claim.unit, "statement", "ATT-050", "ATT-050")
    if signed.body.claim != claim.id:
        raise CryptoError(
            "claim-mismatch", "the statement is about another claim", requirement="ATT-050", where="statement.claim"
        )


def check_policy(claim: AnyClaim, committee: Committee, signers: Sequence[int]) -> None:
    """Raise PolicyError unless the unit names this committee, and enough of it signed (ATT-051 to ATT-053)."""
    policy = claim.unit.body.policy.attestation
    if policy is None:
        raise PolicyError(
            "way-not-asked",
            "the unit names no committee to attest",
            requirement="ATT-051",
            where="policy.attestation",
        )
    if policy.committee != committee.hash:
        raise PolicyError(
            "other-committee",
            "the unit names another committee to attest",
            requirement="ATT-052",
            where="policy.attestation.committee",
        )
    check_threshold(weight_of(signers, committee), policy.threshold, committee, "aggregate.signers")


def check_many(
    aggregates: Sequence[AttestationAggregate],
    committee: Committee,
    *,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> list[list[int]]:
    """The signers of many aggregates of one committee, all signatures checked in one batch (KEY-080).

    The committee has passed ATT-005. Raises CryptoError for the first aggregate that doesn't hold.
    """
    digest = committee.hash
    signers, signed = [], []
    for place, aggregate in enumerate(aggregates):
        members, signature = aggregate_signed(aggregate, committee, f"[{place}]", digest=digest)
        signers.append(members)
        signed.append(signature)
    verify_batch(signed, backend=backend, cache=cache)
    return signers

"""The encoding of a verdict (spec/verdict.md, "Encoding")."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from ..protocol.encoding.schema import ArrayOf, Bytes, Enumeration, Nested, Record, Text, Uint, keyed, record
from ..protocol.hashing import DIGEST_SIZE
from ..protocol.keys import PUBLIC_KEY_SIZE
from ..protocol.machine.state import Status
from ..protocol.work.unit import NETWORK
from .verdict import Aside, Check, Evidence, Outcome, Party, Standing, Statement, Verdict

MAX_CHECKS: Final = 16_384
"""Most checks, parties and files set aside that a verdict lists (VRD-030)."""
PLACE_SIZE: Final = 256
"""Longest place in bytes; a longer one is cut (VRD-032)."""

_DIGEST = Bytes(DIGEST_SIZE)
_CODE = Text(32, "[a-z0-9-]+")
_REQUIREMENT = Text(7, "[A-Z]{3}-[0-9]{3}")


class EvidenceNumber(IntEnum):
    """Numbers of the states of evidence (VRD-031)."""

    VALID = 1
    INVALID = 2
    INCOMPLETE = 3


class OutcomeNumber(IntEnum):
    """Numbers of the states of a claim (VRD-031)."""

    ACCEPTED = 1
    REFUTED = 2
    INCONCLUSIVE = 3


class ResultNumber(IntEnum):
    """Numbers of how a check went (VRD-031)."""

    PASSED = 1
    FAILED = 2
    MISSING = 3


class BlameNumber(IntEnum):
    """Numbers of who is to blame (VRD-031)."""

    WORKER = 1
    PRESENTER = 2
    MEMBERS = 3


StandingNumber = IntEnum("StandingNumber", [standing.name for standing in Standing])  # type: ignore[misc]  # it wants the names spelled out
"""Numbers of standings, from 1 in the order of the specification's table (VRD-031)."""


@record()
class StatementRecord(Record):
    """What a verdict is about (VRD-005)."""

    network: str = keyed(0, NETWORK)
    unit: bytes = keyed(1, _DIGEST)
    program: bytes | None = keyed(2, _DIGEST, default=None)
    input_length: int | None = keyed(3, Uint(), default=None)
    input_root: bytes | None = keyed(4, _DIGEST, default=None)
    worker: bytes | None = keyed(5, Bytes(PUBLIC_KEY_SIZE), default=None)
    claim: bytes | None = keyed(6, _DIGEST, default=None)
    steps: int | None = keyed(7, Uint(), default=None)
    status: Status | None = keyed(8, Enumeration(Status), default=None)
    code: int | None = keyed(9, Uint(), default=None)
    output_length: int | None = keyed(10, Uint(), default=None)
    output_root: bytes | None = keyed(11, _DIGEST, default=None)
    result: bytes | None = keyed(12, _DIGEST, default=None)


@record()
class CheckRecord(Record):
    """One check of a verdict's list."""

    requirement: str = keyed(0, _REQUIREMENT)
    result: ResultNumber = keyed(1, Enumeration(ResultNumber))


@record()
class DecisionRecord(Record):
    """The check that decided (VRD-004)."""

    stage: str = keyed(0, _CODE)
    code: str = keyed(1, _CODE)
    requirement: str = keyed(2, _REQUIREMENT)
    place: str | None = keyed(3, Text(PLACE_SIZE), default=None)


@record()
class PartyRecord(Record):
    """How one of several stands (VRD-020)."""

    key: bytes = keyed(0, Bytes(PUBLIC_KEY_SIZE))
    standing: IntEnum = keyed(1, Enumeration(StandingNumber))
    code: str | None = keyed(2, _CODE, default=None)


@record()
class AsideRecord(Record):
    """A file that did not count (VRD-021)."""

    file: bytes = keyed(0, _DIGEST)
    code: str = keyed(1, _CODE)


@record(kind="tracework/verdict")
class VerdictRecord(Record):
    """A verdict as it travels (VRD-030)."""

    evidence: EvidenceNumber = keyed(2, Enumeration(EvidenceNumber))
    claim: OutcomeNumber = keyed(3, Enumeration(OutcomeNumber))
    evidence_hash: bytes = keyed(4, _DIGEST)
    statement: StatementRecord | None = keyed(5, Nested(StatementRecord), default=None)
    checks: tuple[CheckRecord, ...] = keyed(6, ArrayOf(Nested(CheckRecord), MAX_CHECKS))
    decision: DecisionRecord | None = keyed(7, Nested(DecisionRecord), default=None)
    blame: BlameNumber | None = keyed(8, Enumeration(BlameNumber), default=None)
    parties: tuple[PartyRecord, ...] = keyed(9, ArrayOf(Nested(PartyRecord), MAX_CHECKS))
    asides: tuple[AsideRecord, ...] = keyed(10, ArrayOf(Nested(AsideRecord), MAX_CHECKS))


def to_record(verdict: Verdict) -> VerdictRecord:
    """The record of a verdict: all of it but the sentences."""
    about = verdict.statement
    decision = None
    if verdict.stage and verdict.code and verdict.requirement:
        place = "".join(c for c in verdict.where if " " <= c <= "~")[:PLACE_SIZE]
        decision = DecisionRecord(
            stage=verdict.stage, code=verdict.code, requirement=verdict.requirement, place=place or None
        )
    return VerdictRecord(
        evidence=EvidenceNumber[verdict.evidence.name],
        claim=OutcomeNumber[verdict.claim.name],
        evidence_hash=verdict.evidence_hash,
        statement=None
        if about is None
        else StatementRecord(**{entry.name: getattr(about, entry.name) for entry in StatementRecord.ENTRIES}),
        checks=tuple(
            CheckRecord(requirement=check.requirement, result=ResultNumber[check.result.upper()])
            for check in verdict.checks
        ),
        decision=decision,
        blame=BlameNumber[verdict.blame.upper()] if verdict.blame else None,
        parties=tuple(
            PartyRecord(key=party.key, standing=StandingNumber[party.standing.name], code=party.code)
            for party in verdict.parties
        ),
        asides=tuple(AsideRecord(file=aside.file, code=aside.code) for aside in verdict.asides),
    )


def from_record(made: VerdictRecord) -> Verdict:
    """The verdict of a record, its sentences empty."""
    about, decision = made.statement, made.decision
    return Verdict(
        evidence=Evidence[made.evidence.name],
        claim=Outcome[made.claim.name],
        evidence_hash=made.evidence_hash,
        statement=None
        if about is None
        else Statement(**{entry.name: getattr(about, entry.name) for entry in StatementRecord.ENTRIES}),
        checks=tuple(Check(check.requirement, "", check.result.name.lower()) for check in made.checks),
        stage=decision.stage if decision else None,
        code=decision.code if decision else None,
        requirement=decision.requirement if decision else None,
        where=(decision.place or "") if decision else "",
        blame=made.blame.name.lower() if made.blame is not None else None,
        parties=tuple(Party(party.key, Standing[party.standing.name], party.code) for party in made.parties),
        asides=tuple(Aside(aside.file, aside.code) for aside in made.asides),
    )

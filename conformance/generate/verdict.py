"""Vectors for encoded verdicts: read, and refused."""

from __future__ import annotations

from typing import Any

from ...protocol.encoding.schema import encode_object
from ...verifier import claims, committees, equivocations
from ...verifier.quorum import check_quorum
from ...verifier.record import to_record
from ...verifier.verdict import Verdict
from ..operations import many as operations
from ..values import render
from . import Case, VectorFile, _many, invalid, valid
from ._changes import ABSENT, changed
from ._replicas import copied, honest, lazy, run
from .attestation import aggregate, statement
from .commit import CHECKED
from .equivocation import _commits, _pair


def files() -> list[VectorFile]:
    """The topic's files."""
    return [VectorFile(name="read", op="verdict.read", title="Encoded verdicts", checked_by=CHECKED, cases=_verdicts())]


def _verdicts() -> list[Case]:
    committee = encode_object(_many.committee())
    claim = _many.claim_by(run(3), _many.names(3)[0])
    quorum = check_quorum(encode_object(run(3).unit), [committee, *honest(3, 0), *honest(3, 1), *copied(3, 2), b"\xff"])
    undecided = check_quorum(encode_object(run(3).unit), [committee, *honest(3, 0), *lazy(3, 1)])
    attested = committees.check_attested_claim(
        encode_object(claim), committee, encode_object(aggregate(statement(claim)))
    )
    twice = equivocations.check(encode_object(_pair(*_commits())))

    def fine(name: str, comment: str, requirements: list[str], verdict: Verdict) -> Case:
        given = {"verdict": encode_object(to_record(verdict))}
        cited = ["VRD-001", "VRD-030", "VRD-031", *requirements]
        return valid(f"verdict-read-{name}", comment, cited, given, operations.verdict(render(given)))

    def bad(name: str, comment: str, path: list[int], content: Any, error: str) -> Case:
        made = changed(to_record(quorum), path, content)
        return invalid(f"verdict-read-{name}", comment, ["ENC-030", "VRD-030"], {"verdict": made}, error)

    return [
        fine("quorum", "A quorum of two, a copy, and a file set aside.", ["VRD-020", "VRD-021"], quorum),
        fine("undecided", "Valid evidence, and no quorum.", ["VRD-004", "VRD-032", "RED-031"], undecided),
        fine("attested", "A claim that a committee accepts.", ["VRD-005"], attested),
        fine("equivocation", "A worker who is to blame.", ["VRD-007"], twice),
        fine("incomplete", "A claim by itself: what is missing is listed.", ["VRD-006"],
             claims.check_claim(encode_object(claim))),
        fine("unreadable", "Unreadable: no statement.", ["VRD-003", "ENC-011"], claims.check_claim(b"\xff")),
        bad("evidence-zero", "Evidence in state 0.", [2], 0, "schema/out-of-range"),
        bad("claim-four", "A claim in state 4.", [3], 4, "schema/out-of-range"),
        bad("no-hash", "No hash of the evidence.", [4], ABSENT, "schema/missing-field"),
        bad("standing-fourteen", "A standing of 14.", [9, 0, 1], 14, "schema/out-of-range"),
        bad("requirement-form", "A requirement id without a hyphen.", [6, 0, 0], "RED0010", "schema/bad-form"),
    ]  # fmt: skip

"""Vectors for silence proofs: requests that nobody answered, and what doesn't show that."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from ...protocol.encoding.schema import encode_object
from ...protocol.work.receipt import Subject
from ...protocol.work.silence import (
    ANSWER_SLOTS,
    Asked,
    Request,
    Silence,
    SilenceBody,
    SilenceProof,
    combine_silence,
    sign_silence,
)
from ..operations import silence as operations
from ..values import render
from . import Case, VectorFile, _answers, _many, invalid, seeded, valid
from ._changes import ABSENT, changed
from .audit import audited_unit, honest

CHECKED = "tests/adapters/node, written from spec/ alone"
SLOT = _answers.SLOT
UNIT, REQUEST, RECEIPT, SILENCE = 2, 3, 4, 5


def files() -> list[VectorFile]:
    """The topic's files."""
    return [
        VectorFile(
            name="check",
            op="silence.check",
            title="Silence proofs: requests that nobody answered",
            checked_by=CHECKED,
            cases=[*_good(), *_bad()],
        ),
        VectorFile(
            name="answer",
            op="silence.answer",
            title="Answers to requests, and what is none",
            checked_by=CHECKED,
            cases=[*_answers.answered(), *_answers.rejected()],
        ),
        VectorFile(
            name="certify",
            op="silence.certify",
            title="Whether a member may certify that nobody answered",
            checked_by=CHECKED,
            cases=_answers.certified(),
        ),
    ]


def request(what: Asked = Asked.REVEAL, **fields: Any) -> Request:
    """A request to the worker of the audited claim."""
    subjects = {Asked.REVEAL: honest().commit.id, Asked.SEGMENTS: honest().claim.id, Asked.MOVE: seeded("s", "d", 32)}
    return _answers.request(what, subjects[what], **fields)


def certificate(made: Request, signers: Sequence[int] = _many.SIX, **fields: Any) -> Silence:
    """A certificate by some members that a request went unanswered."""
    committee = _many.committee()
    values: dict[str, Any] = {
        "network": made.body.network,
        "committee": committee.hash,
        "unit": made.body.unit,
        "worker": made.body.worker,
        "request": made.body.id,
        "asked": SLOT,
        "until": SLOT + ANSWER_SLOTS,
    }
    body = SilenceBody(**(values | fields))
    return combine_silence([sign_silence(body, committee, _many.member_key(place)) for place in signers], committee)


@functools.cache
def proof(what: Asked = Asked.REVEAL) -> SilenceProof:
    """A silence proof."""
    asked = request(what)
    return SilenceProof(
        unit=audited_unit(),
        request=asked,
        receipt=_many.receipt(audited_unit(), Subject.REQUEST, asked.body.asker, asked.body.id, SLOT),
        silence=certificate(asked),
        committee=_many.committee(),
    )


def _good() -> list[Case]:
    shape = [
        "SIL-001",
        "SIL-002",
        "SIL-003",
        "SIL-010",
        "SIL-011",
        "SIL-012",
        "SIL-013",
        "SIL-014",
        "SIL-015",
        "SIL-016",
        "SIL-033",
    ]
    rows = [
        ("reveal", "A commit that nobody has revealed.", Asked.REVEAL),
        ("segments", "Segments that nobody has opened.", Asked.SEGMENTS),
        ("move", "A move that nobody has made.", Asked.MOVE),
    ]
    cases = []
    for name, comment, what in rows:
        given = {"proof": encode_object(proof(what))}
        cases.append(valid(f"silence-check-{name}", comment, shape, given, operations.check(render(given))))
    return cases


def _hasty() -> SilenceProof:
    """A proof whose certificate ends before the reveal deadline."""
    asked, until = request(), _many.DEADLINES.reveal - 1
    first = until - ANSWER_SLOTS
    receipt = _many.receipt(audited_unit(), Subject.REQUEST, asked.body.asker, asked.body.id, first)
    return proof().replace(receipt=receipt, silence=certificate(asked, asked=first, until=until))


def _bad() -> list[Case]:
    good, asked = proof(), request()
    other = request(worker=_many.public("copycat"))
    elsewhere = request(unit=audited_unit(9).id)
    commit = _many.receipt(audited_unit(), Subject.COMMIT, asked.body.asker, asked.body.id, SLOT)
    later = _many.receipt(audited_unit(), Subject.REQUEST, asked.body.asker, asked.body.id, SLOT + 1)
    weak = certificate(asked, (1,))
    segments = proof(Asked.SEGMENTS)
    rows: list[tuple[str, str, str, str, bytes]] = [
        (
            "hasty",
            "SIL-004",
            "semantic/answer-time",
            "A slot less than an answer is given.",
            changed(good, [SILENCE, 2, 6], SLOT + ANSWER_SLOTS - 1),
        ),
        (
            "segments-unsorted",
            "SIL-002",
            "semantic/request-form",
            "Segments out of order.",
            changed(segments, [REQUEST, 2, 6], [3, 0]),
        ),
        (
            "number-missing",
            "SIL-002",
            "semantic/request-form",
            "A request for a move that doesn't say which.",
            changed(proof(Asked.MOVE), [REQUEST, 2, 7], ABSENT),
        ),
        (
            "node-missing",
            "SIL-002",
            "semantic/request-form",
            "A request for a move after the opening that doesn't say which node.",
            changed(proof(Asked.MOVE), [REQUEST, 2, 8], ABSENT),
        ),
        (
            "node-of-opening",
            "SIL-002",
            "semantic/request-form",
            "A request for the opening that names a node.",
            changed(proof(Asked.MOVE), [REQUEST, 2, 7], 0),
        ),
        (
            "number-odd",
            "SIL-002",
            "semantic/request-form",
            "A request to the accused for a move of the challenger.",
            changed(proof(Asked.MOVE), [REQUEST, 2, 7], 3),
        ),
        (
            "before-deadline",
            "SIL-033",
            "policy/too-early",
            "A certificate about a reveal that ends a slot before the reveal deadline.",
            encode_object(_hasty()),
        ),
        (
            "segments-named",
            "SIL-002",
            "semantic/request-form",
            "Segments in a request for a reveal.",
            changed(good, [REQUEST, 2], lambda body: body | {6: [0]}),
        ),
        (
            "unit-forged",
            "SIL-010 UNT-007 KEY-041",
            "crypto/bad-signature",
            "The unit's price was changed.",
            changed(good, [UNIT, 2, 7], 2),
        ),
        (
            "other-network",
            "SIL-010",
            "crypto/network-mismatch",
            "A request for another network.",
            encode_object(good.replace(request=request(network="other"))),
        ),
        (
            "other-unit",
            "SIL-010",
            "crypto/unit-mismatch",
            "A request about another unit.",
            encode_object(good.replace(request=elsewhere)),
        ),
        (
            "forged",
            "SIL-010 KEY-041",
            "crypto/bad-signature",
            "A request that its asker didn't sign.",
            changed(good, [REQUEST, 2, 2], _many.public("copycat")),
        ),
        (
            "receipt-kind",
            "SIL-012",
            "crypto/receipt-mismatch",
            "The receipt is of a commit.",
            encode_object(good.replace(receipt=commit)),
        ),
        (
            "other-request",
            "SIL-013",
            "crypto/request-mismatch",
            "A certificate about a request to somebody else.",
            encode_object(good.replace(silence=certificate(other))),
        ),
        (
            "other-slot",
            "SIL-013",
            "crypto/request-mismatch",
            "A receipt from another slot than the certificate's.",
            encode_object(good.replace(receipt=later)),
        ),
        (
            "certificate-forged",
            "SIL-011 KEY-041",
            "crypto/bad-signature",
            "A certificate whose last slot was changed.",
            changed(good, [SILENCE, 2, 6], SLOT + ANSWER_SLOTS + 1),
        ),
        (
            "signature",
            "SIL-011 KEY-041",
            "crypto/bad-signature",
            "The receipt's signature on the certificate.",
            changed(good, [SILENCE, 4], good.receipt.signature),
        ),
        (
            "weak",
            "SIL-014 ATT-021",
            "policy/below-threshold",
            "A certificate that one member signed.",
            encode_object(good.replace(silence=weak)),
        ),
    ]
    return [
        invalid(f"silence-check-{name}", comment, requirements.split(), {"proof": data}, error)
        for name, requirements, error, comment, data in rows
    ]

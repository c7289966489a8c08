"""Cases of answers to requests, and of whether a member may certify that there was none."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...protocol import keys
from ...protocol.encoding.schema import Record, encode_object
from ...protocol.work.dispute import Board, Move
from ...protocol.work.fault import SubtraceBody, sign_subtrace
from ...protocol.work.receipt import Receipt, Subject
from ...protocol.work.silence import ANSWER_SLOTS, Asked, Request, RequestBody, sign_request
from ..operations import silence as operations
from ..values import render
from . import Case, _many, _runs, invalid, seeded, valid
from ._changes import changed, flip
from .audit import audited_unit, honest, jumped
from .dispute import Match

SLOT = 160
UNTIL = SLOT + ANSWER_SLOTS
WANTED = (0, 3)
"""The segments that these requests ask for."""
MOVE = 2
"""The number of the move that they ask for."""


@dataclass(frozen=True)
class Asking:
    """A request in the company of its subject."""

    request: Request
    subject: tuple[Record, ...]

    def files(self) -> dict[str, Any]:
        """The members of a case that say what was asked."""
        return {
            "request": encode_object(self.request),
            "unit": encode_object(audited_unit()),
            "subject": [encode_object(file) for file in self.subject],
        }

    def altered(self, **fields: Any) -> Asking:
        """The request with other fields, signed by who asks."""
        return Asking(sign_request(self.request.body.replace(**fields), _many.secret("asker")), self.subject)


def request(what: Asked, subject: bytes, **fields: Any) -> Request:
    """A request to the worker of the audited claim."""
    values: dict[str, Any] = {
        "network": _runs.NETWORK,
        "unit": audited_unit().id,
        "worker": _many.public("worker"),
        "asker": _many.public("asker"),
        "what": what,
        "subject": subject,
        "segments": WANTED if what is Asked.SEGMENTS else None,
        "number": MOVE if what is Asked.MOVE else None,
        "node": seeded("silence", "node", 32) if what is Asked.MOVE else None,
    }
    return sign_request(RequestBody(**(values | fields)), _many.secret("asker"))


@functools.cache
def for_reveal() -> Asking:
    """A request for a reveal of the worker's commit."""
    return Asking(request(Asked.REVEAL, honest().commit.id), (honest().commit,))


@functools.cache
def for_segments() -> Asking:
    """A request for two segments of the worker's claim."""
    claim = _many.run_of(audited_unit()).claim
    return Asking(request(Asked.SEGMENTS, claim.id), (claim,))


@functools.cache
def played() -> Match:
    """A dispute about the third segment of a claim on the audited unit."""
    return Match(_many.run_of(audited_unit()), 2, 9)


@functools.cache
def moves() -> tuple[Move, ...]:
    """The moves of that dispute, to its end."""
    return tuple(played().moves())


@functools.cache
def for_move() -> Asking:
    """A request for the third move of that dispute, which is the worker's."""
    return for_move_after(moves()[:MOVE])


def for_move_after(before: Sequence[Move]) -> Asking:
    """A request for the worker's next move in that dispute."""
    match = played()
    board = Board(match.claim, match.dispute)
    for move in before:
        board.play(move)
    asked = request(Asked.MOVE, board.dispute.id, number=board.number, node=board.chosen or None)
    return Asking(asked, (match.run.claim, board.dispute, *before))


def _subtrace(segment: int, signer: str = "worker", claim: bytes | None = None) -> Record:
    """A signed subtrace; nobody looks at what is under its root here."""
    made = claim or _many.run_of(audited_unit()).claim.id
    body = SubtraceBody(
        network=_runs.NETWORK, claim=made, segment=segment, root=seeded("silence", f"subtrace {segment}", 32)
    )
    return sign_subtrace(body, _many.secret(signer))


def _reveal(unit_samples: int = 2, name: str = "worker", blind: bytes | None = None) -> Record:
    made = _many.run_of(audited_unit(unit_samples))
    return _many.reveal_of(made.claim, name, made.leaves, blind)


def _input(asking: Asking, candidate: Record | bytes) -> dict[str, Any]:
    data = candidate if isinstance(candidate, bytes) else encode_object(candidate)
    return {"candidate": data, **asking.files()}


def answered() -> list[Case]:
    """Candidates that answer, as a whole or in part."""
    run = _many.run_of(audited_unit())
    false = jumped(audited_unit(), 1)
    of_false = Asking(request(Asked.SEGMENTS, false.claim.id), (false.claim,))
    shape = ["SIL-020", "SIL-021", "SIL-023", "SIL-031"]
    segments = [*shape, "SIL-022", "SIL-026"]
    contradicting = _contradicting()
    rows: list[tuple[str, str, list[str], Asking, Record]] = [
        ("reveal", "A reveal that opens the commit.", [*shape, "SIL-025"], for_reveal(), _reveal()),
        ("segments", "A proof of the segments that were asked for.", segments, for_segments(), run.proof(0, 3)),
        ("more", "A proof of more segments than were asked for.", segments, for_segments(), run.proof(0, 1, 3)),
        (
            "fewer",
            "A proof of one of two: the other is still open.",
            [*segments, "SIL-032"],
            for_segments(),
            run.proof(3),
        ),
        (
            "subtrace",
            "The worker signs all states of a segment: the other is still open.",
            [*shape, "SIL-027", "SIL-032"],
            for_segments(),
            _subtrace(3),
        ),
        ("move", "The move that is due.", [*shape, "SIL-024", "SIL-028"], for_move(), moves()[MOVE]),
        (
            "refuting",
            "A proof of the asked segments that refutes the claim: nobody is silent about them any more.",
            [*segments, "SIL-029", "SEG-025", "SEG-027"],
            of_false,
            false.proof(0, 3),
        ),
        (
            "refuting-fewer",
            "A proof of one of two, that refutes the claim.",
            [*segments, "SIL-029", "SEG-025"],
            of_false,
            false.proof(0),
        ),
        (
            "contradicting",
            "A reveal whose claim contradicts itself: it opens the commit.",
            [*shape, "SIL-025", "SIL-029", "CLM-026"],
            *contradicting,
        ),
    ]
    cases = []
    for name, comment, requirements, asking, candidate in rows:
        input = _input(asking, candidate)
        cases.append(valid(f"silence-answer-{name}", comment, requirements, input, operations.answer(render(input))))
    return cases


def _contradicting() -> tuple[Asking, Record]:
    """A reveal of a trace that begins with its second state, and a request for it."""
    from ._runs import retraced

    made = _many.run_of(audited_unit())
    false = retraced(made, [made.leaves[1], *made.leaves[1:]])
    commit = _many.commit_to(false.claim, "worker")
    return Asking(request(Asked.REVEAL, commit.id), (commit,)), _many.reveal_of(false.claim, "worker", false.leaves)


def rejected() -> list[Case]:
    """Candidates that answer nothing, and requests that nobody could answer."""
    unit, run = audited_unit(), _many.run_of(audited_unit())
    reveal, segments, move = for_reveal(), for_segments(), for_move()
    proof, later = run.proof(0, 3), moves()
    elsewhere = _many.run_of(audited_unit(9))
    wrong_leaves = _many.reveal_of(run.claim, "worker", [*run.leaves[:-1], bytes(32)])
    others = Asking(segments.request, (elsewhere.claim,))
    theirs = _many.claim_by(run, "copycat")
    of_theirs = Asking(request(Asked.SEGMENTS, theirs.id), (theirs,))
    stranger = keys.public_key(_runs.worker("stranger"))
    short = Asking(move.request, move.subject[:-1])
    proven = Asking(move.request, (*move.subject[:-1], _proof_move()))
    rows: list[tuple[str, str, str, str, Asking, Record | bytes]] = [
        ("kind", "SIL-020", "schema/unknown-kind", "A claim is no answer.", segments, run.claim),
        ("form", "SIL-021", "semantic/answer-form", "Segments, where a reveal was asked for.", reveal, proof),
        ("form-move", "SIL-021", "semantic/answer-form", "A reveal, where a move was asked for.", move, _reveal()),
        ("truncated", "ENC-021", "decode/truncated", "An answer that ends early.", reveal, _cut(_reveal())),
        (
            "no-segment",
            "SIL-022",
            "semantic/segment-index",
            "A request for a segment that the claim hasn't got.",
            segments.altered(segments=(0, 4)),
            proof,
        ),
        (
            "request-forged",
            "SIL-010 KEY-041",
            "crypto/bad-signature",
            "A request that its asker didn't sign.",
            Asking(segments.request.replace(signature=reveal.request.signature), segments.subject),
            proof,
        ),
        (
            "other-subject",
            "SIL-023",
            "crypto/request-mismatch",
            "Another commit than the one that was asked about.",
            reveal.altered(subject=bytes(32)),
            _reveal(),
        ),
        (
            "other-subject-claim",
            "SIL-023",
            "crypto/request-mismatch",
            "Another claim than the one that was asked about.",
            others,
            proof,
        ),
        (
            "other-subject-dispute",
            "SIL-023",
            "crypto/request-mismatch",
            "Another dispute than the one that was asked about.",
            move.altered(subject=bytes(32)),
            later[MOVE],
        ),
        (
            "claim-elsewhere",
            "SIL-023",
            "crypto/unit-mismatch",
            "A request about a claim on another unit.",
            Asking(request(Asked.SEGMENTS, elsewhere.claim.id), (elsewhere.claim,)),
            elsewhere.proof(0, 3),
        ),
        (
            "claim-forged",
            "SIL-023 CLM-018 KEY-041",
            "crypto/bad-signature",
            "A request about a claim that its worker didn't sign.",
            Asking(segments.request, (run.claim.replace(signature=theirs.signature),)),
            proof,
        ),
        (
            "other-worker",
            "SIL-023",
            "crypto/worker-mismatch",
            "A request to somebody else than the claim's worker.",
            of_theirs,
            proof,
        ),
        (
            "other-worker-commit",
            "SIL-023",
            "crypto/worker-mismatch",
            "A request to somebody else than the commit's worker.",
            reveal.altered(worker=stranger),
            _reveal(),
        ),
        (
            "move-missing",
            "SIL-024",
            "policy/out-of-turn",
            "A request for a move before its turn.",
            short,
            later[MOVE],
        ),
        (
            "move-past",
            "SIL-024",
            "policy/out-of-turn",
            "A request for the opening, when two moves were made.",
            move.altered(number=0, node=None),
            later[MOVE],
        ),
        (
            "move-elsewhere-chosen",
            "SIL-024",
            "policy/out-of-turn",
            "A request for the same turn after another choice: the node that is asked for wasn't chosen.",
            Asking(for_move_after([later[0], _other_choice()]).request, move.subject),
            later[MOVE],
        ),
        (
            "move-over",
            "SIL-024",
            "policy/dispute-over",
            "A request for a move in a dispute that a proof has ended.",
            proven,
            later[MOVE],
        ),
        (
            "other-commit",
            "SIL-025 CMT-032",
            "crypto/commitment-mismatch",
            "A reveal with another blinding.",
            reveal,
            _reveal(blind=bytes(32)),
        ),
        (
            "other-unit",
            "SIL-025 CMT-030",
            "crypto/unit-mismatch",
            "A reveal of the worker's commit to another unit.",
            reveal,
            _reveal(9),
        ),
        (
            "damaged-reveal",
            "SIL-025 CMT-024",
            "crypto/leaves-mismatch",
            "A reveal with other leaves than the trace's.",
            reveal,
            wrong_leaves,
        ),
        (
            "other-claim",
            "SIL-026",
            "crypto/claim-mismatch",
            "The segments of another claim.",
            segments,
            elsewhere.proof(0, 3),
        ),
        (
            "damaged-proof",
            "SIL-026 MRK-016",
            "crypto/root-mismatch",
            "A proof with a bit of a leaf flipped.",
            segments,
            changed(proof, [3], flip(0)),
        ),
        ("none", "SIL-030", "policy/other-segments", "A proof of other segments.", segments, run.proof(1, 2)),
        ("none-subtrace", "SIL-030", "policy/other-segments", "A subtrace of another segment.", segments, _subtrace(1)),
        (
            "subtrace-claim",
            "SIL-027 FLT-023",
            "crypto/claim-mismatch",
            "A subtrace of another claim.",
            segments,
            _subtrace(3, claim=elsewhere.claim.id),
        ),
        (
            "subtrace-forged",
            "SIL-027 FLT-024 KEY-041",
            "crypto/bad-signature",
            "A subtrace that the worker didn't sign.",
            segments,
            _subtrace(3, "copycat"),
        ),
        (
            "move-again",
            "SIL-028 DSP-010",
            "policy/out-of-turn",
            "A move that was made before.",
            move,
            later[0],
        ),
        (
            "move-wrong",
            "SIL-028 DSP-015",
            "crypto/root-mismatch",
            "Children of another node.",
            move,
            played().sign(_runs.worker(), MOVE, children=bytes(64)),
        ),
        (
            "move-elsewhere",
            "SIL-028 DSP-006",
            "crypto/dispute-mismatch",
            "A move of another dispute.",
            move,
            Match(_many.run_of(unit), 2, 5).moves()[MOVE],
        ),
    ]
    return [
        invalid(f"silence-answer-{name}", comment, requirements.split(), _input(asking, candidate), error)
        for name, requirements, error, comment, asking, candidate in rows
    ]


def _other_choice() -> Move:
    """The challenger's second move, with the other choice."""
    made = moves()[1].body
    return played().sign(_runs.worker("challenger"), 1, choice=1 - (made.choice or 0))


def _proof_move() -> Move:
    """The move that ends the dispute, numbered as if it were the second."""
    last = moves()[-1].body
    return played().sign(_runs.worker("challenger"), 1, proof=last.proof)


def _cut(record: Record) -> bytes:
    return encode_object(record)[:-1]


def receipt_of(asking: Asking, **options: Any) -> Receipt:
    """The receipt of a request."""
    body = asking.request.body
    values: dict[str, Any] = {"kind": Subject.REQUEST, "slot": SLOT} | options
    return _many.receipt(audited_unit(), values.pop("kind"), body.asker, body.id, values.pop("slot"), **values)


def _signing(asking: Asking, candidates: Sequence[Record | bytes] = (), **other: Any) -> dict[str, Any]:
    files = [data if isinstance(data, bytes) else encode_object(data) for data in candidates]
    given = {
        **asking.files(),
        "receipt": encode_object(receipt_of(asking)),
        "committee": encode_object(_many.committee()),
        "candidates": files,
        "until": UNTIL,
        "now": UNTIL + 1,
    }
    return given | other


def certified() -> list[Case]:
    """What a member signs, and what it refuses."""
    run = _many.run_of(audited_unit())
    shape = ["SIL-005", "SIL-033", "SIL-034", "SIL-035", "SIL-036"]
    good = [
        ("reveal", "Nobody has revealed.", _signing(for_reveal())),
        ("segments", "Nobody has opened the segments.", _signing(for_segments())),
        ("move", "Nobody has moved.", _signing(for_move())),
        (
            "deadline",
            "A certificate about a reveal that ends in the slot of the deadline.",
            _signing(for_reveal(), **_early(0)),
        ),
        ("half", "One of two segments was opened: half an answer is none.", _signing(for_segments(), [run.proof(0)])),
        (
            "useless",
            "Files that answer nothing, a broken one among them.",
            _signing(for_segments(), [run.proof(1), _cut(run.proof(0, 3)), _reveal()]),
        ),
    ]
    cases = []
    for name, comment, input in good:
        output = operations.certify(render(input))
        flags = ("Boundary",) if name == "deadline" else ()
        cases.append(valid(f"silence-certify-{name}", comment, shape, input, output, flags=flags))
    false = jumped(audited_unit(), 1)
    of_false = Asking(request(Asked.SEGMENTS, false.claim.id), (false.claim,))
    late = receipt_of(for_reveal(), kind=Subject.COMMIT)
    bad: list[tuple[str, str, str, str, dict[str, Any]]] = [
        (
            "present",
            "SIL-034",
            "policy/too-early",
            "The second slot isn't over.",
            _signing(for_segments(), now=UNTIL),
        ),
        (
            "before-deadline",
            "SIL-033",
            "policy/too-early",
            "A slot before the reveal deadline is over.",
            _signing(for_reveal(), **_early(-1)),
        ),
        (
            "hasty",
            "SIL-004",
            "semantic/answer-time",
            "A slot less than an answer is given.",
            _signing(for_segments(), until=UNTIL - 1),
        ),
        (
            "no-segment",
            "SIL-022 SIL-036",
            "semantic/segment-index",
            "Nobody can open a segment that the claim hasn't got.",
            _signing(for_segments().altered(segments=(4,))),
        ),
        (
            "other-worker",
            "SIL-023 SIL-036",
            "crypto/worker-mismatch",
            "Nobody asks somebody else for the worker's reveal.",
            _signing(for_reveal().altered(worker=_many.public("copycat"))),
        ),
        (
            "not-its-turn",
            "SIL-024 SIL-036",
            "policy/out-of-turn",
            "Nobody is silent about a move before its turn.",
            _signing(Asking(for_move_after(moves()[:4]).request, for_move().subject)),
        ),
        (
            "past",
            "SIL-024 SIL-036",
            "policy/out-of-turn",
            "Nobody is silent about the opening, when two moves were made.",
            _signing(for_move().altered(number=0, node=None)),
        ),
        (
            "other-line",
            "SIL-024 SIL-036",
            "policy/out-of-turn",
            "Nobody is silent about a node that the challenger chose in another line of play.",
            _signing(Asking(for_move_after([moves()[0], _other_choice()]).request, for_move().subject)),
        ),
        (
            "receipt-kind",
            "SIL-012",
            "crypto/receipt-mismatch",
            "A receipt of a commit.",
            _signing(for_reveal(), receipt=encode_object(late)),
        ),
        (
            "receipt-weak",
            "SIL-036 ATT-021",
            "policy/below-threshold",
            "A receipt that one member signed.",
            _signing(for_reveal(), receipt=encode_object(receipt_of(for_reveal(), signers=(1,)))),
        ),
        (
            "revealed",
            "SIL-035",
            "policy/answered",
            "The worker has revealed, among files that answer nothing.",
            _signing(for_reveal(), [run.proof(0), _reveal()]),
        ),
        (
            "opened",
            "SIL-035 SIL-032",
            "policy/answered",
            "The segments were opened, one in each of two files.",
            _signing(for_segments(), [run.proof(3), run.proof(0)]),
        ),
        (
            "subtraces",
            "SIL-035 SIL-027 SIL-032",
            "policy/answered",
            "One segment was opened, and all states of the other are signed.",
            _signing(for_segments(), [run.proof(0), _subtrace(3)]),
        ),
        (
            "refuted",
            "SIL-035 SIL-029",
            "policy/answered",
            "The segments were opened, and refute the claim.",
            _signing(of_false, [false.proof(0, 3)]),
        ),
        (
            "moved",
            "SIL-035",
            "policy/answered",
            "The move was made.",
            _signing(for_move(), [moves()[MOVE]]),
        ),
    ]
    return cases + [
        invalid(f"silence-certify-{name}", comment, requirements.split(), input, error)
        for name, requirements, error, comment, input in bad
    ]


def _early(more: int) -> dict[str, Any]:
    """A certificate about a reveal that ends some slots after the reveal deadline; before, if that is negative."""
    until = _many.DEADLINES.reveal + more
    receipt = receipt_of(for_reveal(), slot=until - ANSWER_SLOTS)
    return {"receipt": encode_object(receipt), "until": until, "now": until + 1}

"""Judging answers to requests, and whether a member may certify that there was none (spec/silence.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from ..protocol.committee.signing import check_aggregate
from ..protocol.committee.snapshot import Committee
from ..protocol.encoding import cbor
from ..protocol.encoding.schema import Record, decode_item, decode_object, kind_of
from ..protocol.errors import CryptoError, PolicyError, ProtocolError, Refutation, SchemaError, SemanticError
from ..protocol.keys import Backend, KeyCache
from ..protocol.machine.executor import ExecutorFactory
from ..protocol.work import commit as commits
from ..protocol.work import receipt as receipts
from ..protocol.work import reveal as reveals
from ..protocol.work import silence
from ..protocol.work.claim import Claim, without_openings
from ..protocol.work.commit import Commit
from ..protocol.work.dispute import Board, Dispute, Move
from ..protocol.work.fault import Subtrace, check_subtrace
from ..protocol.work.receipt import Receipt
from ..protocol.work.reveal import OpaqueReveal, Reveal
from ..protocol.work.segment import SegmentProof
from ..protocol.work.silence import Asked, Request, SilenceBody
from ..protocol.work.unit import Unit
from .claims import examine_claim, examine_contradictions, examine_signatures
from .commits import examine_reveal
from .segments import examine_openings, examine_segments
from .verdict import Aside, Evidence, Examination, Outcome, Statement, Verdict, evidence_hash

ANSWERS: dict[Asked, tuple[type[Record], ...]] = {
    Asked.REVEAL: (Reveal, OpaqueReveal),
    Asked.SEGMENTS: (SegmentProof, Subtrace),
    Asked.MOVE: (Move,),
}
"""What answers what (SIL-021)."""

SUBJECTS: dict[Asked, tuple[type[Record], ...]] = {
    Asked.REVEAL: (Commit,),
    Asked.SEGMENTS: (Claim,),
    Asked.MOVE: (Claim, Dispute),
}
"""The files that a request is about, in their order; for a move, the moves before it follow."""

_CANDIDATES = {cls.KIND: cls for kinds in ANSWERS.values() for cls in kinds}


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found of a candidate."""

    verdict: Verdict
    whole: bool = False
    """Whether it answers all that was asked for, alone."""
    segments: tuple[int, ...] = ()
    """The asked segments that it answers, ascending."""


@dataclass(frozen=True, slots=True)
class Matter:
    """A request with its unit and its subject, whose own checks a judgement makes."""

    request: Request
    unit: Unit
    subject: tuple[Record, ...]

    @property
    def what(self) -> Asked:
        """What the request is for."""
        return self.request.body.what

    @property
    def asked(self) -> frozenset[int]:
        """The segments that are asked for."""
        return frozenset(self.request.body.segments or ())


def check_answer(
    candidate: bytes,
    request: bytes,
    unit: bytes,
    subject: Sequence[bytes],
    *,
    executor: ExecutorFactory,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> Answer:
    """Judge whether a candidate answers a request (SIL-030).

    `subject` holds the files that the request is about, in the order of `SUBJECTS`. Raises ValueError if they are not
    as many as that.
    """
    examination = Examination(candidate, (request, unit, *subject))
    check = examination.check
    try:
        made = check("SIL-020", "one well-formed answer", _decode_candidate, candidate)
        asked = check("SIL-001", "one well-formed request", decode_object, Request, request)
        about = check("UNT-001", "one well-formed unit", decode_object, Unit, unit)
        matter = Matter(asked, about, _decode_subject(examination, asked, subject))
        examination.statement = _statement(matter)
        check("SIL-021", "it is of a kind that was asked for", _check_form, made, matter)
        check("SIL-022", "the claim has the segments that are asked for", _check_segments, matter)
        _examine_request(examination, matter, backend, cache)
        board = _examine_subject(examination, matter, backend, cache)
        return _judge(examination, made, matter, board, executor, backend, cache)
    except ProtocolError as error:
        return Answer(examination.fail_verdict(error))


def open_segments(request: Request, answers: Iterable[Answer]) -> list[int]:
    """The asked segments that no answer holds, ascending; none if one answer is whole (SIL-032)."""
    found = list(answers)
    if any(answer.whole for answer in found):
        return []
    held = {index for answer in found for index in answer.segments}
    return sorted(set(request.body.segments or ()) - held)


def is_answered(request: Request, answers: Iterable[Answer]) -> bool:
    """Whether a request is answered by what was found of candidates (SIL-032)."""
    found = list(answers)
    if any(answer.whole for answer in found):
        return True
    return request.body.what is Asked.SEGMENTS and not open_segments(request, found)


def check_silent(
    request: bytes,
    receipt: bytes,
    committee: bytes,
    unit: bytes,
    subject: Sequence[bytes],
    candidates: Iterable[bytes],
    *,
    until: int,
    now: int,
    executor: ExecutorFactory,
    backend: Backend | None = None,
    cache: KeyCache | None = None,
) -> tuple[Verdict, SilenceBody | None]:
    """Judge whether a member may certify that a request went unanswered by a slot, and what it then signs (SIL-036).

    `candidates` are all files that were there by the end of slot `until`, from anybody; `now` is the present slot.
    Those that answer nothing are named in the verdict. Raises ValueError for a subject as `check_answer` does.
    """
    given = sorted(set(candidates))
    examination = Examination(request, (receipt, committee, unit, *subject, *given))
    check = examination.check
    try:
        asked = check("SIL-001", "one well-formed request", decode_object, Request, request)
        counted = check("RCP-010", "one well-formed receipt", decode_object, Receipt, receipt)
        snapshot = check("ATT-001", "one well-formed committee", decode_object, Committee, committee)
        about = check("UNT-001", "one well-formed unit", decode_object, Unit, unit)
        matter = Matter(asked, about, _decode_subject(examination, asked, subject))
        examination.statement = _statement(matter)
        check("SIL-022", "the claim has the segments that are asked for", _check_segments, matter)
        body = check("SIL-004", "there was time to answer", silence.certified, asked, counted, snapshot, until)
        _examine_request(examination, matter, backend, cache)
        title = "every member of the committee proves its key"
        check("ATT-005", title, snapshot.verify, backend=backend, cache=cache)
        check("RCP-020", "the receipt is about the unit", receipts.check_about, counted, about)
        title = "members signed the receipt"
        signers = check(
            "RCP-021", title, check_aggregate, counted, snapshot, backend=backend, cache=cache, where="receipt"
        )
        check("SIL-012", "the receipt is of the request", silence.check_receipt_subject, counted, asked)
        board = _examine_subject(examination, matter, backend, cache)
        title = "the receipt counts for the unit"
        check("RCP-022", title, receipts.check_policy, counted, about, snapshot, signers)
        check("SIL-033", "the worker had its time to answer", silence.check_due, body, asked, about)
        check("SIL-034", f"slot {until} is over", _check_over, until, now)
        found = [_candidate(data, matter, board, executor, backend, cache) for data in given]
        examination.asides = [
            Aside(evidence_hash(data), answer.verdict.code, answer.verdict.message)
            for data, answer in zip(given, found, strict=True)
            if answer.verdict.evidence is Evidence.INVALID and answer.verdict.code is not None
        ]
        check("SIL-035", "nothing that was there answers it", _check_unanswered, asked, found)
    except ProtocolError as error:
        return examination.fail_verdict(error), None
    return examination.pass_verdict(Evidence.VALID, Outcome.INCONCLUSIVE), body


def _candidate(
    data: bytes,
    matter: Matter,
    board: Board | None,
    executor: ExecutorFactory,
    backend: Backend | None,
    cache: KeyCache | None,
) -> Answer:
    """Judge one of many candidates, of a request and a subject that were checked before."""
    examination = Examination(data)
    try:
        made = examination.check("SIL-020", "one well-formed answer", _decode_candidate, data)
        examination.check("SIL-021", "it is of a kind that was asked for", _check_form, made, matter)
        return _judge(examination, made, matter, copy(board), executor, backend, cache)
    except ProtocolError as error:
        return Answer(examination.fail_verdict(error))


def _decode_candidate(data: bytes) -> Record:
    item = cbor.decode(data)
    kind = kind_of(item)
    if kind is None or kind not in _CANDIDATES:
        raise SchemaError(
            "unknown-kind", "nothing that answers a request", requirement="SIL-020", where="the answer's kind"
        )
    return decode_item(_CANDIDATES[kind], item)


def _decode_subject(examination: Examination, request: Request, files: Sequence[bytes]) -> tuple[Record, ...]:
    """The objects that a request is about."""
    kinds = SUBJECTS[request.body.what]
    if len(files) < len(kinds) or (len(files) > len(kinds) and request.body.what is not Asked.MOVE):
        raise ValueError(f"{len(files)} files are not the subject of a request for a {request.body.what.name.lower()}")
    found: list[Record] = []
    for place, data in enumerate(files):
        cls = kinds[place] if place < len(kinds) else Move
        name = (cls.KIND or "").partition("/")[2]
        found.append(examination.check("SIL-023", f"one well-formed {name}", decode_object, cls, data))
    return tuple(found)


def _statement(matter: Matter) -> Statement:
    unit = matter.unit
    return Statement(network=unit.body.network, unit=unit.id, worker=matter.request.body.worker)


def _check_form(candidate: Record, matter: Matter) -> None:
    if not isinstance(candidate, ANSWERS[matter.what]):
        kind = (candidate.KIND or "").partition("/")[2].replace("-", " ")
        raise SemanticError(
            "answer-form",
            f"a {kind} is no answer to a request for {_WORDS[matter.what]}",
            requirement="SIL-021",
            where="the answer's kind",
        )


_WORDS = {Asked.REVEAL: "a reveal", Asked.SEGMENTS: "segments", Asked.MOVE: "a move"}


def _check_segments(matter: Matter) -> None:
    claim = matter.subject[0]
    if not isinstance(claim, Claim):
        return
    beyond = [index for index in matter.asked if index >= claim.body.segments]
    if beyond:
        raise SemanticError(
            "segment-index",
            f"no segment {min(beyond)}: the claim has {claim.body.segments}",
            requirement="SIL-022",
            where="request.segments",
        )


def _examine_request(examination: Examination, matter: Matter, backend: Backend | None, cache: KeyCache | None) -> None:
    """Make the checks of SIL-010."""
    check, unit = examination.check, matter.unit
    check("UNT-007", "the requester signed the unit", unit.verify, backend=backend, cache=cache)
    title = "the request is about the unit, and signed"
    check("SIL-010", title, silence.check_request, matter.request, unit, backend=backend, cache=cache)


def _examine_subject(
    examination: Examination, matter: Matter, backend: Backend | None, cache: KeyCache | None
) -> Board | None:
    """Make the checks of SIL-023 and SIL-024. The board of a dispute, as it stands before the move asked for."""
    check, first = examination.check, matter.subject[0]
    if isinstance(first, Commit):
        check("SIL-023", "this commit is what is asked about", _check_subject, matter, first.id)
        check("CMT-011", "the commit is about this unit", commits.check_about, first, matter.unit)
        check("CMT-012", "the worker signed the commit", first.verify, backend=backend, cache=cache)
        check("SIL-023", "it is the commit of the worker who is asked", _check_worker, matter, first.body.worker)
        return None
    assert isinstance(first, Claim)
    if matter.what is Asked.SEGMENTS:
        check("SIL-023", "this claim is what is asked about", _check_subject, matter, first.id)
    check("SIL-023", "the claim is on this unit", _check_unit, matter, first)
    examine_signatures(examination, first, backend=backend, cache=cache)
    check("SIL-023", "it is the claim of the worker who is asked", _check_worker, matter, first.body.worker)
    if matter.what is Asked.SEGMENTS:
        return None
    dispute, moves = matter.subject[1], matter.subject[2:]
    assert isinstance(dispute, Dispute)
    signed = without_openings(first)
    board = check(
        "DSP-004", "the challenger disputes a segment of it", Board, signed, dispute, backend=backend, cache=cache
    )
    check("SIL-023", "this dispute is what is asked about", _check_subject, matter, dispute.id)
    for move in moves:
        check("SIL-024", "a move before it is accepted", _play, board, move)
    check("SIL-024", "it is this move's turn", _check_turn, matter, board)
    return board


def _check_subject(matter: Matter, found: bytes) -> None:
    if matter.request.body.subject != found:
        raise CryptoError(
            "request-mismatch", "the request is about another subject", requirement="SIL-023", where="request.subject"
        )


def _check_unit(matter: Matter, claim: Claim) -> None:
    if claim.unit.id != matter.unit.id:
        raise CryptoError("unit-mismatch", "the claim is on another unit", requirement="SIL-023", where="claim.unit")


def _check_worker(matter: Matter, worker: bytes) -> None:
    if matter.request.body.worker != worker:
        raise CryptoError(
            "worker-mismatch",
            f"the request is to {matter.request.body.worker.hex()}, and this is by {worker.hex()}",
            requirement="SIL-023",
            where="request.worker",
        )


def _play(board: Board, move: Record) -> None:
    assert isinstance(move, Move)
    if board.play(move) is not None:
        raise PolicyError(
            "dispute-over", "the dispute is over with a step fault proof", requirement="SIL-024", where="moves"
        )


def _check_turn(matter: Matter, board: Board) -> None:
    asked = matter.request.body
    if board.number != asked.number:
        raise PolicyError(
            "out-of-turn",
            f"the request is for move {asked.number}, and move {board.number} is the next",
            requirement="SIL-024",
            where="request.number",
        )
    if asked.node is not None and board.chosen != asked.node:
        raise PolicyError(
            "out-of-turn",
            f"the request is to open the node {asked.node.hex()}, and {board.chosen.hex()} was chosen",
            requirement="SIL-024",
            where="request.node",
        )


def _judge(
    examination: Examination,
    candidate: Any,
    matter: Matter,
    board: Board | None,
    executor: ExecutorFactory,
    backend: Backend | None,
    cache: KeyCache | None,
) -> Answer:
    """Judge a candidate by what it is (SIL-025 to SIL-029)."""
    held: frozenset[int] = frozenset()
    try:
        if isinstance(candidate, Move):
            assert board is not None
            examination.check("SIL-028", "the dispute's rules accept the move", _play, board, candidate)
        elif isinstance(candidate, SegmentProof):
            held = _examine_proof(examination, candidate, matter, executor, backend, cache)
        elif isinstance(candidate, Subtrace):
            held = _examine_subtrace(examination, candidate, matter, backend, cache)
        else:
            examine_reveal(examination, candidate, backend=backend, cache=cache)
            commit = matter.subject[0]
            assert isinstance(commit, Commit)
            examination.check("CMT-032", "the reveal opens the commit", reveals.check_opening, candidate, commit)
            if isinstance(candidate, Reveal):
                examine_contradictions(examination, candidate.claim)
    except Refutation as error:
        held = _held(candidate, matter) if isinstance(candidate, SegmentProof) else held
        return _answer(examination.fail_verdict(error), matter, held)
    if matter.what is not Asked.SEGMENTS or held == matter.asked:
        return _answer(examination.pass_verdict(Evidence.VALID, Outcome.INCONCLUSIVE), matter, held)
    examination.check("SIL-030", "it holds some of the asked segments", _check_some, held)
    missing = ", ".join(map(str, sorted(matter.asked - held)))
    examination.miss("SIL-032", f"what answers the rest of the segments: {missing}")
    return _answer(examination.pass_verdict(Evidence.INCOMPLETE, Outcome.INCONCLUSIVE), matter, held)


def _answer(verdict: Verdict, matter: Matter, held: Iterable[int]) -> Answer:
    segments = tuple(sorted(held))
    return Answer(verdict, matter.what is not Asked.SEGMENTS or len(segments) == len(matter.asked), segments)


def _examine_proof(
    examination: Examination,
    proof: SegmentProof,
    matter: Matter,
    executor: ExecutorFactory,
    backend: Backend | None,
    cache: KeyCache | None,
) -> frozenset[int]:
    """Check a segment proof; the asked segments that it holds (SIL-026)."""
    examination.check("SIL-026", "the proof is of the claim", _check_claim, proof, matter)
    examine_claim(examination, proof.claim, backend=backend, cache=cache)
    examine_openings(examination, proof)
    examine_segments(examination, proof, executor)
    return _held(proof, matter)


def _held(proof: SegmentProof, matter: Matter) -> frozenset[int]:
    return matter.asked.intersection(part.index for part in proof.segments)


def _check_claim(proof: SegmentProof, matter: Matter) -> None:
    if proof.claim.id != matter.request.body.subject:
        raise CryptoError(
            "claim-mismatch", "the segments are of another claim", requirement="SIL-026", where="segment-proof.claim"
        )


def _examine_subtrace(
    examination: Examination,
    subtrace: Subtrace,
    matter: Matter,
    backend: Backend | None,
    cache: KeyCache | None,
) -> frozenset[int]:
    """Check a subtrace; the asked segment that it is about (SIL-027)."""
    claim = matter.subject[0]
    assert isinstance(claim, Claim)
    title = "the worker signed the states of the segment"
    examination.check("FLT-024", title, check_subtrace, claim, subtrace, backend=backend, cache=cache)
    return matter.asked.intersection([subtrace.body.segment])


def _check_some(held: frozenset[int]) -> None:
    if not held:
        raise PolicyError(
            "other-segments", "it is of none of the segments asked for", requirement="SIL-030", where="the answer"
        )


def _check_over(until: int, now: int) -> None:
    if now <= until:
        raise PolicyError(
            "too-early",
            f"slot {until} isn't over: it is slot {now} now",
            requirement="SIL-034",
            where="silence.until",
        )


def _check_unanswered(request: Request, found: Sequence[Answer]) -> None:
    if is_answered(request, found):
        raise PolicyError("answered", "the request was answered", requirement="SIL-035", where="the answers")

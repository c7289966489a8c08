"""Requests, answers and silence, over files: what askers, members of committees and whoever answers do with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..protocol.committee.snapshot import Committee
from ..protocol.encoding import cbor
from ..protocol.encoding.schema import Record, decode_item, decode_object, encode_object, kind_of
from ..protocol.errors import ProtocolError
from ..protocol.keys import SecretKeyFile
from ..protocol.work.claim import Claim, without_openings
from ..protocol.work.commit import Commit
from ..protocol.work.dispute import Board, Dispute, Move
from ..protocol.work.receipt import Receipt
from ..protocol.work.silence import (
    ANSWER_SLOTS,
    Asked,
    Request,
    RequestBody,
    Silence,
    SilenceProof,
    SilenceShare,
    certified,
    sign_request,
    sign_silence,
)
from ..protocol.work.unit import Unit
from ..verifier.answers import SUBJECTS, Answer, check_answer, check_silent
from ..verifier.verdict import Verdict
from .errors import WorkerError, content_errors
from .executors import Engine, choose
from .files import read_file
from .games import GameFolder
from .signing import PathLike, read_object
from .units import read_unit

_KINDS: dict[str | None, type[Record]] = {cls.KIND: cls for cls in (Commit, Claim, Dispute, Move)}
"""What a request can be about, and the moves that come with a dispute."""


def make_request(
    subject: PathLike,
    unit: PathLike,
    key: SecretKeyFile,
    *,
    segments: Sequence[int] = (),
    claim: PathLike | None = None,
    before: Sequence[PathLike] = (),
) -> Request:
    """A request about what lies in `subject`: to reveal a commit, to open segments of a claim, or to move in a dispute.

    `segments` go with a claim (or the work folder that has it); `claim`, and the moves that were made `before`, with
    a dispute; a dispute's folder has those moves.
    """
    asked, read = read_unit(unit), [value for _, value in _read_all([subject, *before])]
    about = read[0]
    fields: dict[str, Any]
    if isinstance(about, Commit):
        _check_unit(about.body.unit, asked, subject)
        fields = {"what": Asked.REVEAL, "worker": about.body.worker, "subject": about.id}
    elif isinstance(about, Claim):
        _check_unit(about.unit.id, asked, subject)
        if not segments or max(segments) >= about.body.segments:
            raise WorkerError(
                f"{subject} is a claim of {about.body.segments} segments, and it isn't said which are to be opened",
                "name some of them",
            )
        fields = {"what": Asked.SEGMENTS, "worker": about.body.worker, "subject": about.id}
    elif isinstance(about, Dispute) and claim is not None:
        fields = _due_move(about, _claim_of(about, claim, str(subject)), [one for one in read if isinstance(one, Move)])
    else:
        raise WorkerError(
            f"{subject} is nothing that can be asked about so", "name a commit, a claim, or a dispute with its --claim"
        )
    try:
        body = RequestBody(
            network=asked.body.network,
            unit=asked.id,
            asker=key.public,
            segments=tuple(sorted(set(segments))) or None,
            **fields,
        )
    except ProtocolError as error:
        raise WorkerError(f"this makes no request: {error}", "change it and try again") from error
    return sign_request(body, key.key)


def _check_unit(found: bytes, unit: Unit, path: PathLike) -> None:
    if found != unit.id:
        raise WorkerError(f"{path} is about another unit", "name the unit that it is about with --unit")


def _claim_of(dispute: Dispute, path: PathLike, subject: str) -> Claim:
    """The claim in a file, if it is the one that is disputed."""
    claim = _read_subject(path)
    if not isinstance(claim, Claim) or claim.id != dispute.body.claim:
        raise WorkerError(f"{path} is not the claim that {subject} disputes", "name that claim with --claim")
    return claim


def _due_move(dispute: Dispute, claim: Claim, moves: Sequence[Move]) -> dict[str, Any]:
    """What a request for the next move of the accused says, after some moves."""
    try:
        board = Board(without_openings(claim), dispute)
        for move in sorted(moves, key=_number):
            board.play(move)
    except ProtocolError as error:
        raise WorkerError(f"these moves are none of this dispute: {error}", "name those that were accepted") from error
    if not board.accused_to_move:
        raise WorkerError(f"move {board.number} is the challenger's", "nobody else can be asked for it")
    return {
        "what": Asked.MOVE,
        "worker": claim.body.worker,
        "subject": dispute.id,
        "number": board.number,
        "node": board.chosen or None,
    }


def asked_segments(request: PathLike, folder: PathLike) -> tuple[int, ...]:
    """The segments that a request asks for of the run in a work folder. Raises WorkerError for another claim."""
    made, claim = read_object(Request, "a request", request), _read_subject(folder)
    if made.body.segments is None:
        raise WorkerError(f"{request} asks for no segments", "`tracework inspect` shows what it asks for")
    if not isinstance(claim, Claim) or claim.id != made.body.subject:
        raise WorkerError(f"{request} is about another claim than the one in {folder}", "name the run of that claim")
    return made.body.segments


@dataclass(frozen=True, slots=True)
class Asking:
    """A request with the files that it is judged beside, as they are."""

    request: bytes
    unit: bytes
    subject: tuple[bytes, ...]
    decoded: Request


def read_asking(request: PathLike, unit: PathLike, about: Sequence[PathLike]) -> Asking:
    """A request, its unit, and what it is about: a commit, a claim, or a dispute with its claim and its moves so far.

    Files of `about` come in any order; a work folder stands for its claim, a dispute's for the dispute and its moves.
    Raises WorkerError if they are not what the request is about by their kinds.
    """
    made = read_object(Request, "a request", request)
    found = _read_all(about)
    wanted = SUBJECTS[made.body.what]
    subject: list[Record] = []
    for cls in wanted:
        of_kind = [value for _, value in found if isinstance(value, cls)]
        if len(of_kind) != 1:
            name = _word(cls)
            raise WorkerError(
                f"{len(of_kind)} files are a {name}, where {request} is about one",
                f"name the {name} with --about",
            )
        subject += of_kind
    moves = [value for _, value in found if isinstance(value, Move)]
    for path, value in found:
        if not isinstance(value, (*wanted, Move)) or (moves and made.body.what is not Asked.MOVE):
            raise WorkerError(f"{path} has nothing to do with {request}", "leave it out")
    before = sorted((move for move in moves if move.body.number < (made.body.number or 0)), key=_number)
    data = tuple(encode_object(value) for value in [*subject, *before])
    return Asking(read_file(request), encode_object(read_unit(unit)), data, made)


def judge_answers(asking: Asking, answers: Sequence[PathLike], *, engine: Engine = "auto") -> list[Answer]:
    """What is found of each candidate, in their order (`tracework.verifier.answers` says what follows)."""
    executor = choose(engine).factory
    return [
        check_answer(read_file(path), asking.request, asking.unit, asking.subject, executor=executor)
        for path in answers
    ]


def make_silence_share(
    asking: Asking,
    receipt: PathLike,
    committee: PathLike,
    answers: Sequence[PathLike],
    key: SecretKeyFile,
    *,
    now: int,
    until: int | None = None,
    engine: Engine = "auto",
) -> tuple[SilenceShare, Verdict]:
    """A member's share of a certificate that nothing answered a request by the end of slot `until`, and why it may.

    `answers` are all files that were there by then, `now` is the present slot; without `until` the certificate ends
    as soon as it can. Raises WorkerError, which says why, where a member must not sign (SIL-005).
    """
    made_receipt = read_object(Receipt, "a receipt", receipt)
    snapshot = read_object(Committee, "a committee", committee)
    unit = decode_object(Unit, asking.unit)
    end = first_end(asking.decoded, made_receipt, unit) if until is None else until
    verdict, body = check_silent(
        asking.request,
        encode_object(made_receipt),
        encode_object(snapshot),
        asking.unit,
        asking.subject,
        [read_file(path) for path in answers],
        until=end,
        now=now,
        executor=choose(engine).factory,
    )
    if body is None:
        place = f"at {verdict.where}"
        if verdict.code == "answered":
            found = zip(answers, judge_answers(asking, answers, engine=engine), strict=True)
            place = "by " + ", ".join(str(path) for path, answer in found if answer.whole or answer.segments)
        raise WorkerError(
            f"there is no silence to certify: {verdict.message} ({verdict.code}, {verdict.requirement}) {place}",
            "nothing was signed",
        )
    with content_errors("this key's committee", str(committee)):
        return sign_silence(body, snapshot, key.key), verdict


def first_end(request: Request, receipt: Receipt, unit: Unit) -> int:
    """The first slot in which a certificate about a request can end (SIL-004, SIL-033)."""
    end = receipt.body.slot + ANSWER_SLOTS
    if request.body.what is Asked.REVEAL and unit.body.deadlines is not None:
        return max(end, unit.body.deadlines.reveal)
    return end


def make_silence_proof(
    request: PathLike, receipt: PathLike, certificate: PathLike, committee: PathLike, unit: PathLike
) -> SilenceProof:
    """The proof, for anybody, that a request went unanswered. Raises WorkerError for parts that don't go together."""
    made = SilenceProof(
        unit=read_unit(unit),
        request=read_object(Request, "a request", request),
        receipt=read_object(Receipt, "a receipt", receipt),
        silence=read_object(Silence, "a certificate of silence", certificate),
        committee=read_object(Committee, "a committee", committee),
    )
    body = made.silence.body
    with content_errors("a receipt for this", str(receipt)):
        expected = certified(made.request, made.receipt, made.committee, body.until)
    if expected != body:
        raise WorkerError(
            f"{certificate} is about another request, receipt or committee", "name those that its members signed for"
        )
    return made


def _read_all(paths: Sequence[PathLike]) -> list[tuple[str, Record]]:
    """What lies in some files, each with its name; a dispute's folder has it and the moves accepted so far."""
    found: list[tuple[str, Record]] = []
    for path in paths:
        game = GameFolder(path).game() if Path(path).is_dir() and GameFolder(path).game_path.exists() else None
        if game is None:
            found.append((str(path), _read_subject(path)))
            continue
        found.append((str(path), game.dispute))
        for taken in game.taken:
            with content_errors("a move", f"{path}/{taken.file}"):
                found.append((f"{path}/{taken.file}", decode_object(Move, taken.move)))
    return found


def _read_subject(path: PathLike) -> Record:
    """The commit, claim, dispute or move in a file, or the claim in a work folder."""
    place = Path(path)
    if place.is_dir():
        place = place / "claim.cbor"
    with content_errors("a commit, a claim, a dispute or a move", str(place)):
        item = cbor.decode(read_file(place))
        cls = _KINDS.get(kind_of(item))
        if cls is not None:
            return decode_item(cls, item)
    raise WorkerError(f"{place} is no commit, claim, dispute or move", "name what the request is about")


def _number(move: Move) -> int:
    return move.body.number


def _word(cls: type[Record]) -> str:
    return (cls.KIND or "").partition("/")[2].replace("-", " ")

"""Requests, answers and silence, over files: what askers, members of committees and whoever answers do with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..protocol.committee.snapshot import Committee
from ..protocol.encoding import cbor
from ..protocol.encoding.schema import Record, decode_item, decode_object, encode_object, kind_of
from ..protocol.errors import ProtocolError
from ..protocol.keys import SecretKeyFile
from ..protocol.work.claim import Claim
from ..protocol.work.commit import Commit
from ..protocol.work.dispute import Dispute, Move
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
    number: int | None = None,
) -> Request:
    """A request about what lies in `subject`: to reveal a commit, to open segments of a claim, or to move in a dispute.

    `segments` go with a claim (or the work folder that has it), `claim` and `number` with a dispute.
    """
    asked, about = read_unit(unit), _read_subject(subject)
    worker: bytes
    if isinstance(about, Commit):
        what, worker, name = Asked.REVEAL, about.body.worker, about.id
    elif isinstance(about, Claim):
        what, worker, name = Asked.SEGMENTS, about.body.worker, about.id
    elif isinstance(about, Dispute) and claim is not None:
        disputed = _read_subject(claim)
        if not isinstance(disputed, Claim) or disputed.id != about.body.claim:
            raise WorkerError(f"{claim} is not the claim that {subject} disputes", "name that claim with --claim")
        what, worker, name = Asked.MOVE, disputed.body.worker, about.id
    else:
        raise WorkerError(
            f"{subject} is nothing that can be asked about so", "name a commit, a claim, or a dispute with its --claim"
        )
    if what is Asked.SEGMENTS and not segments:
        raise WorkerError(f"{subject} is a claim, and it isn't said which segments are to be opened", "name them")
    try:
        body = RequestBody(
            network=asked.body.network,
            unit=asked.id,
            worker=worker,
            asker=key.public,
            what=what,
            subject=name,
            segments=tuple(sorted(set(segments))) or None,
            number=number,
        )
    except ProtocolError as error:
        raise WorkerError(f"this makes no request: {error}", "change it and try again") from error
    return sign_request(body, key.key)


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

    Files of `about` come in any order; a folder stands for the claim in it, or for all files of a dispute's.
    Raises WorkerError if they are not what the request is about by their kinds.
    """
    made = read_object(Request, "a request", request)
    found: list[tuple[str, Record]] = []
    for path in about:
        for file in _files(Path(path)):
            found.append((str(file), _read_subject(file)))
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
        raise WorkerError(
            f"there is no silence to certify: {verdict.message} ({verdict.code}, {verdict.requirement},"
            f" at {verdict.where})",
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


def _files(path: Path) -> list[Path]:
    """A file itself; of a work folder its claim; of any other folder the files in it."""
    if not path.is_dir():
        return [path]
    claim = path / "claim.cbor"
    others = sorted(file for file in path.iterdir() if file.suffix == ".cbor" and not file.name.startswith("."))
    return [claim] if claim.exists() and (path / "leaves").exists() else others


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

"""What workers and members of committees sign: commits, reveals, opaque claims, receipts, attestations."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from ..protocol import hashing, keys
from ..protocol.committee.snapshot import Committee
from ..protocol.encoding import cbor
from ..protocol.encoding.schema import Record, decode_item, decode_object, encode_object, kind_of
from ..protocol.errors import ProtocolError
from ..protocol.keys import KeyCache, SecretKeyFile
from ..protocol.work import audit, fault_commit
from ..protocol.work.attestation import (
    Attestation,
    AttestationAggregate,
    CheckKind,
    CheckMade,
    Finding,
    Statement,
    combine_attestations,
    sign_statement,
)
from ..protocol.work.audit import Check
from ..protocol.work.claim import Claim, check_signature, check_unit
from ..protocol.work.commit import BLINDING_SIZE, Commit, sign_commit
from ..protocol.work.dispute import Move
from ..protocol.work.equivocation import Equivocation, check_equivocation, make_equivocation
from ..protocol.work.fault import Subtrace
from ..protocol.work.fault_commit import FaultCommit
from ..protocol.work.opaque import OpaqueClaim, sign_opaque_claim
from ..protocol.work.receipt import (
    Receipt,
    ReceiptBody,
    ReceiptShare,
    Subject,
    combine_receipt,
    sign_receipt,
)
from ..protocol.work.reveal import AnyClaim, AnyReveal, OpaqueReveal, Reveal, sign_opaque_reveal, sign_reveal
from ..protocol.work.segment import SegmentProof
from ..protocol.work.silence import Request, Silence, SilenceShare, check_request, combine_silence
from ..protocol.work.unit import Unit
from ..verifier import claims, commits
from ..verifier.verdict import Evidence, Verdict
from .errors import WorkerError, content_errors, file_errors
from .files import new_file, read_file
from .store import Store
from .units import read_unit

R = TypeVar("R", bound=Record)
PathLike = str | os.PathLike[str]


def read_object(cls: type[R], what: str, path: PathLike) -> R:
    """An object of one kind in a file. Raises WorkerError."""
    with content_errors(what, str(path)):
        return decode_object(cls, read_file(path))


def read_any_claim(path: PathLike) -> AnyClaim:
    """The claim of either form in a file, or in a work folder."""
    path = Path(path)
    if path.is_dir():
        path = path / "claim.cbor"
    data = read_file(path)
    with content_errors("a claim", str(path)):
        item = cbor.decode(data)
        if kind_of(item) == OpaqueClaim.KIND:
            return decode_item(OpaqueClaim, item)
        return decode_item(Claim, item)


def keep_blinding(path: PathLike) -> bytes:
    """The blinding in a file, made and kept there if there is none: a commit that is made again is the same one."""
    path = Path(path)
    if not os.path.lexists(path):
        with new_file(path, replace=False, private=True) as file:
            file.write(os.urandom(BLINDING_SIZE))
    return read_blinding(path)


def read_blinding(path: PathLike) -> bytes:
    """The blinding in a file that nobody but its owner can read."""
    with file_errors("read the blinding", Path(path)), open(path, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        data = file.read(BLINDING_SIZE + 1)
    if os.name != "nt" and stat.S_ISREG(mode) and stat.S_IMODE(mode) & 0o077:
        raise WorkerError(f"{path} can be read by others", f"make it yours alone with `chmod 600 {path}`")
    if len(data) != BLINDING_SIZE:
        raise WorkerError(f"{path} is no blinding: that is {BLINDING_SIZE} bytes", "name the file that commit wrote")
    return data


def claim_result(unit: PathLike, result: bytes, key: SecretKeyFile) -> OpaqueClaim:
    """A claim on an opaque unit."""
    asked = read_unit(unit)
    with content_errors("an opaque unit", str(unit)):
        return sign_opaque_claim(asked, result, key.key)


def make_commit(claim: PathLike, key: SecretKeyFile, blinding: PathLike) -> Commit:
    """The commit to a claim by its worker."""
    made = read_any_claim(claim)
    _check_own(made, key, claim)
    return sign_commit(made.unit, made.id, keep_blinding(blinding), key.key)


def make_reveal(work: PathLike, key: SecretKeyFile, blinding: PathLike) -> AnyReveal:
    """The reveal of a work folder's claim with its leaves, or of an opaque claim's file."""
    made = read_any_claim(work)
    _check_own(made, key, work)
    blind = read_blinding(blinding)
    if isinstance(made, OpaqueClaim):
        return sign_opaque_reveal(made, blind, key.key)
    if not Path(work).is_dir():
        raise WorkerError(f"{work} has no leaves", "name the work folder of the run, which has them")
    leaves = Store(work).leaves()
    try:
        return sign_reveal(made, blind, leaves, key.key)
    except ProtocolError as error:
        raise WorkerError(f"{work} has other leaves than its claim: {error}", "run the unit again") from error


def _check_own(claim: AnyClaim, key: SecretKeyFile, path: PathLike) -> None:
    if claim.body.worker != key.public:
        raise WorkerError(f"the claim in {path} is another worker's", "use the key that signed it")


def make_receipt_share(
    subject: PathLike,
    unit: PathLike,
    committee: PathLike,
    slot: int,
    key: SecretKeyFile,
    *,
    request: PathLike | None = None,
) -> ReceiptShare:
    """A member's receipt of something of a unit, whose own checks hold (RCP-013).

    With `request` it is one of an answer to that request, whose signer's signature holds; whether it answers is not
    looked at here.
    """
    data, asked = read_file(subject), read_unit(unit)
    snapshot = read_object(Committee, "a committee", committee)
    if request is None:
        kind, party, name = _receipted(data, str(subject), asked)
    else:
        made = read_object(Request, "a request", request)
        _same(made.body.unit, asked, str(request))
        kind, party, name = _answer(data, str(subject), asked, made)
    body = ReceiptBody(
        network=asked.body.network,
        committee=snapshot.hash,
        unit=asked.id,
        party=party,
        subject=name,
        slot=slot,
        kind=kind,
    )
    with content_errors("for this committee", str(subject)):
        return sign_receipt(body, snapshot, key.key)


def _receipted(data: bytes, path: str, unit: Unit) -> tuple[Subject, bytes, bytes]:
    """What a receipt says of a file: kind, party and id."""
    kind = _kind(data, path, "something that is receipted")
    if kind == Unit.KIND:
        _holds(claims.check_unit(data), path)
        about = decode_object(Unit, data)
        _same(about.id, unit, path)
        return Subject.UNIT, about.body.requester, about.id
    if kind == Commit.KIND:
        _holds(commits.check_commit(data, unit=encode_object(unit)), path)
        commit = decode_object(Commit, data)
        return Subject.COMMIT, commit.body.worker, commit.id
    if kind in (Reveal.KIND, OpaqueReveal.KIND):
        reveal = _read_reveal(data, path, unit)
        return Subject.REVEAL, reveal.claim.body.worker, reveal.id
    if kind == Request.KIND:
        with content_errors("a request about this unit", path):
            asked = decode_object(Request, data)
            check_request(asked, unit)
        return Subject.REQUEST, asked.body.asker, asked.body.id
    if kind == FaultCommit.KIND:
        with content_errors("a signed fault commit about this unit", path):
            promised = decode_object(FaultCommit, data)
            fault_commit.check_about(promised, unit.body.network, unit.id)
            fault_commit.check_signature(promised)
        return Subject.FAULT, promised.body.prover, promised.id
    if kind == Check.KIND:
        with content_errors("a signed check", path):
            check = decode_object(Check, data)
            audit.check_signature(check)
        _same(check.body.unit, unit, path)
        return Subject.CHECK, check.body.auditor, check.body.id
    if kind in (SegmentProof.KIND, Subtrace.KIND, Move.KIND):
        raise WorkerError(f"{path} is receipted as an answer alone", "name the request that it answers with --answers")
    raise WorkerError(
        f"{path} is nothing that is receipted so",
        "name a unit, a commit, a reveal, a request, a fault commit or a check",
    )


def _answer(data: bytes, path: str, unit: Unit, request: Request) -> tuple[Subject, bytes, bytes]:
    """What a receipt says of an answer to a request: kind, party and id."""
    kind = _kind(data, path, "an answer")
    if kind in (Reveal.KIND, OpaqueReveal.KIND):
        reveal = _read_reveal(data, path, unit)
        return Subject.ANSWER, reveal.claim.body.worker, reveal.id
    with content_errors("an answer whose signature holds", path):
        if kind == SegmentProof.KIND:
            claim = decode_object(SegmentProof, data).claim
            _same(claim.unit.id, unit, path)
            check_unit(claim)
            check_signature(claim)
            return Subject.ANSWER, claim.body.worker, hashing.digest(hashing.EVIDENCE, data)
        if kind == Subtrace.KIND:
            subtrace = decode_object(Subtrace, data)
            keys.verify(request.body.worker, subtrace.body.id, subtrace.signature, where="subtrace.signature")
            return Subject.ANSWER, request.body.worker, subtrace.body.id
        if kind == Move.KIND:
            move = decode_object(Move, data)
            keys.verify(move.body.author, move.body.id, move.signature, where="move.signature")
            return Subject.ANSWER, move.body.author, move.body.id
    raise WorkerError(f"{path} is nothing that answers a request", "name a reveal, a segment proof or a move")


def _kind(data: bytes, path: str, what: str) -> str | None:
    with content_errors(what, path):
        return kind_of(cbor.decode(data))


def _read_reveal(data: bytes, path: str, unit: Unit) -> AnyReveal:
    _holds(commits.check_reveal(data), path)
    reveal = commits.decode_reveal(data)
    _same(reveal.claim.unit.id, unit, path)
    return reveal


def _holds(verdict: Verdict, path: str) -> None:
    if verdict.evidence is Evidence.INVALID:
        raise WorkerError(f"{path} does not hold: {verdict.message} ({verdict.code})", "a receipt of it would be false")


def _same(found: bytes, unit: Unit, path: str) -> None:
    if found != unit.id:
        raise WorkerError(f"{path} is about another unit", "name the unit that it is about with --unit")


def make_attestation(
    claim: PathLike,
    committee: PathLike,
    key: SecretKeyFile,
    *,
    check: CheckKind,
    outcome: Finding,
    samples: int | None = None,
    round: int | None = None,
) -> Attestation:
    """A member's attestation of what it found about a claim by a check that it made itself (ATT-043)."""
    made, snapshot = read_any_claim(claim), read_object(Committee, "a committee", committee)
    try:
        body = Statement(
            network=made.unit.body.network,
            committee=snapshot.hash,
            epoch=snapshot.epoch,
            unit=made.unit.id,
            claim=made.id,
            check=CheckMade(kind=check, samples=samples, round=round),
            outcome=outcome,
        )
        return sign_statement(body, snapshot, key.key)
    except ProtocolError as error:
        raise WorkerError(f"this can't be attested: {error}", "change it and try again") from error


_SIGNED: dict[str | None, type[Record]] = {
    cls.KIND: cls for cls in (Claim, OpaqueClaim, Commit, Receipt, ReceiptShare, Attestation, AttestationAggregate)
}
"""What can be signed twice."""


def equivocation(one: PathLike, other: PathLike, committee: PathLike | None) -> Equivocation:
    """The evidence that two files are that somebody signed two things that exclude each other."""
    signed: list[Any] = []
    for path in (one, other):
        data = read_file(path)
        with content_errors("something that is signed once", str(path)):
            item = cbor.decode(data)
            cls = _SIGNED.get(kind_of(item))
            if cls is None:
                raise WorkerError(
                    f"{path} is nothing that is signed once", "name claims, commits, receipts, attestations"
                )
            signed.append(decode_item(cls, item))
    snapshot = None if committee is None else read_object(Committee, "a committee", committee)
    try:
        made = make_equivocation(signed[0], signed[1], snapshot)
        check_equivocation(made)
    except ProtocolError as error:
        raise WorkerError(f"these two show no equivocation: {error}", "compare them with tracework inspect") from error
    return made


Combined: TypeAlias = Receipt | AttestationAggregate | Silence
"""What members' shares are put together to."""

_SHARES: dict[str | None, tuple[type[Record], Callable[..., Any]]] = {
    ReceiptShare.KIND: (ReceiptShare, combine_receipt),
    Attestation.KIND: (Attestation, combine_attestations),
    SilenceShare.KIND: (SilenceShare, combine_silence),
}
"""Kinds of shares, and what puts them together."""


def combine(paths: Sequence[PathLike], committee: PathLike) -> Combined:
    """The aggregate of the shares in some files, all of receipts, of attestations or of certificates of silence."""
    snapshot = read_object(Committee, "a committee", committee)
    shares: dict[str | None, list[Any]] = {}
    for path in paths:
        data = read_file(path)
        with content_errors("a member's share", str(path)):
            item = cbor.decode(data)
            kind = kind_of(item)
            cls, _ = _SHARES.get(kind, (Attestation, None))
            shares.setdefault(kind, []).append(decode_item(cls, item))
    if len(shares) != 1:
        raise WorkerError(
            "the files are no shares of one kind", "name shares of receipts, attestations or shares of silence"
        )
    ((kind, found),) = shares.items()
    try:
        made: Combined = _SHARES[kind][1](found, snapshot, cache=KeyCache())
        return made
    except ProtocolError as error:
        place = error.where.partition("]")[0].removeprefix("shares[")
        named = f"{paths[int(place)]}: " if place.isdigit() and int(place) < len(paths) else ""
        raise WorkerError(f"{named}{error}", "leave that share out, or get the right one") from error

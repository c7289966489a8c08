"""`tracework explain`: why a verdict came out as it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import click

from ...conformance import requirements
from ...conformance.values import render
from ...protocol.committee.snapshot import Committee
from ...protocol.encoding.schema import decode_object
from ...protocol.work.attestation import Attestation, AttestationAggregate
from ...protocol.work.audit import AuditProof, CheckReveal
from ...protocol.work.bundle import Bundle
from ...protocol.work.claim import Claim
from ...protocol.work.commit import Commit
from ...protocol.work.fault import LeafFault, ResultFault, StepFault
from ...protocol.work.fault_commit import FaultReveal
from ...protocol.work.opaque import OpaqueClaim
from ...protocol.work.receipt import Receipt, ReceiptShare
from ...protocol.work.reveal import OpaqueReveal, Reveal
from ...protocol.work.segment import SegmentProof
from ...protocol.work.unit import Unit
from ...verifier import commits, committees
from ...verifier.audits import check_checking
from ...verifier.explain import Explanation, explain
from ...verifier.faults import check_fault_reveal
from ...verifier.record import VerdictRecord, from_record
from ...verifier.verdict import Pins, Verdict
from ...worker import executors
from .. import kinds, verdicts
from ..bundled import Contents
from ..command import command as declare
from ..command import engine_option, json_option
from ..console import bad, faint, good, printable, say, say_json, table, unsure
from ..failure import Failure
from ..files import read
from ..judges import JUDGES


@declare(
    "explain",
    examples=[
        "tracework explain proof.cbor",
        "tracework explain worker.commit --with many.cbor",
        "tracework explain worker.reveal --with worker.commit",
        "tracework explain attested.cbor --with committee.cbor",
        "tracework explain many/claim.cbor --with committee.cbor --with attested.cbor",
        "tracework explain fault.reveal --with fault.cbor",
        "tracework explain quorum.verdict",
    ],
    exit_codes={3: "inconclusive or incomplete"},
)
@click.argument("file", type=click.Path(allow_dash=True))
@click.option(
    "--with", "others", multiple=True, type=click.Path(), help="A file that it is checked beside. Repeatable."
)
@engine_option
@json_option
def command(file: str, others: tuple[str, ...], engine: executors.Engine, as_json: bool) -> None:
    """Tell step by step which checks ran on FILE, which passed, and where and why it ended, with the clauses' text.

    FILE is whatever `tracework verify` takes, or a verdict that `tracework quorum -o` wrote.
    """
    data = read(file)
    kind = kinds.at_start(data)
    beside = {kinds.at_start(content): content for content in map(read, others)}
    if len(beside) != len(others):
        raise Failure("two of the files beside it are of one kind; name one of each")
    verdict = _judge(file, data, kind, beside, engine)
    contents = Contents(data if kind == Bundle.KIND else b"")
    verdict = replace(verdict, where=contents.place(verdict.where))
    clauses = {name: clause.text for name, clause in requirements.load().items()}
    told = explain(verdict, clauses)
    if as_json:
        said = {"file": file, **({"kind": kind} if kind else {}), **verdicts.as_dict(verdict)}
        say_json(render(said | {"explanation": _as_dict(told)}))
    else:
        _show(file, kind, told, contents)
    raise click.exceptions.Exit(verdicts.exit_code(verdict))


def _fault_beside(kind: str | None) -> Callable[[bytes, Mapping[str | None, bytes]], Verdict]:
    return lambda data, files: check_fault_reveal(data, files[kind], executor=executors.choose().factory)


_SIGNED = {Receipt.KIND, ReceiptShare.KIND, Attestation.KIND, AttestationAggregate.KIND}
_Files = Mapping[str | None, bytes]
_COMPANY: tuple[tuple[set[str | None], set[str | None], Callable[[bytes, _Files], Verdict]], ...] = (
    ({Commit.KIND}, {Unit.KIND}, lambda data, files: commits.check_commit(data, unit=files[Unit.KIND])),
    (
        {Reveal.KIND, OpaqueReveal.KIND},
        {Commit.KIND},
        lambda data, files: commits.check_reveal(data, commit=files[Commit.KIND]),
    ),
    (
        {Receipt.KIND},
        {Unit.KIND, Committee.KIND},
        lambda data, files: committees.check_receipt(data, files[Unit.KIND], files[Committee.KIND]),
    ),
    (
        {*_SIGNED},
        {Committee.KIND},
        lambda data, files: committees.check_signed(data, files[Committee.KIND]),
    ),
    (
        {CheckReveal.KIND},
        {AuditProof.KIND},
        lambda data, files: check_checking(data, files[AuditProof.KIND], executor=executors.choose().factory),
    ),
    *(
        ({FaultReveal.KIND}, {proof.KIND}, _fault_beside(proof.KIND))
        for proof in (SegmentProof, AuditProof, LeafFault, ResultFault, StepFault)
    ),
    (
        {Claim.KIND, OpaqueClaim.KIND},
        {Committee.KIND, AttestationAggregate.KIND},
        lambda data, files: committees.check_attested_claim(
            data, files[Committee.KIND], files[AttestationAggregate.KIND]
        ),
    ),
)
"""Kinds of files, the kinds that they can be checked beside, and how."""


def _judge(file: str, data: bytes, kind: str | None, beside: _Files, engine: executors.Engine) -> Verdict:
    """The verdict on a file, in the company of those that are named beside it."""
    for of, company, check in _COMPANY:
        if kind in of and set(beside) == company:
            return check(data, beside)
    if beside:
        known = [" and a ".join(map(_words, sorted(map(str, company)))) for of, company, _ in _COMPANY if kind in of]
        raise Failure(
            f"{file} is not checked beside a {' and a '.join(map(_words, beside))}, but "
            + " or ".join(["alone", *(f"beside a {one}" for one in known)])
        )
    if kind == VerdictRecord.KIND:
        return from_record(decode_object(VerdictRecord, data))
    judge = JUDGES.get(SegmentProof.KIND if kind is None else kind)
    if judge is None:
        raise Failure(f"{file} is a {_words(kind)}: there is nothing about it to check")
    return judge.check(data, Pins(), executors.choose(engine).factory)


def _words(kind: str | None) -> str:
    return kinds.words(kind) if kind else "file of no kind"


def _as_dict(told: Explanation) -> dict[str, Any]:
    said: dict[str, Any] = {
        "outcome": told.outcome,
        "blame": told.blame,
        "steps": [
            {"requirement": step.requirement, "clause": step.clause, "title": step.title, "result": step.result}
            for step in told.steps
        ],
        "people": [
            {"key": one.key, "standing": one.standing, "meaning": one.meaning}
            | ({"code": one.code} if one.code else {})
            for one in told.people
        ],
    }
    for name in ("statement", "ended", "clause"):
        if getattr(told, name):
            said[name] = getattr(told, name)
    return said


def _show(file: str, kind: str | None, told: Explanation, contents: Contents) -> None:
    say(f"{file}: {kinds.words(kind) if kind else 'a file'}, {told.outcome}")
    if told.statement:
        say(f"About: {told.statement}")
    colours = {"passed": good, "failed": bad, "missing": unsure}
    for number, step in enumerate(told.steps, 1):
        say(f"{number:>3}. {colours[step.result](step.result):<7}  {printable(step.title) or step.requirement}")
        if step.clause:
            say(faint(f"     {step.requirement}: {step.clause}"))
    if told.ended:
        say(f"It ended with {printable(told.ended)}")
        if told.clause:
            say(faint(f"     {told.clause}"))
    for one in told.people:
        say(f"  {one.key.hex()[:16]}…  {one.standing}: {one.meaning}{f' ({one.code})' if one.code else ''}")
    for name, code, sentence in told.aside:
        called = contents.by_hash.get(name) or f"{name.hex()[:16]}…"
        say(f"  {unsure('set aside')}  {called}  {code}: {printable(sentence)}")
    table({"to blame": told.blame})

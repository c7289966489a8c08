"""`tracework verify`: is it true?"""

from __future__ import annotations

import os
import re
from dataclasses import replace

import click

from ...conformance.values import render
from ...protocol.encoding.schema import decode_object
from ...protocol.errors import ProtocolError
from ...protocol.machine.state import REGION_SIZE
from ...protocol.regions import commit_chunks
from ...protocol.work.bundle import Bundle
from ...protocol.work.claim import Claim
from ...protocol.work.segment import SegmentProof
from ...verifier import claims
from ...verifier.record import VerdictRecord
from ...verifier.verdict import Evidence, Outcome, Pins, Verdict
from ...worker import executors
from ...worker.files import open_source, pieces
from ...worker.kept import by_intervals
from ...worker.materials import Materials, read_input, read_program
from ...worker.timing import estimate, watched
from .. import kinds, references, verdicts, views
from ..bundled import Contents
from ..command import command as declare
from ..command import engine_option, json_option, progress_option
from ..console import count, duration, note, progress, say_json
from ..failure import Failure
from ..files import read
from ..interrupts import stoppable
from ..judges import JUDGES, Judge


@declare(
    "verify",
    examples=[
        "tracework verify proof.cbor",
        "tracework verify proof.cbor --network testnet --unit unit.cbor --output work/output.bin",
        "tracework verify work/claim.cbor",
        "tracework verify work/claim.cbor --program sha256/sha256.elf --input sha256/input.txt",
        "tracework verify work/claim.cbor --program sha256/sha256.elf --input sha256/input.txt --checkpoints work/",
        "tracework verify unit.cbor",
    ],
    exit_codes={
        0: "valid: a proof, a unit; accepted: a claim that was re-executed, whatever it says of how the run ended",
        1: "invalid, or the claim is refuted",
        3: "incomplete: a claim of which nothing was executed",
    },
)
@click.argument("file", type=click.Path(allow_dash=True))
@click.option("--program", type=click.Path(), help="The program (ELF), to execute a claim in full.")
@click.option("--input", "given", type=click.Path(), help="The input, to execute a claim in full.")
@click.option(
    "--checkpoints",
    type=click.Path(file_okay=False),
    metavar="FOLDER",
    help="The worker's folder: execute between its checkpoints at once, each checked before. The verdict is the same.",
)
@click.option("--jobs", type=click.IntRange(1), help="Executions at a time, with --checkpoints.  [default: one a core]")
@click.option("--network", help="Reject what is about another network.")
@click.option("--unit", help="Reject what is about another unit: its id or its file.")
@click.option("--worker", help="Reject what is by another worker: public key, identity or key file.")
@click.option("--output", type=click.Path(), help="Reject what did not give exactly this file as output.")
@engine_option
@json_option
@progress_option
def command(
    file: str,
    program: str | None,
    given: str | None,
    checkpoints: str | None,
    jobs: int | None,
    network: str | None,
    unit: str | None,
    worker: str | None,
    output: str | None,
    engine: executors.Engine,
    as_json: bool,
    show_progress: bool | None,
) -> None:
    """Check a segment proof, a claim or a unit, and say what it is that was checked.

    A segment proof stands alone: no other file is needed. A claim says what a run gave; with the program and the input
    it is executed in full and accepted or refuted, and without them it stays inconclusive. `-` reads standard input.

    Pins make sure that it is about what you mean: --network, --unit, --worker, --output.
    """
    if (program is None) != (given is None):
        raise click.UsageError("--program and --input go together")
    if checkpoints is not None and program is None:
        raise click.UsageError("--checkpoints goes with --program and --input")
    if jobs is not None and checkpoints is None:
        raise click.UsageError("--jobs goes with --checkpoints")
    pins = _pins(network, unit, worker, output)
    data = read(file)
    kind = kinds.at_start(data)
    if program is not None and given is not None:
        if kind not in (Claim.KIND, None):
            raise click.UsageError(
                f"--program and --input are for claims; what you gave is a {kinds.words(kind or '')}"
            )
        judge, kind = JUDGES[Claim.KIND], Claim.KIND
        kept = None if checkpoints is None else (checkpoints, jobs or os.cpu_count() or 1)
        verdict = _reexecute(data, program, given, kept, pins, engine, show_progress)
    else:
        judge = _judge(file, kind, pins)
        with progress("verifying", None, "steps", show_progress) as display:
            verdict = judge.check(data, pins, watched(executors.choose(engine).factory, display.advance))
    contents = Contents(data if kind == Bundle.KIND else b"")
    verdict = replace(verdict, where=contents.place(verdict.where))
    if verdict.claim is Outcome.REFUTED:
        _note_pins(pins, verdict)
    proven = _proven(data) if kind == SegmentProof.KIND and verdict.code is None else None
    if as_json:
        said = {"file": file, **({"kind": kind} if kind else {}), **verdicts.as_dict(verdict)}
        if proven:
            said |= {"segments": proven[0], "segments_claimed": proven[1]}
        for aside in said.get("asides", []):
            if element := contents.by_hash.get(aside["file"]):
                aside |= {"place": element.place, "kind": element.kind}
        say_json(render(said))
    else:
        good = f"{_in_words(*proven)} right" if proven else judge.good
        what = kinds.words(kind) if kind else "file"
        verdicts.show(
            verdict, what, good=good, open_=judge.open, steps=_steps(data, verdict.where), names=contents.by_hash
        )
    raise click.exceptions.Exit(verdicts.exit_code(verdict))


def _judge(file: str, kind: str | None, pins: Pins) -> Judge:
    """Who judges a file of some kind; what names no kind of ours is judged as a proof, and rejected."""
    judge = JUDGES.get(kind)
    if judge is None and kinds.find(kind):
        instead = "explain" if kind == VerdictRecord.KIND else "inspect"
        raise Failure(f"{file} is a {kinds.words(kind or '')}, which verify does not judge; try `tracework {instead}`")
    if judge is None:
        judge = JUDGES[SegmentProof.KIND]
    if not judge.pinned and pins != Pins():
        raise Failure(f"{file} is a {kinds.words(kind or '')}, and can't be pinned; leave out the pins")
    return judge


def _note_pins(pins: Pins, verdict: Verdict) -> None:
    """Say if what is refuted isn't what the caller meant: pins are about acceptance, and change no refutation."""
    try:
        if verdict.statement is not None:
            pins.check(verdict.statement)
    except ProtocolError as error:
        note(f"Note: {error.message}. What is refuted is the claim below, whatever you asked for.")


def _proven(data: bytes) -> tuple[list[int], int]:
    """Which segments a valid proof is about, and how many the claim has."""
    proof = decode_object(SegmentProof, data)
    return [part.index for part in proof.segments], proof.claim.body.segments


def _in_words(proven: list[int], whole: int) -> str:
    """The same in words, with the verb."""
    if len(proven) == whole:
        return f"all {whole} segments are" if whole > 1 else "the only segment is"
    if len(proven) == 1:
        return f"segment {proven[0]} (of 0-{whole - 1}) is"
    return f"segments {views.ranges(proven)} (of 0-{whole - 1}) are"


def _steps(data: bytes, where: str) -> str:
    """The steps of the segment that a verdict's place names, if it names one and the proof can be read."""
    match = re.match(r"segment (\d+)\b", where)
    if match is None:
        return ""
    try:
        claim = decode_object(SegmentProof, data).claim
    except ProtocolError:
        return ""
    first = int(match[1]) << claim.context.segment_log2
    return f"{first:,} to {min(first + (1 << claim.context.segment_log2), claim.body.steps):,}"


def _reexecute(
    data: bytes,
    program: str,
    given: str,
    kept: tuple[str, int] | None,
    pins: Pins,
    engine: executors.Engine,
    shown: bool | None,
) -> Verdict:
    """Execute a claim in full; say beforehand how long that will take."""
    verdict = claims.check_claim(data)
    if verdict.evidence is not Evidence.INCOMPLETE:
        return verdict
    claim = decode_object(Claim, data)
    materials = Materials(read_program(program), read_input(given))
    choice, steps = executors.choose(engine), claim.body.steps
    if choice.warning:
        note(f"Note: {choice.warning}")
    factory = choice.factory
    if materials.program.id == claim.context.program_id and materials.given.root == claim.context.input_root:
        seconds = estimate(claim.context, materials, factory, steps)
        about = f"about {duration(seconds)}" if seconds >= 1 else "less than a second"
        note(f"Executing {count(steps, 'step')} again takes {about}.")
    with progress("verifying", steps, "steps", shown) as display, stoppable(display.advance) as report:
        executor = watched(factory, report)
        shortcut = None if kept is None else by_intervals(kept[0], materials, executor, kept[1])
        return claims.reexecute(
            data,
            materials.program,
            materials.given,
            executor=executor,
            pins=pins,
            shortcut=shortcut,
            memory=materials.memory,
        )


def _pins(network: str | None, unit: str | None, worker: str | None, output: str | None) -> Pins:
    """What the user says that it has to be about."""
    return Pins(
        network=network,
        unit=None if unit is None else references.unit_id(unit),
        worker=None if worker is None else references.public_key(worker),
        output=None if output is None else commit_chunks(pieces(open_source(output, REGION_SIZE))),
    )

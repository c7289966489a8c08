"""`tracework run`: a worker does the work."""

from __future__ import annotations

import shlex
from typing import Any

import click

from ...conformance.values import render
from ...protocol.machine.state import Status
from ...worker.errors import Cancelled
from ...worker.executors import Engine
from ...worker.keyfiles import read_key
from ...worker.limits import Limits
from ...worker.run import Progress, RunResult, run_unit
from ...worker.units import read_unit
from .. import exits
from ..command import Number, engine_option, json_option, progress_option
from ..command import command as declare
from ..console import count, duration, good, note, progress, say, say_json, table, unsure
from ..guests import DebugText, failure
from ..interrupts import interruptible
from ..views import ending, status_name


@declare(
    "run",
    examples=[
        "tracework run unit.cbor --program sha256/sha256.elf --input sha256/input.txt --key worker.key -o work/",
        "tracework run unit.cbor --key worker.key -o work/",
    ],
    exit_codes={
        0: "the program halted with exit code 0",
        1: "the program failed: it faulted, or halted with another exit code; the claim says so",
        2: "there is no claim: wrong usage, unreadable files, or this computer couldn't",
        3: "the program did not finish within the unit's max-steps; the claim says so",
    },
)
@click.argument("unit", type=click.Path())
@click.option("--program", type=click.Path(), help="The program (ELF); a folder in which it has run has it.")
@click.option("--input", "given", type=click.Path(), help="The input; a folder in which it has run has it.")
@click.option("--key", required=True, type=click.Path(), help="The worker's key file.")
@click.option("-o", "--output", required=True, type=click.Path(), help="The folder for claim, output and trace.")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="Give up without a claim after so long.")
@click.option("--memory", type=Number(1), metavar="MIB", help="Memory that the program may use here, in MiB.")
@click.option("--quiet", "-q", is_flag=True, help="Don't show the program's debug text.")
@engine_option
@json_option
@progress_option
def command(
    unit: str,
    program: str | None,
    given: str | None,
    key: str,
    output: str,
    seconds: float | None,
    memory: int | None,
    quiet: bool,
    engine: Engine,
    as_json: bool,
    show_progress: bool | None,
) -> None:
    """Run a unit's program on its input, commit to every step, and sign a claim on the result.

    Claim, output and trace go into a folder. A run that was interrupted goes on when it is started again with the same
    folder, and ends in the same bytes: it keeps at most 16 checkpoints, of at most 4 GiB together, which also make
    proving fast. What the program prints for debugging goes to stderr.
    """
    wanted, held = read_unit(unit), read_key(key)
    with progress("running", None, "steps", show_progress) as display, interruptible() as interrupted:
        text = DebugText(display.note)

        def report(now: Progress) -> None:
            display.advance(now.steps)

        try:
            result = run_unit(
                wanted,
                output,
                key=held,
                program=program,
                input=given,
                engine=engine,
                limits=Limits(seconds=seconds, memory=None if memory is None else memory << 20),
                progress=report,
                debug=None if quiet else text,
                cancel=lambda: bool(interrupted),
            )
        except Cancelled as error:
            display.close()
            note(f"{str(error)[:1].upper()}{str(error)[1:]}.")
            raise KeyboardInterrupt from None
        text.close()
    if as_json:
        say_json(render(_as_dict(result)))
    else:
        _show(result)
    failed = failure(result.claim)
    if failed is not None and not as_json:
        note(f"{unsure('No success:')} {failed}. The claim says so, and can be verified as what it is.")
        if result.claim.body.status is not Status.HALTED:
            _point_at_trace(result, unit)
    raise click.exceptions.Exit(_exit_code(result))


def _exit_code(result: RunResult) -> int:
    body = result.claim.body
    if body.status is Status.OUT_OF_STEPS:
        return exits.OPEN
    return exits.GOOD if body.status is Status.HALTED and body.code == 0 else exits.BAD


def _as_dict(result: RunResult) -> dict[str, Any]:
    body = result.claim.body
    said: dict[str, Any] = {
        "folder": str(result.folder),
        "claim_id": result.claim.id,
        "unit_id": result.claim.unit.id,
        "status": status_name(body.status),
        "code": body.code,
        "steps": body.steps,
        "segments": body.segments,
        "trace_root": body.trace_root,
        "output_length": body.output_length,
        "output_root": body.output_root,
        "engine": result.engine,
        "executed": result.executed,
        "seconds": f"{result.seconds:.3f}",
        "complete_before": result.complete_before,
    }
    return said if result.resumed_at is None else said | {"resumed_at": result.resumed_at}


def _show(result: RunResult) -> None:
    """Tell how it went and where everything is."""
    claim, body = result.claim, result.claim.body
    if result.complete_before:
        say(f"{result.folder}: this unit was run before; nothing was executed")
    else:
        say(f"{result.folder}: the unit was run, and the claim is signed")
    ended = ending(body.status, body.code)
    fine = body.status is Status.HALTED and body.code == 0
    rows = [("result", f"{good(ended) if fine else unsure(ended)}, after {count(body.steps, 'step', exact=True)}")]
    if body.status is Status.HALTED:
        rows.append(("output", f"{result.folder / 'output.bin'} ({count(body.output_length, 'byte', exact=True)})"))
    rows.append(("trace", f"{count(body.segments, 'segment')} of 2^{claim.context.segment_log2} steps"))
    if not result.complete_before:
        speed = f"{count(result.executed / max(result.seconds, 1e-9))} steps/s"
        resumed = f", from step {result.resumed_at} on" if result.resumed_at is not None else ""
        rows.append(("took", f"{duration(result.seconds)}, {speed} ({result.engine}){resumed}"))
    rows += [("claim", str(result.folder / "claim.cbor")), ("claim id", claim.id.hex())]
    table(rows)
    if result.warning:
        note(f"Note: {result.warning}")


def _point_at_trace(result: RunResult, unit: str) -> None:
    """Say how to look at a failed program's last steps."""
    last = result.claim.body.steps
    files = [str(result.folder / name) for name in ("program.elf", "input.bin")]
    line = ["tracework", "trace", unit, "--program", files[0], "--input", files[1], "--from", str(max(last - 10, 0))]
    note(f"Its last steps: {shlex.join(line)}")

"""`tracework prove`: segments of a run, in a file that stands alone."""

from __future__ import annotations

import shlex

import click

from ...conformance.values import render
from ...protocol.encoding.schema import encode_object
from ...worker.executors import Engine
from ...worker.files import write_file
from ...worker.prove import Wanted, prove
from ...worker.silence import asked_segments
from ..command import command as declare
from ..command import engine_option, json_option, progress_option
from ..console import progress, say, say_json, size
from ..views import ranges


@declare(
    "prove",
    examples=[
        "tracework prove work/ --segment 0 --segment 7 -o proof.cbor",
        "tracework prove work/ --last -o last.cbor",
        "tracework prove work/ --all -o all.cbor",
        "tracework prove work/ --request segments.request -o answer.cbor",
    ],
    exit_codes={0: "the proof was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.argument("folder", type=click.Path())
@click.option("--segment", "numbers", type=click.IntRange(min=0), multiple=True, help="Prove this segment. Repeatable.")
@click.option("--all", "every", is_flag=True, help="Prove every segment.")
@click.option("--last", is_flag=True, help="Prove the last segment, in which the run ends.")
@click.option("--request", type=click.Path(), help="Prove the segments that this request asks for, to answer it.")
@click.option("-o", "--output", required=True, type=click.Path(), help="Where to write the proof.")
@click.option("--program", type=click.Path(), help="The program, if the folder hasn't got it any more.")
@click.option("--input", "given", type=click.Path(), help="The input, if the folder hasn't got it any more.")
@engine_option
@json_option
@progress_option
def command(
    folder: str,
    numbers: tuple[int, ...],
    every: bool,
    last: bool,
    request: str | None,
    output: str,
    program: str | None,
    given: str | None,
    engine: Engine,
    as_json: bool,
    show_progress: bool | None,
) -> None:
    """Prove segments of the run in FOLDER: one file that anybody can check with nothing else.

    The proof holds the unit, the signed claim, and the memory that these segments touch. It is checked against the
    run's own trace before it is written.
    """
    if bool(numbers) + every + last + (request is not None) != 1:
        raise click.UsageError("say which segments to prove: --segment N (repeatable), --last, --all or --request FILE")
    wanted: Wanted = "all" if every else "last" if last else numbers
    if request is not None:
        wanted = asked_segments(request, folder)
    with progress("proving", None, "steps", show_progress) as display:
        made = prove(
            folder,
            wanted,
            engine=engine,
            program=program,
            input=given,
            progress=lambda done, whole, steps: display.advance(steps),
        )
    data = encode_object(made)
    write_file(output, data)
    proven = [part.index for part in made.segments]
    if as_json:
        said = {"proof": output, "size": len(data), "claim_id": made.claim.id, "segments": proven}
        say_json(render(said))
        return
    whole = made.claim.body.segments
    say(f"{output}: proves segment{'s' * (len(proven) > 1)} {ranges(proven)} of {whole}, {size(len(data))}")
    say(f"Anybody can check it: {shlex.join(['tracework', 'verify', output])}")

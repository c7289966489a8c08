"""`tracework refute`: a proof that somebody's claim is false."""

from __future__ import annotations

import shlex

import click

from ...conformance.values import render
from ...protocol.encoding.schema import encode_object
from ...worker.executors import Engine
from ...worker.files import write_file
from ...worker.refute import read_shown, refute
from .. import exits
from ..command import command as declare
from ..command import engine_option, json_option, progress_option
from ..console import progress, say, say_json, size


@declare(
    "refute",
    examples=["tracework refute theirs/ --program sha256/sha256.elf --input sha256/input.txt -o fault.cbor"],
    exit_codes={0: "the claim is false, and the proof was written", 1: "", 3: "the claim is true: nothing was written"},
)
@click.argument("source", type=click.Path())
@click.option("--program", required=True, type=click.Path(), help="The program (ELF).")
@click.option("--input", "given", required=True, type=click.Path(), help="The input.")
@click.option("-o", "--output", required=True, type=click.Path(), help="Where to write the fault proof.")
@engine_option
@json_option
@progress_option
def command(
    source: str,
    program: str,
    given: str,
    output: str,
    engine: Engine,
    as_json: bool,
    show_progress: bool | None,
) -> None:
    """Look for what is wrong in the claim of SOURCE, and prove it: a work folder, or a worker's reveal.

    The unit is executed beside the claimed trace up to the first wrong state. The proof is one file that anybody
    can check with nothing else; nobody has to sign it.
    """
    steps = read_shown(source).claim.body.steps
    with progress("executing", steps, "steps", show_progress) as display:
        proof = refute(source, program, given, engine=engine, progress=display.advance)
    if proof is None:
        if as_json:
            say_json({"refuted": False})
        else:
            say("The claim is true: executing the unit gives every leaf of its trace. There is nothing to prove.")
        raise click.exceptions.Exit(exits.OPEN)
    data = encode_object(proof)
    write_file(output, data)
    kind = (proof.KIND or "").rpartition("/")[2]
    if as_json:
        say_json(render({"refuted": True, "proof": output, "kind": kind, "size": len(data)}))
        return
    say(f"{output}: a {kind.replace('-', ' ')} that refutes the claim, {size(len(data))}")
    say(f"Anybody can check it: {shlex.join(['tracework', 'verify', output])}")

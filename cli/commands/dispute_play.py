"""`tracework dispute play`: the whole game inside a segment, played here."""

from __future__ import annotations

import shlex

import click

from ...conformance.values import render
from ...protocol.encoding.schema import encode_object
from ...protocol.work.dispute import Move
from ...worker.disputing import play
from ...worker.executors import Engine
from ...worker.files import write_file
from ...worker.keyfiles import read_key
from .. import exits
from ..command import command as declare
from ..command import engine_option, json_option
from ..console import say, say_json, size
from ..moves import line


@declare(
    "play",
    examples=[
        "tracework dispute play theirs/ --program sha256/sha256.elf --input sha256/input.txt \\\n"
        "    --accused worker.key --challenger me.key -o step.cbor"
    ],
    exit_codes={0: "it ended in a step fault proof, which was written", 1: "", 3: "no segment can be disputed"},
)
@click.argument("source", type=click.Path())
@click.option("--program", required=True, type=click.Path(), help="The program (ELF).")
@click.option("--input", "given", required=True, type=click.Path(), help="The input.")
@click.option("--accused", required=True, type=click.Path(), help="The key of the claim's worker.")
@click.option("--challenger", required=True, type=click.Path(), help="The key of whoever disputes it.")
@click.option("--lie-at", type=click.IntRange(min=1), help="The step of the segment from which on the accused lies.")
@click.option("-o", "--output", required=True, type=click.Path(), help="Where to write the step fault proof.")
@engine_option
@json_option
def command(
    source: str,
    program: str,
    given: str,
    accused: str,
    challenger: str,
    lie_at: int | None,
    output: str,
    engine: Engine,
    as_json: bool,
) -> None:
    """Play the dispute about the first wrong segment of the claim in SOURCE, both sides and the referee here.

    To try what a dispute is. What it ends in is a proof of some kilobytes, that anybody can check with nothing else.
    """
    keys = read_key(accused), read_key(challenger)

    def tell(move: Move) -> None:
        if not as_json:
            say(line(move))

    game = play(source, program, given, accused=keys[0], challenger=keys[1], lie_at=lie_at, engine=engine, seen=tell)
    if game is None or game.proof is None:
        if as_json:
            say_json({"disputed": False})
        else:
            say("No segment of the claim can be disputed.")
        raise click.exceptions.Exit(exits.OPEN)
    data = encode_object(game.proof)
    write_file(output, data)
    by_accused, by_challenger = game.sent
    if as_json:
        said = {"disputed": True, "dispute": game.dispute.id, "segment": game.segment, "step": game.proof.step}
        say_json(render({**said, "accused_sent": by_accused, "challenger_sent": by_challenger, "size": len(data)}))
        return
    say(
        f"segment {game.segment}, step {game.proof.step}: {by_accused} messages of the accused, {by_challenger} against"
    )
    say(f"{output}: a step fault proof that refutes the claim, {size(len(data))}")
    say(f"Anybody can check it: {shlex.join(['tracework', 'verify', output])}")

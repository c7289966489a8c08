"""`tracework dispute open`: challenge a segment."""

from __future__ import annotations

import shlex

import click

from ...conformance.values import render
from ...worker.disputing import open_game
from ...worker.executors import Engine
from ...worker.games import GameFolder
from ...worker.keyfiles import read_key
from ...worker.refute import read_shown
from .. import exits
from ..command import command as declare
from ..command import engine_option, json_option, progress_option
from ..console import progress, say, say_json


@declare(
    "open",
    examples=[
        "tracework dispute open game theirs/ --key me.key --program sha256/sha256.elf --input sha256/input.txt",
        "tracework dispute open game theirs/ --key me.key --work work/",
    ],
    exit_codes={0: "the dispute lies in the folder", 1: "", 3: "there is no segment to dispute: nothing was written"},
)
@click.argument("game", type=click.Path())
@click.argument("theirs", type=click.Path())
@click.option("--key", required=True, type=click.Path(), help="Your key: the challenger's.")
@click.option("--work", type=click.Path(), help="Your own run of the unit, to compare with.")
@click.option("--program", type=click.Path(), help="The program (ELF), to execute instead.")
@click.option("--input", "given", type=click.Path(), help="The input, to execute instead.")
@engine_option
@json_option
@progress_option
def command(
    game: str,
    theirs: str,
    key: str,
    work: str | None,
    program: str | None,
    given: str | None,
    engine: Engine,
    as_json: bool,
    show_progress: bool | None,
) -> None:
    """Challenge the first wrong segment of the claim in THEIRS, a work folder or a reveal, in the folder GAME.

    The signed dispute is the folder's first message. The referee's clock begins when the referee finds it. Opened
    again, it stays the same dispute.
    """
    if (program is None) != (given is None) or (work is None) == (program is None):
        raise click.UsageError("give either --work, or --program and --input")
    steps = read_shown(theirs).claim.body.steps
    with progress("executing", steps, "steps", show_progress) as display:
        opened = open_game(
            GameFolder(game),
            theirs,
            read_key(key),
            work=work,
            program=program,
            input=given,
            engine=engine,
            progress=display.advance,
        )
    if opened.segment is None:
        if as_json:
            say_json({"opened": False, "contradicts": opened.contradicts})
        elif opened.contradicts:
            say("The claim contradicts itself, which takes no dispute to show: see `tracework refute --help`.")
        else:
            say("No segment that begins rightly ends wrongly: there is nothing to dispute.")
        raise click.exceptions.Exit(exits.OPEN)
    file = str(opened.file)
    if as_json:
        say_json(render({"opened": True, "file": file, "segment": opened.segment}))
        return
    say(f"{file}: disputes segment {opened.segment}")
    say(f"A referee judges it: {shlex.join(['tracework', 'dispute', 'judge', game, 'CLAIM', '--wait', '600'])}")
    mine = ["--work", work] if work is not None else ["--program", str(program), "--input", str(given)]
    line = ["tracework", "dispute", "join", game, "--key", key, *mine, "--wait", "600"]
    say(f"You go on with: {shlex.join(line)}")

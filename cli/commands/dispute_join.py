"""`tracework dispute join`: make the moves of one side."""

from __future__ import annotations

from typing import Any

import click

from ...conformance.values import render
from ...verifier.disputes import Ending
from ...worker.disputing import Player, Side, Turn, until
from ...worker.executors import Engine
from ...worker.games import GameFolder
from ...worker.keyfiles import read_key
from .. import exits
from ..command import command as declare
from ..command import engine_option, json_option, progress_option
from ..console import Display, progress, say, say_json
from ..moves import ENDINGS, kind, line


@declare(
    "join",
    examples=[
        "tracework dispute join game --key worker.key --work theirs/ --lie-at 99 --wait 600",
        "tracework dispute join game --key me.key --program sha256/sha256.elf --input sha256/input.txt",
        "tracework dispute join game --key helper.key --side accused --work theirs/ --lie-at 99 --wait 600",
    ],
    exit_codes={
        0: "the dispute is over, and this side has not lost it",
        1: "the dispute is over, and this side has lost it",
        3: "the dispute goes on: it is the turn of the other side, or the referee's",
    },
)
@click.argument("game", type=click.Path())
@click.option("--key", required=True, type=click.Path(), help="Your key.")
@click.option(
    "--side",
    type=click.Choice(["accused", "challenger"]),
    help="For whom to play.  [default: the challenger's side with the challenger's key, otherwise the accused's]",
)
@click.option("--work", type=click.Path(), help="For the accused: the claim's run, or its reveal. Else: your own run.")
@click.option("--program", type=click.Path(), help="The program (ELF), if it isn't in the work folder.")
@click.option("--input", "given", type=click.Path(), help="The input, if it isn't in the work folder.")
@click.option("--store", type=click.Path(), help="Your own folder, for what you have signed.  [default: beside GAME]")
@click.option("--lie-at", type=click.IntRange(min=1), help="Lie, from this step of the segment on.")
@click.option("--wait", type=click.FloatRange(min=0), metavar="SECONDS", help="Go on for so long, or to the end.")
@engine_option
@json_option
@progress_option
def command(
    game: str,
    key: str,
    side: Side | None,
    work: str | None,
    program: str | None,
    given: str | None,
    store: str | None,
    lie_at: int | None,
    wait: float | None,
    engine: Engine,
    as_json: bool,
    show_progress: bool | None,
) -> None:
    """Make the moves of one side in the dispute in the folder GAME: one, if it is this side's turn, or all with --wait.

    Every move is kept in this party's own folder before it is shown, so that a process that was killed goes on where
    it was. Anybody can play for a claim: openings speak for themselves. Its worker has to sign the first of them, and
    only the challenger can choose. Nothing is signed that the machine doesn't do, unless --lie-at asks for it.
    """
    bars = _Bars(show_progress)
    player = Player(
        GameFolder(game),
        read_key(key),
        side=side,
        work=work,
        program=program,
        input=given,
        store=store,
        lie_at=lie_at,
        engine=engine,
        progress=bars.tell,
    )
    moves: list[dict[str, Any]] = []

    def step() -> Turn:
        try:
            turn = player.step()
            if wait and turn.state == "waiting":
                player.prepare()
        finally:
            bars.close()
        if turn.move is not None:
            moves.append({"number": turn.move.body.number, "move": kind(turn.move), "file": str(turn.file)})
            if not as_json:
                say(line(turn.move))
        return turn

    turn = until(step, lambda found: found.state == "over", wait)
    if as_json:
        said = {"state": turn.state, "side": player.side, "moves": moves, "waits_for": turn.why or None}
        said["ending"] = turn.ending.value if turn.ending else None
        say_json(render({name: value for name, value in said.items() if value is not None}))
    elif turn.ending is not None:
        say(f"It is over: {ENDINGS[turn.ending]}.")
    elif turn.why:
        say(f"Waiting for {turn.why}.")
    raise click.exceptions.Exit(_exit(turn.ending, player.side))


def _exit(ending: Ending | None, side: Side | None) -> int:
    if ending is None:
        return exits.OPEN
    return exits.GOOD if (ending is Ending.CHALLENGER_SILENT) == (side == "accused") else exits.BAD


class _Bars:
    """A progress display for each of the things that take a while."""

    def __init__(self, shown: bool | None) -> None:
        self._shown, self._what = shown, ""
        self._context: Any = None
        self._display: Display | None = None

    def tell(self, what: str, done: int, of: int) -> None:
        """Show how far something is."""
        if what != self._what:
            self.close()
            self._what, self._context = what, progress(what, of, "steps", self._shown)
            self._display = self._context.__enter__()
        assert self._display is not None
        self._display.advance(done)

    def close(self) -> None:
        """Take the display away."""
        if self._context is not None:
            self._context.__exit__(None, None, None)
        self._what, self._context, self._display = "", None, None

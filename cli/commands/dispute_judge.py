"""`tracework dispute judge`: be the referee."""

from __future__ import annotations

import shlex
from typing import Any

import click

from ...conformance.values import render
from ...verifier.disputes import Ending
from ...worker.disputing import until
from ...worker.games import GameFolder
from ...worker.judging import Answer, Judge, quicknet_round, read_claim
from .. import exits
from ..command import Number, json_option
from ..command import command as declare
from ..console import bad, count, good, printable, say, say_json
from ..moves import ENDINGS, standing, words


@declare(
    "judge",
    examples=[
        "tracework dispute judge game theirs/claim.cbor --wait 600",
        "tracework dispute judge game theirs/claim.cbor --round 35000000 --json",
    ],
    exit_codes={
        0: "",
        1: "the claim is refuted; the proof lies in the folder",
        3: "the dispute goes on, or ended in somebody's silence",
    },
)
@click.argument("game", type=click.Path())
@click.argument("claim", type=click.Path())
@click.option("--wait", type=click.FloatRange(min=0), metavar="SECONDS", help="Go on for so long, or to the end.")
@click.option(
    "--round", "now", type=Number(1), help="The beacon's round that it is now.  [default: quicknet's, by the clock]"
)
@json_option
def command(game: str, claim: str, wait: float | None, now: int | None, as_json: bool) -> None:
    """Judge the messages in the folder GAME, about the claim in the file CLAIM: all that have come, or with --wait all
    that come.

    A referee needs the claim, and neither program nor input. It accepts or rejects each message, by ascending number,
    and tells why in GAME/answers.jsonl. It counts the rounds that each side takes: every look happens in one round.
    What was accepted stands in GAME/game.cbor, which both sides follow. At the end GAME/verdict.cbor says what it
    came to, for `tracework explain`, and GAME/step.cbor is the proof, if there is one, for `tracework verify`.
    """
    if wait is not None and now is not None:
        raise click.UsageError("--round is one moment: it doesn't go with --wait")
    folder = GameFolder(game)
    signed = read_claim(claim)
    made: list[Answer] = []

    def look() -> Ending | None:
        for answer in judge.look():
            made.append(answer)
            if not as_json:
                _tell(answer)
        return judge.ending

    with folder.held():
        judge = Judge(folder, signed, now=quicknet_round if now is None else lambda: now)
        ending = until(look, lambda found: found is not None, wait)
    if as_json:
        said: dict[str, Any] = {"answers": [_as_dict(answer) for answer in made]}
        say_json(render(said | (standing(judge.referee) if judge.referee else {})))
    else:
        _show(judge, folder)
    raise click.exceptions.Exit(exits.BAD if ending is Ending.REFUTED else exits.OPEN)


def _tell(answer: Answer) -> None:
    mark = good("accepted") if answer.accepted else bad("rejected")
    what = f": {words(answer.move)}" if answer.accepted and answer.move else ""
    say(f"  {mark}  {printable(answer.sentence)}{what}")


def _show(judge: Judge, folder: GameFolder) -> None:
    referee = judge.referee
    if referee is None:
        say("There is no dispute about this claim in the folder.")
        return
    if referee.ending is None:
        side = "accused" if referee.board.accused_to_move else "challenger"
        left = referee.deadline - referee.now
        say(f"Round {referee.now}: move {referee.board.number} is the {side}'s, who has {count(left, 'round')} left.")
        return
    say(f"It is over: {ENDINGS[referee.ending]}.")
    if folder.proof_path.exists():
        say(f"Anybody can check it: {shlex.join(['tracework', 'verify', str(folder.proof_path)])}")
    say(f"The verdict: {shlex.join(['tracework', 'explain', str(folder.verdict_path)])}")


def _as_dict(answer: Answer) -> dict[str, Any]:
    said: dict[str, Any] = {
        "file": answer.file,
        "accepted": answer.accepted,
        "round": answer.round,
        "number": answer.number,
        "party": answer.party,
        "key": answer.key,
        "stage": answer.stage,
        "code": answer.code,
        "requirement": answer.requirement,
        "why": answer.why or None,
    }
    return {name: value for name, value in said.items() if value is not None}

"""`tracework request judge`: do these files answer it?"""

from __future__ import annotations

import click

from ...conformance.values import render
from ...verifier.answers import Answer, is_answered, open_segments
from ...verifier.verdict import Outcome
from ...worker.executors import Engine
from ...worker.silence import judge_answers, read_asking
from .. import exits, verdicts
from ..command import command as declare
from ..command import engine_option, json_option
from ..console import bad, good, printable, say, say_json, unsure
from ..views import ranges
from .request_new import in_words


@declare(
    "judge",
    examples=[
        "tracework request judge request.cbor worker.reveal --unit many.cbor --about worker.commit",
        "tracework request judge segments.request answer.cbor --unit unit.cbor --about work/claim.cbor",
    ],
    exit_codes={0: "answered", 1: "a file is no answer, and the rest is none either", 3: "answered in part"},
)
@click.argument("request", type=click.Path())
@click.argument("answers", nargs=-1, required=True, type=click.Path())
@click.option("--unit", required=True, type=click.Path(), help="The unit that the request is about.")
@click.option(
    "--about",
    multiple=True,
    required=True,
    type=click.Path(),
    help="What it asks about: the commit, or the claim, or claim, dispute and moves so far. Repeatable.",
)
@engine_option
@json_option
def command(
    request: str, answers: tuple[str, ...], unit: str, about: tuple[str, ...], engine: Engine, as_json: bool
) -> None:
    """Judge whether ANSWERS answer a REQUEST: a reveal, segment proofs or subtraces, or a move, whoever posted them.

    Everybody judges alike; a member of a committee certifies silence only if this says that nothing answers.
    """
    asking = read_asking(request, unit, about)
    found = judge_answers(asking, answers, engine=engine)
    whole, rest = is_answered(asking.decoded, found), open_segments(asking.decoded, found)
    partly = any(answer.segments for answer in found)
    if as_json:
        said = [
            {"file": path, "answers": answer.whole, "segments": list(answer.segments)}
            | verdicts.as_dict(answer.verdict)
            for path, answer in zip(answers, found, strict=True)
        ]
        say_json(render({"request": request, "answered": whole, "open": rest, "answers": said}))
    else:
        for path, answer in zip(answers, found, strict=True):
            say(f"{path}: {_line(answer)}")
        if whole:
            say(f"{good('ANSWERED')}: {in_words(asking.decoded)}")
        elif partly:
            say(f"{unsure('ANSWERED IN PART')}: open are the segments {ranges(rest)}")
        else:
            say(f"{bad('NOT ANSWERED')}: {in_words(asking.decoded)}")
    raise click.exceptions.Exit(exits.GOOD if whole else exits.OPEN if partly else exits.BAD)


def _line(answer: Answer) -> str:
    verdict = answer.verdict
    if answer.whole or answer.segments:
        held = f" the segments {ranges(list(answer.segments))}" if answer.segments else " it"
        refutes = ", and refutes the claim" if verdict.claim is Outcome.REFUTED else ""
        return f"answers{held}{refutes}"
    reason = f"{printable(verdict.message)} ({verdict.code}, {verdict.requirement})"
    return f"answers nothing: {reason}" if verdict.code else "answers nothing"

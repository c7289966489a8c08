"""`tracework request new`: ask a worker for what it owes."""

from __future__ import annotations

import click

from ...conformance.values import render
from ...protocol.work.silence import Asked, Request
from ...worker.keyfiles import read_key
from ...worker.silence import make_request
from ..command import command as declare
from ..command import force_option, json_option, output_option
from ..console import say, say_json
from ..made import keep
from ..views import ranges


@declare(
    "new",
    examples=[
        "tracework request new worker.commit --unit many.cbor --key me.key -o request.cbor",
        "tracework request new work --segment 0 --segment 3 --unit unit.cbor --key me.key -o segments.request",
        "tracework request new dispute.cbor --claim work/claim.cbor --unit unit.cbor --key me.key -o move.request",
    ],
    exit_codes={0: "the request was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.argument("subject", type=click.Path())
@click.option(
    "--segment", "segments", type=click.IntRange(0), multiple=True, help="Of a claim: open this one. Repeatable."
)
@click.option("--claim", type=click.Path(), help="Of a dispute: the claim that it is about.")
@click.option("--before", multiple=True, type=click.Path(), help="Of a dispute: a move that was made. Repeatable.")
@click.option("--unit", required=True, type=click.Path(), help="The unit that it is about.")
@click.option("--key", required=True, type=click.Path(), help="Your key file: whoever asks signs.")
@output_option("the request")
@force_option
@json_option
def command(
    subject: str,
    segments: tuple[int, ...],
    claim: str | None,
    before: tuple[str, ...],
    unit: str,
    key: str,
    output: str,
    force: bool,
    as_json: bool,
) -> None:
    """Ask the worker for what it owes about SUBJECT: to reveal a commit, to open segments of a claim, to make the next
    move in a dispute (its file, with --before, or its folder).

    Have it receipted by the unit's committee (`tracework receipt`): from that slot on runs the worker's time to answer.
    """
    made = make_request(subject, unit, read_key(key), segments=segments, claim=claim, before=before)
    keep(output, made, force)
    if as_json:
        body = made.body
        said = {"request": output, "id": body.id, "for": body.what.name.lower(), "worker": body.worker}
        say_json(render(said | {"segments": list(body.segments or ())}))
        return
    say(f"{output}: a request for {in_words(made)}, to be receipted")


def in_words(request: Request) -> str:
    """What a request is for."""
    body = request.body
    if body.what is Asked.SEGMENTS:
        many = len(body.segments or ()) > 1
        return f"segment{'s' * many} {ranges(list(body.segments or ()))} of a claim"
    return "the reveal of a commit" if body.what is Asked.REVEAL else f"move {body.number} of a dispute"

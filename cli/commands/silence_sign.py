"""`tracework silence sign`: a member certifies that nobody answered a request."""

from __future__ import annotations

import click

from ...conformance.values import render
from ...verifier.verdict import evidence_hash
from ...worker.executors import Engine
from ...worker.keyfiles import read_key
from ...worker.silence import make_silence_share, read_asking
from ..command import Number, engine_option, force_option, json_option, output_option
from ..command import command as declare
from ..console import printable, say, say_json
from ..files import read
from ..made import keep


@declare(
    "sign",
    examples=[
        "tracework silence sign request.cbor --receipt request.receipt --committee committee.cbor --unit many.cbor \\",
        "    --about worker.commit --slot 281 --key me.key -o me.silence",
        "tracework silence sign request.cbor --receipt request.receipt --committee committee.cbor --unit many.cbor \\",
        "    --about worker.commit --until 300 --slot 301 --answer many/claim.cbor --key me.key -o me.silence",
    ],
    exit_codes={0: "the share was written", 1: "", 2: "nothing was written: there is no silence to certify", 3: ""},
)
@click.argument("request", type=click.Path())
@click.option("--receipt", required=True, type=click.Path(), help="The receipt of the request.")
@click.option("--committee", required=True, type=click.Path(), help="The committee that receipts and certifies.")
@click.option("--unit", required=True, type=click.Path(), help="The unit that the request is about.")
@click.option(
    "--about",
    multiple=True,
    required=True,
    type=click.Path(),
    help="What it asks about: the commit, or the claim, or claim, dispute and moves so far. Repeatable.",
)
@click.option(
    "--answer", "answers", multiple=True, type=click.Path(), help="A file that was there in time. Name all. Repeatable."
)
@click.option("--until", type=Number(), help="The last slot of the silence.  [default: the first that it can be]")
@click.option("--slot", required=True, type=Number(), help="The present slot.")
@click.option("--key", required=True, type=click.Path(), help="The member's key file.")
@output_option("the share")
@engine_option
@force_option
@json_option
def command(
    request: str,
    receipt: str,
    committee: str,
    unit: str,
    about: tuple[str, ...],
    answers: tuple[str, ...],
    until: int | None,
    slot: int,
    key: str,
    output: str,
    engine: Engine,
    force: bool,
    as_json: bool,
) -> None:
    """Certify, as a member of a committee, that nothing answered REQUEST by the end of a slot.

    Nothing is signed if the request can't be answered by anybody, if its time isn't over, or if what was there answers
    it: name with --answer whatever you hold that came in time, from anybody.
    """
    asking = read_asking(request, unit, about)
    made, verdict = make_silence_share(
        asking, receipt, committee, answers, read_key(key), now=slot, until=until, engine=engine
    )
    keep(output, made, force)
    body = made.body
    if as_json:
        said = {"share": output, "member": made.member, "request": body.request, "asked": body.asked}
        asides = [{"file": aside.file, "code": aside.code} for aside in verdict.asides]
        say_json(render(said | {"until": body.until, "asides": asides}))
        return
    names = {evidence_hash(read(path)): path for path in answers}
    for aside in verdict.asides:
        say(f"  {names[aside.file]} answers nothing: {printable(aside.message)} ({aside.code})")
    say(f"{output}: member {made.member} certifies that nobody answered from slot {body.asked} to {body.until}")

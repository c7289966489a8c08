"""`tracework silence prove`: a certificate and all that it rests on, in one file."""

from __future__ import annotations

import shlex

import click

from ...conformance.values import render
from ...worker.silence import make_silence_proof
from ..command import command as declare
from ..command import force_option, json_option, output_option
from ..console import say, say_json
from ..made import keep


@declare(
    "prove",
    examples=[
        "tracework silence prove request.cbor --receipt request.receipt --certificate certificate.cbor \\",
        "    --committee committee.cbor --unit many.cbor -o silence.cbor",
    ],
    exit_codes={0: "the proof was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.argument("request", type=click.Path())
@click.option("--receipt", required=True, type=click.Path(), help="The receipt of the request.")
@click.option("--certificate", required=True, type=click.Path(), help="What the members' shares were put together to.")
@click.option("--committee", required=True, type=click.Path(), help="The committee that signed both.")
@click.option("--unit", required=True, type=click.Path(), help="The unit that the request is about.")
@output_option("the proof")
@force_option
@json_option
def command(
    request: str, receipt: str, certificate: str, committee: str, unit: str, output: str, force: bool, as_json: bool
) -> None:
    """Make the proof that REQUEST went unanswered: a file that anybody can check with nothing else.

    It refutes nothing, and costs the worker at least what a refutation costs.
    """
    made = make_silence_proof(request, receipt, certificate, committee, unit)
    keep(output, made, force)
    if as_json:
        body = made.silence.body
        said = {"proof": output, "worker": body.worker, "request": body.request, "asked": body.asked}
        say_json(render(said | {"until": body.until}))
        return
    say(f"{output}: a silence proof")
    say(f"Anybody can check it: {shlex.join(['tracework', 'verify', output])}")

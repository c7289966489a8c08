"""`tracework claim`: the result of an opaque unit, by its digest."""

from __future__ import annotations

import click

from ...conformance.values import render
from ...worker.keyfiles import read_key
from ...worker.signing import claim_result
from ..command import Digits, force_option, json_option, output_option
from ..command import command as declare
from ..console import say, say_json
from ..made import keep

DIGEST = "0123456789abcdef" * 4


@declare(
    "claim",
    examples=[
        "tracework claim opaque.cbor --key worker.key -o opaque-claim.cbor \\",
        f"    --result {DIGEST}",
    ],
    exit_codes={0: "the claim was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.argument("unit", type=click.Path())
@click.option("--result", required=True, type=Digits(32, "a result"), help="The digest of what you found.")
@click.option("--key", required=True, type=click.Path(), help="The worker's key file.")
@output_option("the claim")
@force_option
@json_option
def command(unit: str, result: bytes, key: str, output: str, force: bool, as_json: bool) -> None:
    """Claim a result of UNIT, an opaque unit: a job that no machine of this protocol executes.

    Claims of runs are made by `tracework run`.
    """
    made = claim_result(unit, result, read_key(key))
    keep(output, made, force)
    if as_json:
        say_json(render({"claim": output, "claim_id": made.id, "unit_id": made.unit.id}))
        return
    say(f"{output}: an opaque claim")

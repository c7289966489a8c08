"""`tracework audit verify`: is the audit right?"""

from __future__ import annotations

import click

from ...conformance.values import render
from ...verifier.audits import Receipts, check_audit
from ...worker import executors
from .. import verdicts
from ..command import command as declare
from ..command import engine_option, json_option
from ..console import say_json
from ..files import read


@declare(
    "verify",
    examples=["tracework audit verify audit.cbor", "tracework audit verify audit.cbor --supplied"],
    exit_codes={
        0: "accepted: the drawn segments are right, and were drawn after the commit",
        1: "invalid, or the claim is refuted",
        3: "incomplete: good segments, and no receipt or no public beacon",
    },
)
@click.argument("file", type=click.Path(allow_dash=True))
@click.option("--supplied", is_flag=True, help="Take randomness that somebody supplied.")
@click.option(
    "--receipt",
    "receipts",
    multiple=True,
    type=click.Path(),
    help="Another receipt of its commit: the first counts.",
)
@engine_option
@json_option
def command(file: str, supplied: bool, receipts: tuple[str, ...], engine: executors.Engine, as_json: bool) -> None:
    """Check an audit proof: the draw, the receipt, the beacon, and each drawn segment by executing it.

    An accepted audit bounds the number of wrong segments; `tracework audit plan` says by how much.
    """
    verdict = check_audit(
        read(file),
        executor=executors.choose(engine).factory,
        supplied=supplied,
        receipts=Receipts(map(read, receipts)),
    )
    if as_json:
        say_json(render({"file": file, **verdicts.as_dict(verdict)}))
    else:
        open_ = "the drawn segments are right, and nothing shows that they were drawn after the commit"
        verdicts.show(verdict, "audit proof", good="the drawn segments are right", open_=open_)
    raise click.exceptions.Exit(verdicts.exit_code(verdict))

"""`tracework aggregate`: members' shares, put together."""

from __future__ import annotations

from typing import Final

import click

from ...conformance.values import render
from ...protocol.committee.signing import unpack_signers, weight_of
from ...protocol.committee.snapshot import Committee
from ...protocol.work.attestation import AttestationAggregate
from ...protocol.work.receipt import Receipt
from ...protocol.work.silence import Silence
from ...worker.signing import combine, read_object
from ..command import command as declare
from ..command import force_option, json_option, output_option
from ..console import count, say, say_json
from ..made import keep

_WORDS: Final = {
    Receipt: "a receipt",
    AttestationAggregate: "an attestation",
    Silence: "a certificate of silence",
}


@declare(
    "aggregate",
    examples=[
        "tracework aggregate me.attestation worker.attestation --committee committee.cbor -o attested.cbor",
        "tracework aggregate me.share worker.share --committee committee.cbor -o receipt.cbor",
        "tracework aggregate me.silence worker.silence --committee committee.cbor -o certificate.cbor",
    ],
    exit_codes={0: "the aggregate was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.argument("shares", nargs=-1, required=True, type=click.Path())
@click.option("--committee", required=True, type=click.Path(), help="The committee whose members signed.")
@output_option("the aggregate")
@force_option
@json_option
def command(shares: tuple[str, ...], committee: str, output: str, force: bool, as_json: bool) -> None:
    """Put SHARES of members together: attestations, or shares of receipts or of certificates of silence.

    Each share is checked. The same shares give the same file, in whatever order and however often they are given.
    """
    made = combine(shares, committee)
    keep(output, made, force)
    snapshot = read_object(Committee, "a committee", committee)
    members = unpack_signers(made.signers, len(snapshot.members))
    weight = weight_of(members, snapshot)
    if as_json:
        said = {"aggregate": output, "signers": members, "weight": weight, "total": snapshot.total}
        say_json(render(said))
        return
    what = _WORDS[type(made)]
    signers = f"{len(members)} of {count(len(snapshot.members), 'member')}"
    say(f"{output}: {what} by {signers}, with a weight of {weight} of {snapshot.total}")

"""`tracework audit prove`: the segments that were drawn."""

from __future__ import annotations

import shlex

import click

from ...conformance.values import render
from ...protocol.beacon import Beacon
from ...protocol.committee.snapshot import Committee
from ...protocol.encoding.schema import decode_object, encode_object
from ...protocol.work.commit import Commit
from ...protocol.work.receipt import Receipt
from ...worker.auditing import prove_audit
from ...worker.errors import content_errors
from ...worker.executors import Engine
from ...worker.files import read_file, write_file
from ...worker.signing import read_blinding
from ..command import command as declare
from ..command import engine_option, json_option
from ..console import say, say_json, size
from ..views import ranges


@declare(
    "prove",
    examples=[
        "tracework audit prove audited --commit audited.commit --blinding audited.blinding \\\n"
        "    --beacon beacon.cbor -o audit.cbor"
    ],
    exit_codes={0: "the audit proof was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.argument("folder", type=click.Path())
@click.option("--commit", required=True, type=click.Path(), help="The commit to this claim.")
@click.option("--blinding", required=True, type=click.Path(), help="The blinding that `tracework commit` kept.")
@click.option("--beacon", required=True, type=click.Path(), help="The beacon's round that draws.")
@click.option("--receipt", type=click.Path(), help="The receipt of the commit.")
@click.option("--committee", type=click.Path(), help="The committee that signed it.")
@click.option("-o", "--output", required=True, type=click.Path(), help="Where to write the audit proof.")
@engine_option
@json_option
def command(
    folder: str,
    commit: str,
    blinding: str,
    beacon: str,
    receipt: str | None,
    committee: str | None,
    output: str,
    engine: Engine,
    as_json: bool,
) -> None:
    """Prove the segments of the run in FOLDER that a beacon has drawn.

    Without --receipt and --committee the proof shows that these segments are right, and not that they were drawn
    after the commit: whoever checks it gets no verdict on the claim.
    """
    with content_errors("a commit", commit):
        made_commit = decode_object(Commit, read_file(commit))
    with content_errors("a beacon", beacon):
        made_beacon = decode_object(Beacon, read_file(beacon))
    made_receipt = made_committee = None
    if receipt is not None:
        with content_errors("a receipt", receipt):
            made_receipt = decode_object(Receipt, read_file(receipt))
    if committee is not None:
        with content_errors("a committee", committee):
            made_committee = decode_object(Committee, read_file(committee))
    made = prove_audit(
        folder,
        made_commit,
        read_blinding(blinding),
        made_beacon,
        receipt=made_receipt,
        committee=made_committee,
        engine=engine,
    )
    data = encode_object(made)
    write_file(output, data)
    if as_json:
        say_json(render({"proof": output, "size": len(data), "segments": made.indices}))
        return
    say(f"{output}: proves the drawn segments {ranges(made.indices)} of {made.claim.body.segments}, {size(len(data))}")
    say(f"Anybody can check it: {shlex.join(['tracework', 'audit', 'verify', output])}")

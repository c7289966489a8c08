"""`tracework receipt`: a member says what was there in which slot."""

from __future__ import annotations

import click

from ...conformance.values import render
from ...protocol.work.receipt import Subject
from ...worker.keyfiles import read_key
from ...worker.signing import make_receipt_share
from ..command import Number, force_option, json_option, output_option
from ..command import command as declare
from ..console import say, say_json
from ..made import keep


@declare(
    "receipt",
    examples=[
        "tracework receipt worker.commit --unit many.cbor --committee committee.cbor --slot 90 \\",
        "    --key me.key -o share.cbor",
        "tracework receipt request.cbor --unit many.cbor --committee committee.cbor --slot 160 \\",
        "    --key me.key -o share.cbor",
        "tracework receipt worker.reveal --answers request.cbor --unit many.cbor --committee committee.cbor \\",
        "    --slot 170 --key me.key -o share.cbor",
    ],
    exit_codes={0: "the share was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.argument("subject", type=click.Path())
@click.option("--unit", required=True, type=click.Path(), help="The unit that it is about.")
@click.option("--committee", required=True, type=click.Path(), help="The committee that receipts.")
@click.option("--slot", required=True, type=Number(), help="The slot in which it is there: the present one.")
@click.option("--answers", "request", type=click.Path(), help="Receipt it as an answer to this request.")
@click.option("--key", required=True, type=click.Path(), help="The member's key file.")
@output_option("the share")
@force_option
@json_option
def command(
    subject: str,
    unit: str,
    committee: str,
    slot: int,
    request: str | None,
    key: str,
    output: str,
    force: bool,
    as_json: bool,
) -> None:
    """Sign, as a member of a committee, that SUBJECT was there in a slot.

    SUBJECT is a unit, commit, reveal, request or answer, an auditor's check, or a prover's fault commit.

    The share counts once `tracework aggregate` has put enough of them together. Sign one slot for a subject and one
    commit for a worker: two are evidence against you.
    """
    made = make_receipt_share(subject, unit, committee, slot, read_key(key), request=request)
    keep(output, made, force)
    if as_json:
        said = {"share": output, "member": made.member, "subject": made.body.subject, "slot": slot}
        say_json(render(said | {"kind": made.body.kind.name.lower()}))
        return
    name = "fault commit" if made.body.kind is Subject.FAULT else made.body.kind.name.lower()
    say(f"{output}: member {made.member}'s receipt of {'an' if name[0] in 'aeiou' else 'a'} {name} in slot {slot}")

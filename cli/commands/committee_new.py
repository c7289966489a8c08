"""`tracework committee new`: a snapshot of members."""

from __future__ import annotations

import click

from ...conformance.values import render
from ...protocol.committee.snapshot import Committee, Member
from ...protocol.keys import Identity
from ...worker.errors import content_errors
from ...worker.signing import read_object
from ..command import Number, force_option, json_option, output_option
from ..command import command as declare
from ..console import say, say_json
from ..made import keep


@declare(
    "new",
    examples=[
        "tracework committee new --network testnet --epoch 1 --member me.pub 2 --member worker.pub 1 -o new.cbor",
    ],
    exit_codes={0: "the committee was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.option("--network", required=True, help="The network's name.")
@click.option("--epoch", required=True, type=Number(), help="The epoch that it is a snapshot of.")
@click.option(
    "--member",
    "members",
    required=True,
    multiple=True,
    nargs=2,
    type=(click.Path(), Number(1)),
    metavar="IDENTITY WEIGHT",
    help="A member: what `keygen --identity` wrote, and its weight. Repeatable.",
)
@output_option("the committee")
@force_option
@json_option
def command(
    network: str, epoch: int, members: tuple[tuple[str, int], ...], output: str, force: bool, as_json: bool
) -> None:
    """Make a committee; its members are put in the order of their keys, and their proofs of possession are checked."""
    made = []
    for path, weight in members:
        shown = read_object(Identity, "an identity", path)
        made.append(Member(key=shown.public, possession=shown.possession, weight=weight))
    with content_errors("a committee", output):
        committee = Committee(network=network, epoch=epoch, members=tuple(sorted(made, key=lambda member: member.key)))
        committee.verify()
    keep(output, committee, force)
    if as_json:
        said = {"committee": output, "hash": committee.hash, "members": len(made), "total": committee.total}
        say_json(render(said))
        return
    say(f"{output}: a committee of {len(made)}, with a weight of {committee.total}")
    say(f"hash: {committee.hash.hex()}")
